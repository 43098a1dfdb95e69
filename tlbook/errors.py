"""The one error that a user can mend: bad input; and what the system says where space or a path is the matter."""

import errno
import math
import numbers
import os
import reprlib

NO_SPACE = frozenset({errno.ENOSPC, errno.EFBIG, errno.EDQUOT})
BAD_PATH = frozenset({errno.ENAMETOOLONG, errno.EACCES, errno.EPERM, errno.EROFS, errno.ELOOP})


class BadInput(ValueError):
    """Input that cannot be used, with one line on what came, what was expected and how to mend it.

    A message names an argument in backquotes (```groups```). The commands print the message as
    ``tlbook: error: <message>``, with the flag (``--groups``) in the argument's place, and exit with status 2.
    """


def escape(text):
    """Write what is no visible character (a terminal would obey some) as Python does: a line stays one line."""
    return "".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in text)


def first_line(error):
    """Return the first line of an error's text, or its kind where it says nothing."""
    return next(iter(str(error).strip().splitlines()), type(error).__name__)


def shorten(value, most=80):
    """Write a value as Python does, in one line that is cut where it grows long."""
    writer = reprlib.Repr()
    writer.maxstring = writer.maxother = most
    text = " ".join(writer.repr(value).split())
    return text if len(text) <= most else f"{text[:most]}…"


def is_whole(value, low=-math.inf, high=math.inf):
    """True for an integer in a range, NumPy's too, that is no truth value."""
    return isinstance(value, numbers.Integral) and not isinstance(value, bool) and low <= value <= high


def is_number(value, low=-math.inf, high=math.inf):
    """True for a finite real number in a range, NumPy's too, that is no truth value."""
    real = isinstance(value, numbers.Real) and not isinstance(value, bool)
    return real and math.isfinite(value) and low <= value <= high


def is_flag(value):
    """True for True and False, NumPy's too."""
    return type(value).__name__ == "bool"  # NumPy's type has the same name, and need not be imported for it


def is_path(value):
    """True for the path of a file or a folder; an empty one would be the working directory."""
    return isinstance(value, str | os.PathLike) and bool(os.fspath(value))


def check_arguments(values, checks):
    """Refuse the first argument that does not fit; ``checks`` has whether it does and what is expected, by its name."""
    for name, (fits, expected) in checks.items():
        if not fits:
            raise BadInput(f"received `{name}` {shorten(values[name])}; expected {expected}")


def check_whole(name, value, low, high=None):
    """Refuse what is no whole number in a range."""
    span = f"of at least {low}" if high is None else f"from {low} to {high}"
    fits = is_whole(value, low, math.inf if high is None else high)
    check_arguments({name: value}, {name: (fits, f"a whole number {span}")})


def check_number(name, value, low, high):
    """Refuse what is no number in a range."""
    check_arguments({name: value}, {name: (is_number(value, low, high), f"a number from {low} to {high}")})


def check_flag(name, value):
    """Refuse what is neither True nor False."""
    check_arguments({name: value}, {name: (is_flag(value), "True or False")})


def check_path(name, value, expected):
    """Refuse what is no path."""
    check_arguments({name: value}, {name: (is_path(value), f"the path of {expected}")})

"""The one error that a user can mend: bad input; and what the system says where space or a path is the matter."""

import errno
import math
import numbers
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


def is_whole(value):
    """True for an integer, NumPy's too, that is no truth value."""
    return isinstance(value, numbers.Integral) and not isinstance(value, bool)


def is_number(value):
    """True for a finite real number, NumPy's too, that is no truth value."""
    return isinstance(value, numbers.Real) and not isinstance(value, bool) and math.isfinite(value)


def is_flag(value):
    """True for True and False, NumPy's too."""
    return type(value).__name__ == "bool"  # NumPy's type has the same name, and need not be imported for it


def check_arguments(values, checks):
    """Refuse the first argument that does not fit; ``checks`` has whether it does and what is expected, by its name."""
    for name, (fits, expected) in checks.items():
        if not fits:
            raise BadInput(f"received `{name}` {reprlib.repr(values[name])}; expected {expected}")

"""Labels and groups of any kind become names."""

from collections.abc import Hashable
from numbers import Integral, Real

import numpy as np

from tlbook.datasets.words import SPLITS
from tlbook.errors import BadInput, shorten


def list_values(argument, values):
    """Return the values of a sequence, an array or a Series as a list; refuse what is none, or has more axes."""
    if getattr(values, "ndim", 1) != 1:
        raise BadInput(
            f"received `{argument}` of shape {tuple(values.shape)}; expected one value an image; of one-hot vectors "
            "give the argmax"
        )
    if isinstance(values, str | bytes | dict) or not hasattr(values, "__len__"):
        raise BadInput(f"received `{argument}` {shorten(values)}; expected a sequence with one value an image")
    return values.tolist() if hasattr(values, "tolist") else list(values)


def name_classes(argument, labels, images):
    """Return the class name of each label, str, (n,); refuse missing ones, naming up to three of the images."""
    missing = [name for name, label in zip(images, labels, strict=True) if is_missing(label)]
    if missing:
        raise BadInput(f"received no `{argument}` for {list_three(missing)}; expected one for each; leave these out")
    known = {}
    for label in labels:
        if not isinstance(label, Hashable):
            raise BadInput(f"received `{argument}` with {shorten(label)}; expected one value an image, such as a name")
        name = name_value(label)
        if known.setdefault(name, label) != label:
            kinds = " and ".join(type(other).__name__ for other in (known[name], label))
            raise BadInput(f"received `{argument}` {name} as {kinds}; expected labels of one kind; convert them")
    return np.array([name_value(label) for label in labels], dtype=str)


def order_classes(classes):
    """Sort class names: whole numbers by their value, others by their letters."""
    names = sorted(set(classes))
    return sorted(names, key=int) if all(_is_whole(name) for name in names) else names


def name_groups(groups, images):
    """Return the group of each image, str, (n,); a missing one is a group of its own, named by the image."""
    named = zip(groups, images, strict=True)
    return np.array([name if is_missing(group) else name_value(group) for group, name in named], dtype=str)


def name_exclude(exclude):
    """Name the labels to leave out; one label may be given alone."""
    labels = exclude if isinstance(exclude, list | tuple | set | frozenset | np.ndarray) else (exclude,)
    return tuple(name_value(label) for label in labels)


def name_value(value):
    """Write a value as a name: a whole number by its digits, whatever its type; a str as it is."""
    if isinstance(value, str):
        return str(value)
    if isinstance(value, Real) and not isinstance(value, bool | np.bool_) and value == value:
        whole = isinstance(value, Integral) or float(value).is_integer()
        return str(int(value)) if whole else str(value)
    return " ".join(str(value).split())


def is_missing(value):
    """Tell None, NaN, pandas's NA and NaT, and empty text."""
    if value is None or isinstance(value, str):
        return value is None or not value.strip()
    try:
        return bool(value != value)
    except (TypeError, ValueError):  # NA is neither equal nor unequal
        return type(value).__name__ == "NAType"


def list_three(names):
    """Count images and name up to three of them."""
    shown = ", ".join(repr(name) for name in names[:3]) + (", …" if len(names) > 3 else "")
    return f"{len(names)} image{'s' if len(names) != 1 else ''} ({shown})"


def read_splits(values, paths):
    """Return train, val or test for each value of the column of splits."""
    missing = [path for path, value in zip(paths, values, strict=True) if is_missing(value)]
    if missing:
        raise BadInput(f"received no `split` for {list_three(missing)}; expected one for each; leave these out")
    words = [name_value(value).strip().lower() for value in values]
    unknown = [path for path, word in zip(paths, words, strict=True) if word not in SPLITS]
    if unknown:
        word = shorten(values[paths.index(unknown[0])])
        raise BadInput(
            f"received `split` {word} for {list_three(unknown)}; expected train, test or val (valid, validation)"
        )
    splits = [SPLITS[word] for word in words]
    if not {"train", "test"} <= set(splits):
        raise BadInput(
            f"received `split` with {' and '.join(sorted(set(splits)))} alone; expected train and test; add what is "
            "missing, or leave `split` out"
        )
    return splits


def _is_whole(name):
    return name.removeprefix("-").isdecimal() and str(int(name)) == name

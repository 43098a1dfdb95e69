"""What every reader of images may be asked for, checked at the door."""

from dataclasses import dataclass

from tlbook.errors import BadInput, check_number, check_whole, is_number, shorten
from tlbook.runtime import LARGEST_SEED

MAX_UNREADABLE = 0.05


@dataclass(frozen=True)
class Options:
    """What to make of the images, whatever they are read from.

    Attributes
    ----------
    per_class : int or None
        At most so many training images a class.
    seed : int
    exclude : tuple of str
        Classes to leave out.
    quiet : bool
    min_images : int or None
        Classes of fewer images are left out.
    max_unreadable : float
        Share of images that may be unreadable, 0-1.
    value_range : tuple of float or None
        What becomes 0 and 255 of images of more than 8 bits.
    """

    per_class: int | None = None
    seed: int = 0
    exclude: tuple = ()
    quiet: bool = False
    min_images: int | None = None
    max_unreadable: float = MAX_UNREADABLE
    value_range: tuple | None = None


def check_options(
    per_class=None, seed=0, exclude=(), quiet=False, *, min_images=None, max_unreadable=MAX_UNREADABLE, value_range=None
):
    """Return the options that all readers share; refuse what they cannot be."""
    if per_class is not None:
        check_whole("per_class", per_class, 1)
    check_whole("seed", seed, 0, LARGEST_SEED)
    if min_images is not None:
        check_whole("min_images", min_images, 1)
    check_number("max_unreadable", max_unreadable, 0, 1)
    limits = min_images, float(max_unreadable), check_range(value_range)
    return Options(per_class, seed, check_exclude(exclude), bool(quiet), *limits)


def check_range(value_range):
    """Return a range of values as two floats, None as it is; refuse what is none."""
    if value_range is None:
        return None
    pair = tuple(value_range) if isinstance(value_range, list | tuple) else ()
    if len(pair) != 2 or not all(is_number(end) for end in pair) or pair[0] >= pair[1]:
        raise BadInput(
            f"received `range` {shorten(value_range)}; expected two numbers, the lower first: (0, 4095), say"
        )
    return float(pair[0]), float(pair[1])


def check_exclude(exclude):
    """Return the classes to leave out as a tuple of str; one name may be given alone."""
    names = (exclude,) if isinstance(exclude, str) else exclude
    if not isinstance(names, list | tuple | set | frozenset) or not all(isinstance(name, str) for name in names):
        raise BadInput(f"received `exclude` {shorten(exclude)}; expected names of classes, as in ['blurred', 'other']")
    return tuple(names)

"""Where a data set comes from, how it was split and grouped, and what was left out: facts put into words."""

from dataclasses import dataclass, field

import numpy as np

NOUNS = ("image", "text", "file", "row", "group")


@dataclass(frozen=True)
class Provenance:
    """What a reader of images knows about them, besides the images.

    Attributes
    ----------
    name : str
        Of the data set.
    given : str
        Where the given splits stand ("the folders train, val, test"); empty without given splits.
    groups : str
        Where the groups stand ("metadata.csv, column group"); empty without groups.
    ignored : dict of str to int
        Number of files passed over, by kind.
    left_out : tuple of str
        What the reader left out.
    warnings : tuple of str
        What the reader wants to be known before a number is trusted.
    in_folders : bool
        True where folders name the classes.
    test_from : str
        The folder of the validation set that serves as the test set; empty where it does not.
    part : str
        The only folder that is used; empty where all are.
    """

    name: str
    given: str = ""
    groups: str = ""
    ignored: dict = field(default_factory=dict)
    left_out: tuple = ()
    warnings: tuple = ()
    in_folders: bool = False
    test_from: str = ""
    part: str = ""


def describe_split(about, given, seed):
    """Say in one sentence how the splits came about; ``given`` holds the names of the splits that were."""
    whole = " and whole groups" if about.groups else ""
    if not about.given:
        return f"60/20/20 by class{whole}, seed {seed}" + (f", of the folder {about.part}" if about.part else "")
    if "val" in given:
        return f"as given in {about.given}"
    kind = "groups" if about.groups else "images"
    if about.test_from:
        return (
            f"train as given, the given validation set ({about.test_from}) as the test set, validation: a fifth of the "
            f"training {kind}, seed {seed}"
        )
    return f"train and test as given, validation: a fifth of the training {kind}, seed {seed}"


def describe_excluded(classes, exclude):
    """Say which classes were excluded, a tuple of no line or one; ``classes`` is the class of each image."""
    if not exclude:
        return ()
    number = count(np.isin(classes, exclude).sum(), "image")
    if len(exclude) == 1:
        return (f"the class {exclude[0]!r}, excluded ({number})",)
    names = ", ".join(repr(name) for name in exclude[:3]) + (", …" if len(exclude) > 3 else "")
    return (f"{len(exclude)} classes, excluded ({number}): {names}",)


def describe_ignored(ignored):
    """Say which files were passed over, a tuple of one line a kind; groups files are none of them."""
    return tuple(count(number, kind) for kind, number in ignored.items() if kind != "metadata.csv")


def count(number, thing):
    """Write a number with its noun: ``1 image``, ``2,000 images outside a class folder``, ``3 .txt files``."""
    if number != 1 and thing == "class":
        thing = "classes"
    elif number != 1:
        thing = next((thing.replace(noun, f"{noun}s", 1) for noun in NOUNS if noun in thing), thing)
    return f"{number:,} {thing}"

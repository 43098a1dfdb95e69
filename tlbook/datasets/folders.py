"""A folder or a zip file of images as a data set."""

from dataclasses import replace
from pathlib import Path

import numpy as np

from tlbook.datasets.dataset import Dataset, Split
from tlbook.datasets.groups import read_groups
from tlbook.datasets.layout import check_classes, exclude_classes, read_layout
from tlbook.datasets.near_duplicates import describe_near_duplicates, find_near_duplicates
from tlbook.datasets.scan import check_images, scan_folder
from tlbook.datasets.splits import nested_subset, split_groups
from tlbook.errors import BadInput

MAX_UNREADABLE = 0.05
SPLIT_NAMES = ("train", "val", "test")
NO_GROUPS = (
    "no groups were given: each image counts as a group of its own; if several show one person or thing, scores come "
    "out too good"
)


def from_folder(path, *, groups=None, per_class=None, seed=0, exclude=(), quiet=False):
    """Read a folder or a zip file of images, one sub-folder a class, as a data set.

    Without split folders the images are divided 60/20/20 into train, val and test, by class and by whole groups;
    ``FOLDER/{train,val,test}/<class>/`` is kept as it is, and without val a fifth of the training groups validates.
    Every image is decoded once: those that are unreadable are skipped and named, up to 5 %, and ``warnings`` names
    validation and test images that nearly equal a training image.

    Parameters
    ----------
    path : str or pathlib.Path
    groups : str, optional
        A CSV file or a regular expression that says which images belong together: see `read_groups`.
    per_class : int, optional
        At most so many TRAINING images a class, nested in one another; val and test do not depend on it.
    seed : int
        0 to 2**32 - 1.
    exclude : sequence of str
        Classes to leave out.
    quiet : bool
        True shows no progress bar.

    Returns
    -------
    Dataset

    Raises
    ------
    BadInput
        The folder cannot be learned from; the message says why and what mends it.

    Examples
    --------
    >>> case = from_folder("xrays", groups="patients.csv", per_class=200)  # doctest: +SKIP
    >>> len(case.train), case.classes  # doctest: +SKIP
    (400, ('fractured', 'not_fractured'))
    """
    check_numbers(per_class, seed)
    listing = scan_folder(path)
    if not listing.names:
        passed = ", ".join(f"{count} {kind}" for kind, count in listing.ignored.items()) or "nothing"
        raise BadInput(
            f"{Path(path).name!r} holds no class: no image, but {passed}; expected FOLDER/<class>/… with "
            "jpg, png, bmp, gif, webp or tiff files"
        )
    table = read_layout(listing.names, listing.folders)
    ignored = dict(listing.ignored)
    if len(table) < len(listing.names):
        ignored["image outside a class folder"] = len(listing.names) - len(table)
    table = exclude_classes(table, exclude)
    if groups is not None:
        table = replace(table, groups=read_groups(groups, listing.store.container, table.names.tolist()))
    grouped = groups is not None
    check_classes(table, grouped=grouped)
    table, skipped, thumbnails = _drop_unreadable(table, listing.store, grouped, quiet)
    rows = _divide(table, seed)
    warnings = _warn(skipped, ignored)
    if per_class is not None:
        rows["train"], shortage = _take_per_class(table, rows["train"], per_class, seed)
        warnings += shortage
    warnings += _warn_of_leaks(table, rows, thumbnails, grouped)
    classes, labels = np.unique(table.classes, return_inverse=True)
    splits = {
        split: Split(
            listing.store.take(table.index[row]),
            labels[row].astype(np.int64),
            tuple(table.names[row].tolist()),
            table.groups[row],
        )
        for split, row in rows.items()
    }
    return Dataset(
        name=Path(path).resolve().name if Path(path).is_dir() else Path(path).stem,
        classes=tuple(classes.tolist()),
        **splits,
        has_groups=grouped,
        skipped=skipped,
        warnings=warnings,
        ignored=ignored,
    )


def check_numbers(per_class, seed):
    """Check the numbers that a data set is asked for with.

    Parameters
    ----------
    per_class : int or None
    seed : int

    Raises
    ------
    BadInput
        One is out of range.
    """
    if per_class is not None and (not isinstance(per_class, int | np.integer) or per_class < 1):
        raise BadInput(f"received `per_class` {per_class!r}; expected a whole number of at least 1")
    if not isinstance(seed, int | np.integer) or not 0 <= seed < 2**32:
        raise BadInput(f"received `seed` {seed!r}; expected a whole number from 0 to 4294967295")


def _drop_unreadable(table, store, grouped, quiet):
    """Leave unreadable images out; return the table, a line for each of them, and thumbnails of the others."""
    reasons, thumbnails = check_images(store.take(table.index), quiet=quiet)
    if not reasons:
        return table, (), thumbnails
    skipped = tuple(f"{table.names[i]}: {reason}" for i, reason in reasons.items())
    if len(skipped) > MAX_UNREADABLE * len(table):
        raise BadInput(
            f"{len(skipped)} of {len(table)} images cannot be read ({'; '.join(skipped[:3])}"
            f"{'; …' if len(skipped) > 3 else ''}); expected at most 5 %; copy them again or remove them"
        )
    mask = np.ones(len(table), bool)
    mask[list(reasons)] = False
    table = table.keep(mask)
    number = f"{len(skipped)} unreadable image{'s' if len(skipped) > 1 else ''}"
    check_classes(table, grouped=grouped, dropped=f"without {number} ({'; '.join(skipped[:3])}) ")
    return table, skipped, thumbnails[mask]


def _divide(table, seed):
    """Return the rows of each split, dict of str to int64 arrays."""
    _, labels = np.unique(table.classes, return_inverse=True)
    if "" in table.splits:
        split_of = split_groups(labels, table.groups, seed=seed)
        return {split: np.flatnonzero(split_of == number) for number, split in enumerate(SPLIT_NAMES)}
    rows = {split: np.flatnonzero(table.splits == split) for split in SPLIT_NAMES}
    if not len(rows["val"]):
        train = rows["train"]
        validates = split_groups(labels[train], table.groups[train], fractions=(0.8, 0.2), seed=seed) == 1
        rows["train"], rows["val"] = train[~validates], train[validates]
    return rows


def _take_per_class(table, train, per_class, seed):
    """Return the chosen training rows and a warning for classes that have fewer."""
    classes, labels = np.unique(table.classes[train], return_inverse=True)
    few = [f"{name} {count}" for name, count in zip(classes, np.bincount(labels), strict=True) if count < per_class]
    shortage = (f"fewer than {per_class} training images: {', '.join(few)}",) if few else ()
    return train[nested_subset(labels, table.groups[train], per_class, seed=seed)], shortage


def _warn(skipped, ignored):
    """Put into words what was skipped and passed over."""
    warnings = [f"skipped, unreadable: {line}" for line in skipped]
    passed = {kind: count for kind, count in ignored.items() if kind != "metadata.csv"}
    if passed:
        warnings.append("passed over: " + ", ".join(f"{count} {kind}" for kind, count in passed.items()))
    return tuple(warnings)


def _warn_of_leaks(table, rows, thumbnails, grouped):
    """Say where groups are missing, and which images have a near-duplicate in the training set."""
    splits = np.repeat([0, 1, 2], [len(rows[split]) for split in SPLIT_NAMES])
    used = np.concatenate([rows[split] for split in SPLIT_NAMES])
    pairs = describe_near_duplicates(find_near_duplicates(thumbnails[used], splits), table.names[used], grouped=grouped)
    return (() if grouped else (NO_GROUPS,)) + (() if pairs is None else (pairs,))

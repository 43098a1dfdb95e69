"""Which class and which split a path stands for, and whether that can be learned from."""

from dataclasses import dataclass, replace

import numpy as np

from tlbook.errors import BadInput

SPLITS = {"train": "train", "val": "val", "valid": "val", "validation": "val", "test": "test"}
MINIMUM = 3
WANTED = "expected FOLDER/<class>/… or FOLDER/{train,val,test}/<class>/…"


@dataclass(frozen=True)
class Table:
    """One row per image.

    Attributes
    ----------
    names : numpy.ndarray
        str, (n,), POSIX paths.
    classes : numpy.ndarray
        str, (n,).
    splits : numpy.ndarray
        str, (n,): "train", "val" or "test" where folders say so, else "".
    groups : numpy.ndarray
        str, (n,).
    index : numpy.ndarray
        int64, (n,), position in the store.
    empty : tuple of str
        Class folders without an image.
    """

    names: np.ndarray
    classes: np.ndarray
    splits: np.ndarray
    groups: np.ndarray
    index: np.ndarray
    empty: tuple = ()

    def __len__(self):
        return len(self.names)

    def keep(self, mask):
        """Choose rows by a mask, bool, (n,)."""
        rows = (self.names, self.classes, self.splits, self.groups, self.index)
        return Table(*(column[mask] for column in rows), self.empty)


def read_layout(names, folders):
    """Read class and split from the POSIX paths of images; images outside a class folder are left out.

    The class is the FIRST folder (below the split folder, if there are any); deeper folders belong to it. Folders
    count as split folders (in any case) where all top folders with images are named train, val, valid, validation
    or test; one of these names among others is a class, but train and test together with others are refused.
    ``folders`` are those that may be classes, with or without images.
    """
    tops = sorted({name.split("/")[0] for name in names if "/" in name})
    if not tops:
        raise BadInput(f"received no class: {len(names)} image(s), none of them in a sub-folder; {WANTED}")
    given = [top for top in tops if top.lower() in SPLITS]
    is_split = len(given) == len(tops)
    if is_split:
        _check_split_folders(given, names)
    elif {"train", "test"} <= {top.lower() for top in given}:
        others = ", ".join(repr(top) for top in tops if top not in given)
        raise BadInput(
            f"received split folders ({', '.join(given)}) beside others ({others}); {WANTED}; move the others"
        )
    depth = 2 if is_split else 1
    index = [i for i, name in enumerate(names) if name.count("/") >= depth]
    parts = [names[i].split("/", depth) for i in index]
    used = {tuple(part[:depth]) for part in parts}
    inside = {tuple(folder.split("/")) for folder in folders if folder.count("/") == depth - 1}
    empty = {"/".join(folder) for folder in inside - used if not is_split or folder[0] in given}
    kept = np.array([names[i] for i in index], dtype=str)
    return Table(
        names=kept,
        classes=np.array([part[depth - 1] for part in parts], dtype=str),
        splits=np.array([SPLITS[part[0].lower()] if is_split else "" for part in parts], dtype=str),
        groups=kept,
        index=np.array(index, dtype=np.int64),
        empty=tuple(sorted(empty)),
    )


def exclude_classes(table, exclude):
    """Leave classes out; refuse names that are none."""
    present = {*table.classes.tolist(), *(folder.split("/")[-1] for folder in table.empty)}
    unknown = [name for name in exclude if name not in present]
    if unknown:
        raise BadInput(f"received `exclude` {unknown[0]!r}; expected one of the classes: {', '.join(sorted(present))}")
    table = replace(table, empty=tuple(f for f in table.empty if f.split("/")[-1] not in exclude))
    return table.keep(~np.isin(table.classes, exclude)) if exclude else table


def name_splits(table):
    """Name the split folders as they are written; empty where there are none."""
    if "" in table.splits:
        return ""
    tops = {SPLITS[top.lower()]: top for top in {name.split("/")[0] for name in table.names.tolist()}}
    return "the folders " + ", ".join(tops[split] for split in dict.fromkeys(SPLITS.values()) if split in tops)


def check_classes(table, *, grouped=False, dropped="", in_folders=True):
    """Check that there are two classes, each with enough images and groups, the same in every split.

    ``dropped`` says what has happened before ("without 2 unreadable images ").
    """
    classes, counts = np.unique(table.classes, return_counts=True)
    names = ", ".join(repr(str(name)) for name in classes)
    if table.empty:
        raise BadInput(
            f"the folder {table.empty[0]!r} holds no image that is read here; expected at least {MINIMUM} a class, "
            f"jpg, png, bmp, gif, webp or tiff; add some or leave it out with `exclude` {table.empty[0].split('/')[-1]}"
        )
    if len(classes) < 2:
        found = f"one class, {names}" if len(classes) else "no class"
        deep = in_folders and len(classes) == 1 and all(name.count("/") > 1 for name in table.names.tolist())
        hint = f"; {WANTED}" if in_folders else ""
        hint += f"; if its sub-folders are the classes, give the folder {str(classes[0])!r} itself" if deep else ""
        raise BadInput(f"{dropped}received {found}; expected two or more{hint}")
    _check_minimum(classes, counts, "images", dropped)
    if grouped:
        _check_minimum(*_count_groups(table), "groups", dropped)
    for split in [name for name in dict.fromkeys(SPLITS.values()) if name in table.splits]:
        lacking = sorted(set(classes) - set(table.classes[table.splits == split]))
        if lacking:
            raise BadInput(
                f"{dropped}the class {str(lacking[0])!r} has no image in {split}; expected the same classes in every "
                f"split; add images or leave it out with `exclude` {lacking[0]}"
            )
    if "" not in table.splits:
        _check_given_splits(table, grouped, dropped)


def _check_split_folders(given, names):
    """Check that split folders name train and test once each and hold class folders."""
    splits = [SPLITS[folder.lower()] for folder in given]
    shown = ", ".join(repr(folder) for folder in given)
    if "train" not in splits or "test" not in splits:
        lacking = " and ".join(split for split in ("train", "test") if split not in splits)
        hint = f"or give the folder {given[0]!r} itself" if len(given) == 1 else "or move the classes up"
        raise BadInput(f"received the split folders {shown}, without {lacking}; {WANTED}; add it, {hint}")
    if len(set(splits)) < len(splits):
        raise BadInput(f"received the split folders {shown}, two of them for one split; {WANTED}; merge them")
    if all(name.count("/") < 2 for name in names):
        raise BadInput(f"received no class: the images lie directly in the split folders {shown}; {WANTED}")


def _check_minimum(classes, counts, what, dropped):
    """Check that each class has the minimum number of images or groups."""
    few = np.flatnonzero(counts < MINIMUM)
    if len(few):
        name = str(classes[few[0]])
        number = f"{counts[few[0]]} {what if counts[few[0]] != 1 else what[:-1]}"
        raise BadInput(
            f"{dropped}the class {name!r} has {number}; expected at least {MINIMUM} a class; add images or leave it "
            f"out with `exclude` {name}"
        )


def _count_groups(table):
    """Return the classes and the number of groups with images of each, two arrays."""
    return np.unique([name for name, _ in set(zip(table.classes, table.groups, strict=True))], return_counts=True)


def _check_given_splits(table, grouped, dropped):
    """Check given splits: no group on two, and something to validate on."""
    split_of, twice = {}, {}
    for group, split in zip(table.groups.tolist(), table.splits.tolist(), strict=True):
        if split_of.setdefault(group, split) != split:
            twice[group] = split
    if twice:
        group, split = next(iter(twice.items()))
        raise BadInput(
            f"the group {group!r} is both in {split_of[group]} and in {split} ({len(twice)} such groups); expected "
            "whole groups in one split; move its images to one split, or give no splits, to have them made"
        )
    if "val" in table.splits:
        return
    classes, counts = _count_groups(table.keep(table.splits == "train"))
    if counts.min() < 2:
        name = str(classes[counts.argmin()])
        raise BadInput(
            f"{dropped}the class {name!r} has 1 {'group' if grouped else 'image'} in train, and no validation images "
            f"are given; expected at least 2, of which one validates; add images or leave it out with `exclude` {name}"
        )

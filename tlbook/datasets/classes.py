"""Whether the classes of a table of images can be learned from, and which of them to leave out."""

from dataclasses import replace

import numpy as np

from tlbook.datasets.layout import WANTED
from tlbook.datasets.provenance import count
from tlbook.errors import BadInput

SPLIT_NAMES = ("train", "val", "test")
MINIMUM = 3
MOST_NAMED = 50


def exclude_classes(table, exclude):
    """Leave classes out; refuse names that are none."""
    present = {*table.classes.tolist(), *(folder.split("/")[-1] for folder in table.empty)}
    unknown = [name for name in exclude if name not in present]
    if unknown:
        raise BadInput(f"received `exclude` {unknown[0]!r}; expected one of the classes: {', '.join(sorted(present))}")
    table = replace(table, empty=tuple(f for f in table.empty if f.split("/")[-1] not in exclude))
    return table.keep(~np.isin(table.classes, exclude)) if exclude else table


def check_classes(table, *, grouped=False, dropped="", in_folders=True, advice=""):
    """Check that there are two classes, each with enough images and groups, the same in every split.

    ``dropped`` says what has happened before ("without 2 unreadable images "), ``advice`` how files of other formats
    are read.
    """
    classes, counts = np.unique(table.classes, return_counts=True)
    names = ", ".join(repr(str(name)) for name in classes)
    if table.empty:
        raise BadInput(
            f"the folder {table.empty[0]!r} holds no image that is read here; expected at least {MINIMUM} a class, "
            f"jpg, png, bmp, gif, webp or tiff; add some or leave it out with `exclude` {table.empty[0].split('/')[-1]}"
            f"{advice and '; ' + advice}"
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
    for split in [name for name in SPLIT_NAMES if name in table.splits]:
        lacking = sorted(set(classes) - set(table.classes[table.splits == split]))
        if lacking:
            raise BadInput(
                f"{dropped}the class {str(lacking[0])!r} has no image in {split}; expected the same classes in every "
                f"split; add images or leave it out with `exclude` {lacking[0]}"
            )
    if "" not in table.splits:
        _check_given_splits(table, grouped, dropped)


def leave_out_rare(table, least, *, grouped=False):
    """Leave out classes of fewer images, or of too few groups; return the table and a tuple of no line or one."""
    if least is None:
        return table, ()
    classes, counts = np.unique(table.classes, return_counts=True)
    rare = dict(zip(classes[counts < least].tolist(), counts[counts < least].tolist(), strict=True))
    why = f"fewer than {least} images"
    if grouped:
        names, groups = _count_groups(table)
        few = names[groups < MINIMUM].tolist()
        rare |= {name: int(counts[classes == name][0]) for name in few}
        why += f" or {MINIMUM} groups" if few else ""
    bare = [folder for folder in table.empty if folder.split("/")[-1] not in rare]
    rare |= {folder.split("/")[-1]: 0 for folder in bare if folder.split("/")[-1] not in classes}
    table = replace(table, empty=tuple(folder for folder in table.empty if folder.split("/")[-1] not in rare))
    if not rare:
        return table, ()
    line = f"{count(len(rare), 'class')} of {why}, left out ({count(sum(rare.values()), 'image')}): {_name_rare(rare)}"
    return table.keep(~np.isin(table.classes, list(rare))), (line,)


def _name_rare(counts):
    """Name classes with a number each, in the order of their names."""
    shown = [f"{name!r} {number}" for name, number in sorted(counts.items())[:MOST_NAMED]]
    return ", ".join(shown) + (f", and {len(counts) - MOST_NAMED} more" if len(counts) > MOST_NAMED else "")


def _check_minimum(classes, counts, what, dropped):
    """Check that each class has the minimum number of images or groups; name all that have not."""
    few = {str(classes[at]): int(counts[at]) for at in np.flatnonzero(counts < MINIMUM)}
    if not few:
        return
    name = next(iter(few))
    if len(few) == 1:
        found = f"the class {name!r} has {few[name]} {what if few[name] != 1 else what[:-1]}"
        mend = f"leave it out with `exclude` {name} or `min_images` {MINIMUM}"
    else:
        found = f"{len(few)} classes have fewer than {MINIMUM} {what}: {_name_rare(few)}"
        mend = f"leave them out with `min_images` {MINIMUM} (or one of them with `exclude` {name})"
    raise BadInput(f"{dropped}{found}; expected at least {MINIMUM} a class; add images or {mend}")


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

"""A table of images and the store that holds them become a data set: checked, split, warned about."""

from dataclasses import replace

import numpy as np

from tlbook.datasets.classes import SPLIT_NAMES, check_classes, exclude_classes, leave_out_rare
from tlbook.datasets.dataset import Dataset, Split
from tlbook.datasets.findings import describe_dicom, describe_formulas, describe_traits, scale_thumbnails, settle_range
from tlbook.datasets.formats import describe_conversion, describe_passed
from tlbook.datasets.near_duplicates import describe_near_duplicates, find_near_duplicates
from tlbook.datasets.provenance import count, describe_excluded, describe_ignored, describe_split
from tlbook.datasets.scan import check_images
from tlbook.datasets.splits import nested_subset, split_groups
from tlbook.datasets.stores import FileStore
from tlbook.errors import BadInput

MOST_WARNED = 500  # unreadable images, one by one
NO_GROUPS = (
    "no groups were given: each image counts as a group of its own; if several show one person or thing, scores come "
    "out too good"
)


def leave_out(table, about, exclude):
    """Leave classes out; return the table and what is known about it."""
    left_out = (*about.left_out, *describe_excluded(table.classes, exclude))
    return exclude_classes(table, exclude), replace(about, left_out=left_out)


def assemble_dataset(table, store, about, options, *, order=None):
    """Check, split and put together the images of a table; ``order`` lists all classes, where it is not by name."""
    grouped = bool(about.groups)
    table, rare = leave_out_rare(table, options.min_images, grouped=grouped)
    advice = describe_conversion(about.ignored)
    check_classes(table, grouped=grouped, in_folders=about.in_folders, advice=advice)
    table, unreadable, thumbnails, traits = _drop_unreadable(table, store, about, options)
    rows = divide_rows(table, options.seed)
    value_range = settle_range(traits, rows["train"], options.value_range)
    scale_thumbnails(thumbnails, traits, value_range)
    origin = describe_split(about, set(table.splits.tolist()), options.seed)
    found = describe_traits(traits, table.names, value_range)
    found += describe_dicom(traits, value_range, grouped=grouped)
    found += describe_formulas(table.names.tolist(), np.unique(table.classes).tolist())
    warnings = (*about.warnings, *rare, *_warn(unreadable, about.ignored), *found)
    left_out = (*about.left_out, *rare, *((count(len(unreadable), "unreadable image"),) if unreadable else ()))
    left_out += describe_ignored(about.ignored)
    if options.per_class is not None:
        num_before = len(rows["train"])
        rows["train"], shortage = take_per_class(table, rows["train"], options.per_class, options.seed)
        warnings += shortage
        more = num_before - len(rows["train"])
        left_out += (f"{count(more, 'training image')} beyond {options.per_class} a class",) if more else ()
    warnings += _warn_of_leaks(table, rows, thumbnails, grouped)
    present = set(table.classes.tolist())
    classes = tuple(name for name in order or sorted(present) if name in present)
    return Dataset(
        name=about.name,
        classes=classes,
        **_make_splits(table, store, rows, classes, value_range),
        has_groups=grouped,
        unreadable=unreadable,
        warnings=warnings,
        ignored=dict(about.ignored),
        split_origin=origin,
        groups_origin=about.groups,
        left_out=left_out,
        value_range=value_range,
    )


def _make_splits(table, store, rows, classes, value_range):
    """Return the three splits by name, the labels counted in the order of the classes."""
    if isinstance(store, FileStore):
        store = replace(store, checked=True, value_range=value_range)
    number = {name: label for label, name in enumerate(classes)}
    labels = np.array([number[name] for name in table.classes.tolist()], np.int64)
    return {
        split: Split(store.take(table.index[row]), labels[row], tuple(table.names[row].tolist()), table.groups[row])
        for split, row in rows.items()
    }


def _drop_unreadable(table, store, about, options):
    """Leave unreadable images out; return the table, their reasons by name, thumbnails and traits of the others."""
    reasons, thumbnails, traits = check_images(store.take(table.index), quiet=options.quiet)
    if not reasons:
        return table, {}, thumbnails, traits
    unreadable = {str(table.names[i]): reason for i, reason in reasons.items()}
    skipped = [f"{name}: {reason}" for name, reason in unreadable.items()]
    if len(skipped) > options.max_unreadable * len(table):
        raise BadInput(
            f"{len(skipped)} of {len(table)} images cannot be read ({'; '.join(skipped[:3])}"
            f"{'; …' if len(skipped) > 3 else ''}); expected at most {100 * options.max_unreadable:g} %; "
            "copy them again, remove them, or raise `max_unreadable` (the run then lists all in unreadable.csv)"
        )
    mask = np.ones(len(table), bool)
    mask[list(reasons)] = False
    table = table.keep(mask)
    dropped = f"without {count(len(skipped), 'unreadable image')} ({'; '.join(skipped[:3])}) "
    check_classes(table, grouped=bool(about.groups), dropped=dropped, in_folders=about.in_folders)
    return table, unreadable, thumbnails[mask], [trait for trait in traits if trait is not None]


def divide_rows(table, seed):
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


def take_per_class(table, train, per_class, seed):
    """Return the chosen training rows and a warning for classes that have fewer."""
    classes, labels = np.unique(table.classes[train], return_inverse=True)
    few = [f"{name} {number}" for name, number in zip(classes, np.bincount(labels), strict=True) if number < per_class]
    shortage = (f"fewer than {per_class} training images: {', '.join(few)}",) if few else ()
    return train[nested_subset(labels, table.groups[train], per_class, seed=seed)], shortage


def _warn(unreadable, ignored):
    """Put into words what was skipped and passed over."""
    warnings = [f"skipped, unreadable: {name}: {reason}" for name, reason in unreadable.items()]
    if len(warnings) > MOST_WARNED:
        left = len(warnings) - MOST_WARNED
        warnings = [*warnings[:MOST_WARNED], f"skipped, unreadable: {left:,} more; unreadable.csv in the run lists all"]
    passed = describe_passed(ignored)
    return (*warnings, passed) if passed else tuple(warnings)


def _warn_of_leaks(table, rows, thumbnails, grouped):
    """Say where groups are missing, and which images have a near-duplicate in the training set."""
    splits = np.repeat([0, 1, 2], [len(rows[split]) for split in SPLIT_NAMES])
    used = np.concatenate([rows[split] for split in SPLIT_NAMES])
    pairs = describe_near_duplicates(find_near_duplicates(thumbnails[used], splits), table.names[used], grouped=grouped)
    return (() if grouped else (NO_GROUPS,)) + (() if pairs is None else (pairs,))

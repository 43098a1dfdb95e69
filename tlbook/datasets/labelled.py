"""Labels from elsewhere: a column of a CSV file, or a part of the paths."""

import re
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path
from posixpath import splitext

import numpy as np

from tlbook.datasets import words
from tlbook.datasets.columns import read_csv
from tlbook.datasets.containers import read_if_there
from tlbook.datasets.expressions import match_names
from tlbook.datasets.layout import Table
from tlbook.datasets.lookup import (
    GROUP_WORDS,
    LABEL_WORDS,
    SPLIT_WORDS,
    list_columns,
    match_rows,
    read_cells,
    show_columns,
)  # fmt: skip
from tlbook.datasets.marks import REASON, leave_out_marked_files
from tlbook.datasets.onehot import ONE_LABEL, are_hot, check_one_hot, name_hot
from tlbook.datasets.provenance import count
from tlbook.datasets.splitfolders import find_labelled_splits
from tlbook.datasets.tree import list_folders, plant_tree, stack_text
from tlbook.errors import BadInput

BETWEEN = re.compile(r"\s*[|;,/]\s*|\s+")


@dataclass(frozen=True)
class SplitColumn:
    """A column that says the split of each image: its name, and the cells."""

    name: str
    cells: list


@dataclass(frozen=True)
class Labelled:
    """Images with labels from elsewhere.

    Attributes
    ----------
    table : Table
    given : Given
        The split folders, where all labelled images lie in some.
    left_out : tuple of str
        What was left out and why, one line each.
    warnings : tuple of str
    """

    table: Table
    given: object
    left_out: tuple
    warnings: tuple


def read_labelled(spec, column, listing):
    """Return the images of a listing with the labels of a file or an expression; `tlbook.from_folder` says how."""
    spec, warnings, said = str(spec), (), None
    data = listing.store.container.find(spec)
    data = read_if_there(Path(spec)) if data is None else data
    tree = plant_tree(listing.names, ())
    leave_out_marked_files(tree)
    if data is None:
        if column is not None:
            raise BadInput(f"received `label_column` {column!r} without a CSV file; expected one as `labels`")
        labels = match_names("labels", spec, listing.names)
        lack = f"do not match the expression {spec!r}"
        _leave_out_marks(tree, labels)
    else:
        _leave_out_marks(tree, [""] * len(tree.names))
        labels, said, warnings = _read_table(spec, data, column, tree)
        lack = f"have no label in {Path(spec).name!r}"
    _leave_out_test_images(tree, labels, listing)
    _leave_out_unlabelled(tree, labels, lack)
    index = [i for i, way in enumerate(tree.ways) if way is not None]
    names = stack_text([tree.names[i] for i in index])
    classes = stack_text([labels[i].strip() for i in index])
    splits, given = find_labelled_splits(names.tolist(), set(classes.tolist()))
    if said and not given.splits:
        splits, given = find_labelled_splits([f"{said.cells[i]}/{tree.names[i]}" for i in index], set())
        given = replace(given, where=f"the column {said.name} of {Path(spec).name}") if given.splits else given
        if not given.splits:
            warnings += (
                f"the column {said.name!r} of {Path(spec).name} was not read as splits: it lacks train or test",
            )
    table = Table(names, classes, stack_text(splits), names, np.array(index, dtype=np.int64))
    left_out = tuple(tree.left_out)
    return Labelled(table, given, left_out, warnings)


def propose_labels(listing):
    """Say how labels could be given: by a file of the folder that looks like it, or in general."""
    for file in listing.tables[:20]:
        try:
            header, rows = read_csv(listing.store.container.find(file), file, ("path", "file", "image", "id", "label"))
            found, at, _ = match_rows(file, header, rows, listing.names)
        except (BadInput, AttributeError):  # no table, or gone
            continue
        labels = [n for n in list_columns(header, LABEL_WORDS) if n != at] or [n for n in range(len(header)) if n != at]
        if labels and any(found):
            clear = list_columns(header, LABEL_WORDS) or len(labels) == 1 or are_hot(rows, labels)
            hint = "" if clear else " and `label_column`"
            return f"{file!r} has the columns {show_columns(header)}: give it as `labels` {file}{hint}"
    return (
        "if the labels stand in a CSV file, give it as `labels`; if in the file names, an expression with one group, "
        "as in `labels` '(cat|dog)'"
    )


def _leave_out_marks(tree, labels):
    """Leave out images in folders of marks, where others are none and the folder is not the label itself."""
    marked = {}
    for index, way in enumerate(tree.ways):
        if way is not None and labels[index] is not None:
            found = [name for name in way if words.is_mark_inside(name) and name != labels[index]]
            if found:
                marked[index] = "/".join(way[: way.index(found[0]) + 1])
    if len(marked) < sum(way is not None and labels[i] is not None for i, way in enumerate(tree.ways)):
        tree.leave_out_images(list(marked), list(dict.fromkeys(marked.values())), REASON)


def _leave_out_unlabelled(tree, labels, lack):
    """Leave out folders in which no image has a label; refuse images without one beside others."""
    kept = [i for i, way in enumerate(tree.ways) if way is not None]
    has = {tree.ways[i] for i in kept if labels[i]}
    bare = [i for i in kept if not labels[i]]
    missing = [tree.names[i] for i in bare if tree.ways[i] in has or not has]
    if missing:
        raise BadInput(
            f"{len(missing)} of {count(len(kept), 'image')} {lack}: {list_folders(missing)}; expected a label for each "
            "image of a folder in which some have one; add them, or move these images to a folder of their own (images "
            "for testing are known by their names, test_1.png, or by a table test.csv)"
        )
    for folder, number in sorted(Counter(tree.ways[i] for i in bare).items()):
        where = f"in the folder {'/'.join(folder)!r}" if folder else "in no folder"
        tree.left_out.append(f"{count(number, 'image')} {where}: without labels, neither used nor scored")
    for i in bare:
        tree.ways[i] = None


def _leave_out_test_images(tree, labels, listing):
    """Leave out images without a label that are told to be for testing: by their names, or by another table."""
    bare = [i for i, way in enumerate(tree.ways) if way is not None and not labels[i]]
    if not bare or len(bare) == sum(way is not None for way in tree.ways):
        return
    said = {i for i in bare if _says_test(tree.names[i])}
    for file in listing.tables[:20] if len(said) < len(bare) else ():
        if _says_test(file):
            said |= _find_named(file, listing, [tree.names[i] for i in bare], bare)
    if said:
        shown = [tree.names[i] for i in sorted(said)]
        tree.leave_out_images(sorted(said), shown, "told to be for testing, without labels: neither used nor scored")


def _says_test(name):
    """Tell a file whose own name says test, or submission."""
    reading = words.read_split(splitext(name.rpartition("/")[2])[0])
    return reading is not None and reading.split in ("test", words.UNLABELLED)


def _find_named(file, listing, names, indices):
    """Return the indices of the images that a table names."""
    try:
        header, rows = read_csv(listing.store.container.find(file), file, ("path", "file", "image", "id"))
        found, _, _ = match_rows(file, header, rows, names)
    except (BadInput, AttributeError):  # no table of these images, or gone
        return set()
    return {index for index, own in zip(indices, found, strict=True) if own}


def _read_table(spec, data, column, tree):
    """Return the label of each image of a tree, None without one, the column of splits, and what to warn of."""
    file = Path(spec).name
    wanted = ("path", "file", "image", "id", "label", "class", *([] if column is None else [column]))
    header, rows = read_csv(data, f"the labels file {file!r}", wanted)
    rows = [row for row in rows if any(cell.strip() for cell in row)]
    kept = [i for i, way in enumerate(tree.ways) if way is not None]
    found, at, num_unknown = match_rows(file, header, rows, [tree.names[i] for i in kept])
    groups = [n for n in list_columns(header, GROUP_WORDS) if n != at]
    chosen, hot = _choose_label(file, header, rows, column, at, groups), []
    if chosen is None:
        hot = [n for n in range(len(header)) if n != at and n not in groups and header[n]]
        check_one_hot(file, header, rows, hot, at)
    labels = [None] * len(tree.names)
    for i, own in zip(kept, found, strict=True):
        cells = name_hot(own, hot, header) if hot else read_cells(own, chosen)
        values = sorted({value for value in cells if value})
        if len(values) > 1:
            raise BadInput(
                f"the labels file {file!r} gives {tree.names[i]!r} several labels, {values[0]!r} and {values[1]!r}; "
                f"{ONE_LABEL}; keep one, or take another column with `label_column`"
            )
        labels[i] = values[0] if values else None
    if not hot:
        _refuse_lists(file, header[chosen], [label for label in labels if label])
    warnings = (f"{num_unknown} of {len(rows)} rows of {file} name no image here",) if num_unknown else ()
    if hot:
        warnings += (f"the labels are the names of {len(hot)} columns of {file}, of which each row has one 1",)
    if groups:
        warnings += (f"{file} has a column {header[groups[0]]!r}: if it says what belongs together, give it as groups",)
    return labels, _find_splits(header, rows, kept, found, {at, chosen}, len(tree.names)), warnings


def _find_splits(header, rows, kept, found, taken, count):
    """Return the column whose cells all say train, val or test, None where none does."""
    for at in list_columns(header, SPLIT_WORDS):
        if at in taken or not all(map(_says_split, read_cells(rows, at))):
            continue
        cells = [""] * count
        for i, own in zip(kept, found, strict=True):
            cells[i] = own[0][at].strip() if own else ""
        return SplitColumn(header[at], cells)
    return None


def _says_split(cell):
    reading = words.read_split(cell) if words.list_tokens(cell) else None
    return reading is not None and not reading.rest and reading.split != words.UNLABELLED


def _choose_label(file, header, rows, column, at, groups):
    """Return the position of the column of labels, None where each label has a column of 0 and 1; else refuse."""
    shown = show_columns(header)
    if column is not None:
        same = [n for n, name in enumerate(header) if name.lower() == str(column).lower()]
        if not same:
            raise BadInput(f"received `label_column` {column!r}; expected a column of {file!r}: {shown}")
        return same[0]
    others = [n for n in range(len(header)) if n != at and n not in groups and header[n]]
    likely = [n for n in list_columns(header, LABEL_WORDS) if n in others]
    alone = [n for n in likely if len(words.list_tokens(header[n])) == 1]
    likely = alone or likely or (others if len(others) == 1 else [])
    cells = {n: read_cells(rows, n) for n in likely}
    if likely and all(_divides_alike(cells[likely[0]], cells[n]) for n in likely):
        return likely[0]
    if not likely and are_hot(rows, others):
        return None
    what = "several columns that could be labels" if likely else "no column that is called label, class or the like"
    raise BadInput(f"the labels file {file!r} has {what}; expected one of {shown}; name it with `label_column`")


def _divides_alike(one, other):
    """Tell whether two columns divide the rows in the same way, whatever they call the classes."""
    return len(set(zip(one, other, strict=True))) == len(set(one)) == len(set(other))


def _refuse_lists(file, column, labels):
    """Refuse cells that hold several labels."""
    known = set(labels)
    for label in sorted(known):
        parts = [part for part in BETWEEN.split(label) if part]
        if len(parts) > 1 and ("|" in label or all(part in known for part in parts)):
            raise BadInput(
                f"the column {column!r} of {file!r} holds several labels in one cell ({label!r}); {ONE_LABEL}; keep "
                "the images with one label, or write one column with one label each"
            )

"""A table of texts, with a label each, as a data set: the same splits, groups and checks as for images."""

from contextlib import contextmanager
from dataclasses import replace

import numpy as np

from tlbook.datasets.assemble import NO_GROUPS, divide_rows, leave_out, take_per_class
from tlbook.datasets.classes import SPLIT_NAMES, check_classes, leave_out_rare
from tlbook.datasets.columns import choose_column, decode_text, parse_csv, read_table_file, refuse_repeated, take_frame
from tlbook.datasets.dataset import Dataset, Split
from tlbook.datasets.labels import is_missing, name_classes, name_groups, order_classes, read_splits
from tlbook.datasets.layout import Table
from tlbook.datasets.provenance import Provenance, count, describe_split
from tlbook.datasets.textstore import MOST_WORDS, TextStore, cut_text, split_words
from tlbook.errors import BadInput


def read_texts(table, chosen, options):
    """Read the texts of a table as a data set; `tlbook.from_table` says how.

    ``chosen`` names the columns of text, label, group and split, None where there is none.
    """
    chosen = {argument: column for argument, column in chosen.items() if column is not None}
    columns, name, uneven, warnings = open_texts(table, chosen.values())
    cells = {argument: choose_column(columns, argument, column) for argument, column in chosen.items()}
    if not cells["text"]:
        raise BadInput("received `table` without a row; expected one a text")
    names = [f"row {number}" for number in range(1, len(cells["text"]) + 1)]
    skipped = {names[at]: reason for at, reason in uneven.items()}
    texts = ["" if is_missing(text) else str(text) for text in cells["text"]]
    skipped |= {row: "it has no text" for row, text in zip(names, texts, strict=True) if not split_words(text)}
    _check_skipped(skipped, len(names), options.max_unreadable)
    kept = [at for at, row in enumerate(names) if row not in skipped]
    cells = {argument: [values[at] for at in kept] for argument, values in cells.items()}
    cut = [cut_text(texts[at]) for at in kept]
    warnings += _describe_skipped(skipped)
    if long := sum(was_cut for _, was_cut in cut):
        warnings += (f"{count(long, 'text')} cut after {MOST_WORDS:,} words",)
    about = Provenance(
        name or "table",
        given="" if "split" not in chosen else f"the column {chosen['split']}",
        groups="" if "group" not in chosen else f"the column {chosen['group']} of the table",
        left_out=(f"{count(len(skipped), 'row')} without a readable text",) if skipped else (),
        warnings=warnings,
    )
    with speak_of_texts():
        listed = _list_rows(cells, [names[at] for at in kept])
        data = _assemble(listed, TextStore(tuple(text for text, _ in cut)), about, options)
    return replace(data, unreadable=skipped)


@contextmanager
def speak_of_texts():
    """Let bad input that speaks of images speak of texts: the checks of labels, groups and splits are the same."""
    try:
        yield
    except BadInput as error:
        raise BadInput(_say_texts(str(error))) from error


def _say_texts(line):
    return line.replace(" images", " texts").replace(" image", " text")


def open_texts(table, wanted):
    """Return the columns of a table, its file's name, why a row cannot be used by its place, and warnings."""
    columns = take_frame(table)
    if columns is not None:
        return columns, "", {}, ()
    file, data = read_table_file(table)
    text, encoding = decode_text(data, f"the table {file.name!r}")
    header, rows = parse_csv(text, f"the table {file.name!r}", [str(name) for name in wanted])
    refuse_repeated(header)
    rows = [row for row in rows if any(cell.strip() for cell in row)]
    uneven = {
        at: f"it has {len(row)} cells and the header {len(header)}: is a text with a comma not in quotes?"
        for at, row in enumerate(rows)
        if len(row) > len(header) and any(cell.strip() for cell in row[len(header) :])
    }
    columns = {name: [row[at].strip() if at < len(row) else "" for row in rows] for at, name in enumerate(header)}
    read_as = () if encoding.startswith("utf") else (f"{file.name} is not UTF-8 and was read as {encoding}",)
    return columns, file.stem, uneven, read_as


def _check_skipped(skipped, total, most):
    if len(skipped) > most * total:
        shown = "; ".join(f"{row}: {why}" for row, why in list(skipped.items())[:3])
        raise BadInput(
            f"{len(skipped)} of {total} rows cannot be used ({shown}{'; …' if len(skipped) > 3 else ''}); expected at "
            f"most {100 * most:g} %; mend the table, or raise `max_unreadable`"
        )


def _describe_skipped(skipped):
    """Name up to three skipped rows in one warning."""
    if not skipped:
        return ()
    shown = "; ".join(f"{row}: {why}" for row, why in list(skipped.items())[:3])
    return (f"{count(len(skipped), 'row')} skipped ({shown}{'; …' if len(skipped) > 3 else ''})",)


def _list_rows(cells, names):
    """Return a table with one row a text."""
    classes = name_classes("label", cells["label"], names)
    groups = name_groups(cells.get("group", [""] * len(names)), names)
    splits = read_splits(cells["split"], names) if "split" in cells else [""] * len(names)
    return Table(np.array(names, dtype=str), classes, np.array(splits, dtype=str), groups, np.arange(len(names)))


def _assemble(table, store, about, options):
    """Check, split and put together the texts of a table."""
    grouped = bool(about.groups)
    table, about = leave_out(table, about, options.exclude)
    table, rare = leave_out_rare(table, options.min_images, grouped=grouped)
    check_classes(table, grouped=grouped, in_folders=False)
    rows = divide_rows(table, options.seed)
    warnings, left_out = (*about.warnings, *rare), (*about.left_out, *rare)
    origin = describe_split(about, set(table.splits.tolist()), options.seed)
    if options.per_class is not None:
        before = len(rows["train"])
        rows["train"], shortage = take_per_class(table, rows["train"], options.per_class, options.seed)
        warnings += shortage
        more = before - len(rows["train"])
        left_out += (f"{count(more, 'training text')} beyond {options.per_class} a class",) if more else ()
    warnings += () if grouped else (NO_GROUPS,)
    classes = tuple(order_classes(table.classes.tolist()))
    number = {name: label for label, name in enumerate(classes)}
    labels = np.array([number[name] for name in table.classes.tolist()], np.int64)
    splits = {
        split: Split(store.take(table.index[row]), labels[row], tuple(table.names[row].tolist()), table.groups[row])
        for split, row in rows.items()
    }
    warnings += _warn_of_repeats(splits)
    return Dataset(
        about.name, classes, **splits, has_groups=grouped, warnings=tuple(map(_say_texts, warnings)),
        split_origin=_say_texts(origin), groups_origin=about.groups, left_out=tuple(map(_say_texts, left_out)),
    )  # fmt: skip


def _warn_of_repeats(splits):
    """Count validation and test texts whose words, in their order, are those of a training text."""
    known = {tuple(split_words(text)) for text in splits["train"].texts}
    found = {
        name: [row for row, text in zip(splits[name].names, splits[name].texts, strict=True)
               if tuple(split_words(text)) in known]
        for name in SPLIT_NAMES[1:]
    }  # fmt: skip
    rows = [row for name in SPLIT_NAMES[1:] for row in found[name]]
    if not rows:
        return ()
    shown = ", ".join(rows[:3]) + (", …" if len(rows) > 3 else "")
    where = f"{len(found['val'])} validation and {len(found['test'])} test texts"
    return (f"{where} stand word for word in the training set too ({shown}): scores come out too good",)

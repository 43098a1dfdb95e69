"""Which images belong together: a column of a CSV file, or a part of the file name."""

import csv
import io
import re
import unicodedata
from pathlib import Path

import numpy as np

from tlbook.datasets.containers import read_if_there
from tlbook.errors import BadInput


def read_groups(spec, container, names):
    r"""Name the group of each image.

    Groups hold across classes. An image whose group is empty is a group of its own, named by its path.

    Parameters
    ----------
    spec : str or pathlib.Path
        A CSV file with the columns ``path`` (or ``file``) and ``group``, looked for beside the images and then in
        the working directory; if there is no such file, a regular expression with exactly one group, searched for
        in each path, as in ``r"patient(\d+)"``.
    container : Folder or Archive
        What the names are relative to.
    names : sequence of str
        POSIX paths relative to the folder, (n,).

    Returns
    -------
    numpy.ndarray
        str, (n,).

    Raises
    ------
    BadInput
        Neither such a file nor such an expression, a column that is missing, an image that is not named or not
        matched, or one that is named with two groups.
    """
    spec = str(spec)
    data = container.find(spec)
    if data is None:
        data = read_if_there(Path(spec))
    if data is None:
        found, lack = _match_names(_compile(spec), names), f"do not match the expression {spec!r}"
    else:
        prefix = getattr(container, "prefix", "")
        found, lack = _look_up(_read_table(data, spec), names, prefix), f"are not in the groups file {spec!r}"
    missing = [name for name, group in zip(names, found, strict=True) if group is None]
    if missing:
        shown = ", ".join(repr(name) for name in missing[:3])
        raise BadInput(
            f"{len(missing)} of {len(names)} images {lack}: {shown}{', …' if len(missing) > 3 else ''}; "
            "expected a group for each image (an empty one for an image of its own)"
        )
    return np.array([group or name for name, group in zip(names, found, strict=True)], dtype=str)


def _compile(spec):
    """Compile a regular expression with exactly one group."""
    try:
        pattern = re.compile(spec)
        fault = f"it has {pattern.groups} groups" if pattern.groups != 1 else None
    except re.error as error:
        fault = f"it is none ({error})"
    if fault:
        raise BadInput(
            f"received `groups` {spec!r}; there is no such file in the folder or the working directory, and as a "
            f"regular expression {fault}; expected a CSV file or an expression with exactly one group, as in "
            "'patient([0-9]+)'"
        )
    return pattern


def _match_names(pattern, names):
    """Return the matched group of each name ("" for an optional one that is absent), None where nothing matches."""
    matches = [pattern.search(name) for name in names]
    return [match and (match.group(1) or "") for match in matches]


def _read_table(data, spec):
    """Read a groups file into a dict of group by path."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadInput(f"the groups file {spec!r} is not UTF-8 text; expected a CSV file; save it as UTF-8") from error
    if text.lower().startswith("sep="):  # a line that Excel writes and reads
        text = text.partition("\n")[2]
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=_find_delimiter(text)))
    except csv.Error as error:
        raise BadInput(f"the groups file {spec!r} is no CSV file ({error}); expected one; save it as CSV") from error
    header = [cell.strip().lower() for cell in (rows[0] if rows else [])]
    column = next((name for name in ("path", "file") if name in header), None)
    if column is None or "group" not in header:
        raise BadInput(
            f"the groups file {spec!r} has the columns {', '.join(header) or 'none'}; "
            "expected 'path' (or 'file') and 'group' among them; rename its columns"
        )
    where, what = header.index(column), header.index("group")
    table = {}
    for row in rows[1:]:
        path = _normalise(row[where]) if where < len(row) else ""
        group = row[what].strip() if what < len(row) else ""
        if path and table.setdefault(path, group) != group:
            raise BadInput(
                f"the groups file {spec!r} gives {path!r} two groups, {table[path]!r} and {group!r}; "
                "expected one; mend the file"
            )
    return table


def _find_delimiter(text):
    """Return the mark that sets the column of groups apart; a comma where none does."""
    first = text.split("\n", 1)[0]
    cells = {mark: [cell.strip().strip('"').lower() for cell in first.split(mark)] for mark in ",;\t"}
    return next((mark for mark, names in cells.items() if "group" in names), ",")


def _look_up(table, names, prefix):
    """Return the group of each name, None where the table lacks it; the path inside a zip file counts as well."""
    keys = [_normalise(name) for name in names]
    return [table.get(key, table.get(_normalise(prefix + key))) for key in keys]


def _normalise(path):
    """Write a path in one way: slashes, no leading ./, composed characters (macOS decomposes them)."""
    return unicodedata.normalize("NFC", path.strip().replace("\\", "/").removeprefix("./"))

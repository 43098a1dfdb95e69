"""Which images belong together: a column of a CSV file, or a part of the file name."""

import os
import re
from pathlib import Path

import numpy as np

from tlbook.datasets.columns import normalise_path, read_csv
from tlbook.datasets.containers import read_if_there
from tlbook.datasets.options import shorten
from tlbook.errors import BadInput


def check_groups(spec):
    """Refuse groups that are neither a file nor an expression."""
    if spec is not None and (not isinstance(spec, str | os.PathLike) or not os.fspath(spec)):
        raise BadInput(
            f"received `groups` {shorten(spec)}; expected the name of a CSV file, or a regular expression with exactly "
            "one group, as in 'patient([0-9]+)'"
        )


def read_groups(spec, container, names):
    """Return the group of each image, str, (n,), and where the groups stand; `tlbook.from_folder` says how."""
    spec = str(spec)
    data = container.find(spec)
    if data is None:
        data = read_if_there(Path(spec))
    if data is None:
        found, lack = _match_names(_compile(spec), names), f"do not match the expression {spec!r}"
        origin = f"the expression '{spec}'"
    else:
        prefix = getattr(container, "prefix", "")
        found, lack = _look_up(_read_table(data, spec), names, prefix), f"are not in the groups file {spec!r}"
        origin = f"{Path(spec).name}, column group"
    missing = [name for name, group in zip(names, found, strict=True) if group is None]
    if missing:
        shown = ", ".join(repr(name) for name in missing[:3])
        raise BadInput(
            f"{len(missing)} of {len(names)} images {lack}: {shown}{', …' if len(missing) > 3 else ''}; "
            "expected a group for each image (an empty one for an image of its own)"
        )
    return np.array([group or name for name, group in zip(names, found, strict=True)], dtype=str), origin


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
    header, rows = read_csv(data, f"the groups file {spec!r}", ("path", "file", "group"))
    header = [cell.lower() for cell in header]
    column = next((name for name in ("path", "file") if name in header), None)
    if column is None or "group" not in header:
        raise BadInput(
            f"the groups file {spec!r} has the columns {', '.join(header) or 'none'}; "
            "expected 'path' (or 'file') and 'group' among them; rename its columns"
        )
    where, what = header.index(column), header.index("group")
    table = {}
    for row in rows:
        path = normalise_path(row[where]) if where < len(row) else ""
        group = row[what].strip() if what < len(row) else ""
        if path and table.setdefault(path, group) != group:
            raise BadInput(
                f"the groups file {spec!r} gives {path!r} two groups, {table[path]!r} and {group!r}; "
                "expected one; mend the file"
            )
    return table


def _look_up(table, names, prefix):
    """Return the group of each name, None where the table lacks it; the path inside a zip file counts as well."""
    keys = [normalise_path(name) for name in names]
    return [table.get(key, table.get(normalise_path(prefix + key))) for key in keys]

"""Which images belong together: a column of a CSV file, or a part of the file name."""

from pathlib import Path

import numpy as np

from tlbook.datasets.columns import normalise_path, read_csv
from tlbook.datasets.containers import read_if_there
from tlbook.datasets.dicom import MISSING, can_read_dicom, is_dicom, read_dicom
from tlbook.datasets.expressions import match_names
from tlbook.datasets.lookup import GROUP_WORDS, list_columns, match_rows, read_cells, show_columns
from tlbook.errors import BadInput

IN_DICOM = "dicom:"
DICOM_EXAMPLES = "dicom:PatientID, dicom:StudyInstanceUID, dicom:SeriesInstanceUID"


def read_groups(spec, container, names):
    """Return the group of each image, str, (n,), and where the groups stand; `tlbook.from_folder` says how."""
    spec = str(spec)
    if spec.startswith(IN_DICOM):
        return _read_headers(spec, container, names)
    data = container.find(spec)
    if data is None:
        data = read_if_there(Path(spec))
    if data is None:
        found, lack = match_names("groups", spec, names), f"do not match the expression {spec!r}"
        origin = f"the expression '{spec}'"
    else:
        found, column = _look_up(data, spec, names, getattr(container, "prefix", ""))
        lack, origin = f"are not in the groups file {spec!r}", f"{Path(spec).name}, column {column}"
    return _fill_empty(names, found, lack), origin


def _fill_empty(names, found, lack):
    """Return the groups as an array, an image's own name for an empty one; refuse images without one."""
    missing = [name for name, group in zip(names, found, strict=True) if group is None]
    if missing:
        shown = ", ".join(repr(name) for name in missing[:3])
        raise BadInput(
            f"{len(missing)} of {len(names)} images {lack}: {shown}{', …' if len(missing) > 3 else ''}; "
            "expected a group for each image (an empty one for an image of its own)"
        )
    return np.array([group or name for name, group in zip(names, found, strict=True)], dtype=str)


def _read_headers(spec, container, names):
    """Return the groups that an element of the images' DICOM headers gives, and where they stand."""
    keyword = spec.removeprefix(IN_DICOM)
    if not can_read_dicom():
        raise BadInput(f"received `groups` {spec!r}; expected a package that reads DICOM; {MISSING}")
    from pydicom.datadict import tag_for_keyword

    if tag_for_keyword(keyword) is None:
        raise BadInput(f"received `groups` {spec!r}; expected the keyword of a DICOM element, as in {DICOM_EXAMPLES}")
    found = [_read_element(container, name, keyword) for name in names]
    return _fill_empty(names, found, f"have no {keyword} in a DICOM header"), f"{keyword} in the DICOM headers"


def _read_element(container, name, keyword):
    """Return an element of an image's DICOM header, None where it is lacking; "" of an image that will be skipped."""
    try:
        data = container.read(name)
        header = read_dicom(data, keyword=keyword) if is_dicom(data) else {"Rows": True}
    except Exception:  # pydicom raises many types on damaged files, zipfile and zlib too
        return ""
    if "Rows" not in header:  # no picture
        return ""
    value = header.get(keyword)
    return None if value is None else str(value).strip()


def _look_up(data, spec, names, prefix):
    """Return the group of each name, None where the file lacks it, and the column that gives it."""
    header, rows = read_csv(data, f"the groups file {spec!r}", ("path", "file", "group"))
    named = [cell.lower() for cell in header]
    column = next((name for name in ("path", "file") if name in named), None)
    if column is not None and "group" in named:
        table = _read_table(spec, rows, named.index(column), named.index("group"))
        keys = [normalise_path(name) for name in names]  # the path inside a zip file counts as well
        return [table.get(key, table.get(normalise_path(prefix + key))) for key in keys], "group"
    groups = list_columns(header, GROUP_WORDS)
    if not groups:
        raise BadInput(
            f"the groups file {spec!r} has the columns {show_columns(header)}; "
            "expected 'path' (or 'file', 'image', 'id') and 'group' (or 'patient', 'subject') among them; rename its "
            "columns"
        )
    found, at, _ = match_rows(spec, header, [row for row in rows if any(row)], names)
    chosen = next((n for n in groups if n != at), groups[0])
    values = [dict.fromkeys(read_cells(own, chosen)) for own in found]
    for name, own in zip(names, values, strict=True):
        if len(own) > 1:
            _refuse_two(spec, name, *list(own)[:2])
    return [next(iter(own), None) for own in values], header[chosen]


def _read_table(spec, rows, where, what):
    """Return a dict of group by path."""
    table = {}
    for row in rows:
        path = normalise_path(row[where]) if where < len(row) else ""
        group = row[what].strip() if what < len(row) else ""
        if path and table.setdefault(path, group) != group:
            _refuse_two(spec, path, table[path], group)
    return table


def _refuse_two(spec, path, one, other):
    raise BadInput(
        f"the groups file {spec!r} gives {path!r} two groups, {one!r} and {other!r}; expected one; mend the file"
    )

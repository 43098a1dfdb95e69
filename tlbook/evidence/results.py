"""Measured tables: ``data/results/<name>.csv``, each with a lab record ``<name>.json`` of how it came about."""

import csv
import datetime
import json
from collections import Counter
from dataclasses import asdict, dataclass
from pathlib import Path

from tlbook.errors import BadInput
from tlbook.files import hash_file, replace_file
from tlbook.runtime import data_dir, describe_code, hardware, versions

COMMIT = "state of the code that the row was measured at; <=: at that one or an earlier one"


@dataclass(frozen=True)
class LabRecord:
    """How a table came about, so that it can be judged and computed again.

    Attributes
    ----------
    command : str
        What to run from the repository's root to compute the table again.
    protocol : str
        What was held fixed, what varied and what was chosen on validation, fixed before the run.
    columns : dict of str to str
        Meaning and unit of each column.
    seeds : tuple of int
        Seeds in the table.
    inputs : dict of str to str
        SHA-256 of each file the table rests on.
    rows_by_commit : dict of str to int
        Number of rows measured at each state of the code, by the table's column ``commit``; ``unknown`` where that is
        empty. A table without the column counts as one measurement.
    created : str
        Date of the record, ISO 8601.
    versions, hardware : dict
        Of the last measurement.
    sha256 : str
        Of the table itself.
    """

    command: str
    protocol: str
    columns: dict
    seeds: tuple
    inputs: dict
    rows_by_commit: dict
    created: str
    versions: dict
    hardware: dict
    sha256: str


def results_path(name):
    """Path of a table in ``data/results``, not necessarily there.

    Parameters
    ----------
    name : str
        Letters, digits and underscores.

    Returns
    -------
    pathlib.Path
        Ends in ``.csv``; the lab record beside it ends in ``.json``.

    Raises
    ------
    BadInput
        A name with other characters.
    """
    if not (isinstance(name, str) and name.isidentifier()):
        raise BadInput(
            f"received the table {name!r}; expected a name of letters, digits and underscores, or a pathlib.Path"
        )
    return data_dir() / "results" / f"{name}.csv"


def read_table(table):
    """Read a table.

    Parameters
    ----------
    table : str or pathlib.Path
        Name in ``data/results``, or the path of a CSV file.

    Returns
    -------
    list of dict
        A row each; a column of whole numbers is int, of numbers float, else str; an empty field is None.

    Raises
    ------
    BadInput
        No such table, or a row of another length than the header.

    Examples
    --------
    >>> rows = read_table("transfer_or_scratch")
    >>> [rows[0][column] for column in ("set", "strategy", "seed")]
    ['fractures', 'head', 0]
    """
    path = table if isinstance(table, Path) else results_path(table)
    if not path.is_file():
        known = ", ".join(sorted(p.stem for p in path.parent.glob("*.csv"))) or "none"
        raise BadInput(f"received the table {path.stem!r}; expected one of those measured: {known}")
    with path.open(newline="", encoding="utf-8") as file:
        header, *lines = csv.reader(file) or [[]]
    short = next((i for i, line in enumerate(lines) if len(line) != len(header)), None)
    if short is not None:
        raise BadInput(
            f"received {path.name} with {len(lines[short])} fields in row {short + 1}; expected {len(header)}"
        )
    columns = [_typed([line[i] for line in lines]) for i in range(len(header))]
    return [dict(zip(header, row, strict=True)) for row in zip(*columns, strict=True)]


def _typed(texts):
    for kind in (int, float):
        try:
            return [kind(text) if text else None for text in texts]
        except ValueError:
            continue
    return [text or None for text in texts]


def read_record(name):
    """Read the lab record of a table.

    Parameters
    ----------
    name : str
        Name in ``data/results``.

    Returns
    -------
    LabRecord

    Raises
    ------
    BadInput
        No record, or the table has changed since it was written.

    Examples
    --------
    >>> record = read_record("transfer_or_scratch")
    >>> record.command
    'python -m benchmarks.transfer_or_scratch'
    """
    path = results_path(name)
    if not path.with_suffix(".json").is_file():
        raise BadInput(f"received the table {name!r} without a lab record; write one with write_record")
    fields = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
    record = LabRecord(**{**fields, "seeds": tuple(fields["seeds"])})
    if record.sha256 != hash_file(path):
        raise BadInput(f"received {path.name}, changed since its lab record was written; run {record.command!r} again")
    return record


def write_record(name, *, command, protocol, columns, inputs=()):
    """Write the lab record of a finished table.

    Where the table is that of an earlier record, the date, the versions and the machine are kept.

    Parameters
    ----------
    name : str
        Name in ``data/results``.
    command : str
    protocol : str
    columns : dict of str to str
        Meaning and unit of every column of the table, but ``commit``.
    inputs : iterable of pathlib.Path
        Files that the table rests on; recorded by name and SHA-256.

    Returns
    -------
    LabRecord

    Raises
    ------
    BadInput
        No such table, or columns other than those of the table.
    """
    rows, path = read_table(name), results_path(name)
    found = list(rows[0]) if rows else []
    columns = {**columns, "commit": COMMIT} if "commit" in found else columns
    if set(columns) != set(found):
        odd = ", ".join(sorted(set(columns) ^ set(found)))
        raise BadInput(f"received other columns than {path.name} has ({odd}); describe each column once")
    measured = {"created": datetime.datetime.now(datetime.UTC).date().isoformat()}
    measured |= {"versions": versions(), "hardware": hardware()}
    record = LabRecord(
        command=command,
        protocol=protocol,
        columns={column: columns[column] for column in found},
        seeds=tuple(sorted({row["seed"] for row in rows})) if "seed" in found else (),
        inputs={Path(item).name: hash_file(Path(item)) for item in inputs},
        rows_by_commit=_count_rows(path),
        sha256=hash_file(path),
        **(_read_earlier(path) or measured),
    )
    text = json.dumps(asdict(record), indent=2, ensure_ascii=False) + "\n"
    with replace_file(path.with_suffix(".json")) as file:
        file.write(text.encode())
    return record


def _count_rows(path):
    """Count the rows of each state of the code, in the order of the table."""
    with path.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    if rows and "commit" not in rows[0]:
        return {describe_code(path.parent): len(rows)}
    return dict(Counter(row["commit"] or "unknown" for row in rows))


def _read_earlier(path):
    """Read date, versions and machine from an earlier record of the same table; {} where there is none."""
    try:
        fields = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    kept = ("created", "versions", "hardware") if fields["sha256"] == hash_file(path) else ()
    return {name: fields[name] for name in kept}

"""Run a grid of settings row by row, so that a stopped run goes on where it was."""

import csv
import io
import os
import time
from concurrent.futures import FIRST_COMPLETED, ProcessPoolExecutor, wait
from contextlib import contextmanager
from multiprocessing import get_context
from pathlib import Path

from tlbook.errors import BadInput
from tlbook.evidence.results import read_table
from tlbook.files import lock_file
from tlbook.runtime import describe_code, show_progress


def run_grid(path, rows, measure, *, key, processes=1, quiet=False):
    """Measure every setting that the table does not hold yet, and append each result at once.

    A finished row is on the disk before the next one is waited for; a row cut off by a crash is dropped and measured
    again. One call at a time works on a table.

    Parameters
    ----------
    path : str or pathlib.Path
        CSV file; made where it is not there.
    rows : sequence of dict
        Settings, with the same columns each.
    measure : callable
        Takes a row's settings, returns a dict of results under other names.
    key : sequence of str
        Columns that identify a row; one that the table holds is skipped.
    processes : int
        How many rows are measured side by side, each in a process with one thread: small networks make better use of
        several cores so. More than one needs a ``measure`` that can be pickled (a function of a module).
    quiet : bool
        True shows no progress bar.

    Returns
    -------
    list of dict
        The asked rows in their order: settings, results, ``seconds`` and ``commit``, the state of the code.

    Raises
    ------
    BadInput
        No process, columns other than the table's, two settings with one key, a table in use, a value with a line
        break.
    """
    if processes < 1:
        raise BadInput(f"received `processes` {processes}; expected at least 1")
    path, rows, key = Path(path), list(rows), tuple(key)
    asked = [_key(row, key) for row in rows]
    if len(set(asked)) < len(asked):
        raise BadInput(f"received two rows with the same {', '.join(key)}; expected each setting once: widen the key")
    path.parent.mkdir(parents=True, exist_ok=True)
    with _open_alone(path) as file:
        header, done = _read_done(file, path, key)
        _check_settings(rows, header, path)
        state = describe_code(Path(__file__).parent)
        todo = [row for row, name in zip(rows, asked, strict=True) if name not in done]
        measured = _measure_all(todo, measure, processes)
        for row, results in show_progress(measured, path.stem, total=len(todo), quiet=quiet):
            full = {**row, **results, "commit": state}
            if len(full) != len(row) + len(results) + 1:
                raise BadInput(f"received results named like settings of {path.name}; expected other names")
            header = _append(file, path, header, full)
    found = dict(zip(_read_keys(path, key), read_table(path), strict=True)) if rows else {}
    return [found[name] for name in asked]


def _read_keys(path, key):
    """Read the rows' keys as they stand in the file: a typed column may write its values otherwise."""
    with path.open(newline="", encoding="utf-8") as file:
        return [tuple(line[column] for column in key) for line in csv.DictReader(file)]


def _measure_all(rows, measure, processes):
    """Yield each row and its results, in the order in which they are finished; raise the first error after the rest."""
    if processes == 1:
        for row in rows:
            yield row, _measure_one(measure, row)
        return
    errors, pool = [], ProcessPoolExecutor(processes, mp_context=get_context("spawn"), initializer=_use_one_thread)
    try:
        row_of = {pool.submit(_measure_one, measure, row): row for row in rows}
        pending = set(row_of)
        while pending:
            done, pending = wait(pending, return_when=FIRST_COMPLETED)
            errors += [future.exception() for future in done if future.exception()]
            if errors:  # nothing new is begun; what runs already is still written down
                pending = {future for future in pending if not future.cancel()}
            yield from ((row_of[future], future.result()) for future in done if not future.exception())
    finally:
        pool.shutdown(cancel_futures=True)
    if errors:
        raise errors[0]


def _measure_one(measure, row):
    start = time.perf_counter()
    results = measure(dict(row))
    if "seconds" in results:
        raise BadInput("received results with seconds of their own; expected another name")
    return {**results, "seconds": round(time.perf_counter() - start, 3)}


def _use_one_thread():
    from threadpoolctl import threadpool_limits

    os.environ.update(TF_NUM_INTRAOP_THREADS="1", TF_NUM_INTEROP_THREADS="1", OMP_NUM_THREADS="1")
    threadpool_limits(1)  # NumPy is loaded by now and has read its environment


def _text(value):
    """Write a value as the table holds it: floats so that reading gives the same number back."""
    if value is None:
        return ""
    return repr(float(value)) if hasattr(value, "dtype") and value.dtype.kind == "f" else str(value)


def _key(row, key):
    missing = [column for column in key if column not in row]
    if missing:
        raise BadInput(f"received a row without {', '.join(missing)}; expected every key column in every row")
    return tuple(_text(row[column]) for column in key)


@contextmanager
def _open_alone(path):
    with path.open("a+b") as file:
        if not lock_file(file):
            raise BadInput(f"received {path.name}, which another run is writing; expected one run at a time")
        yield file


def _read_done(file, path, key):
    """Drop a half line at the end; return the header (None in a new table) and the keys of the finished rows."""
    file.seek(0)
    data = file.read()
    whole = data.rfind(b"\n") + 1
    if whole < len(data):
        file.truncate(whole)
    header, *lines = csv.reader(io.StringIO(data[:whole].decode(), newline="")) if whole else [None]
    if header is None:
        return None, set()
    missing = [column for column in key if column not in header]
    if missing or any(len(line) != len(header) for line in lines):
        raise BadInput(
            f"received {path.name} without {', '.join(missing) or 'all its fields'}; move it away or mend it"
        )
    places = [header.index(column) for column in key]
    return header, {tuple(line[i] for i in places) for line in lines}


def _check_settings(rows, header, path):
    columns = {frozenset(row) for row in rows}
    if len(columns) > 1:
        raise BadInput("received rows with different columns; expected the same settings in every row")
    new = sorted(set().union(*columns) - set(header)) if header and columns else []
    if new:
        raise BadInput(
            f"received settings that {path.name} lacks ({', '.join(new)}); start a new table for new columns"
        )


def _append(file, path, header, row):
    """Add a row, and the header before the first one, in one write that reaches the disk."""
    texts = {column: _text(value) for column, value in row.items()}
    if any("\n" in text or "\r" in text for text in texts.values()):
        raise BadInput(f"received a value with a line break for {path.name}; expected one line a row")
    if header is not None and set(header) != set(texts):
        odd = ", ".join(sorted(set(header) ^ set(texts)))
        raise BadInput(f"received other columns than {path.name} has ({odd}); start a new table for new columns")
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, lineterminator="\n")
    if header is None:
        header = list(texts)
        writer.writerow(header)
    writer.writerow([texts[column] for column in header])
    file.write(buffer.getvalue().encode())
    file.flush()
    os.fsync(file.fileno())
    return header

"""Tables as people have them: pandas frames, and CSV files by comma, semicolon or tab, as Excel writes them or not."""

import codecs
import csv
import io
import os
import sys
import unicodedata
from collections import Counter
from collections.abc import Hashable
from difflib import get_close_matches
from pathlib import Path

from tlbook.datasets.containers import read_if_there
from tlbook.errors import BadInput, check_path, shorten

MOST_COLUMNS = 12  # that a message lists
MOST_OF_HEADER = 100_000


def read_csv(data, what, wanted):
    """Read the bytes of a CSV file into a header and rows of str; the mark is the one that sets most columns apart.

    ``what`` names the file in messages, ``wanted`` lists columns that are looked for.
    """
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadInput(f"{what} is not UTF-8 text; expected a CSV file; save it as UTF-8") from error
    return parse_csv(text, what, wanted)


def parse_csv(text, what, wanted):
    """Read the text of a CSV file into a header and rows of str, as `read_csv` does; a cell may be of any length."""
    if text.lower().startswith("sep="):  # a line that Excel writes and reads
        text = text.partition("\n")[2]
    limit = csv.field_size_limit(max(len(text) + 1, csv.field_size_limit()))
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=_find_delimiter(text, wanted)))
    except csv.Error as error:
        raise BadInput(f"{what} is no CSV file ({error}); expected one; save it as CSV") from error
    finally:
        csv.field_size_limit(limit)
    header = [cell.strip() for cell in (rows[0] if rows else [])]
    if len(header) > MOST_OF_HEADER:
        raise BadInput(
            f"{what} has {len(header):,} columns; expected at most {MOST_OF_HEADER:,}; is its first line a header?"
        )
    return header, rows[1:]


def decode_text(data, what):
    """Return the text of a file and the encoding it was read in: UTF-8 or UTF-16 by their marks, UTF-8, else cp1252."""
    marked = data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    for encoding in ("utf-16",) if marked else ("utf-8-sig", "cp1252", "latin-1"):
        try:
            return data.decode(encoding), encoding
        except UnicodeDecodeError:
            continue
    raise BadInput(f"{what} is no text; expected a CSV file; save it as UTF-8")


def open_table(table, wanted):
    """Return the columns of a table, dict of lists, the name of its file, and the folder that its paths start from."""
    columns = take_frame(table)
    if columns is not None:
        return columns, "", os.getcwd()
    file, data = read_table_file(table)
    header, rows = read_csv(data, f"the table {file.name!r}", [str(name) for name in wanted])
    refuse_repeated(header)
    rows = [[cell.strip() for cell in row] for row in rows if any(cell.strip() for cell in row)]
    columns = {name: [row[at] if at < len(row) else "" for row in rows] for at, name in enumerate(header)}
    return columns, file.stem, str(file.parent)


def take_frame(table):
    """Return the columns of a pandas DataFrame, dict of lists; None of anything else."""
    pandas = sys.modules.get("pandas")  # where it was not imported, nobody has a frame
    if pandas is None or not isinstance(table, pandas.DataFrame):
        return None
    refuse_repeated(list(table.columns))
    return {name: table[name].tolist() for name in table.columns}


def read_table_file(table):
    """Return the path and the bytes of a CSV file; refuse what is none."""
    check_path("table", table, "a CSV file, or a pandas DataFrame")
    file = Path(table)
    data = read_if_there(file)
    if data is None:
        hint = "read a folder with from_folder" if file.is_dir() else "there is no such file"
        raise BadInput(f"received `table` {shorten(str(table))}; expected a CSV file, or a pandas DataFrame; {hint}")
    return file, data


def choose_column(columns, argument, name):
    """Return the values of a column; refuse one that is not there, naming those that are and the nearest."""
    if isinstance(name, Hashable) and name in columns:
        return columns[name]
    there = [str(column) for column in columns]
    shown = ", ".join(there[:MOST_COLUMNS]) + (", …" if len(there) > MOST_COLUMNS else "")
    near = get_close_matches(str(name), there, 1)
    hint = f"; did you mean {near[0]!r}?" if near else ""
    raise BadInput(f"received `{argument}` {shorten(name)}; expected a column of the table: {shown or 'none'}{hint}")


def normalise_path(path):
    """Write a path in one way: slashes, no leading ./, composed characters (macOS decomposes them)."""
    return unicodedata.normalize("NFC", path.strip().replace("\\", "/").removeprefix("./"))


def _find_delimiter(text, wanted):
    """Return the mark that sets most of the wanted columns apart, then most columns; a comma where none does."""
    first, wanted = text.split("\n", 1)[0], {name.lower() for name in wanted}
    found = {}
    for mark in ",;\t":
        try:
            cells = next(csv.reader([first], delimiter=mark), [])
        except csv.Error:  # one long cell: another mark sets this line apart
            cells = []
        found[mark] = len(wanted.intersection(cell.strip().lower() for cell in cells)), len(cells)
    return max(found, key=found.get)


def refuse_repeated(names):
    """Refuse a table with two columns of one name."""
    twice = [name for name, number in Counter(names).items() if number > 1 and name != ""]
    if twice:
        raise BadInput(
            f"received `table` with several columns {shorten(twice[0])}; expected one of a name; rename them"
        )

"""CSV files as people save them: by comma, semicolon or tab, with a byte-order mark or Excel's ``sep=`` line."""

import csv
import io
import unicodedata

from tlbook.errors import BadInput


def read_csv(data, what, wanted):
    """Read the bytes of a CSV file into a header and rows of str; the mark is the one that sets most columns apart.

    ``what`` names the file in messages, ``wanted`` lists columns that are looked for.
    """
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadInput(f"{what} is not UTF-8 text; expected a CSV file; save it as UTF-8") from error
    if text.lower().startswith("sep="):  # a line that Excel writes and reads
        text = text.partition("\n")[2]
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=_find_delimiter(text, wanted)))
    except csv.Error as error:
        raise BadInput(f"{what} is no CSV file ({error}); expected one; save it as CSV") from error
    return [cell.strip() for cell in (rows[0] if rows else [])], rows[1:]


def normalise_path(path):
    """Write a path in one way: slashes, no leading ./, composed characters (macOS decomposes them)."""
    return unicodedata.normalize("NFC", path.strip().replace("\\", "/").removeprefix("./"))


def _find_delimiter(text, wanted):
    """Return the mark that sets most of the wanted columns apart; a comma where none does."""
    first, wanted = text.split("\n", 1)[0], {name.lower() for name in wanted}
    found = {}
    for mark in ",;\t":
        cells = next(csv.reader([first], delimiter=mark), [])
        found[mark] = len(wanted.intersection(cell.strip().lower() for cell in cells))
    return max(found, key=found.get)

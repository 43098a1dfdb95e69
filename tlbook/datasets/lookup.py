"""Tables that name images in their own way: which column names them, which row is which image."""

from posixpath import splitext

from tlbook.datasets.columns import MOST_COLUMNS, normalise_path
from tlbook.datasets.words import list_tokens, read_split
from tlbook.errors import BadInput

PATH_WORDS = {"path", "file", "filename", "filepath", "image", "img", "id", "imageid", "imagename", "imagepath", "name"}
LABEL_WORDS = {"label", "labels", "class", "target", "diagnosis", "dx", "category", "breed", "species", "finding"}
LABEL_WORDS |= {"findings", "disease", "y", "tag", "tags", "classname", "labelname", "classes"}
GROUP_WORDS = {"group", "patient", "subject", "participant", "lesion", "animal", "specimen", "slide", "donor", "case"}
GROUP_WORDS |= {"patientid", "subjectid", "study"}

SPLIT_WORDS = {"split", "splits", "subset", "partition", "set", "fold"}


def list_columns(header, words):
    """Return the positions of the columns whose names hold one of the words: those of this word alone first."""
    tokens = [list_tokens(name) for name in header]
    found = [at for at, name in enumerate(tokens) if words & set(name)]
    return sorted(found, key=lambda at: len(tokens[at]) > 1)


def choose_path_column(header, rows, index):
    """Return the position of the column that names most images, None where none names any."""
    likely = list_columns(header, PATH_WORDS)
    for columns in (likely, [at for at in range(len(header)) if at not in likely]):
        scores = {at: sum(bool(find_images(index, _cell(row, at))) for row in rows) for at in columns}
        best = max(columns, key=scores.get, default=None)  # the first of equals
        if best is not None and scores[best]:
            return best
    return None


def index_names(names):
    """Return images by every way to name them: their path and its ends, with and without the file's ending."""
    index = {}
    for number, name in enumerate(names):
        parts = normalise_path(name).split("/")
        for start in range(len(parts)):
            tail = "/".join(parts[start:])
            for key in {tail, splitext(tail)[0]}:
                index.setdefault(key, []).append(number)
    return index


def find_images(index, value):
    """Return the images that a cell of a table names: by its path, or by the end of it."""
    value = normalise_path(value).lstrip("/")
    while value:
        if value in index:
            return index[value]
        value = value.partition("/")[2]
    return []


def match_rows(file, header, rows, names):
    """Return the row of each image, None without one, the column of the names, and the number of rows without image.

    ``rows`` lists several rows of an image one after the other, so each entry is a list.
    """
    index = index_names(names)
    at = choose_path_column(header, rows, index)
    if at is None:
        raise BadInput(
            f"the file {file!r} has the columns {show_columns(header)}, and none names one of the {len(names)} images; "
            "expected a column 'path', 'file', 'image' or 'id' with their paths or names"
        )
    found, num_unknown = [[] for _ in names], 0
    split = read_split(splitext(file.rpartition("/")[2])[0])
    for row in rows:
        images = find_images(index, _cell(row, at))
        if len(images) > 1:
            images = _choose_images(images, names, _cell(row, at), split)
        if len(images) > 1:
            raise BadInput(
                f"the file {file!r} names {_cell(row, at)!r}, and both {names[images[0]]!r} and {names[images[1]]!r} "
                "are named so; expected one image; write paths into it"
            )
        for image in images:
            found[image].append(row)
        num_unknown += not images and bool(_cell(row, at))
    return found, at, num_unknown


def show_columns(header):
    """Write the names of columns for a message, not too many."""
    return ", ".join(header[:MOST_COLUMNS]) + (", …" if len(header) > MOST_COLUMNS else "") or "none"


def read_cells(rows, at):
    """Return the values of a column in these rows."""
    return [_cell(row, at) for row in rows]


def _choose_images(images, names, value, split):
    """Return the images of the name itself, or of the split that the table's name says, where that decides."""
    exact = [i for i in images if normalise_path(names[i]) == normalise_path(value)]
    if exact or split is None:
        return exact or images
    said = [i for i in images if any((r := read_split(p)) and r.split == split.split for p in names[i].split("/")[:-1])]
    return said or images


def _cell(row, at):
    return row[at].strip() if at < len(row) else ""

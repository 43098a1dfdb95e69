"""Features on disk: a folder of ``values.npy``, which can be memory-mapped, ``images.csv`` and ``about.json``."""

import contextlib
import csv
import io
import json
import shutil
from pathlib import Path

import numpy as np

from tlbook.errors import BadInput, check_path
from tlbook.files import replace_file
from tlbook.training.feature_run import name_rows, stream_features

SCHEMA = 1
VALUES, IMAGES, ABOUT = "values.npy", "images.csv", "about.json"
KEYS = ("source", "image_size", "fingerprint", "skipped")


def check_new(path):
    """Return a path as one, and refuse what is there already."""
    check_path("path", path, "a folder to be made")
    folder = Path(path)
    if folder.is_file() or (folder.is_dir() and any(folder.iterdir())):
        raise BadInput(f"received the path {folder.name!r}, which is there and not empty; expected a new folder")
    return folder


@contextlib.contextmanager
def make_folder(folder):
    """Take a folder away again where what is written into it fails."""
    made = not folder.exists()
    try:
        yield
    except BaseException:
        for name in (VALUES, IMAGES, ABOUT):
            (folder / name).unlink(missing_ok=True)
        if made:
            shutil.rmtree(folder, ignore_errors=True)
        raise


def write_values(folder, parts, source, *, quiet=False):
    """Compute features into a file that grows batch by batch; return names, groups and what was skipped."""
    rows, skipped = [], {}
    total, width = sum(map(len, parts)), source.backbone.output_shape[-1]
    with replace_file(folder / VALUES) as file:
        _write_header(file, (total, width))
        for batch in stream_features(parts, source, rows, skipped, quiet=quiet):
            file.write(np.ascontiguousarray(batch, "<f4").data)
        file.seek(0)  # NumPy leaves room in the header for another number of rows
        _write_header(file, (len(rows), width))
    return {**name_rows(parts, rows), "skipped": skipped}


def _write_header(file, shape):
    np.lib.format.write_array_header_1_0(file, {"descr": "<f4", "fortran_order": False, "shape": shape})


def write_about(folder, features):
    """Write what belongs to the numbers: names and groups of the images, and the network."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["name", "group"])
    writer.writerows(zip(features.names, features.groups.tolist(), strict=True))
    about = {"schema": SCHEMA, **{key: getattr(features, key) for key in KEYS}}
    contents = {IMAGES: text.getvalue(), ABOUT: json.dumps(about, indent=2, ensure_ascii=False) + "\n"}
    for name, content in contents.items():
        with replace_file(folder / name) as file:
            file.write(content.encode())


def read_features(path):
    """Read such a folder; the values are memory-mapped. Return the attributes of `Features`."""
    check_path("path", path, "a folder that Features.save wrote")
    folder = Path(path)
    missing = [name for name in (VALUES, IMAGES, ABOUT) if not (folder / name).is_file()]
    if missing:
        raise BadInput(
            f"received the folder {folder.name!r} without {missing[0]}; expected one that Features.save wrote to its "
            "end; make the features once more"
        )
    try:
        about = json.loads((folder / ABOUT).read_text(encoding="utf-8"))
        with (folder / IMAGES).open(newline="", encoding="utf-8") as file:
            names, groups = zip(*((line["name"], line["group"]) for line in csv.DictReader(file)), strict=True)
        values = np.load(folder / VALUES, mmap_mode="r")
        schema, known = about["schema"], {key: about[key] for key in KEYS}
    except (OSError, ValueError, KeyError, EOFError, TypeError, csv.Error) as error:
        raise BadInput(
            f"the features in {folder.name!r} are damaged ({type(error).__name__}); expected what Features.save wrote; "
            "make them once more"
        ) from error
    if schema != SCHEMA:
        raise BadInput(f"received features of version {schema}; expected {SCHEMA}; make them once more")
    if len(names) != len(values):
        raise BadInput(
            f"received {len(values)} rows of numbers and {len(names)} names in {folder.name!r}; expected one for each; "
            "make the features once more"
        )
    return {"values": values, "names": names, "groups": np.array(groups), **known}

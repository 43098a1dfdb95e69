"""``tlbook predict``: new images through an adapted model, as CSV."""

import csv
import json
import sys
import zipfile

import numpy as np

from tlbook.datasets.images import UnreadableImage, resize_image
from tlbook.datasets.scan import scan_folder
from tlbook.errors import BadInput
from tlbook.runtime import import_keras, show_progress


def run_predict(options):
    """Print a line of CSV for every image.

    Parameters
    ----------
    options : argparse.Namespace

    Returns
    -------
    int
        0, or 1 where an image could not be read.
    """
    size = read_image_size(options.run_folder)
    listings = [(path, scan_folder(path)) for path in options.images]
    if not any(listing.names for _, listing in listings):
        raise BadInput(
            f"no image in {', '.join(repr(str(p)) for p in options.images)}; expected jpg, png, bmp, gif, webp or tiff"
        )
    from tlbook.models.classifiers import read_classes
    from tlbook.run import BATCH_SIZE

    path = options.run_folder / "model.keras"
    try:
        classes = read_classes(path)
    except (zipfile.BadZipFile, KeyError, ValueError) as error:
        raise BadInput(f"{path} is damaged ({error}); copy the run again, or make it anew") from error
    model = load_classifier(path)
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(["path", "predicted", *(f"p_{name}" for name in classes)])
    unreadable, batch = 0, []
    total = sum(len(listing.names) for _, listing in listings)
    for name, store, index in show_progress(_walk(listings), "predicting", total=total, quiet=options.quiet):
        try:
            batch.append((name, resize_image(store.read(index), size)))
        except UnreadableImage as error:
            unreadable += 1
            print(f"tlbook: {name} cannot be read: {error}", file=sys.stderr)
        if len(batch) == BATCH_SIZE:
            _write_batch(writer, model, batch, classes)
            batch = []
    if batch:
        _write_batch(writer, model, batch, classes)
    return 1 if unreadable else 0


def read_image_size(folder):
    """Read the image size of a run.

    Parameters
    ----------
    folder : pathlib.Path

    Returns
    -------
    int
        Pixels a side.

    Raises
    ------
    BadInput
        The folder is no run.
    """
    try:
        size = json.loads((folder / "report.json").read_text(encoding="utf-8"))["image_size"]
    except (OSError, ValueError, KeyError, TypeError):
        size = None
    if size is None or not (folder / "model.keras").is_file():
        raise BadInput(
            f"{str(folder)!r} is no run; expected a folder that tlbook adapt wrote (report.json, model.keras)"
        )
    return size


def load_classifier(path):
    """Load the model of a run.

    Parameters
    ----------
    path : pathlib.Path

    Returns
    -------
    keras.Model

    Raises
    ------
    BadInput
        It stands on a TensorFlow Hub module, which Keras does not load without being told that it may run its code.
    """
    keras = import_keras()
    try:
        return keras.models.load_model(path)
    except (TypeError, ValueError) as error:
        if "TFSMLayer" not in str(error):
            raise
        raise BadInput(
            f"{path} stands on a TensorFlow Hub module; if you trust it, load it with "
            "keras.models.load_model(path, safe_mode=False) while the module's folder is in place"
        ) from error


def _walk(listings):
    for path, listing in listings:
        single = path.is_file() and len(listing.names) == 1 and listing.names[0] == path.name
        for i, name in enumerate(listing.names):
            yield (path.as_posix() if single else name), listing.store, i


def _write_batch(writer, model, batch, classes):
    from tlbook.report.record import format_prediction
    from tlbook.run import predict_batch

    probabilities = predict_batch(model, np.stack([image for _, image in batch]))
    for (name, _), row in zip(batch, probabilities, strict=True):
        writer.writerow([name, *format_prediction(row, classes)])

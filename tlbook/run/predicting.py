"""Answers of a model to images in memory, in files and in splits, batch by batch."""

from collections import Counter
from dataclasses import replace
from itertools import chain
from pathlib import Path

import numpy as np
from PIL import Image

from tlbook.datasets.arrays import convert_images
from tlbook.datasets.columns import read_csv
from tlbook.datasets.containers import Folder, read_if_there
from tlbook.datasets.dataset import Split
from tlbook.datasets.formats import describe_passed
from tlbook.datasets.images import resize_image
from tlbook.datasets.limits import UnreadableImage
from tlbook.datasets.lookup import show_columns
from tlbook.datasets.scan import Listing, scan_folder
from tlbook.datasets.stores import ArrayStore, FileStore
from tlbook.errors import BadInput, shorten
from tlbook.models.prediction import predict_padded
from tlbook.runtime import show_progress

BATCH_SIZE = 64
PATH_COLUMNS = ("path", "file", "filename", "image")


def predict_batch(model, batch):
    """Predict at most ``BATCH_SIZE`` images, uint8, (n, size, size, 3); returns float32, (n, classes)."""
    return predict_padded(model, batch, BATCH_SIZE)


def predict_images(model, images):
    """Predict images in memory.

    Parameters
    ----------
    model : keras.Model
        Raw pixels to probabilities: ``run.model``.
    images : numpy.ndarray
        uint8, (n, size, size, 3), 0-255, of the model's size.

    Returns
    -------
    numpy.ndarray
        float32, (n, classes).

    Examples
    --------
    >>> import tlbook as tl
    >>> model = tl.HeadOnly().build(tl.load_source("random", image_size=32), ("a", "b"), seed=0)
    >>> predict_images(model, np.zeros((3, 32, 32, 3), np.uint8)).shape
    (3, 2)
    """
    starts = range(0, len(images), BATCH_SIZE)
    return np.concatenate([predict_batch(model, images[i : i + BATCH_SIZE]) for i in starts])


def predict_split(run, split, *, quiet=False):
    """Predict one split of a data set; returns float32, (n, classes)."""
    if run.words is not None:
        return predict_words(run.model, run.words, split.texts)
    total = -(-len(split) // BATCH_SIZE)
    batches = show_progress(split.batches(run.image_size, BATCH_SIZE), "predicting", total=total, quiet=quiet)
    return np.concatenate([predict_batch(run.model, batch) for batch in batches])


def predict_words(model, words, texts):
    """Predict texts by a network of word vectors; returns float32, (n, classes)."""
    starts = range(0, len(texts), BATCH_SIZE)
    batches = (words.encode(texts[i : i + BATCH_SIZE]) for i in starts)
    empty = np.empty((0, model.output_shape[-1]), np.float32)
    return np.concatenate([empty, *(predict_batch(model, batch) for batch in batches)])


def list_texts(texts):
    """List what is to be predicted as names and texts; one text, several, or a split of a data set."""
    if isinstance(texts, Split):
        return list(texts.names), list(texts.texts)
    texts = [texts] if isinstance(texts, str) else texts
    listed = texts.tolist() if hasattr(texts, "tolist") else list(texts)
    if not listed or not all(isinstance(text, str) for text in listed):
        raise BadInput(f"received `texts` {shorten(texts)}; expected a text, or a sequence of texts")
    return [str(number) for number in range(len(listed))], listed


def list_images(images, value_range=None):
    """List what is to be predicted, as (name, store, index), and count by kind the files that are passed over.

    ``images`` are arrays, a split, an image, a folder, a zip or CSV file, or several; BadInput where none is an image.
    ``value_range`` is that of the run's own data; arrays of other than 8 bits are scaled from it too.
    """
    if isinstance(images, Split):
        return [(name, images.images, i) for i, name in enumerate(images.names)], {}
    if isinstance(images, str | Path):
        images = [images]
    if isinstance(images, list | tuple) and images and all(isinstance(path, str | Path) for path in images):
        return _list_files([Path(path) for path in images], value_range)
    if isinstance(images, Image.Image) or (hasattr(images, "__array__") and _is_single(np.shape(images))):
        images = [images]
    store = ArrayStore(convert_images(images, value_range))
    return [(str(i), store, i) for i in range(len(store))], {}


def _is_single(shape):
    """Tell the shape of one image from that of several."""
    return len(shape) == 2 or (len(shape) == 3 and shape[-1] in (1, 3, 4))


def _list_files(paths, value_range):
    """List the images of files and folders; where two would have one name, all are named from the folder as given."""
    listings = [(path, _read_list(path) or scan_folder(path)) for path in paths]
    passed = sum((Counter(listing.ignored) for _, listing in listings), Counter())
    if not any(listing.names for _, listing in listings):
        found = describe_passed(passed)
        raise BadInput(
            f"no image in {', '.join(repr(str(p)) for p in paths)}; expected jpg, png, bmp, gif, webp or tiff"
            f"{found and '; ' + found}"
        )
    single = [path.is_file() and listing.names == (path.name,) for path, listing in listings]
    names = [
        [path.as_posix()] if one else list(listing.names) for (path, listing), one in zip(listings, single, strict=True)
    ]
    if len(set(chain(*names))) < sum(map(len, names)):
        names = [
            own if one else [(path / name).as_posix() for name in own]
            for own, one, (path, _) in zip(names, single, listings, strict=True)
        ]
    stores = [replace(listing.store, value_range=value_range) for _, listing in listings]
    files = [(n, store, i) for own, store in zip(names, stores, strict=True) for i, n in enumerate(own)]
    return files, dict(sorted(passed.items()))


def _read_list(path):
    """Read a CSV file with a column of paths, which start from its folder, as a listing; None of another file."""
    if path.suffix.lower() != ".csv" or not path.is_file():
        return None
    header, rows = read_csv(read_if_there(path), f"the list {path.name!r}", PATH_COLUMNS)
    header = [cell.lower() for cell in header]
    column = next((name for name in PATH_COLUMNS if name in header), None)
    if column is None:
        raise BadInput(
            f"the list {path.name!r} has the columns {show_columns(header)}; expected one of the names "
            f"{', '.join(PATH_COLUMNS)}; rename that of the paths"
        )
    at = header.index(column)
    names = tuple(dict.fromkeys(row[at].strip() for row in rows if at < len(row) and row[at].strip()))
    return Listing(FileStore(Folder(path.parent), names), names, frozenset(), {})


def predict_listed(model, size, listed, *, quiet=False, problems=None):
    """Predict what :func:`list_images` gave, batch by batch.

    Yields names and probabilities, float32, (n, classes); what cannot be read is put into ``problems`` by its name.
    """
    batch = []
    for name, store, index in show_progress(listed, "predicting", quiet=quiet):
        try:
            batch.append((name, resize_image(store.read(index), size)))
        except (UnreadableImage, MemoryError) as error:
            problems[name] = str(error) or "not enough memory"
        if len(batch) == BATCH_SIZE:
            yield _answer(model, batch)
            batch = []
    if batch:
        yield _answer(model, batch)


def _answer(model, batch):
    return [name for name, _ in batch], predict_batch(model, np.stack([image for _, image in batch]))

"""Images of any kind, a folder of a hundred thousand too, through a frozen network, batch by batch."""

import os
from itertools import chain

import numpy as np

from tlbook.datasets.arrays import convert_images
from tlbook.datasets.dataset import Dataset, Split
from tlbook.datasets.images import resize_image
from tlbook.datasets.limits import UnreadableImage
from tlbook.datasets.scan import scan_folder
from tlbook.datasets.stores import ArrayStore
from tlbook.errors import BadInput
from tlbook.models.classifiers import build_feature_model
from tlbook.models.prediction import predict_padded
from tlbook.runtime import show_progress
from tlbook.training.features import BATCH_SIZE


def list_parts(images, groups=None):
    """Return images of any kind as splits, whose labels mean nothing where there were none."""
    if isinstance(images, Dataset):
        parts = [images.train, images.val, images.test]
    elif isinstance(images, Split):
        parts = [images]
    else:
        parts = [_wrap(images)]
    if groups is None:
        return parts
    groups, total = np.array([str(group) for group in groups]), sum(map(len, parts))
    if len(groups) != total:
        raise BadInput(f"received {total} images and {len(groups)} `groups`; expected one an image")
    ends = np.cumsum([len(part) for part in parts])[:-1]
    return [
        Split(part.images, part.labels, part.names, own)
        for part, own in zip(parts, np.split(groups, ends), strict=True)
    ]


def _wrap(images):
    """Return an array, or the files of a folder or a zip file, as a split."""
    if isinstance(images, str | os.PathLike):
        store = scan_folder(images).store
        names = tuple(store.names)
        if not names:
            raise BadInput(f"received {str(images)!r} without an image; expected at least one; is it the right folder?")
    else:
        store = ArrayStore(convert_images(images))
        names = tuple(map(str, range(len(store))))
    return Split(store, np.zeros(len(store), np.int64), names, np.array(names))


def name_rows(parts, rows=None):
    """Return the names and groups of these rows of some splits, of all by default."""
    names, groups = list(chain(*(part.names for part in parts))), np.concatenate([part.groups for part in parts])
    rows = range(len(names)) if rows is None else rows
    return {"names": tuple(names[i] for i in rows), "groups": groups[list(rows)]}


def stream_features(parts, source, rows, skipped, *, quiet=False):
    """Yield features of some splits, float32, (batch, channels).

    ``rows`` collects which images they are of, ``skipped`` why an image could not be read, by its name.
    """
    model = build_feature_model(source.backbone)
    places, batch = [(part, i) for part in parts for i in range(len(part))], []
    for row, (part, i) in enumerate(show_progress(places, "computing features", quiet=quiet)):
        try:
            batch.append(resize_image(part.images.read(i), source.image_size))
            rows.append(row)
        except UnreadableImage as error:
            skipped[part.names[i]] = str(error)
        if len(batch) == BATCH_SIZE:
            yield predict_padded(model, np.stack(batch), BATCH_SIZE)
            batch = []
    if batch:
        yield predict_padded(model, np.stack(batch), BATCH_SIZE)
    if not rows:
        name, reason = next(iter(skipped.items()))
        raise BadInput(f"none of {len(skipped)} images can be read ({name}: {reason}); expected at least one that can")


def run_parts(parts, source, *, quiet=False):
    """Compute features in memory; return values, names, groups and what was skipped."""
    rows, skipped = [], {}
    values = np.concatenate(list(stream_features(parts, source, rows, skipped, quiet=quiet)))
    return {"values": values, **name_rows(parts, rows), "skipped": skipped}

"""Features of a frozen source: computed once, kept on disk."""

import hashlib
from functools import lru_cache

import numpy as np

from tlbook.errors import NO_SPACE
from tlbook.files import replace_file
from tlbook.models.classifiers import build_feature_model
from tlbook.models.fingerprint import hash_network, is_stock
from tlbook.models.prediction import predict_padded
from tlbook.runtime import cache_dir, show_progress
from tlbook.training.views import PLAIN

RULE = b"average pooling, 2"
BATCH_SIZE = 32


def extract_features(source, split, *, cache=True, quiet=False):
    """Run a frozen source once over a split of a data set.

    The result is kept in the cache folder under a key of the images' content, the backbone's weights and graph as they
    are now, the image size and the pooling rule; of layers that are not Keras's own nothing is kept.
    Two processes may compute the same features at once: each writes a file of its own and renames it.

    Parameters
    ----------
    source : SourceModel
        Stays as it is.
    split : Split
        Its images are read at the source's size.
    cache : bool
        False neither reads nor writes the cache.
    quiet : bool
        True shows no progress bar.

    Returns
    -------
    numpy.ndarray
        float32, (n, channels).

    Examples
    --------
    >>> import tlbook as tl
    >>> split = tl.load_case("fractures", per_class=2, size=32).train
    >>> extract_features(tl.load_source("random", image_size=32), split, cache=False, quiet=True).shape
    (4, 768)
    """
    return extract_views(source, split, (PLAIN,), cache=cache, quiet=quiet)[:, 0]


def extract_views(source, split, views, *, cache=True, quiet=False):
    """Run a frozen source once over some views of each image of a split; float32, (n, views, channels).

    Each image is read once. What is kept and under which key is told at :func:`extract_features`.
    """
    shape = len(split), len(views), source.backbone.output_shape[-1]
    if not len(split):
        return np.zeros(shape, np.float32)
    cache = cache and is_stock(source.backbone)
    key = _key(source, split, views, quiet) if cache else None
    path = cache_dir() / "features" / f"{key}.npy" if cache else None
    kept = _read(path, shape) if cache else None
    if kept is not None:
        return kept
    features = _run_views(source, split, views, quiet)
    if path is not None and _key(source, split, views, True) == key:  # else an image has changed since: not kept
        try:
            with replace_file(path) as file:
                np.save(file, features)
        except OSError as error:  # a folder that can't be written to: the next run computes once more
            if error.errno in NO_SPACE:
                raise OSError(error.errno, error.strerror, str(path)) from error
    return features


def _run_views(source, split, views, quiet):
    model = _feature_model(source.backbone)
    features = np.empty((len(split), len(views), model.output_shape[-1]), np.float32)
    batches, first = split.batches(source.image_size, BATCH_SIZE), 0
    total = len(views) * -(-len(split) // BATCH_SIZE)
    with show_progress(None, "computing features", total=total, quiet=quiet) as bar:
        for batch in batches:
            for i, view in enumerate(views):
                shown = predict_padded(model, view.show(batch, first), BATCH_SIZE)
                features[first : first + len(batch), i] = shown
                bar.update()
            first += len(batch)
    return features


@lru_cache(maxsize=2)
def _feature_model(backbone):
    """Keep the last models: all splits of a data set then share one compilation."""
    return build_feature_model(backbone)


def _key(source, split, views, quiet):
    digest = hashlib.sha256(RULE)
    if views != (PLAIN,):
        digest.update(repr(views).encode())
    digest.update(f"{hash_network(source.backbone)} {source.image_size}".encode())
    for i in show_progress(range(len(split)), "looking for kept features", quiet=quiet):
        digest.update(split.images.fingerprint(i))
    return digest.hexdigest()


def _read(path, shape):
    """Read kept features; None where there are none, or a file that was damaged and is to be made anew."""
    try:
        features = np.load(path)
    except (OSError, ValueError, EOFError):
        return None
    return features if features.shape == shape else None

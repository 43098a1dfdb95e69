"""Near-duplicates across splits: a score on an image whose near-duplicate was trained on is partly memory."""

from dataclasses import dataclass

import numpy as np

from tlbook.datasets.images import THUMBNAIL_SIZE, shrink_image
from tlbook.datasets.parallel import map_in_threads

LEAST_CORRELATION = 0.95
MAX_PROBES = 1000  # validation and test images compared; each with all training images, so the cost is linear
MAX_FOR_MEAN = 4096
BATCH = 4096


@dataclass(frozen=True)
class NearDuplicates:
    """Validation and test images that nearly equal a training image, most alike first.

    Attributes
    ----------
    probes, partners : numpy.ndarray
        int64, (k,), indices of the images and of the training image that each is most like.
    correlation : numpy.ndarray
        float32, (k,).
    num_compared, num_candidates : int
        Validation and test images looked at, and all of them.
    """

    probes: np.ndarray
    partners: np.ndarray
    correlation: np.ndarray
    num_compared: int
    num_candidates: int


def draw_thumbnails(store, *, size=THUMBNAIL_SIZE, label="thumbnails", quiet=True):
    """Shrink images to small grey squares.

    Parameters
    ----------
    store : ImageStore
        Of a split, ``split.images``.
    size : int
        Pixels a side.
    label : str
        What the progress bar says.
    quiet : bool
        True shows no progress bar.

    Returns
    -------
    numpy.ndarray
        uint8, (n, size, size).

    Examples
    --------
    >>> import tlbook as tl
    >>> case = tl.load_case("fractures", per_class=2, size=32)
    >>> draw_thumbnails(case.train.images).shape
    (4, 32, 32)
    """
    thumbnails = np.empty((len(store), size, size), np.uint8)

    def draw(index):
        thumbnails[index] = shrink_image(store.read(index), size)

    map_in_threads(draw, len(store), label, quiet=quiet)
    return thumbnails


def find_nearest(thumbnails, others, *, mean=None):
    """Find the most similar other image of each image, upright or mirrored.

    Parameters
    ----------
    thumbnails, others : numpy.ndarray
        uint8, (n, size, size) and (m, size, size), m at least 1. Memory grows with n, not with m.
    mean : numpy.ndarray, optional
        float32, (size * size,), from `average_thumbnails`: what all images share, taken out before they are compared.

    Returns
    -------
    nearest : numpy.ndarray
        int64, (n,).
    correlation : numpy.ndarray
        float32, (n,).

    Examples
    --------
    >>> import numpy as np
    >>> thumbnails = np.random.default_rng(0).integers(0, 256, (10, 32, 32), dtype="uint8")
    >>> nearest, correlation = find_nearest(thumbnails[[3, 7]], thumbnails)
    >>> nearest.tolist(), correlation.round(3).tolist()
    ([3, 7], [1.0, 1.0])
    """
    nearest, correlation = np.zeros(len(thumbnails), np.int64), np.full(len(thumbnails), -1.0, np.float32)
    views = [standardise(view, mean) for view in (thumbnails, thumbnails[:, :, ::-1])]
    rows = np.arange(len(thumbnails))
    for start in range(0, len(others), BATCH):
        known = standardise(others[start : start + BATCH], mean).T
        for view in views:
            products = view @ known
            best = products.argmax(axis=1)
            better = products[rows, best] > correlation
            nearest[better] = start + best[better]
            correlation[better] = products[rows, best][better]
    return nearest, correlation


def average_thumbnails(thumbnails):
    """Average what images of one kind share, so that two people's radiographs are no pairs for being radiographs.

    Parameters
    ----------
    thumbnails : numpy.ndarray
        uint8, (n, size, size), n at least 1; of many, 4,096 evenly spaced ones are averaged.

    Returns
    -------
    numpy.ndarray
        float32, (size * size,).

    Examples
    --------
    >>> import numpy as np
    >>> average_thumbnails(np.random.default_rng(0).integers(0, 256, (10, 32, 32), dtype="uint8")).shape
    (1024,)
    """
    return standardise(thumbnails[:: -(-len(thumbnails) // MAX_FOR_MEAN)]).mean(axis=0)


def find_near_duplicates(thumbnails, splits, *, least=LEAST_CORRELATION, max_probes=MAX_PROBES, seed=0):
    """Find the validation and test images (``splits`` not 0) that nearly equal a training image.

    Two images are near-duplicates where their thumbnails, without what all images share, correlate by at least
    ``least``, mirrored or not. Measured on nine real sets of up to 1,500 images, 0.95 finds copies, views of one sign
    and neighbouring slices of a scan; of the pairs in other groups it takes at most 1 %, most of them copies indeed.
    Of more than ``max_probes`` validation and test images, so many are chosen at random.
    """
    train, candidates = np.flatnonzero(splits == 0), np.flatnonzero(splits != 0)
    probes = candidates
    if len(candidates) > max_probes:
        probes = np.sort(np.random.default_rng(seed).choice(candidates, max_probes, replace=False))
    if not len(train) or not len(probes):
        return NearDuplicates(probes[:0], train[:0], np.empty(0, np.float32), len(probes), len(candidates))
    nearest, correlation = find_nearest(thumbnails[probes], thumbnails[train], mean=average_thumbnails(thumbnails))
    order = np.argsort(-correlation, kind="stable")
    order = order[correlation[order] >= least]
    return NearDuplicates(probes[order], train[nearest[order]], correlation[order], len(probes), len(candidates))


def describe_near_duplicates(pairs, names, *, grouped):
    """Put near-duplicates into one line that names up to three pairs; None where there are none."""
    count = len(pairs.probes)
    if not count:
        return None
    whole = "" if pairs.num_compared == pairs.num_candidates else f" that were compared (of {pairs.num_candidates:,})"
    shown = [f"'{names[a]}' and '{names[b]}'" for a, b in zip(pairs.probes[:3], pairs.partners[:3], strict=True)]
    advice = (
        "the groups given may be too small: give wider ones"
        if grouped
        else "give groups that say which images belong together"
    )
    return (
        f"{count:,} of {pairs.num_compared:,} validation and test images{whole} nearly equal a training image, so that "
        f"scores may be memory: {', '.join(shown)}{', …' if count > 3 else ''}; {advice}"
    )


def standardise(thumbnails, mean=None):
    """Flatten to float32, (n, pixels), mean 0 and length 1, without ``mean``; an image of one grey is all zero."""
    flat = thumbnails.reshape(len(thumbnails), -1).astype(np.float32)
    flat -= flat.mean(axis=1, keepdims=True)
    length = np.linalg.norm(flat, axis=1, keepdims=True)
    flat /= np.maximum(length, 1.0)
    if mean is not None:
        flat -= mean
        flat /= np.maximum(np.linalg.norm(flat, axis=1, keepdims=True), 1e-3)
        flat[length[:, 0] < 1.0] = 0.0
    return flat

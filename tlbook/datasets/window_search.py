"""Images that show the same as another one or a part of it, wherever it was cut out, and somewhat changed.

Each image is compared as a tiny thumbnail with windows of all others (46 of them, from all to 60 % of the sides, and
mirrored ones); of the three likeliest partners the window is moved until it fits best; and where it does, finer
thumbnails without their coarse shades have to agree too: strangers of one kind look alike only from afar.
"""

from dataclasses import dataclass

import numpy as np

from tlbook.datasets.crops import SMALL
from tlbook.datasets.near_duplicates import standardise
from tlbook.runtime import show_progress

COARSE, FINE = 16, 32  # pixels a side that are compared, first and last
PARTS = 64  # principal components of the coarse thumbnails
SHARES = ((1.0, 1), (0.92, 1), (0.84, 2), (0.76, 2), (0.68, 4), (0.61, 4))  # of the sides, and places each way
MIRRORED = (1.0, 0.92, 0.84, 0.76)
PARTNERS = 3  # likeliest ones that are looked at closely
LIKELY = 0.65  # correlation from which they are
STEPS = (0.05, 0.05, 0.025, 0.0125)  # of a side, by which the edges of a window move
LEAST_SIDE = 0.5
LEAST_CORRELATION = 0.94
LEAST_DETAIL = 0.6  # correlation of the finer thumbnails
REACH = 3  # pixels each way that coarse shades are averaged over
BLOCK = 2048
# All ways to move two or four edges at once: left, right, top, bottom.
MOVES = np.array(
    [
        *([1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1], [1, 1, 0, 0], [0, 0, 1, 1]),
        *([1, -1, 1, -1], [1, -1, 0, 0], [0, 0, 1, -1]),
    ],
    np.float32,
)
MOVES = np.concatenate([MOVES, -MOVES])
WHOLE = np.array([[0, 1, 0, 1]], np.float32)


@dataclass(frozen=True)
class WindowPairs:
    """Pairs of images that may show the same.

    Attributes
    ----------
    pairs : numpy.ndarray
        int64, (k, 2): an image, and the one that it is most probably a part of; most alike first.
    correlation : numpy.ndarray
        float32, (k,), of coarse thumbnails where they fit best, without what all images share; 0.94 and more.
    partners : numpy.ndarray
        int64, (n,): of each image the one that it is most like, however little.
    """

    pairs: np.ndarray
    correlation: np.ndarray
    partners: np.ndarray


def search_windows(pixels, *, quiet=False):
    """Find images that show the same as another one or a part of it.

    Parameters
    ----------
    pixels : numpy.ndarray
        uint8, (n, 64, 64), images as small grey squares.
    quiet : bool
        True shows no progress bar.

    Returns
    -------
    WindowPairs

    Examples
    --------
    >>> coarse = np.random.default_rng(0).integers(0, 256, (6, 8, 8), dtype="uint8")
    >>> pixels = coarse.repeat(8, 1).repeat(8, 2)
    >>> pixels[5] = np.kron(coarse[2, 1:7, 1:7], np.ones((11, 11)))[:64, :64]
    >>> search_windows(pixels, quiet=True).pairs.tolist()
    [[5, 2]]
    """
    if len(pixels) < 2:
        return WindowPairs(np.empty((0, 2), np.int64), np.empty(0, np.float32), np.zeros(len(pixels), np.int64))
    mean = standardise(_cut_all(pixels, WHOLE[0], COARSE)).mean(axis=0)
    correlation, partners, boxes, mirrored = _find_likely(pixels, mean, quiet)
    best = partners[np.arange(len(pixels)), correlation.argmax(axis=1)]
    rows, places = np.nonzero(correlation >= LIKELY)
    one, other, boxes, mirrored = rows, partners[rows, places], boxes[rows, places], mirrored[rows, places]
    score = np.empty(len(one), np.float32)
    detail = np.empty(len(one), np.float32)
    for start in show_progress(range(0, len(one), BLOCK), "fitting windows", quiet=quiet):
        part = slice(start, start + BLOCK)
        images = np.where(mirrored[part, None, None], pixels[one[part]][:, :, ::-1], pixels[one[part]])
        score[part], moved = _fit(images, pixels[other[part]], boxes[part], mean)
        detail[part] = _compare_details(images, pixels[other[part]], moved)
    order = np.argsort(-score, kind="stable")
    order = order[(score[order] >= LEAST_CORRELATION) & (detail[order] >= LEAST_DETAIL)]
    pairs = np.stack([one[order], other[order]], axis=1)
    _, first = np.unique(np.sort(pairs, axis=1), axis=0, return_index=True)  # of both directions the better one
    first = np.sort(first)
    return WindowPairs(pairs[first], score[order][first], best)


def _list_windows():
    """List windows (left, right, top, bottom, as shares of the sides) and whether they are compared mirrored too."""
    for share, places in SHARES:
        room = (1 - share) / 2
        steps = np.linspace(-room, room, places) if places > 1 else np.zeros(1)
        middles = [(0.5 + x, 0.5 + y) for x in steps for y in steps]
        middles += [(0.5, 0.5)] if places % 2 == 0 else []
        for x, y in middles:
            box = np.array([x - share / 2, x + share / 2, y - share / 2, y + share / 2], np.float32)
            yield box, share in MIRRORED and abs(x - 0.5) + abs(y - 0.5) < 1e-9


def _find_likely(pixels, mean, quiet):
    """Return the likeliest partners: correlation, partners, their windows, and which are mirrored; (n, 3) each."""
    whole = _cut_all(pixels, WHOLE[0], COARSE)
    upright = standardise(whole, mean)
    parts = np.linalg.eigh(upright.T @ upright)[1][:, ::-1][:, :PARTS].astype(np.float32)
    views = [upright @ parts, standardise(whole[:, :, ::-1], mean) @ parts]
    shape = (len(pixels), PARTNERS)
    kept = [
        np.full(shape, -1, np.float32),
        np.full(shape, -1),
        np.zeros((*shape, 4), np.float32),
        np.zeros(shape, bool),
    ]
    for box, also in show_progress(list(_list_windows()), "comparing windows", quiet=quiet):
        others = standardise(_cut_all(pixels, box, COARSE), mean) @ parts
        for mirrored in (False, True)[: 1 + also]:
            for start in range(0, len(pixels), BLOCK):
                products = views[mirrored][start : start + BLOCK] @ others.T
                rows = np.arange(len(products))
                products[rows, start + rows] = -1
                best = products.argmax(axis=1)
                _keep_better(
                    [array[start : start + BLOCK] for array in kept], products[rows, best], best, box, mirrored
                )
    return kept


def _keep_better(kept, correlation, partners, box, mirrored):
    """Put partners in the place of the same ones, or of the least likely ones, where they are likelier."""
    rows = np.arange(len(partners))
    same = kept[1] == partners[:, None]
    place = np.where(same.any(axis=1), same.argmax(axis=1), kept[0].argmin(axis=1))
    better = correlation > kept[0][rows, place]
    rows, place = rows[better], place[better]
    for array, new in zip(kept, (correlation[better], partners[better], box, mirrored), strict=True):
        array[rows, place] = new


def _fit(images, others, boxes, mean):
    """Move the edges of each window until it is most like the image; return correlations and windows."""
    others = others.reshape(len(others), SMALL // 2, 2, SMALL // 2, 2).mean(axis=(2, 4), dtype=np.float32)
    wanted = standardise(_cut(images, np.repeat(WHOLE, len(images), axis=0), COARSE), mean)

    def compare(rows, boxes):
        return np.einsum("ij,ij->i", wanted[rows], standardise(_cut(others[rows], boxes, COARSE), mean))

    score = compare(np.arange(len(images)), boxes)
    for step in STEPS:
        best, moved = score.copy(), boxes.copy()
        for move in MOVES:
            tried = np.clip(boxes + step * move, 0, 1)
            rows = np.flatnonzero((tried[:, 1] - tried[:, 0] > LEAST_SIDE) & (tried[:, 3] - tried[:, 2] > LEAST_SIDE))
            value = compare(rows, tried[rows])
            better = value > best[rows]
            best[rows[better]], moved[rows[better]] = value[better], tried[rows[better]]
        score, boxes = best, moved
    return score, boxes


def _compare_details(images, others, boxes):
    """Correlate images with windows of others, both without their coarse shades."""
    whole = np.repeat(WHOLE, len(images), axis=0)
    one, other = (standardise(_drop_shades(_cut(*part, FINE))) for part in ((images, whole), (others, boxes)))
    return np.einsum("ij,ij->i", one, other)


def _drop_shades(images):
    """Subtract from each pixel the mean of those around it."""
    padded = np.pad(images, ((0, 0), (REACH, REACH), (REACH, REACH)), mode="reflect")
    sums = np.pad(padded, ((0, 0), (1, 0), (1, 0))).cumsum(axis=1, dtype=np.float64).cumsum(axis=2)
    width = 2 * REACH + 1
    around = sums[:, width:, width:] - sums[:, :-width, width:] - sums[:, width:, :-width] + sums[:, :-width, :-width]
    return images - around / width**2


def _cut_all(pixels, box, size):
    """Cut one window out of all images; float32, (n, size, size)."""
    across, down = (_cover(box[None, i], box[None, i + 1], size, SMALL)[0] for i in (0, 2))
    return np.concatenate(
        [down @ pixels[i : i + BLOCK].astype(np.float32) @ across.T for i in range(0, len(pixels), BLOCK)]
    )


def _cut(images, boxes, size):
    """Cut a window of its own out of each image; float32, (n, size, size)."""
    side = images.shape[1]
    across, down = (_cover(boxes[:, i], boxes[:, i + 1], size, side) for i in (0, 2))
    return down @ images.astype(np.float32) @ across.transpose(0, 2, 1)


def _cover(low, high, size, side):
    """Return the part that each pixel of a window has of each pixel of a side, (n, size, side); rows sum to 1."""
    edges = side * (low[:, None] + (high - low)[:, None] * np.linspace(0, 1, size + 1, dtype=np.float32))
    first = np.maximum(edges[:, :-1, None], np.arange(side, dtype=np.float32))
    last = np.minimum(edges[:, 1:, None], np.arange(1, side + 1, dtype=np.float32))
    return (np.maximum(last - first, 0) / np.diff(edges)[:, :, None]).astype(np.float32)

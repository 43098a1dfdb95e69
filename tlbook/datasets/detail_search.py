"""Images that show the same at the same size, found by small details and where these lie.

Whole thumbnails of textures and of radiographs are alike though nothing in them is the same. Details decide: of each
image the strongest spots are described by what surrounds them; descriptions that are alike in two images vote for a
shift between them; and where some agree, the images are laid over each other piece by piece, without coarse shades.
That bears a crop from anywhere, a turn by a few degrees, and other brightness; not another size, nor a mirror: those
are what `tlbook.datasets.window_search` is for, as are images of less than 96 pixels.
"""

from dataclasses import dataclass

import numpy as np
from PIL import Image
from scipy import ndimage

from tlbook.runtime import show_progress

SIDE = 128  # pixels, the square root of the area of a middling image as it is looked at
SMALLEST = 96  # below which two drawings of one sign have the same details
LARGEST = 256  # pixels of the longer side, at most
POINTS = 64  # an image
RADIUS = 8  # pixels from a spot that describe it
PARTS = 20  # principal components of a description
TABLES, FULL = 8, 6  # tables of hashed descriptions, and how many share a place in one on average
MOST_EQUAL = 16  # descriptions in a place that are compared, of one
ALIKE = 0.85  # correlation of two descriptions from which they vote
BIN = 10  # pixels by which shifts that agree may differ
LEAST_VOTES = 3
MOST_PAIRS = 4.0  # looked at closely, an image
PIECE, REACH = 16, 4  # pixels of a piece, and by how many it may lie elsewhere
FEW, HOPE = 5, 0.75  # pieces laid over first, and how well they have to agree
PIECES, ROUNDS, SLACK = 16, 3, 1.5  # pieces laid over; fits of what moved them, and pixels they may be off
LEAST_OVERLAP = 0.7  # of the smaller image
LEAST_AGREEMENT = 0.75
REPEATED, MOST_LIKE_IT, PATTERN = 0.96, 4, 0.4  # a pattern: that share of spots is like more than 4 in the image
LEAST_BEND = 1e-2  # of a spot
SMOOTH, SHADES = 1.0, 2.5  # pixels that images are blurred by, and that coarse shades are averaged over


@dataclass(frozen=True)
class Details:
    """What is kept of an image.

    Attributes
    ----------
    picture : numpy.ndarray
        int8, (height, width), twice the grey levels that are left without coarse shades.
    places : numpy.ndarray
        int16, (spots, 2), row and column.
    descriptions : numpy.ndarray
        int8, (spots, 64).
    """

    picture: np.ndarray
    places: np.ndarray
    descriptions: np.ndarray


EMPTY = Details(np.zeros((0, 0), np.int8), np.zeros((0, 2), np.int16), np.zeros((0, 64), np.int8))


def choose_scale(images, count=31):
    """Choose by how much all images are shrunk, at most 1, from the sizes of a few; None where they are too small."""
    rows = np.unique(np.linspace(0, len(images) - 1, count).astype(int))
    side = np.median([np.sqrt(np.prod(images.read(int(i)).shape[:2])) for i in rows])
    return min(1.0, SIDE / side) if side >= SMALLEST else None


def find_details(image, scale):
    """Find the strongest spots of an image, uint8, (height, width, 3), and describe them."""
    grey = Image.fromarray(image).convert("L")
    scale = min(scale, LARGEST / max(grey.size))
    small = grey.resize([max(1, round(side * scale)) for side in grey.size], Image.Resampling.BOX)
    smooth = ndimage.gaussian_filter(np.asarray(small, np.float32), SMOOTH)
    fine = smooth - ndimage.gaussian_filter(smooth, SHADES)
    strength = np.abs(ndimage.gaussian_filter(_measure_bend(smooth), SMOOTH))
    peak = (strength == ndimage.maximum_filter(strength, 5)) & (strength > LEAST_BEND)
    peak[:RADIUS] = peak[-RADIUS:] = peak[:, :RADIUS] = peak[:, -RADIUS:] = False
    rows, columns = np.nonzero(peak)
    order = np.argsort(-strength[rows, columns], kind="stable")[:POINTS]
    rows, columns = rows[order], columns[order]
    steps = np.arange(-RADIUS + 1, RADIUS, 2)
    around = smooth[rows[:, None, None] + steps[:, None], columns[:, None, None] + steps].reshape(
        len(rows), len(steps) ** 2
    )
    around = around - around.mean(axis=1, keepdims=True)
    around *= 127 / np.maximum(np.abs(around).max(axis=1, keepdims=True), 1e-3)
    fine = np.clip(2 * fine, -127, 127).round().astype(np.int8)
    return Details(fine, np.stack([rows, columns], axis=1).astype(np.int16), around.astype(np.int8))


def _measure_bend(picture):
    """Return the determinant of the second derivatives, as large at spots and corners and none along edges."""
    wide = np.pad(picture, 2, mode="edge")
    middle, here = wide[2:-2, 2:-2] * 2, slice(2, -2)
    down, across = (wide[4:, here] + wide[:-4, here] - middle) / 4, (wide[here, 4:] + wide[here, :-4] - middle) / 4
    both = (wide[3:-1, 3:-1] - wide[3:-1, 1:-3] - wide[1:-3, 3:-1] + wide[1:-3, 1:-3]) / 4
    return down * across - both**2


def search_details(details, *, quiet=False):
    """Find images that show the same at the same size, by what `find_details` found in each.

    Parameters
    ----------
    details : list of Details
    quiet : bool
        True shows no progress bar.

    Returns
    -------
    pairs : numpy.ndarray
        int64, (k, 2), most alike first.
    agreement : numpy.ndarray
        float32, (k,), 0.75 to 1: the correlation of the pieces where one image lies over the other.
    patterns : numpy.ndarray
        bool, (n,): images that repeat themselves, boards and stripes, which fit over many strangers.

    Notes
    -----
    ``benchmarks/audit.py`` measures how many planted crops and other changes are found, and how many strangers.

    Examples
    --------
    >>> from scipy.ndimage import zoom
    >>> pictures = np.random.default_rng(0).integers(0, 256, (6, 20, 20, 3), dtype="uint8")
    >>> pictures = [zoom(picture, (6, 6, 1), order=1) for picture in pictures]
    >>> pictures[5] = pictures[2][10:110, 5:115]
    >>> search_details([find_details(picture, 1.0) for picture in pictures], quiet=True)[0].tolist()
    [[2, 5]]
    """
    counts = [len(one.places) for one in details]
    if sum(counts) < 2:
        return np.empty((0, 2), np.int64), np.empty(0, np.float32), np.zeros(len(details), bool)
    images = np.repeat(np.arange(len(details)), counts)
    places = np.concatenate([one.places for one in details]).astype(np.int32)
    vectors = _reduce(np.concatenate([one.descriptions for one in details]))
    patterns = np.array([_repeat(part) for part in np.split(vectors, np.cumsum(counts)[:-1])])
    one, other = _match(vectors, images, quiet)
    pairs, shifts, votes = _vote(images[one], images[other], places[other] - places[one])
    order = np.argsort(-votes, kind="stable")[: int(MOST_PAIRS * len(details))]
    pairs, agreement = pairs[order], np.empty(len(order), np.float32)
    for i in show_progress(range(len(pairs)), "laying images over each other", quiet=quiet):
        one, other = pairs[i]
        agreement[i] = compare_pieces(details[one].picture, details[other].picture, shifts[order[i]])
    order = np.argsort(-agreement, kind="stable")
    order = order[agreement[order] >= LEAST_AGREEMENT]
    return pairs[order], agreement[order], patterns


def _reduce(descriptions):
    """Return principal components of descriptions, of length 1; float32, (n, 20)."""
    some = descriptions[:: -(-len(descriptions) // 50_000)].astype(np.float32)
    some /= np.maximum(np.linalg.norm(some, axis=1, keepdims=True), 1e-6)
    parts = np.linalg.eigh(some.T @ some)[1][:, ::-1][:, :PARTS]
    vectors = np.concatenate(
        [descriptions[i : i + 65536].astype(np.float32) @ parts for i in range(0, len(descriptions), 65536)]
    )
    return vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-6)


def _repeat(vectors):
    """Tell whether most spots of an image look like several others in it, as those of a chequered board do."""
    return len(vectors) > 0 and np.mean((vectors @ vectors.T >= REPEATED).sum(axis=1) > MOST_LIKE_IT) > PATTERN


def _match(vectors, images, quiet):
    """Return pairs of descriptions of two images that are alike: hashed by the signs of random projections."""
    rng, found = np.random.default_rng(0), []
    bits = max(1, int(np.log2(len(vectors) / FULL + 1)))
    spread = vectors.std(axis=0)
    for _ in show_progress(range(TABLES), "comparing details", quiet=quiet):
        planes = rng.normal(size=(vectors.shape[1], bits)).astype(np.float32) / np.sqrt(spread + 1e-6)[:, None]
        projected = vectors @ planes
        codes = (projected > np.median(projected, axis=0)) @ (1 << np.arange(bits))
        order = np.argsort(codes, kind="stable")
        codes = codes[order]
        for lag in range(1, MOST_EQUAL + 1):
            at = np.flatnonzero(codes[lag:] == codes[:-lag])
            if not len(at):
                break
            one, other = order[at], order[at + lag]
            apart = images[one] != images[other]
            one, other = one[apart], other[apart]
            alike = np.einsum("ij,ij->i", vectors[one], vectors[other]) >= ALIKE
            one, other = one[alike], other[alike]
            found.append(np.minimum(one, other) * len(vectors) + np.maximum(one, other))
    keys = np.sort(np.concatenate(found)) if found else np.empty(0, np.int64)
    keys = keys[np.diff(keys, prepend=-1) > 0]
    return keys // len(vectors), keys % len(vectors)


def _vote(one, other, shifts):
    """Return pairs of images, the shift that most of their descriptions agree on, and how many do."""
    place, first = _number(one * (1 << 32) + other)
    often = (np.bincount(place) >= LEAST_VOTES)[place]
    place, first = _number(place[often], np.flatnonzero(often))
    shifts = shifts[often]
    votes, agreed = np.zeros(len(first), np.int64), np.zeros((len(first), 2))
    for half in ((0, 0), (0, 1), (1, 0), (1, 1)):
        bins = (shifts + np.array(half) * BIN // 2) // BIN + 512
        keys = (place << 20) + (bins[:, 0] << 10) + bins[:, 1]
        order = np.argsort(keys)
        start = np.flatnonzero(np.diff(keys[order], prepend=-1))
        number, sums = np.diff(start, append=len(keys)), np.add.reduceat(shifts[order], start) if len(start) else shifts
        ranked = np.argsort(number, kind="stable")  # of each pair the last one stays
        pair = place[order[start[ranked]]]
        most, chosen = np.zeros_like(votes), np.zeros(len(votes), np.int64)
        most[pair], chosen[pair] = number[ranked], ranked
        better = most > votes
        votes[better] = most[better]
        agreed[better] = sums[chosen[better]] / most[better, None]
    kept = votes >= LEAST_VOTES
    pairs = np.stack([one[first], other[first]], axis=1)[kept].astype(np.int64)
    return pairs, agreed[kept].round().astype(np.int64), votes[kept]


def _number(keys, rows=None):
    """Number equal keys, and return the first row of each."""
    _, first, place = np.unique(keys, return_index=True, return_inverse=True)
    return place, first if rows is None else rows[first]


def compare_pieces(one, other, shift):
    """Lay an image over another one, piece by piece; return how well they agree, -1 to 1.

    ``shift`` is that of the second, in pixels: what lies at ``place`` in ``one`` lies at ``place + shift`` in it.
    """
    low = np.maximum(0, -np.asarray(shift))
    high = np.minimum(one.shape, np.array(other.shape) - shift)
    if np.any(high - low < 2 * PIECE) or np.prod(high - low) < LEAST_OVERLAP * min(one.size, other.size):
        return -1.0
    fixed, moved = np.asarray(one, np.float32), np.pad(np.asarray(other, np.float32), REACH)
    corners = _choose_pieces(fixed[low[0] : high[0], low[1] : high[1]]) + low
    few, energy = _lay_pieces(fixed, moved, corners[:FEW], shift)
    if few.max(axis=(1, 2)).mean() < HOPE:
        return float(few.max(axis=(1, 2)).mean()) - 1
    rest, more = _lay_pieces(fixed, moved, corners[FEW:], shift)
    return _agree(np.concatenate([few, rest]), corners, np.concatenate([energy, more]))


def _lay_pieces(fixed, moved, corners, shift):
    """Correlate pieces with what lies around the place where they belong: (k, 9, 9); and return what they hold."""
    inside, tries, places = np.arange(PIECE), np.arange(2 * REACH + 1), corners + shift
    pieces = fixed[corners[:, 0, None, None] + inside[:, None], corners[:, 1, None, None] + inside]
    windows = np.lib.stride_tricks.sliding_window_view(moved, (PIECE, PIECE))
    windows = windows[places[:, 0, None, None] + tries[:, None], places[:, 1, None, None] + tries]
    pieces, windows = pieces.reshape(len(pieces), PIECE**2, 1), windows.reshape(len(pieces), len(tries) ** 2, PIECE**2)
    energy = np.einsum("kpi,kpi->k", pieces, pieces)
    lengths = np.einsum("ksp,ksp->ks", windows, windows)
    alike = (windows @ pieces)[..., 0] / np.sqrt(np.maximum(energy[:, None] * lengths, 1e-6))
    return alike.reshape(-1, len(tries), len(tries)), energy


def _choose_pieces(picture):
    """Return the corners of the pieces that hold most; int64, (k, 2)."""
    count = np.array(picture.shape) // PIECE
    first = (np.array(picture.shape) - count * PIECE) // 2
    (y, x), (h, w) = first, count * PIECE
    energy = (picture[y : y + h, x : x + w] ** 2).reshape(count[0], PIECE, count[1], PIECE).sum(axis=(1, 3))
    most = np.argsort(-energy, axis=None)[:PIECES]
    return np.stack(np.unravel_index(most, count), axis=1) * PIECE + first


def _agree(alike, corners, energy):
    """Return how well pieces agree where a turn, a shift and a slight stretch of the whole would move them to."""
    moves = np.stack(np.unravel_index(alike.reshape(len(alike), -1).argmax(axis=1), alike.shape[1:]), axis=1) - REACH
    y, x = (corners - corners.mean(axis=0)).T
    one, none = np.ones(len(y)), np.zeros(len(y))
    facts = np.concatenate([np.stack([one, none, y, -x], 1), np.stack([none, one, x, y], 1)])  # dy, then dx
    weights = np.maximum(alike.max(axis=(1, 2)), 0) ** 2
    for _ in range(ROUNDS):
        root = np.sqrt(np.tile(weights, 2))[:, None]
        fitted = np.linalg.lstsq(facts * root, moves.T.reshape(-1, 1) * root, rcond=None)[0]
        expected = (facts @ fitted).reshape(2, -1).T
        weights = weights * (np.abs(moves - expected).max(axis=1) <= SLACK)
    near = np.clip(expected.round().astype(int) + REACH, 1, 2 * REACH - 1)
    rows = np.arange(len(alike))
    best = np.max([alike[rows, near[:, 0] + i, near[:, 1] + j] for i in (-1, 0, 1) for j in (-1, 0, 1)], axis=0)
    weights = np.minimum(energy, np.median(energy))
    return float(np.sum(weights * best) / max(np.sum(weights), 1e-6))

"""Numeric helpers for phantoms: keyed random generators, resolution-free random fields, soft shapes."""

import functools

import numpy as np
from scipy import ndimage

from tlbook.datasets.dataset import Split
from tlbook.datasets.stores import ArrayStore
from tlbook.errors import BadInput

SPLITS = ("train", "val", "test")


def make_generator(*key):
    """Make a random generator of its own for one thing, so that nothing depends on what else is drawn.

    Parameters
    ----------
    *key : int
        Non-negative: case, seed, split, class, number and so on.

    Returns
    -------
    numpy.random.Generator
    """
    return np.random.default_rng(list(key))


def stack_parameters(rows):
    """Turn one dictionary a picture into one dictionary of arrays that broadcast over pixels.

    Parameters
    ----------
    rows : list of dict
        The same keys in each; values are numbers or arrays of one shape per key.

    Returns
    -------
    dict of str to numpy.ndarray
        float32; numbers become (n, 1, 1), longer shapes keep theirs behind n.
    """
    stacked = {key: np.stack([np.asarray(row[key], np.float32) for row in rows]) for key in rows[0]}
    return {key: a.reshape(-1, 1, 1) if a.ndim == 1 else a for key, a in stacked.items()}


def pixel_grid(size):
    """Centres of the pixels in units of the picture's width, origin in the middle.

    Parameters
    ----------
    size : int
        Pixels a side.

    Returns
    -------
    x, y : numpy.ndarray
        float32, (1, 1, size) and (1, size, 1), -0.5 to 0.5, y downwards.
    """
    c = ((np.arange(size) + 0.5) / size - 0.5).astype(np.float32)
    return c[None, None, :], c[None, :, None]


@functools.lru_cache(maxsize=64)
def spline_weights(size, knots):
    """Where and how much four neighbouring knots count for each of ``size`` samples (cubic B-spline).

    Parameters
    ----------
    size, knots : int
        ``knots`` at least 4.

    Returns
    -------
    first : numpy.ndarray
        intp, (size,): the first of the four knots.
    weights : numpy.ndarray
        float32, (4, size); squares add up to 1, so that unit variance stays unit variance.
    """
    at = (np.arange(size) + 0.5) / size * (knots - 3) + 1
    first = np.clip(np.floor(at).astype(np.intp) - 1, 0, knots - 4)
    t = np.abs(at - first - np.arange(4)[:, None])
    w = np.where(t < 1, (4 - 6 * t**2 + 3 * t**3) / 6, np.where(t < 2, (2 - t) ** 3 / 6, 0))
    w = (w / np.linalg.norm(w, axis=0)).astype(np.float32)
    for a in (first, w):
        a.setflags(write=False)
    return first, w


def smooth_axis(grids, size, axis):
    """Blend random knots along one axis into ``size`` smooth samples of unit variance.

    Parameters
    ----------
    grids : numpy.ndarray
        float32, standard normal.
    size, axis : int

    Returns
    -------
    numpy.ndarray
        float32, like ``grids`` with ``size`` entries along ``axis``.
    """
    first, weights = spline_weights(size, grids.shape[axis])
    shape = [1] * grids.ndim
    shape[axis] = size
    parts = (np.take(grids, first + j, axis) * weights[j].reshape(shape) for j in range(4))
    return sum(parts)


def smooth_fields(grids, size):
    """Smooth random fields of unit variance; the same field at any number of pixels.

    Parameters
    ----------
    grids : numpy.ndarray
        float32, (n, k, k), standard normal; k (at least 4) sets how fine the field is.
    size : int
        Pixels a side.

    Returns
    -------
    numpy.ndarray
        float32, (n, size, size).
    """
    return smooth_axis(smooth_axis(grids, size, 1), size, 2)


def chunk_length(size):
    """Pictures to work on at once: arrays that fit the processor's cache are several times as quick.

    Parameters
    ----------
    size : int
        Height and width in pixels.

    Returns
    -------
    int
        At least 1.
    """
    return max(1, 40_000 // size**2)


def soft_step(x):
    """Soft step from 0 (at -3) to 1 (at 3), a cubic: as steep in the middle as the logistic function, and cheaper.

    Parameters
    ----------
    x : numpy.ndarray
        float32.

    Returns
    -------
    numpy.ndarray
        float32, of the same shape, 0 to 1.
    """
    t = np.clip(x * np.float32(1 / 6) + np.float32(0.5), 0, 1)
    return t * t * (3 - 2 * t)


def half_chord(radius, distance):
    """Half the way of a ray through a cylinder.

    Parameters
    ----------
    radius, distance : numpy.ndarray
        float32; the distance is the ray's from the axis.

    Returns
    -------
    numpy.ndarray
        float32, 0 outside.
    """
    return np.sqrt(np.clip(radius * radius - distance * distance, 0, None))


def gaussian_line(distance, width):
    """Profile of a soft line: 1 on it, falling off as a Gaussian.

    Parameters
    ----------
    distance : numpy.ndarray
        Float, from the line.
    width : float or numpy.ndarray
        In the units of ``distance``, where the profile has fallen to 1/e; it broadcasts.

    Returns
    -------
    numpy.ndarray
        Float, 0-1.
    """
    return np.exp(-np.clip((distance / width) ** 2, 0, 60))


def stroke_distance(x, y, strokes):
    """Distance to a letter or figure made of straight strokes.

    Parameters
    ----------
    x, y : numpy.ndarray
        float32, any shape: coordinates in the figure's own units.
    strokes : sequence of ((float, float), (float, float))
        End points.

    Returns
    -------
    numpy.ndarray
        float32, the shape of ``x + y``.
    """
    best = np.full(np.broadcast_shapes(np.shape(x), np.shape(y)), np.inf, np.float32)
    for (ax, ay), (bx, by) in strokes:
        dx, dy = bx - ax, by - ay
        t = np.clip(((x - ax) * dx + (y - ay) * dy) / (dx * dx + dy * dy), 0, 1)
        best = np.minimum(best, (x - ax - t * dx) ** 2 + (y - ay - t * dy) ** 2)
    return np.sqrt(best)


def blur_images(images, sigmas):
    """Blur each picture by its own Gaussian.

    Parameters
    ----------
    images : numpy.ndarray
        float32, (n, h, w).
    sigmas : numpy.ndarray
        (n, 1, 1) or (n,), standard deviation in pixels.

    Returns
    -------
    numpy.ndarray
        float32, (n, h, w).
    """
    return np.stack([ndimage.gaussian_filter(im, float(s)) for im, s in zip(images, np.ravel(sigmas), strict=True)])


def to_rgb(grey):
    """Turn grey values into RGB pixels.

    Parameters
    ----------
    grey : numpy.ndarray
        Float, (n, height, width); clipped to 0-255 and rounded.

    Returns
    -------
    numpy.ndarray
        uint8, (n, height, width, 3).
    """
    rounded = np.rint(np.clip(grey, 0, 255)).astype(np.uint8)
    return np.repeat(rounded[..., None], 3, axis=-1)


def check_range(name, value, low, high):
    """Raise BadInput unless ``low <= value <= high``.

    Parameters
    ----------
    name : str
        What the number is called in the message.
    value, low, high : float

    Raises
    ------
    BadInput
        The number is out of range.
    """
    if not low <= value <= high:
        raise BadInput(f"received {name}={value}; expected a number from {low} to {high}; choose one in that range")


def make_split(images, labels, names, groups):
    """Put drawn pictures together as one split of a data set.

    Parameters
    ----------
    images : numpy.ndarray
        uint8, (n, h, w, 3).
    labels, names, groups : sequence
        One entry a picture.

    Returns
    -------
    tlbook.datasets.dataset.Split
    """
    return Split(ArrayStore(images), np.asarray(labels, np.int64), tuple(names), np.asarray(groups, dtype=str))

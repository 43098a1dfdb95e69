"""Numeric helpers for phantoms: keyed random generators, resolution-free random fields, soft shapes."""

import functools

import numpy as np
from scipy import ndimage

from tlbook.datasets.dataset import Split
from tlbook.datasets.stores import ArrayStore

SPLITS = ("train", "val", "test")
ARGUMENTS = {"train": "per_class", "val": "val_per_class", "test": "test_per_class"}  # of make_case


def make_generator(*key):
    """Make a random generator for one thing (case, seed, class, number …), whatever else is drawn."""
    return np.random.default_rng(list(key))


def stack_parameters(rows):
    """Turn one dict a picture into one of float32 arrays that broadcast over pixels: numbers become (n, 1, 1)."""
    stacked = {key: np.stack([np.asarray(row[key], np.float32) for row in rows]) for key in rows[0]}
    return {key: a.reshape(-1, 1, 1) if a.ndim == 1 else a for key, a in stacked.items()}


def pixel_grid(size):
    """Centres of the pixels: x, y, float32, (1, 1, size) and (1, size, 1), -0.5 to 0.5, y downwards."""
    c = ((np.arange(size) + 0.5) / size - 0.5).astype(np.float32)
    return c[None, None, :], c[None, :, None]


@functools.lru_cache(maxsize=64)
def spline_weights(size, knots):
    """First of four knots, (size,), and weights, (4, size), of a cubic B-spline; unit variance stays so."""
    at = (np.arange(size) + 0.5) / size * (knots - 3) + 1
    first = np.clip(np.floor(at).astype(np.intp) - 1, 0, knots - 4)
    t = np.abs(at - first - np.arange(4)[:, None])
    w = np.where(t < 1, (4 - 6 * t**2 + 3 * t**3) / 6, np.where(t < 2, (2 - t) ** 3 / 6, 0))
    w = (w / np.linalg.norm(w, axis=0)).astype(np.float32)
    for a in (first, w):
        a.setflags(write=False)
    return first, w


def smooth_axis(grids, size, axis):
    """Blend random knots along one axis into ``size`` smooth samples of unit variance."""
    first, weights = spline_weights(size, grids.shape[axis])
    shape = [1] * grids.ndim
    shape[axis] = size
    parts = (np.take(grids, first + j, axis) * weights[j].reshape(shape) for j in range(4))
    return sum(parts)


def smooth_fields(grids, size):
    """Smooth random fields of unit variance, the same at any number of pixels: (n, k, k) to (n, size, size)."""
    return smooth_axis(smooth_axis(grids, size, 1), size, 2)


def chunk_length(size):
    """Pictures to work on at once: arrays that fit the processor's cache are several times as quick."""
    return max(1, 40_000 // size**2)


def soft_step(x):
    """Soft step from 0 (at -3) to 1 (at 3), a cubic: as steep in the middle as the logistic function, and cheaper."""
    t = np.clip(x * np.float32(1 / 6) + np.float32(0.5), 0, 1)
    return t * t * (3 - 2 * t)


def half_chord(radius, distance):
    """Half the way of a ray through a cylinder: float32, 0 outside."""
    return np.sqrt(np.clip(radius * radius - distance * distance, 0, None))


def gaussian_line(distance, width):
    """Profile of a soft line: 1 on it, falling off as a Gaussian."""
    return np.exp(-np.clip((distance / width) ** 2, 0, 60))


def stroke_distance(x, y, strokes):
    """Distance to a letter or figure made of straight strokes: float32, the shape of ``x + y``."""
    best = np.full(np.broadcast_shapes(np.shape(x), np.shape(y)), np.inf, np.float32)
    for (ax, ay), (bx, by) in strokes:
        dx, dy = bx - ax, by - ay
        t = np.clip(((x - ax) * dx + (y - ay) * dy) / (dx * dx + dy * dy), 0, 1)
        best = np.minimum(best, (x - ax - t * dx) ** 2 + (y - ay - t * dy) ** 2)
    return np.sqrt(best)


def blur_images(images, sigmas):
    """Blur each picture by its own Gaussian: float32, (n, h, w)."""
    return np.stack([ndimage.gaussian_filter(im, float(s)) for im, s in zip(images, np.ravel(sigmas), strict=True)])


def to_rgb(grey):
    """Turn grey values into RGB pixels: uint8, (n, height, width, 3)."""
    rounded = np.rint(np.clip(grey, 0, 255)).astype(np.uint8)
    return np.repeat(rounded[..., None], 3, axis=-1)


def make_split(images, labels, names, groups):
    """Put drawn pictures together as one split of a data set."""
    return Split(ArrayStore(images), np.asarray(labels, np.int64), tuple(names), np.asarray(groups, dtype=str))

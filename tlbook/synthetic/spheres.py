"""Solid shapes as unions of spheres along bent limbs, seen by a camera far away, drawn with a depth buffer."""

import functools
from dataclasses import dataclass

import numpy as np

_STEPS = 8  # depth levels a pixel
_FAR = -(1 << 29)


@dataclass(frozen=True)
class Limb:
    """A chain of spheres.

    Attributes
    ----------
    points : numpy.ndarray
        float, (k, 3): x to the right, y up, z towards the camera.
    radii : numpy.ndarray
        float, (k,), at the points; in between they change linearly.
    label : int
        1-255: what the limb is, for its colour.
    """

    points: np.ndarray
    radii: np.ndarray
    label: int


def sample_limbs(limbs, spacing=0.06):
    """Fill limbs with spheres: centres, float64, (n, 3); radii, float64, (n,); labels, int64, (n,)."""
    knots = np.concatenate([np.column_stack([limb.points, limb.radii]) for limb in limbs])
    labels = np.repeat([limb.label for limb in limbs], [len(limb.points) for limb in limbs])
    last = np.cumsum([len(limb.points) for limb in limbs]) - 1
    ahead = np.minimum(np.arange(len(knots)) + 1, len(knots) - 1)
    ahead[last] = last  # a limb's last knot leads nowhere
    step = knots[ahead] - knots
    gap = np.minimum(0.65 * np.minimum(knots[ahead, 3], knots[:, 3]), spacing)
    counts = np.ceil(np.sqrt((step[:, :3] ** 2).sum(1)) / np.maximum(gap, 1e-6)).astype(int).clip(1, 60)
    piece = np.repeat(np.arange(len(knots)), counts)
    share = (np.arange(len(piece)) - np.repeat(np.cumsum(counts) - counts, counts)) / counts[piece]
    table = knots[piece] + share[:, None] * step[piece]
    return table[:, :3], table[:, 3], labels[piece]


@functools.lru_cache(maxsize=512)
def _stamp(radius):
    """Return the near half of a ball of ``radius`` pixels as int32 depth keys, _FAR outside."""
    reach = np.arange(-radius, radius + 1)
    rest = (radius + 0.35) ** 2 - reach[:, None] ** 2 - reach[None, :] ** 2
    depth = (np.sqrt(np.maximum(rest, 0)) * _STEPS).astype(np.int32) << 8
    return np.where(rest >= 0, depth, np.int32(_FAR)).astype(np.int32)


def render_spheres(centres, radii, labels, shape):
    """Draw spheres into a buffer: depth towards the camera, float32, and label, uint8; 0 where there is nothing."""
    height, width = shape
    buffer = np.full(shape, _FAR, np.int32)
    columns, rows = np.rint(centres[:, :2]).astype(int).T
    reach = np.clip(np.rint(radii), 1, 999).astype(int)
    keys = (np.rint(centres[:, 2] * _STEPS).astype(int) << 8) + labels
    x0, x1 = np.maximum(columns - reach, 0), np.minimum(columns + reach + 1, width)
    y0, y1 = np.maximum(rows - reach, 0), np.minimum(rows + reach + 1, height)
    inside = (x0 < x1) & (y0 < y1)
    left, top = columns - reach, rows - reach
    table = np.stack([x0, x1, y0, y1, left, top, reach], 1)[inside].tolist()
    for (a, b, c, d, x, y, r), key in zip(table, keys[inside].tolist(), strict=True):
        window = buffer[c:d, a:b]
        np.maximum(window, _stamp(r)[c - y : d - y, a - x : b - x] + key, out=window)
    there = buffer > _FAR // 2
    buffer *= there
    return (buffer >> 8).astype(np.float32) * np.float32(1 / _STEPS), (buffer & 255).astype(np.uint8)


def measure_normals(depth, label):
    """Return the flat indices of surface pixels, edges left out, and unit normals: float32, (3, n), right, up, out."""
    row = depth.shape[1]
    inner = label.copy()
    inner[[0, 1, -2, -1]] = 0
    inner[:, [0, 1, -2, -1]] = 0
    where = np.flatnonzero(inner)
    ground = np.where(label > 0, depth, depth.min() - 4).ravel()
    # Over four pixels: about the distance between neighbouring spheres, so that their seams don't show.
    right = np.clip((ground[where + 2] - ground[where - 2]) / 4, -3, 3)
    down = np.clip((ground[where + 2 * row] - ground[where - 2 * row]) / 4, -3, 3)
    length = np.sqrt(1 + right**2 + down**2)
    return where, np.stack([-right / length, down / length, 1 / length]).astype(np.float32)

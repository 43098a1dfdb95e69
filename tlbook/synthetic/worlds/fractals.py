"""Source domain ``fractals``: attractors of random iterated function systems, each class one system.

References
----------
.. [1] H. Kataoka et al., "Pre-training without natural images", ACCV 2020, doi:10.1007/978-3-030-69544-6_35
.. [2] C. Anderson and R. Farrell, "Improving fractal pre-training", WACV 2022, doi:10.1109/WACV51458.2022.00247
"""

import functools

import numpy as np
import scipy.ndimage as ndi

from tlbook.synthetic.worlds.backgrounds import color_against, draw_background
from tlbook.synthetic.worlds.colours import color_ramp, composite, is_gray
from tlbook.synthetic.worlds.drawing import finish

NUM_CLASSES = 34
POINTS, STEPS, BURN_IN = 1400, 23, 8


def _rotation(angle):
    """Rotation matrices: float64, shape of ``angle`` + (2, 2)."""
    c, s = np.cos(angle), np.sin(angle)
    return np.stack([np.stack([c, -s], -1), np.stack([s, c], -1)], -2)


def _largest_stretch(matrices):
    """Largest singular value of each 2 x 2 matrix."""
    square = (matrices**2).sum((-2, -1))
    det = np.linalg.det(matrices)
    return np.sqrt((square + np.sqrt(np.maximum(square**2 - 4 * det**2, 0))) / 2)


@functools.lru_cache(maxsize=NUM_CLASSES)
def fractal_system(cls):
    """Find a class's 2-5 contracting affine maps, (maps, 2, 2) and (maps, 2), and how often each is taken, (maps,)."""
    rng = np.random.default_rng([91, cls])
    while True:
        maps = 2 + cls % 4
        stretch = np.sort(rng.uniform(0, 1, (maps, 2)), 1)[:, ::-1]
        # Anderson and Farrell: attractors have good geometry where this weighted sum lies in a narrow range
        weight = (stretch @ np.array([1.0, 2.0])).sum()
        stretch = stretch * min(rng.uniform(0.5 * (5 + maps), 0.5 * (6 + maps)) / weight, 0.95 / stretch.max())
        angles, flips = rng.uniform(0, 2 * np.pi, (maps, 2)), rng.choice([-1, 1], (maps, 2))
        matrices = _rotation(angles[:, 0]) @ (stretch[:, :, None] * _rotation(angles[:, 1])) * flips[:, None]
        shifts = rng.uniform(-1, 1, (maps, 2))
        shares = stretch.prod(1) + 0.03
        shares = shares / shares.sum()
        hits, _ = play_chaos_game(matrices, shifts, shares, np.random.default_rng(0), 96)
        if 0.09 < (hits > 0).mean() < 0.55:
            return matrices, shifts, shares


def play_chaos_game(matrices, shifts, shares, rng, size):
    """Let points jump by random maps: landings a pixel, int64, and mean number of the last map there; (size, size)."""
    steps = BURN_IN + round((STEPS - BURN_IN) * (size / 96) ** 2)
    # bytes through a table of 256 choices are much cheaper than drawing by probability
    table = np.searchsorted(np.cumsum(shares)[:-1], (np.arange(256) + 0.5) / 256)
    choices = table[rng.integers(256, size=(steps, POINTS), dtype=np.uint8)]
    a, b, c, d = (np.ascontiguousarray(part) for part in matrices.reshape(-1, 4).T)
    e, f = np.ascontiguousarray(shifts[:, 0]), np.ascontiguousarray(shifts[:, 1])
    x, y = rng.uniform(-1, 1, (2, POINTS))
    path = np.empty((2, steps, POINTS))
    for step in range(steps):
        k = choices[step]
        x, y = a.take(k) * x + b.take(k) * y + e.take(k), c.take(k) * x + d.take(k) * y + f.take(k)
        path[0, step], path[1, step] = x, y
    points = path[:, BURN_IN:].reshape(2, -1)
    last = choices[BURN_IN:].ravel()
    low, high = np.quantile(points[:, ::7], [0.007, 0.993], axis=1)
    scale = 0.9 * size / max((high - low).max(), 1e-6)
    column, row = ((points - (low + high)[:, None] / 2) * scale + size / 2).astype(np.intp)
    inside = (column >= 0) & (column < size) & (row >= 0) & (row < size)
    cell = (row * size + column)[inside]
    hits = np.bincount(cell, minlength=size * size).reshape(size, size)
    total = np.bincount(cell, last[inside], minlength=size * size).reshape(size, size)
    return hits, total / np.maximum(hits, 1)


def _vary_system(cls, rng):
    """Move a class's maps by about 5 %, keep them contracting, and turn the attractor."""
    matrices, shifts, shares = fractal_system(cls)
    matrices = matrices * (1 + 0.05 * rng.standard_normal(matrices.shape))
    shifts = shifts + 0.05 * rng.standard_normal(shifts.shape)
    matrices = matrices / max(1.0, _largest_stretch(matrices).max() / 0.97)
    turn = _rotation(rng.uniform(0, 2 * np.pi))
    return turn @ matrices @ turn.T, shifts @ turn.T, shares


def draw_fractal(cls, rng, size):
    """Draw an image of the domain: uint8, (size, size, 3), 0-255."""
    hits, mean_map = play_chaos_game(*_vary_system(cls, rng), rng, size)
    density = np.log1p(hits)
    density = density / max(density.max(), 1e-6)
    shift = rng.uniform(-8, 8, 2) * size / 96 if rng.random() < 0.5 else np.zeros(2)
    density, mean_map = (np.roll(field, shift.astype(int), (0, 1)) for field in (density, mean_map))
    if rng.random() < 0.5:
        density, mean_map = ndi.maximum_filter(density, 2), ndi.maximum_filter(mean_map, 2)
    gray = is_gray(rng)
    background = draw_background(rng, size, gray)
    style = rng.random()
    if style < 0.4:
        paint = color_ramp(rng, density, gray)
    elif style < 0.7:
        paint = color_ramp(rng, mean_map / max(mean_map.max(), 1.0), gray)
    else:
        paint = color_against(rng, background, gray)
    alpha = (density > 0) * (0.5 + 0.5 * np.sqrt(density))
    return finish(rng, composite(background, paint, alpha))

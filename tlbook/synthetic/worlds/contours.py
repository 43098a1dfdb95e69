"""Source domain ``contours``: outlines, trees, spirals, grids and broken lines of 44 kinds."""

from functools import partial

import numpy as np

from tlbook.synthetic.worlds.backgrounds import color_against, draw_background
from tlbook.synthetic.worlds.canvas import canvas_scale, draw_stroke, halve, new_canvas
from tlbook.synthetic.worlds.colours import composite, is_gray
from tlbook.synthetic.worlds.drawing import finish, power_noise

CIRCLE = np.linspace(0, 2 * np.pi, 181)


def _polar(radius, angle):
    """Points from polar coordinates, (n, 2)."""
    return np.stack([radius * np.cos(angle), radius * np.sin(angle)], -1)


def _wavy_outlines(rng, slow, fast):
    """One to three nested closed curves with two waves round them."""
    phase, first, second = rng.uniform(0, 2 * np.pi), 0.25 * rng.uniform(0.8, 1.2), 0.12 * rng.uniform(0.8, 1.2)
    wave = 1 + first * np.sin(slow * CIRCLE + phase) + second * np.sin(fast * CIRCLE + 2 * phase)
    rings = int(rng.integers(1, 4))
    return [_polar((1 - 0.22 * k) * (wave + 0.01 * rng.standard_normal(181)), CIRCLE) for k in range(rings)]


def _polygons(rng, corners):
    """One or two irregular polygons."""
    radius = 1 + 0.08 * rng.standard_normal(corners)
    angle = np.arange(corners + 1) * (2 * np.pi / corners)
    angle[1:-1] += 0.08 * rng.standard_normal(corners - 1)
    points = _polar(np.append(radius, radius[0]), angle)
    return [points, 0.6 * points] if rng.random() < 0.4 else [points]


def _stars(rng, corners):
    """Draw a star."""
    radius = np.where(np.arange(2 * corners) % 2, 0.45, 1) * (1 + 0.05 * rng.standard_normal(2 * corners))
    return [_polar(np.append(radius, radius[0]), np.arange(2 * corners + 1) * np.pi / corners)]


def _tree(rng, spread, shrink, branches, levels):
    """Line segments of a branching tree, grown level by level."""
    tips, angles = np.array([[0.0, 0.0]]), np.array([0.15 * rng.standard_normal()])
    length, segments = rng.uniform(0.5, 0.75), []
    for _ in range(levels + 1):
        reach = length * rng.uniform(0.85, 1.15, (len(angles), 1))
        ends = tips + reach * np.stack([np.cos(angles), np.sin(angles)], -1)
        segments.append(np.stack([tips, ends], 1))
        tips, angles = np.repeat(ends, branches, 0), np.repeat(angles, branches)
        fan = np.tile((np.arange(branches) - (branches - 1) / 2) * spread, len(ends))
        angles, length = angles + fan + 0.1 * rng.standard_normal(len(angles)), length * shrink
    points = np.concatenate(segments)
    middle = (points.max((0, 1)) + points.min((0, 1))) / 2
    return list(1.9 * (points - middle) / np.ptp(points, (0, 1)).max())


def _spiral(rng):
    """Draw a spiral of 2.5 to 4 turns."""
    s = np.linspace(0, 1, 180)
    return [_polar(s, 2 * np.pi * rng.uniform(2.5, 4) * s)]


def _lissajous(rng, first, second):
    """Draw a Lissajous figure."""
    phase = rng.uniform(0, 2 * np.pi)
    return [np.stack([np.sin(first * CIRCLE + phase), np.sin(second * CIRCLE)], -1)]


def _grid(rng):
    """Draw a square grid."""
    lines = np.linspace(-1, 1, int(rng.integers(4, 8)))
    return [np.array(p) for c in lines for p in ([[c, -1], [c, 1]], [[-1, c], [1, c]])]


def _rings(rng):
    """Concentric circles."""
    return [_polar(1 - 0.2 * k, CIRCLE) for k in range(int(rng.integers(3, 6)))]


def _zigzag(rng):
    """Draw a zigzag."""
    k = np.arange(14)
    height = 0.5 * np.where(k % 2, 1, -1) * (1 + 0.08 * rng.standard_normal(14))
    return [np.stack([(k - 6.5) / 6.5, height], -1)]


def _split_dashes(rng, points, dash, gap):
    """Cut a polyline into dashes: counts of points drawn and left out, from a random start."""
    start = int(rng.integers(dash + gap))
    return [
        points[max(k, 0) : k + dash + 1] for k in range(start - dash - gap, len(points) - 1, dash + gap) if k + dash > 0
    ]


def _open_ring(rng):
    """Smooth closed curves with one gap each."""
    wave = 1 + 0.15 * np.sin(2 * CIRCLE + rng.uniform(0, 6)) + 0.1 * np.sin(3 * CIRCLE + rng.uniform(0, 6))
    width = int(rng.integers(6, 24))
    return [(1 - 0.3 * k) * _polar(wave[width:], CIRCLE[width:]) for k in range(int(rng.integers(1, 3)))]


def _dashed_outline(rng):
    """Draw a wavy closed curve in dashes."""
    wave = 1 + 0.2 * np.sin(int(rng.integers(2, 6)) * CIRCLE + rng.uniform(0, 6))
    return _split_dashes(rng, _polar(wave, CIRCLE), int(rng.integers(4, 9)), int(rng.integers(3, 7)))


def _wave_bundle(rng, broken):
    """Parallel waves, each with a few gaps if broken."""
    t = np.linspace(-1, 1, 90)
    count, bend = int(rng.integers(4, 9)), rng.uniform(0.05, 0.2)
    shape = bend * np.sin(rng.uniform(3, 8) * t + rng.uniform(0, 6))
    lines = [np.stack([t, shape + level], -1) for level in np.linspace(-0.8, 0.8, count)]
    if not broken:
        return lines
    return [
        piece
        for line in lines
        for piece in _split_dashes(rng, line, int(rng.integers(18, 50)), int(rng.integers(3, 9)))
    ]


TREES = (
    (0.5, 0.75, 2, 5),
    (1.1, 0.72, 2, 5),
    (0.45, 0.68, 3, 3),
    (0.9, 0.62, 3, 3),
    (1.57, 0.7, 2, 5),
    (1.25, 0.55, 4, 2),
)
SHAPES = (
    *(partial(_wavy_outlines, slow=slow, fast=fast) for fast in (9, 14, 23) for slow in (2, 3, 4, 5, 6, 8)),
    *(partial(_polygons, corners=corners) for corners in range(3, 9)),
    *(partial(_stars, corners=corners) for corners in (4, 5, 6, 8)),
    *(partial(_tree, spread=s, shrink=k, branches=b, levels=n) for s, k, b, n in TREES),
    *(_spiral, partial(_lissajous, first=2, second=3), partial(_lissajous, first=3, second=4), _grid, _rings, _zigzag),
    *(_open_ring, _dashed_outline, partial(_wave_bundle, broken=False), partial(_wave_bundle, broken=True)),
)
NUM_CLASSES = len(SHAPES)
FIRST_TREE, FIRST_LINE = 28, 34


def draw_lines(cls, rng, size):
    """Draw a class's lines, turned, squeezed and shifted, a quarter of the closed ones filled; ink 0-1."""
    image, draw = new_canvas(size)
    unit = canvas_scale(size)
    lines = SHAPES[cls](rng)
    angle = rng.uniform(0, 2 * np.pi)
    if FIRST_TREE <= cls < FIRST_LINE:  # trees stand upright
        angle = -np.pi / 2 + 0.15 * rng.standard_normal()
    c, s = np.cos(angle), np.sin(angle)
    shape = np.array([[c, s], [-s, c]]) * rng.uniform(24, 41) * unit
    shape[1] *= rng.uniform(0.7, 1)
    centre = (48 + rng.uniform(-9, 9, 2)) * unit
    width = max(1, int(rng.uniform(0.8, 4) * unit))
    fill = rng.random() < 0.25 and cls < FIRST_TREE
    paths = [line @ shape + centre for line in lines]
    if fill:
        draw.polygon(paths[0].ravel().tolist(), fill=255)
    for path in paths[: 1 if fill else None]:
        draw_stroke(draw, path, width)
    return halve(image)


def draw_contour(cls, rng, size):
    """Draw an image of the domain: uint8, (size, size, 3), 0-255."""
    ink = draw_lines(cls, rng, size)
    if rng.random() < 0.2:  # faint in places, as a worn print
        ink = ink * np.clip(0.3 + 1.4 * power_noise(rng, size, 1.6), 0, 1)
    gray = is_gray(rng, 0.4)
    background = draw_background(rng, size, gray)
    return finish(rng, composite(background, color_against(rng, background, gray), ink))

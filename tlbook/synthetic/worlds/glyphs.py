"""Source domain ``glyphs``: 40 invented characters, written with many pens and slants."""

import functools
from math import comb

import numpy as np

from tlbook.synthetic.worlds.backgrounds import color_against, draw_background
from tlbook.synthetic.worlds.canvas import canvas_scale, draw_stroke, halve, new_canvas
from tlbook.synthetic.worlds.colours import color_ramp, composite, is_gray
from tlbook.synthetic.worlds.drawing import finish, power_noise

NUM_CLASSES = 40
CURVE_POINTS = 20


@functools.lru_cache(maxsize=8)
def _bernstein(count):
    """Weights of a Bezier curve's control points: float64, (20, count)."""
    t = np.linspace(0, 1, CURVE_POINTS)[:, None]
    k = np.arange(count)
    choose = np.array([comb(count - 1, i) for i in range(count)])
    return choose * t**k * (1 - t) ** (count - 1 - k)


@functools.lru_cache(maxsize=NUM_CLASSES)
def glyph_strokes(cls):
    """Strokes of a character: lines, curves, and now and then a loop or a dot."""
    rng = np.random.default_rng([77, cls])
    strokes = []
    for _ in range(int(rng.integers(2, 5))):
        kind = rng.choice(["curve", "loop", "dot"], p=[0.78, 0.14, 0.08])
        if kind == "loop":
            points = np.stack([rng.uniform(-0.25, 0.25, 2), rng.uniform(0.1, 0.28, 2)])
        elif kind == "dot":
            points = rng.uniform(-0.4, 0.4, (1, 2))
        else:
            points = _draw_control_points(rng, int(rng.integers(2, 5)))
        strokes.append((str(kind), points))
    return tuple(strokes)


def _draw_control_points(rng, count):
    """Control points near a 5 x 5 lattice, the ends at least 0.35 apart so that every stroke shows."""
    lattice = np.linspace(-0.4, 0.4, 5)
    while True:
        points = rng.choice(lattice, (count, 2)) + 0.02 * rng.standard_normal((count, 2))
        if np.abs(points[0] - points[-1]).max() > 0.35:
            return points


def _trace_stroke(kind, points):
    """Points along a stroke."""
    if kind == "loop":
        angle = np.linspace(0, 2 * np.pi, CURVE_POINTS + 8)
        return points[0] + points[1] * np.stack([np.cos(angle), np.sin(angle)], -1)
    if kind == "dot":
        return np.concatenate([points, points + 0.02])
    return _bernstein(len(points)) @ points


def write_glyph(cls, rng, size):
    """Write a character: float64, (size, size), ink 0-1."""
    image, draw = new_canvas(size)
    unit = canvas_scale(size)
    angle = 0.22 * rng.standard_normal()
    c, s = np.cos(angle), np.sin(angle)
    shape = (np.eye(2) + 0.16 * rng.standard_normal((2, 2))) @ np.array([[c, -s], [s, c]])
    shape = shape * rng.uniform(50, 92) * unit
    centre = (48 + rng.uniform(-9, 9, 2)) * unit
    width = max(1, int(rng.uniform(1, 8) * unit))
    broken = rng.random() < 0.1
    for kind, points in glyph_strokes(cls):
        jitter = (0.035 if kind == "curve" else 0.02) * rng.standard_normal(points.shape)
        path = _trace_stroke(kind, points + jitter) @ shape.T + centre
        if kind == "dot":
            path = path[:1] + [[0, 0], [1, 1]]
            draw_stroke(draw, path, max(4, int(1.6 * width)))
        elif broken:
            for start in range(0, len(path) - 2, 4):
                draw_stroke(draw, path[start : start + 3], width)
        else:
            draw_stroke(draw, path, width)
            if width > 3:  # Pillow leaves notches at the bends of wide curves
                draw_stroke(draw, path[1:-1], width)
    return halve(image)


def draw_glyph(cls, rng, size):
    """Draw an image of the domain: uint8, (size, size, 3), 0-255."""
    ink = write_glyph(cls, rng, size)
    gray = is_gray(rng, 0.4)
    background = draw_background(rng, size, gray)
    color = color_against(rng, background, gray)
    if rng.random() < 0.2:
        color = 0.6 * color + 0.4 * color_ramp(rng, power_noise(rng, size, 1.8), gray)
    return finish(rng, composite(background, color, ink))

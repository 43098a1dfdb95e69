"""The plates of an invented road authority: shapes, paint and pictograms drawn as strokes, new or weathered."""

import functools
import math

import numpy as np
from PIL import Image, ImageDraw

from tlbook.synthetic.scenes import draw_smooth_noise

PLATE = 128  # pixels a side
_PAINT = {
    "red": (188, 32, 40),
    "blue": (28, 84, 168),
    "yellow": (242, 190, 36),
    "white": (238, 238, 234),
    "black": (28, 28, 30),
}
# Class: shape, rim, field, colour of the pictogram (None: no pictogram).
SIGNS = {
    "ahead": ("circle", "white", "blue", "white"),
    "bumps": ("triangle", "red", "white", "black"),
    "crossing": ("square", "white", "blue", "white"),
    "crossroads": ("triangle", "red", "white", "black"),
    "curve": ("triangle", "red", "white", "black"),
    "halt": ("octagon", "white", "red", "white"),
    "limit_30": ("circle", "red", "white", "black"),
    "limit_80": ("circle", "red", "white", "black"),
    "main_road": ("diamond", "white", "yellow", None),
    "no_entry": ("circle", "white", "red", "white"),
    "parking": ("square", "white", "blue", "white"),
    "turn_left": ("circle", "white", "blue", "white"),
    "turn_right": ("circle", "white", "blue", "white"),
    "two_way": ("circle", "red", "white", "black"),
}


def _arc(cx, cy, rx, ry, start, stop, count=11):
    """Return points on an ellipse from ``start`` to ``stop`` degrees (0 right, 90 down)."""
    steps = [math.radians(start + (stop - start) * k / (count - 1)) for k in range(count)]
    return [(cx + rx * math.cos(a), cy + ry * math.sin(a)) for a in steps]


# Strokes: lines through points in -1 … 1 (right, down).
_THREE = [*_arc(-0.5, -0.42, 0.32, 0.36, -150, 70), *_arc(-0.5, 0.36, 0.36, 0.42, -80, 150)]
_EIGHT = [_arc(-0.5, -0.4, 0.3, 0.34, 0, 360, 17), _arc(-0.5, 0.38, 0.36, 0.42, 0, 360, 17)]
_ZERO = _arc(0.5, 0.0, 0.34, 0.78, 0, 360, 21)
_LEFT = [[(0.45, 0.9), (0.45, 0.05), (0.3, -0.12), (-0.6, -0.12)], [(-0.3, -0.58), (-0.8, -0.12), (-0.3, 0.34)]]


def _mirror(strokes):
    return [[(-x, y) for x, y in stroke] for stroke in strokes]


def _with_width(strokes, width):
    return tuple((tuple(stroke), width) for stroke in strokes)


_HUMPS = [*_arc(-0.45, 0.6, 0.42, 0.75, 180, 360), *_arc(0.45, 0.6, 0.42, 0.75, 180, 360)]
_H = [[(-0.85, -0.55), (-0.85, 0.55)], [(-0.15, -0.55), (-0.15, 0.55)], [(-0.85, 0), (-0.15, 0)]]
_MARK = [[(0.5, -0.55), (0.5, 0.1)], [(0.5, 0.5), (0.5, 0.52)]]
_UP = [[(-0.42, 0.8), (-0.42, -0.7)], [(-0.72, -0.35), (-0.42, -0.75), (-0.12, -0.35)]]
_DOWN = [[(0.42, -0.8), (0.42, 0.7)], [(0.12, 0.35), (0.42, 0.75), (0.72, 0.35)]]
_BEND = [[(-0.35, 0.8), (-0.35, 0.15), (0.25, -0.25), (0.25, -0.8)], [(-0.1, -0.5), (0.25, -0.9), (0.6, -0.5)]]
_P = [[(-0.4, 0.85), (-0.4, -0.8), *_arc(0.0, -0.4, 0.45, 0.4, -90, 90), (-0.4, 0.0)]]
PICTOGRAMS = {
    "ahead": _with_width([[(0, 0.95), (0, -0.7)], [(-0.5, -0.35), (0, -0.9), (0.5, -0.35)]], 0.3),
    "bumps": _with_width([[(-1, 0.6), *_HUMPS, (1, 0.6)]], 0.26),
    "crossing": _with_width([[(x, 0.75), (0.75 * x, -0.75)] for x in (-0.9, -0.3, 0.3, 0.9)], 0.3),
    "crossroads": _with_width([[(0, 0.75), (0, -0.9)], [(-0.75, 0.0), (0.75, 0.0)]], 0.34),
    "curve": _with_width(_BEND, 0.24),
    "halt": _with_width([*_H, *_MARK], 0.24),
    "limit_30": _with_width([_THREE, _ZERO], 0.24),
    "limit_80": _with_width([*_EIGHT, _ZERO], 0.24),
    "no_entry": _with_width([[(-0.85, 0), (0.85, 0)]], 0.5),
    "parking": _with_width(_P, 0.3),
    "turn_left": _with_width(_LEFT, 0.28),
    "turn_right": _with_width(_mirror(_LEFT), 0.28),
    "two_way": _with_width([*_UP, *_DOWN], 0.22),
}


def _outline(shape, scale):
    """Return the corners of a plate, (k, 2), in about -1 … 1 times ``scale``."""
    corners, start, reach = {
        "circle": (36, 0.0, 0.92),
        "octagon": (8, math.pi / 8, 0.97),
        "diamond": (4, 0.0, 0.97),
        "square": (4, math.pi / 4, 1.16),
        "triangle": (3, -math.pi / 2, 1.08),
    }[shape]
    angles = start + np.arange(corners) * 2 * math.pi / corners
    middle = (0.0, 0.2) if shape == "triangle" else (0.0, 0.0)
    return np.stack([np.cos(angles), np.sin(angles)], 1) * reach * scale + middle


@functools.lru_cache(maxsize=len(SIGNS))
def paint_plate(name):
    """Return a brand-new sign, seen straight on: uint8, (128, 128, 4), read-only: red, green, blue, opacity."""
    shape, rim, field, ink = SIGNS[name]
    big = 2 * PLATE
    plate = Image.new("RGBA", (big, big), (*_PAINT[rim], 0))
    pen = ImageDraw.Draw(plate)

    def place(points):
        return [tuple(p) for p in (np.asarray(points) * 0.92 + 1) * PLATE]

    pen.polygon(place(_outline(shape, 1.0)), fill=(*_PAINT[rim], 255))
    inner = {"red": 0.76 if shape == "circle" else 0.68, "white": 0.9}[rim]
    pen.polygon(place(_outline(shape, inner)), fill=(*_PAINT[field], 255))
    shift = (0.0, 0.2) if shape == "triangle" else (0.0, 0.0)
    reach = {"triangle": 0.4, "circle": 0.58, "octagon": 0.68, "square": 0.64, "diamond": 0.6}[shape]
    for stroke, width in PICTOGRAMS.get(name, ()):
        points, w = place(np.asarray(stroke) * reach + shift), width * reach * PLATE
        pen.line(points, fill=(*_PAINT[ink], 255), width=max(1, round(w)))
        for x, y in points:  # round ends and joints
            pen.ellipse([x - w / 2, y - w / 2, x + w / 2, y + w / 2], fill=(*_PAINT[ink], 255))
    out = np.asarray(plate.reduce(2))
    out.setflags(write=False)
    return out


def wear_plate(name, rng, difficulty):
    """Return the plate of one post: faded, dirty, shadowed, with a sticker now and then; uint8, (128, 128, 4)."""
    plate = paint_plate(name).astype(np.float32)
    paint, harm = plate[..., :3], 0.3 + 0.9 * difficulty
    paint += rng.uniform(0, 0.6 * harm) * (0.75 * paint.mean(-1, keepdims=True) + 45 - paint)
    dirt = 0.35 * draw_smooth_noise(rng, PLATE, int(rng.integers(4, 12))) + rng.uniform(-0.35, 0.1)
    soil = (np.array([96, 84, 66]) + rng.normal(0, 18, 3)).astype(np.float32)
    paint += np.clip(harm * dirt, 0, 0.7)[..., None] * (soil - paint)
    for _ in range(int(rng.binomial(2, 0.3 * harm))):
        x, y = rng.integers(16, 104, 2)
        w, h = rng.integers(5, 8 + int(14 * harm), 2)
        paint[y : y + h, x : x + w] = rng.uniform(30, 220) + rng.normal(0, 25, 3)
    if rng.random() < 0.5 * harm:  # the shadow of a branch or a lorry
        a, across, dim = rng.uniform(0, 2 * math.pi), np.linspace(-1, 1, PLATE), rng.uniform(0.4, 0.9)
        edge = across[:, None] * math.sin(a) + across[None, :] * math.cos(a) + rng.normal(0, 0.4)
        paint *= (dim + (1 - dim) * np.clip(edge * 8, 0, 1)).astype(np.float32)[..., None]
    return np.clip(plate, 0, 255).astype(np.uint8)

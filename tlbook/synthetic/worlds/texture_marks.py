"""Textures of many drawn marks: overlapping shapes, fibres, bubbles, scratches and fine cracks.

``MARKS`` holds the grey ones by name: functions of a generator and a size that return float64, (size, size), about 0-1.
"""

import numpy as np

from tlbook.synthetic.worlds.canvas import canvas_scale, halve, new_canvas
from tlbook.synthetic.worlds.colours import random_color
from tlbook.synthetic.worlds.drawing import power_noise

LEAF_SHAPES = ("disc", "square", "triangle", "bar", "ring", "star", "lens", "brick")


def _polygon_points(corners, *, inner=1.0, aspect=1.0):
    """Corners of a regular polygon, or of a star where ``inner`` is less than 1; float64, (n, 2), radius 1."""
    count = corners if inner == 1.0 else 2 * corners
    angle = np.arange(count) * (2 * np.pi / count)
    radius = np.where(np.arange(count) % 2 == 1, inner, 1.0)
    return np.stack([radius * np.cos(angle), aspect * radius * np.sin(angle)], -1)


OUTLINES = {
    "square": 1.2 * _polygon_points(4),
    "triangle": 1.4 * _polygon_points(3),
    "star": 1.4 * _polygon_points(5, inner=0.4),
    "lens": 1.7 * _polygon_points(14, aspect=0.35),
    "brick": 1.2 * _polygon_points(4),
}


def _turn(points, angle):
    """Turn points about the origin: float64, (n, 2)."""
    c, s = np.cos(angle), np.sin(angle)
    x, y = points[:, 0], points[:, 1]
    return np.stack([c * x - s * y, s * x + c * y], -1)


def _leaf_angles(rng, shape, count):
    """Directions of the leaves: lenses and bricks lie along one, the others anyhow."""
    if shape not in ("lens", "brick"):
        return rng.uniform(0, 2 * np.pi, count)
    return rng.uniform(0, 2 * np.pi) + (0.15 if shape == "lens" else 0.04) * rng.standard_normal(count)


def dead_leaves(rng, size, shape, gray):
    """Shapes of many sizes that cover each other, in six colours: float32, (size, size, 3), 0-255."""
    count = 200
    image, draw = new_canvas(size, "RGB")
    unit = canvas_scale(size)
    radius = np.minimum(2.2 * (rng.random(count) + 1e-3) ** (-1 / 1.8), 40) * rng.uniform(0.9, 1.6)
    if rng.random() < 0.3:
        radius = np.sort(radius)[::-1]
    palette = np.array([random_color(rng, gray) for _ in range(6)])[rng.integers(6, size=count)]
    shade = 18 * rng.standard_normal((count, 1 if gray else 3))
    colors = np.clip(palette + shade, 0, 255).astype(int).tolist()
    centres = rng.uniform(-5, 101, (count, 2)) * unit
    angles = _leaf_angles(rng, shape, count)
    for centre, r, angle, color in zip(centres, radius * unit, angles, colors, strict=True):
        _draw_leaf(draw, shape, centre, r, angle, tuple(color))
    return np.asarray(image.reduce(2), np.float32)


def _draw_leaf(draw, shape, centre, radius, angle, color):
    """Draw one leaf on the canvas (canvas pixels)."""
    width = int(2 + 0.35 * radius)
    if shape in OUTLINES:
        points = _turn(OUTLINES[shape], angle) * radius + centre
        draw.polygon(points.ravel().tolist(), fill=color, outline=(0, 0, 0) if shape == "brick" else None)
    elif shape == "bar":
        along = 3 * radius * np.array([np.cos(angle), np.sin(angle)])
        draw.line([*(centre - along), *(centre + along)], fill=color, width=width)
    else:
        box = [*(centre - radius), *(centre + radius)]
        draw.ellipse(box, fill=color if shape == "disc" else None, outline=color, width=width)


def _fibres(rng, size):
    """Bent threads along one direction."""
    image, draw = new_canvas(size)
    count, unit = 120, canvas_scale(size)
    start = rng.uniform(-4, 100, (count, 2))
    angle = rng.uniform(0, np.pi) + 0.35 * rng.standard_normal(count)
    length, bend = rng.uniform(8, 26, (count, 1)), 0.2 * rng.standard_normal(count)
    middle = start + length * np.stack([np.cos(angle), np.sin(angle)], -1)
    end = middle + length * np.stack([np.cos(angle + bend), np.sin(angle + bend)], -1)
    lines = (np.concatenate([start, middle, end], 1) * unit).tolist()
    for line, ink in zip(lines, rng.integers(60, 256, count).tolist(), strict=True):
        draw.line(line, fill=ink, width=2)
    return halve(image)


def _bubbles(rng, size):
    """Dark discs with bright rims."""
    image, draw = new_canvas(size)
    count, unit = 70, canvas_scale(size)
    centres, radius = rng.uniform(0, 96, (count, 2)), rng.uniform(2, 9, (count, 1))
    boxes = (np.concatenate([centres - radius, centres + radius], 1) * unit).tolist()
    rims, fills = rng.integers(120, 256, count).tolist(), rng.integers(0, 80, count).tolist()
    for box, rim, fill in zip(boxes, rims, fills, strict=True):
        draw.ellipse(box, outline=rim, fill=fill, width=2)
    return halve(image)


def _scratches(rng, size):
    """Thin straight scratches, some dark and some bright, on a cloudy ground."""
    canvases = [new_canvas(size), new_canvas(size)]
    count, unit = int(rng.integers(10, 45)), canvas_scale(size)
    spread = rng.choice([0.1, 0.6, 3.0])
    middle = rng.uniform(0, 96, (count, 2))
    angle = rng.uniform(0, np.pi) + spread * rng.standard_normal(count)
    half = rng.uniform(6, 50, (count, 1)) * np.stack([np.cos(angle), np.sin(angle)], -1)
    lines = (np.concatenate([middle - half, middle + half], 1) * unit).tolist()
    for line, side, ink in zip(lines, rng.integers(2, size=count), rng.integers(90, 256, count).tolist(), strict=True):
        canvases[side][1].line(line, fill=ink, width=1 + ink % 2)
    bright, dark = (halve(image) for image, _ in canvases)
    ground = 0.5 + rng.uniform(0.1, 0.5) * (power_noise(rng, size, rng.uniform(1.2, 2.4)) - 0.5)
    return ground + rng.uniform(0.3, 0.6) * (bright - dark)


def _wandering_line(rng, start, angle, steps):
    """Points 2.5 reference pixels apart on a line whose direction wanders."""
    angles = angle + np.cumsum(0.3 * rng.standard_normal(steps))
    return start + np.cumsum(2.5 * np.stack([np.cos(angles), np.sin(angles)], -1), 0)


def _fine_cracks(rng, size):
    """A few wandering, branching hairlines on a smooth ground."""
    image, draw = new_canvas(size)
    unit, width = canvas_scale(size), int(rng.integers(1, 4))
    for _ in range(int(rng.integers(2, 6))):
        angle = rng.uniform(0, 2 * np.pi)
        start = 48 - 40 * np.array([np.cos(angle), np.sin(angle)]) + 16 * rng.standard_normal(2)
        crack = _wandering_line(rng, start, angle, int(rng.integers(16, 44)))
        draw.line((crack * unit).ravel().tolist(), fill=255, width=width)
        for at in rng.integers(4, len(crack), int(rng.integers(0, 4))):
            branch = _wandering_line(rng, crack[at], angle + rng.choice([-0.8, 0.8]), int(rng.integers(4, 14)))
            draw.line((branch * unit).ravel().tolist(), fill=255, width=max(1, width - 1))
    ground = 0.5 + rng.uniform(0.1, 0.6) * (power_noise(rng, size, rng.uniform(1.7, 2.6)) - 0.5)
    return ground + rng.choice([-1, 1]) * rng.uniform(0.25, 0.6) * halve(image)


MARKS = {"fibres": _fibres, "bubbles": _bubbles, "fine cracks": _fine_cracks, "scratches": _scratches}

"""Four places where somebody might photograph an animal: a meadow, a room, a beach and a street."""

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from tlbook.synthetic.scenes import draw_colours, draw_smooth_noise

PLACES = ("beach", "meadow", "room", "street")
_SKY, _SEA, _SAND = (178, 198, 222), (92, 132, 158), (204, 184, 146)
_GRASS, _PAVEMENT, _FLOOR = (98, 126, 66), (142, 140, 138), (146, 104, 68)


def draw_place(place, rng, size, horizon):
    """Return an empty place, a little out of focus: float32, (size, size, 3), 0-255; ``horizon`` is a row."""
    horizon = float(np.clip(horizon, 0.2 * size, 0.8 * size))
    above = draw_colours(rng, 1)[0] if place in ("room", "street") else _vary(rng, _SKY)
    below = {"beach": _SAND, "meadow": _GRASS, "room": _FLOOR, "street": _PAVEMENT}[place]
    picture = Image.new("RGB", (size, size), _as_paint(above))
    pen = ImageDraw.Draw(picture)
    pen.rectangle([0, horizon, size, size], fill=_as_paint(_vary(rng, below)))
    {"beach": _draw_sea, "meadow": _draw_bushes, "room": _draw_room, "street": _draw_street}[place](
        pen, rng, size, horizon
    )
    picture = picture.filter(ImageFilter.GaussianBlur(size / 96 * rng.uniform(0.4, 1.6)))
    image = np.asarray(picture).astype(np.float32)
    image += draw_smooth_noise(rng, size, int(rng.integers(2, 5)), 3) * rng.uniform(3, 9)
    grain = {"beach": 9, "meadow": 17, "room": 3, "street": 6}[place] * rng.uniform(0.5, 1.2)
    rows = np.arange(size)[:, None, None] > horizon
    return image + draw_smooth_noise(rng, size, (size // 2, size // 3))[..., None] * np.where(rows, grain, 3)


def _vary(rng, colour):
    return np.asarray(colour) * np.exp(rng.normal(0, 0.12)) + rng.normal(0, 12, 3)


def _as_paint(colour):
    return tuple(np.clip(np.rint(colour), 0, 255).astype(int).tolist())


def _draw_sea(pen, rng, size, horizon):
    top = horizon - size * rng.uniform(0.08, 0.25)
    pen.rectangle([0, top, size, horizon], fill=_as_paint(_vary(rng, _SEA)))
    for _ in range(int(rng.integers(1, 5))):  # waves
        y, x, w = rng.uniform(top, horizon), rng.uniform(0, size), rng.uniform(0.1, 0.4) * size
        pen.line([x - w, y, x + w, y], fill=(222, 228, 230), width=max(1, size // 64))


def _draw_bushes(pen, rng, size, horizon):
    for _ in range(int(rng.integers(2, 7))):
        x, w, h = rng.uniform(0, size), rng.uniform(0.06, 0.22) * size, rng.uniform(0.04, 0.25) * size
        pen.ellipse([x - w, horizon - h, x + w, horizon + 0.2 * h], fill=_as_paint(_vary(rng, (70, 96, 52))))


def _draw_room(pen, rng, size, horizon):
    line = _as_paint(_vary(rng, (96, 66, 44)))
    for k in range(int(rng.integers(4, 8)) + 1):  # boards run towards the wall
        x = size * (k / 4 - 0.5)
        pen.line([0.5 * size + 0.6 * (x - 0.5 * size), horizon, x, size], fill=line, width=1)
    pen.rectangle([0, horizon - 0.03 * size, size, horizon], fill=_as_paint(_vary(rng, (214, 206, 196))))
    for _ in range(int(rng.integers(1, 3))):  # a picture, a cupboard
        x, w = rng.uniform(0, size), rng.uniform(0.1, 0.2) * size
        y, h = horizon - rng.uniform(0.15, 0.4) * size, rng.uniform(0.08, 0.2) * size
        colour = _as_paint(draw_colours(rng, 1)[0])
        pen.rectangle([x - w, y - h, x + w, y + h], fill=colour, outline=line, width=max(1, size // 48))


def _draw_street(pen, rng, size, horizon):
    step, colour = size * rng.uniform(0.16, 0.26), _as_paint(_vary(rng, (66, 76, 90)))
    left, top = rng.uniform(-1, 0) * step, horizon - 0.12 * size
    for x in np.arange(left, size, step):  # rows of windows
        for y in np.arange(top, -step, -step):
            pen.rectangle([x, y - 0.62 * step, x + 0.5 * step, y], fill=colour)
    slab, line = size * rng.uniform(0.12, 0.2), _as_paint(_vary(rng, (112, 110, 108)))
    for y in np.arange(horizon, size, slab):
        pen.line([0, y, size, y], fill=line, width=1)
    for x in np.arange(left, size + step, slab):
        pen.line([x, horizon, x + (x - size / 2), size], fill=line, width=1)

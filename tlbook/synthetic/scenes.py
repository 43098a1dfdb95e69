"""What the photograph-like synthetic cases share: backgrounds, things in the way, and a camera.

Nothing in this module knows the class of an image, so none of it can give the class away.
"""

import math

import numpy as np
from PIL import Image, ImageDraw, ImageFilter


def draw_smooth_noise(rng, size, cells, channels=1):
    """Return noise that varies smoothly: a small random grid of zero mean and unit spread, enlarged."""
    rows, columns = (cells, cells) if np.isscalar(cells) else cells
    grids = rng.standard_normal((channels, rows, columns)).astype(np.float32)
    planes = [np.asarray(Image.fromarray(g).resize((size, size), Image.Resampling.BICUBIC)) for g in grids]
    return planes[0] if channels == 1 else np.stack(planes, -1)


def draw_colours(rng, count):
    """Return colours of things: any brightness, mostly dull, now and then bright: float64, (count, 3), 0-255."""
    grey = rng.uniform(25, 225, (count, 1))
    vividness = np.where(rng.random((count, 1)) < 0.2, 45, 13)
    return np.clip(grey + (8, 0, -8) + rng.normal(0, 1, (count, 3)) * vividness, 0, 255)


def draw_background(rng, size, difficulty, horizon=None):
    """Return a blurred room, landscape or nothing in particular, with clutter; float32, (size, size, 3), 0-255."""
    kind = rng.integers(4)
    horizon = size * rng.uniform(0.25, 0.7) if horizon is None else horizon
    top, bottom = _scene_colours(rng, kind)
    rows = np.arange(size, dtype=np.float32)[:, None, None]
    edge = np.clip((rows - horizon) / max(1.0, size * 0.01) + 0.5, 0, 1)
    image = (top * (1 - edge) + bottom * edge) * np.ones((1, size, 1), np.float32)
    image += draw_smooth_noise(rng, size, int(rng.integers(2, 5)), 3) * rng.uniform(2, 9)
    image = _draw_clutter(image, rng, size, horizon, difficulty)
    fine = draw_smooth_noise(rng, size, (size // 3, size // int(rng.integers(2, 6))))
    return image + fine[..., None] * rng.uniform(2, 10 + 8 * difficulty) * (0.4 + 0.6 * edge)


def _scene_colours(rng, kind):
    """Return the colours above and below the horizon: sky and ground, wall and floor, or the same twice."""
    if kind == 0:
        sky = np.array([165, 190, 220]) + rng.normal(0, 22, 3) + rng.normal(0, 25)
        ground = np.array([[105, 135, 75], [150, 135, 105], [190, 185, 180], [110, 110, 112]])[rng.integers(4)]
        return sky.astype(np.float32), (ground + rng.normal(0, 18, 3)).astype(np.float32)
    if kind == 1:
        return draw_colours(rng, 2).astype(np.float32)
    colour = draw_colours(rng, 1)[0].astype(np.float32)
    return colour, colour + np.float32(rng.normal(0, 12 if kind == 2 else 45))


def _draw_clutter(image, rng, size, horizon, difficulty):
    """Draw furniture, bushes and posts, then put them out of focus."""
    picture = Image.fromarray(np.clip(image, 0, 255).astype(np.uint8))
    pen = ImageDraw.Draw(picture)
    for _ in range(int(rng.integers(1, 5 + int(round(6 * difficulty))))):
        colour = tuple(draw_colours(rng, 1)[0].astype(int).tolist())
        x, y = rng.uniform(-0.1, 1.1) * size, horizon + rng.normal(-0.1, 0.28) * size
        w, h = rng.uniform(0.04, 0.32, 2) * size
        shape = rng.integers(3)
        if shape == 0:
            pen.rectangle([x - w, y - h, x + w, y + h], fill=colour)
        elif shape == 1:
            pen.ellipse([x - w, y - h, x + w, y + h], fill=colour)
        else:
            pen.polygon(
                [tuple(p) for p in rng.normal(0, 0.6, (int(rng.integers(3, 6)), 2)) * (w, h) + (x, y)], fill=colour
            )
    blur = ImageFilter.GaussianBlur(size / 96 * rng.uniform(0.3, 3.2 - 1.2 * difficulty))
    return np.asarray(picture.filter(blur)).astype(np.float32)


def add_occluders(image, rng, difficulty):
    """Put things in front: posts, leaves, blades of grass, a ball: float32, (size, size, 3)."""
    size = len(image)
    count = int(rng.binomial(3, 0.15 + 0.3 * difficulty))
    if not count:
        return image
    big = 2 * size
    mask, paint = Image.new("L", (big, big)), Image.new("RGB", (big, big))
    pens = ImageDraw.Draw(mask), ImageDraw.Draw(paint)
    for _ in range(count):
        colour = tuple(draw_colours(rng, 1)[0].astype(int).tolist())
        for outline in _occluder_outlines(rng, big, 0.6 + 0.8 * difficulty):
            pens[0].polygon(outline, fill=255)
            pens[1].polygon(outline, fill=colour)
    soft = ImageFilter.GaussianBlur(size / 96 * rng.uniform(0.2, 0.8))
    alpha = np.asarray(mask.reduce(2).filter(soft)).astype(np.float32)[..., None] / 255
    colours = np.asarray(paint.reduce(2)).astype(np.float32)
    return image * (1 - alpha) + alpha * colours


def _occluder_outlines(rng, size, scale):
    """Return one thing as a list of polygons: a post, a ball, a few leaves or a tuft of grass."""
    kind, x = rng.integers(4), rng.uniform(0, size)
    if kind == 0:
        w, lean = size * scale * rng.uniform(0.01, 0.035), rng.normal(0, 0.15) * size
        return [[(x - w, 0), (x + w, 0), (x + lean + w, size), (x + lean - w, size)]]
    angles = np.linspace(0, 2 * math.pi, 14, endpoint=False)
    if kind == 1:
        r, y = size * scale * rng.uniform(0.03, 0.08), size * rng.uniform(0.75, 1.0)
        return [[(x + r * math.cos(a), y + r * math.sin(a)) for a in angles]]
    if kind == 2:
        y = size * rng.choice([0.05, 0.95]) + rng.normal(0, 0.05) * size
        outlines = []
        for _ in range(int(rng.integers(2, 6))):
            cx, cy = x + rng.normal(0, 0.09) * size, y + rng.normal(0, 0.07) * size
            a, r = rng.uniform(0, math.pi), size * scale * rng.uniform(0.02, 0.06)
            leaf = np.stack([np.cos(angles), 0.45 * np.sin(angles)], 1) * r
            turn = np.array([[math.cos(a), math.sin(a)], [-math.sin(a), math.cos(a)]])
            outlines.append([tuple(p) for p in leaf @ turn + (cx, cy)])
        return outlines
    feet = rng.uniform(0, size, int(rng.integers(4, 16)))
    tips = feet + rng.normal(0, 0.04, len(feet)) * size
    tops = size * (1 - scale * rng.uniform(0.06, 0.22, len(feet)))
    w = size * 0.008
    return [[(f - w, size), (f + w, size), (t, y)] for f, t, y in zip(feet, tips, tops, strict=True)]


def take_photograph(image, rng, difficulty):
    """Expose, tint, blur and digitise a scene: uint8, (size, size, 3)."""
    size = len(image)
    stray = 0.35 + 0.85 * difficulty
    across = np.linspace(-1, 1, size, dtype=np.float32)
    slope = rng.normal(0, 0.16 * stray, 2).astype(np.float32)
    light = 1 + slope[0] * across[:, None] + slope[1] * across[None, :]
    tint = np.exp(rng.normal(0, 0.3 * stray) + rng.normal(0, 0.06 * stray, 3)).astype(np.float32)
    out = np.clip(np.clip(image, 0, 255) * light[..., None] * tint, 0, 255).astype(np.uint8)
    curve = 255 * (np.arange(256) / 255) ** math.exp(rng.normal(0, 0.18 * stray))
    picture = Image.fromarray(np.rint(curve).astype(np.uint8)[out])
    if rng.random() < 0.7:
        picture = picture.filter(ImageFilter.GaussianBlur(size / 96 * rng.uniform(0, 0.9 * stray)))
    out = np.asarray(picture).astype(np.float32)
    noise = rng.standard_normal(out.shape, dtype=np.float32) * np.float32(rng.uniform(1, 9 * stray))
    return np.clip(out + noise, 0, 255).astype(np.uint8)

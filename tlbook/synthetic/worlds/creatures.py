"""Source domain ``creatures``: 40 invented animals of parts: beasts from the side, beetles from above, fish.

No beast has four legs or an animal's pointed or hanging ears: none of them stands in for a cat or a dog.
"""

import numpy as np
import scipy.ndimage as ndi

from tlbook.synthetic.worlds.backgrounds import color_against, draw_background
from tlbook.synthetic.worlds.canvas import canvas_scale, draw_stroke, halve, new_canvas
from tlbook.synthetic.worlds.colours import composite, is_gray, luminance
from tlbook.synthetic.worlds.creature_parts import NUM_CLASSES, PARTS, creature_plan
from tlbook.synthetic.worlds.drawing import finish, pixel_grid, power_noise

__all__ = ["NUM_CLASSES", "draw_creature"]


def _draw_parts(parts, shape, centre, size):
    """Draw parts onto three layers, ``far``, ``body`` and ``dark``: float64, (size, size) each, 0-1."""
    layers = {name: new_canvas(size) for name in ("far", "body", "dark")}
    unit = canvas_scale(size)
    scale = np.sqrt(abs(shape[0, 0] * shape[1, 1] - shape[0, 1] * shape[1, 0])) * unit
    for layer, points, width in parts:
        path = (points @ shape.T + centre) * unit
        if width:
            draw_stroke(layers[layer][1], path, max(2, int(width * scale)))
        else:
            layers[layer][1].polygon(path.ravel().tolist(), fill=255)
    return {name: halve(image) for name, (image, _) in layers.items()}


def _coat_pattern(plan, rng, shape, centre, size):
    """Second colour's share over the canvas: plain, spots, stripes, patches or a paler back, fixed to the animal."""
    x, y = pixel_grid(size)
    a, b, c, d = np.linalg.inv(shape).ravel()
    u, v = a * (x - centre[0]) + b * (y - centre[1]), c * (x - centre[0]) + d * (y - centre[1])
    if plan.coat == 1:
        pitch = rng.uniform(0.28, 0.4)
        row = np.floor(v / pitch)
        wobble = 0.25 * np.sin(7 * row + 3 * np.floor(u / pitch))
        return 1.0 * (
            np.hypot((u / pitch + 0.5 * row) % 1 - 0.5 + wobble, v / pitch % 1 - 0.5) < rng.uniform(0.25, 0.4)
        )
    if plan.coat == 2:
        return 1.0 * (np.sin(u * rng.uniform(9, 14) + 1.5 * np.sin(3 * v + rng.uniform(0, 6))) > 0.1)
    if plan.coat == 3:
        return 1.0 * (power_noise(rng, size, 2.0) > 0.52)
    if plan.coat == 4:
        return np.clip(0.4 - v / (0.8 * plan.aspect), 0, 1)
    return np.zeros((size, size))


def draw_creature(cls, rng, size):
    """Draw an image of the domain: uint8, (size, size, 3), 0-255."""
    plan = creature_plan(cls)
    angle = rng.uniform(0, 2 * np.pi) if plan.view == "beetle" else 0.22 * rng.standard_normal()
    c, s = np.cos(angle), np.sin(angle)
    mirror = np.array([-1.0 if rng.random() < 0.5 else 1.0, 1.0])
    shape = np.array([[c, -s], [s, c]]) * mirror * rng.uniform(19, 29) * rng.uniform(0.9, 1.1, 2)
    centre = 48 + rng.uniform(-8, 8, 2)
    layers = _draw_parts(PARTS[plan.view](plan, rng), shape, centre, size)
    coat = _coat_pattern(plan, rng, shape, centre, size)
    gray = is_gray(rng, 0.25)
    background = draw_background(rng, size, gray)
    first = color_against(rng, background, gray)
    tint = rng.choice([-1, 1]) * rng.uniform(60, 110) + (0 if gray else 25) * rng.standard_normal(3)
    second = (first + tint.astype(np.float32)).clip(0, 255)
    fur = composite(first, second, coat)
    if rng.random() < 0.6:
        edge = ndi.gaussian_filter(np.roll(1 - layers["body"], -3 * size // 96, 0), 3 * size / 96)
        fur = fur * (1 - 0.45 * edge).astype(np.float32)[..., None]
    fur = fur + rng.uniform(0, 8) * rng.standard_normal((size, size, 1), dtype=np.float32)
    dark = 0.25 * first if luminance(first) > 110 else np.minimum(first + 140, 255)
    image = composite(background, 0.65 * first, layers["far"])
    image = composite(image, fur, layers["body"])
    return finish(rng, composite(image, dark, 0.9 * layers["dark"]))

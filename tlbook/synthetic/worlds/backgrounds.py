"""Backgrounds for the domains that show an object: flat, graded, cloudy or one of the textures."""

import numpy as np

from tlbook.synthetic.worlds import textures
from tlbook.synthetic.worlds.colours import composite, contrasting_color, luminance, random_color
from tlbook.synthetic.worlds.drawing import pixel_grid, power_noise


def draw_background(rng, size, gray):
    """Draw a background: float32, (size, size, 3), about 0-255."""
    kind, color = rng.random(), random_color(rng, gray)
    if kind < 0.25:
        return np.broadcast_to(color, (size, size, 3))
    if kind < 0.45:
        x, y = pixel_grid(size)
        angle = rng.uniform(0, 2 * np.pi)
        ramp = np.clip(0.5 + ((x - 48) * np.cos(angle) + (y - 48) * np.sin(angle)) / 137, 0, 1)
        return composite(color, random_color(rng, gray), ramp)
    if kind < 0.8:
        change = 50 * rng.standard_normal(1 if gray else 3)
        return composite(color, color + change.astype(np.float32), power_noise(rng, size, rng.uniform(0.8, 2.2)))
    texture = textures.paint_texture(int(rng.integers(textures.NUM_CLASSES)), rng, size, gray)
    return 0.6 * texture + rng.uniform(0, 100)


def color_against(rng, background, gray):
    """Draw a colour that stands out from a background: float32, (3,), 0-255."""
    level = luminance(background[::4, ::4].mean((0, 1), dtype=np.float64))
    return contrasting_color(rng, level, gray)

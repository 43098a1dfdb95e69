"""Drawing with Pillow at twice the size, to be averaged down: smooth edges at little cost."""

import numpy as np
from PIL import Image, ImageDraw

from tlbook.synthetic.worlds.drawing import REFERENCE


def new_canvas(size, mode="L"):
    """Start a black canvas at twice the size, to draw on and to halve, and its pen."""
    image = Image.new(mode, (2 * size, 2 * size))
    return image, ImageDraw.Draw(image)


def canvas_scale(size):
    """Canvas pixels in a reference pixel."""
    return 2 * size / REFERENCE


def halve(image):
    """Average a canvas down to the final size: float64, (size, size) or (size, size, 3), 0-1."""
    return np.asarray(image.reduce(2)) / 255.0


def draw_stroke(draw, points, width, *, fill=255, closed=False):
    """Draw a line with round ends and, where it has few corners, round corners."""
    if closed:
        points = np.concatenate([points, points[:1]])
    draw.line(points.ravel().tolist(), fill=fill, width=width)
    if width < 4:
        return
    radius = width / 2 - 0.5
    for x, y in (points if len(points) <= 20 else points[[0, -1]]).tolist():
        draw.ellipse([x - radius, y - radius, x + radius, y + radius], fill=fill)

"""Source domain ``textures``: 46 kinds of surface, from clouds and cells to weaves, layers and hairline cracks."""

import numpy as np

from tlbook.synthetic.worlds.colours import color_ramp, is_gray
from tlbook.synthetic.worlds.drawing import finish, power_noise
from tlbook.synthetic.worlds.texture_fields import FIELDS
from tlbook.synthetic.worlds.texture_marks import LEAF_SHAPES, MARKS, dead_leaves

PAINTERS = FIELDS | MARKS
# the order of the classes, which the shipped weights depend on
NOISE_AND_CELLS = tuple(FIELDS)[: tuple(FIELDS).index("cell pillows") + 1]
PATTERNS = ("checks", "stripes", "plaid", "dots", "wood", "marble", "bricks", "weave", "fibres", "bubbles")
FINE_LINES = ("cracked plates", "fine cracks", "scratches", "dashes", "faulted layers", "broken hatching")
TEXTURES = (*LEAF_SHAPES, *NOISE_AND_CELLS, *PATTERNS, "speckle", "labyrinth", "ridges", *FINE_LINES)
NUM_CLASSES = len(TEXTURES)


def paint_texture(cls, rng, size, gray):
    """Paint a texture without camera noise: float32, (size, size, 3), 0-255."""
    if TEXTURES[cls] in LEAF_SHAPES:
        return dead_leaves(rng, size, TEXTURES[cls], gray)
    field = np.clip(PAINTERS[TEXTURES[cls]](rng, size), 0, 1)
    field = field ** rng.uniform(0.7, 1.4)
    if rng.random() < 0.4:
        field = 0.8 * field + 0.2 * rng.uniform(0.3, 1) * power_noise(rng, size, 1.5)
    return color_ramp(rng, field, gray)


def draw_texture(cls, rng, size):
    """Draw an image of the domain: uint8, (size, size, 3), 0-255."""
    return finish(rng, paint_texture(cls, rng, size, is_gray(rng)))

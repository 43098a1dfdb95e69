"""Source domain ``textures``: 46 kinds of surface, from clouds and cells to weaves, layers and hairline cracks."""

from functools import partial

import numpy as np

from tlbook.datasets.synthetic.worlds import texture_fields as fields
from tlbook.datasets.synthetic.worlds import texture_marks as marks
from tlbook.datasets.synthetic.worlds.drawing import color_ramp, finish, is_gray, power_noise

FIELDS = (
    *(partial(fields.clouds, exponent=exponent) for exponent in (0.4, 0.9, 1.3, 1.7, 2.2, 2.8)),
    *(partial(fields.band_noise, frequency=frequency) for frequency in (0.05, 0.11, 0.22)),
    *(partial(fields.band_noise, frequency=frequency, spread=0.18) for frequency in (0.05, 0.11, 0.22)),
    *(partial(fields.band_noise, frequency=frequency, spread=0.5, binary=True) for frequency in (0.05, 0.11, 0.22)),
    *(fields.cell_mosaic, fields.cell_walls, fields.cell_domes, fields.cell_pillows),
    *(fields.checks, fields.stripes, fields.plaid, fields.dots, fields.wood, fields.marble),
    *(fields.bricks, fields.weave, marks.fibres, marks.bubbles, fields.speckle, fields.labyrinth),
    *(fields.ridges, fields.cracked_plates, marks.fine_cracks, marks.scratches),
    *(fields.dashes, fields.faulted_layers, fields.broken_hatching),
)
NUM_CLASSES = len(marks.LEAF_SHAPES) + len(FIELDS)


def paint_texture(cls, rng, size, gray):
    """Paint a texture without camera noise.

    Parameters
    ----------
    cls : int
        0-45.
    rng : numpy.random.Generator
    size : int
        Pixels a side.
    gray : bool
        True paints in greys.

    Returns
    -------
    numpy.ndarray
        float32, (size, size, 3), 0-255.
    """
    if cls < len(marks.LEAF_SHAPES):
        return marks.dead_leaves(rng, size, marks.LEAF_SHAPES[cls], gray)
    field = np.clip(FIELDS[cls - len(marks.LEAF_SHAPES)](rng, size), 0, 1)
    field = field ** rng.uniform(0.7, 1.4)
    if rng.random() < 0.4:
        field = 0.8 * field + 0.2 * rng.uniform(0.3, 1) * power_noise(rng, size, 1.5)
    return color_ramp(rng, field, gray)


def draw_texture(cls, rng, size):
    """Draw an image of the domain.

    Parameters
    ----------
    cls : int
        0-45.
    rng : numpy.random.Generator
    size : int
        Pixels a side.

    Returns
    -------
    numpy.ndarray
        uint8, (size, size, 3), 0-255.
    """
    return finish(rng, paint_texture(cls, rng, size, is_gray(rng)))

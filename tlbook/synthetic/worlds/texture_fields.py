"""Textures by formula: filtered noise, cells, lattices and layers.

``FIELDS`` holds them by name: functions of a generator and a size that return float64, (size, size), about 0-1.
"""

from functools import partial

import numpy as np

from tlbook.synthetic.worlds.drawing import (
    filtered_noise,
    frequency_grid,
    pixel_grid,
    power_noise,
    to_unit,
    turned_grid,
)


def _clouds(rng, size, exponent):
    """Noise with a power spectrum; the exponent varies by 0.12 about the class's."""
    return power_noise(rng, size, exponent + rng.uniform(-0.12, 0.12))


def _band_noise(rng, size, frequency, *, spread=None, binary=False):
    """Noise of one scale, along one direction where a spread (radians) is given, in two levels if binary."""
    radius, angle = frequency_grid(size)
    frequency = frequency * rng.uniform(0.8, 1.25)
    spectrum = np.exp(-((radius - frequency) ** 2) / (2 * (0.3 * frequency) ** 2))
    if spread is not None:
        offset = (angle - rng.uniform(0, np.pi) + np.pi / 2) % np.pi - np.pi / 2
        spectrum = spectrum * np.exp(-(offset**2) / (2 * spread**2))
    field = filtered_noise(rng, spectrum, size)
    return (field > 0.5).astype(float) if binary else field


def _nearest_seeds(rng, size, spacing, warp=0.0):
    """Distances to the nearest and second nearest jittered lattice points, in spacings, and the nearest's number."""
    x, y = pixel_grid(size)
    if warp:
        x = x + warp * (power_noise(rng, size, 1.7) - 0.5)
        y = y + warp * (power_noise(rng, size, 1.7) - 0.5)
    x, y = (x + 24) / spacing, (y + 24) / spacing
    count = int(np.ceil(144 / spacing)) + 3
    seeds = np.stack(np.meshgrid(np.arange(count), np.arange(count))) + rng.random((2, count, count))
    seed_x, seed_y = seeds[0].ravel(), seeds[1].ravel()
    home = y.astype(np.intp) * count + x.astype(np.intp)
    first, second, owner = np.full(x.shape, 9.0), np.full(x.shape, 9.0), np.zeros(x.shape, np.intp)
    for step in (0, -1, 1, -count, count, -count - 1, -count + 1, count - 1, count + 1):
        cell = home + step
        distance = (seed_x.take(cell) - x) ** 2 + (seed_y.take(cell) - y) ** 2
        nearer = distance < first
        second = np.where(nearer, first, np.minimum(second, distance))
        owner = np.where(nearer, cell, owner)
        first = np.where(nearer, distance, first)
    return np.sqrt(first), np.sqrt(second), owner


def _cell_mosaic(rng, size):
    """Cells of one grey each."""
    _, _, owner = _nearest_seeds(rng, size, rng.uniform(11, 24), rng.uniform(0, 12))
    return rng.random(owner.max() + 1)[owner]


def _cell_walls(rng, size):
    """Walls between cells."""
    spacing = rng.uniform(11, 24)
    first, second, _ = _nearest_seeds(rng, size, spacing)
    return 1 - np.clip((second - first) * spacing / 3, 0, 1)


def _cell_domes(rng, size):
    """Distance to the middle of a cell."""
    return to_unit(_nearest_seeds(rng, size, rng.uniform(11, 24))[0])


def _cell_pillows(rng, size):
    """Distance to the wall of a cell."""
    first, second, _ = _nearest_seeds(rng, size, rng.uniform(11, 24))
    return np.clip(1.2 * to_unit(second - first), 0, 1)


def _checks(rng, size):
    """Draw a chequerboard."""
    u, v = turned_grid(rng, size)
    width = rng.uniform(5, 12)
    return (u // width + v // width) % 2


def _stripes(rng, size):
    """Sharp stripes."""
    u, _ = turned_grid(rng, size)
    width = rng.uniform(5, 14)
    return (u % width < width * rng.uniform(0.3, 0.7)).astype(float)


def _plaid(rng, size):
    """Two crossed sets of stripes."""
    u, v = turned_grid(rng, size)
    width = rng.uniform(8, 16)
    return 0.5 * (u % width < 0.4 * width) + 0.5 * (v % width < 0.4 * width)


def _dots(rng, size):
    """Discs on a hexagonal lattice."""
    u, v = turned_grid(rng, size)
    width = rng.uniform(7, 14)
    height = width * 0.866
    u = u + (v // height % 2) * width / 2
    return (np.hypot(u % width - width / 2, v % height - height / 2) < width * rng.uniform(0.2, 0.4)).astype(float)


def _wood(rng, size):
    """Drawn-out rings, bent by noise."""
    u, v = turned_grid(rng, size)
    noise = power_noise(rng, size, 1.8)
    return (np.hypot(u - 25 + 20 * noise, 0.25 * v + 6 * noise) * rng.uniform(0.25, 0.45)) % 1


def _marble(rng, size):
    """Waves, bent by noise."""
    u, _ = turned_grid(rng, size)
    return 0.5 + 0.5 * np.sin(0.25 * u + rng.uniform(9, 16) * power_noise(rng, size, 1.6))


def _bricks(rng, size):
    """Bricks of several greys with thin joints."""
    u, v = turned_grid(rng, size)
    width = rng.uniform(12, 20)
    row = np.floor(v / (0.45 * width))
    u = u + (row % 2) * width / 2
    joint = (u % width < 1.6) | (v % (0.45 * width) < 1.4)
    return np.where(joint, 0.0, 0.55 + 0.45 * np.sin(12.9 * np.floor(u / width) + 78.2 * row))


def _weave(rng, size):
    """Bands that pass over and under each other."""
    u, v = turned_grid(rng, size)
    width = rng.uniform(6, 11)
    over = (u // width + v // width) % 2 > 0
    return np.where(over, np.abs(np.sin(np.pi * u / width)), 0.8 * np.abs(np.sin(np.pi * v / width)))


def _speckle(rng, size):
    """Clouds times exponential noise, as coherent light gives."""
    return 0.5 * power_noise(rng, size, 1.8) * rng.standard_exponential((size, size))


def _labyrinth(rng, size):
    """Winding bands of one width."""
    radius, _ = frequency_grid(size)
    frequency = 0.07 * rng.uniform(0.8, 1.25)
    field = filtered_noise(rng, np.exp(-((radius - frequency) ** 2) / (2 * (0.12 * frequency) ** 2)), size)
    return 1 / (1 + np.exp(-40 * (field - 0.5)))


def _ridges(rng, size):
    """Sharp ridges where smooth noise crosses its mean."""
    noise = power_noise(rng, size, 1.7)
    return 1 - 4.4 * np.abs(noise - noise.mean())


def _cracked_plates(rng, size):
    """Plates of nearly one grey, parted by hairline cracks that break off and go on."""
    spacing = rng.uniform(16, 34)
    first, second, owner = _nearest_seeds(rng, size, spacing, rng.uniform(6, 18))
    crack = np.clip(rng.uniform(0.8, 1.9) - (second - first) * spacing, 0, 1)
    crack = crack * np.clip(8 * (power_noise(rng, size, 1.4) - rng.uniform(0.25, 0.5)), 0, 1)
    plates = 0.55 + rng.uniform(0, 0.2) * (rng.random(owner.max() + 1)[owner] - 0.5)
    plates = plates + rng.uniform(0.05, 0.3) * (power_noise(rng, size, 1.8) - 0.5)
    return plates + rng.choice([-1, 1]) * rng.uniform(0.25, 0.6) * crack


def _dashes(rng, size):
    """Rows of broken lines, slightly bent."""
    u, v = turned_grid(rng, size)
    v = v + rng.uniform(0, 9) * power_noise(rng, size, 2.2)
    pitch, period = rng.uniform(5, 11), rng.uniform(9, 22)
    row = np.floor(v / pitch)
    gap = (u + period * rng.random(400).take(row.astype(np.intp) + 150, mode="wrap")) % period
    line = np.abs(v - (row + 0.5) * pitch) < rng.uniform(0.6, 1.5)
    return 0.3 + 0.6 * (line & (gap < rng.uniform(0.5, 0.85) * period))


def _faulted_layers(rng, size):
    """Layers that a straight fault, sometimes a thin open one, has moved against each other."""
    u, v = turned_grid(rng, size)
    angle = rng.uniform(0.5, 2.6)
    distance = (u - u.mean()) * np.sin(angle) + (v - v.mean()) * np.cos(angle) + rng.uniform(-20, 20)
    distance = distance + rng.uniform(0, 8) * (power_noise(rng, size, 1.6) - 0.5)
    moved = v + rng.uniform(3, 12) * (distance > 0) + 10 * power_noise(rng, size, 2.4)
    knots = np.cumsum(rng.uniform(2.5, 9, 80)) - 120
    layers = rng.uniform(0.15, 0.85, 81)[np.searchsorted(knots, moved)]
    if rng.random() < 0.6:
        layers = layers - rng.uniform(0.3, 0.8) * np.clip(rng.uniform(0.6, 1.4) - np.abs(distance), 0, 1)
    return layers


def _broken_hatching(rng, size):
    """Fine parallel lines with gaps where noise is low."""
    u, v = turned_grid(rng, size)
    wave = np.sin((u + rng.uniform(0, 8) * power_noise(rng, size, 2.2)) * 2 * np.pi / rng.uniform(3.5, 8))
    ink = np.clip(4 * (wave - rng.uniform(0.2, 0.7)), 0, 1)
    gaps = np.clip(10 * (power_noise(rng, size, rng.uniform(0.9, 1.6)) - rng.uniform(0.35, 0.5)), 0, 1)
    return 0.25 + 0.6 * ink * gaps


FIELDS = {
    **{f"clouds {exponent}": partial(_clouds, exponent=exponent) for exponent in (0.4, 0.9, 1.3, 1.7, 2.2, 2.8)},
    **{f"blobs {f}": partial(_band_noise, frequency=f) for f in (0.05, 0.11, 0.22)},
    **{f"ripples {f}": partial(_band_noise, frequency=f, spread=0.18) for f in (0.05, 0.11, 0.22)},
    **{f"zebra {f}": partial(_band_noise, frequency=f, spread=0.5, binary=True) for f in (0.05, 0.11, 0.22)},
    "cell mosaic": _cell_mosaic,
    "cell walls": _cell_walls,
    "cell domes": _cell_domes,
    "cell pillows": _cell_pillows,
    "checks": _checks,
    "stripes": _stripes,
    "plaid": _plaid,
    "dots": _dots,
    "wood": _wood,
    "marble": _marble,
    "bricks": _bricks,
    "weave": _weave,
    "speckle": _speckle,
    "labyrinth": _labyrinth,
    "ridges": _ridges,
    "cracked plates": _cracked_plates,
    "dashes": _dashes,
    "faulted layers": _faulted_layers,
    "broken hatching": _broken_hatching,
}

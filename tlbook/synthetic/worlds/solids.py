"""Source domain ``solids``: lit solids of 36 shapes in random poses."""

import numpy as np
import scipy.ndimage as ndi

from tlbook.synthetic.worlds.backgrounds import draw_background
from tlbook.synthetic.worlds.colours import composite, is_gray, random_color
from tlbook.synthetic.worlds.drawing import finish, power_noise
from tlbook.synthetic.worlds.solid_shapes import NUM_CLASSES, shape_of_class

__all__ = ["NUM_CLASSES", "draw_solid"]


def _random_rotation(rng):
    """Draw a rotation in space, all equally likely."""
    w, x, y, z = (q := rng.standard_normal(4)) / np.sqrt((q**2).sum())
    return np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
            [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
            [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
        ]
    )


def _rotate(matrix, vectors):
    """Matrix product without BLAS, whose sums may differ between machines."""
    return sum(matrix[:, k, None] * vectors[k] for k in range(3))


def _nearest_points(rng, seen, size):
    """Project points with weak perspective; give each pixel the number of the nearest one, -1 where there is none."""
    scale = size * rng.uniform(0.27, 0.41) / np.abs(seen[:2]).max()
    depth = seen[2]
    plane = seen[:2] * (scale / (1 - rng.uniform(0, 0.15) * depth)) + size / 2 + rng.uniform(-0.1, 0.1, (2, 1)) * size
    column, row = plane.astype(np.intp)
    inside = (plane.min(0) >= 0) & (column < size) & (row < size)
    numbers = np.flatnonzero(inside)
    # 16-bit keys sort in linear time
    keys = (depth[numbers] * (16000 / np.abs(depth).max())).astype(np.int16)
    numbers = numbers[np.argsort(keys, kind="stable")]
    rank = np.full(size * size, -1, np.int32)
    rank[(row * size + column)[numbers]] = np.arange(len(numbers))
    rank = rank.reshape(size, size)
    covered = ndi.uniform_filter((rank >= 0).astype(float), 3)
    gaps = (rank < 0) & (covered > 0.4)
    rank = np.where(gaps, ndi.maximum_filter(rank, 3), rank)
    return np.where(rank >= 0, numbers.take(rank, mode="wrap"), -1)


def _paint_surface(rng, points, normals, gray):
    """Colour and light surface points: float64, (n, 3), 0-255 and above."""
    color = np.broadcast_to(np.maximum(random_color(rng, gray), 70), (points.shape[1], 3))
    style = rng.random()
    if style < 0.2:
        wave = np.sin((points * 6 * rng.standard_normal((3, 1))).sum(0) + rng.uniform(0, 6))
        color = np.where(wave[:, None] > 0, color, random_color(rng, gray))
    elif style < 0.4:
        wave = np.sin(points * rng.uniform(5, 12)).prod(0)
        color = np.where(wave[:, None] > 0, color, random_color(rng, gray))
    elif style < 0.55:
        noise = power_noise(rng, 64, rng.uniform(0.8, 1.8))
        column, row = ((points[:2] + 0.5 * points[2:] + 2.5) * 12.8).astype(np.intp) % 64
        color = color * (0.4 + 0.9 * noise[row, column])[:, None]
    light = rng.standard_normal(3)
    light[2] = abs(light[2]) + 0.4
    light = light / np.sqrt((light**2).sum())
    half = light + np.array([0, 0, 1.0])
    half = half / np.sqrt((half**2).sum())
    diffuse = rng.uniform(0.15, 0.4) + rng.uniform(0.6, 0.9) * np.clip((normals * light[:, None]).sum(0), 0, 1)
    shine = float(rng.choice([0, 0.5, 0.9])) * np.clip((normals * half[:, None]).sum(0), 0, 1) ** rng.uniform(8, 50)
    return color * diffuse[:, None] + 255 * shine[:, None]


def draw_solid(cls, rng, size):
    """Draw an image of the domain: uint8, (size, size, 3), 0-255."""
    wobble = (0.88, 1.0, 1.12)[int(rng.integers(3))]
    points, normals, axes = shape_of_class(cls, wobble, -(-size // 96))
    axes = axes * rng.uniform(0.9, 1.1, 3)
    pose = _random_rotation(rng)
    facing = np.flatnonzero(_rotate(pose[2:] / axes, normals)[0] > 0)
    points = points.take(facing, axis=1)
    nearest = _nearest_points(rng, _rotate(pose * axes, points), size)
    mask = nearest >= 0
    chosen = nearest[mask]
    lit = _rotate(pose / axes, normals.take(facing[chosen], axis=1))
    lit = lit / (np.sqrt((lit**2).sum(0)) + 1e-9)
    gray = is_gray(rng)
    background = draw_background(rng, size, gray)
    if rng.random() < 0.4:
        down, right = int(rng.integers(2, 9) * size / 96), int(rng.integers(-9, 10) * size / 96)
        shadow = ndi.gaussian_filter(np.roll(mask.astype(float), (down, right), (0, 1)), 2.5 * size / 96)
        background = background * (1 - 0.5 * shadow).astype(np.float32)[..., None]
    solid = np.zeros((size, size, 3), np.float32)
    solid[mask] = _paint_surface(rng, points[:, chosen], lit, gray).clip(0, 255)
    return finish(rng, composite(background, solid, mask))

"""Source domain ``solids``: lit solids of 36 shapes in random poses (superquadrics, rings, knots, compounds).

References
----------
.. [1] A. H. Barr, "Superquadrics and angle-preserving transformations", IEEE Computer Graphics and Applications 1(1),
       1981, doi:10.1109/MCG.1981.1673799
"""

import functools

import numpy as np
import scipy.ndimage as ndi

from tlbook.datasets.synthetic.worlds.backgrounds import draw_background
from tlbook.datasets.synthetic.worlds.drawing import composite, finish, is_gray, power_noise, random_color

ROUNDNESS = (0.25, 1.0, 2.2)
ASPECTS = ((1.0, 1.0, 1.0), (0.6, 0.6, 1.35), (1.1, 1.1, 0.45))
# compounds: (roundness along the axis, round it, half axes, centre)
COMPOUNDS = (
    ((1, 1, (0.7, 0.7, 0.7), (-0.65, 0, 0)), (1, 1, (0.7, 0.7, 0.7), (0.65, 0, 0))),
    (
        (0.25, 0.25, (1.3, 0.3, 0.3), (0, 0, 0)),
        (0.25, 0.25, (0.3, 1.3, 0.3), (0, 0, 0)),
        (0.25, 0.25, (0.3, 0.3, 1.3), (0, 0, 0)),
    ),
    ((0.25, 1, (0.35, 0.35, 1.1), (0, 0, 0)), (1, 1, (0.9, 0.9, 0.6), (0, 0, 0.9))),
    tuple((1, 1, (0.5, 0.5, 0.5), (np.cos(t), np.sin(t), 0)) for t in np.arange(4) * np.pi / 2),
)
NUM_CLASSES = 27 + len(COMPOUNDS) + 5


def signed_power(base, exponent):
    """Power of the magnitude with the sign kept."""
    return np.sign(base) * np.abs(base) ** exponent


def even_angles(exponent, count, start, octants):
    """Angles at which the signed powers of sine and cosine advance evenly in each octant."""
    rise = np.pi / 4 * np.linspace(0, 1, count) ** (1 / exponent)
    pair = (rise, np.pi / 4 - rise[::-1])
    return np.concatenate([start + k * np.pi / 4 + pair[k % 2] for k in range(octants)])


@functools.lru_cache(maxsize=64)
def superquadric(along, around, density):
    """Sample points and normals on the unit superquadric.

    Parameters
    ----------
    along, around : float
        Roundness exponents: 0.25 is boxy, 1 round, 2.2 pinched.
    density : int
        1 leaves no gaps at 96 pixels a side.

    Returns
    -------
    points, normals : numpy.ndarray
        float64, (3, n), normals of any length.
    """
    eta = even_angles(along, 26 * density, -np.pi / 2, 4)[:, None]
    omega = even_angles(around, 26 * density, -np.pi, 8)[None]
    angles = np.cos(eta), np.sin(eta), np.cos(omega), np.sin(omega)
    with np.errstate(divide="ignore", invalid="ignore"):
        points, normals = (
            np.stack(
                [
                    signed_power(angles[0], first) * signed_power(angles[2], second),
                    signed_power(angles[0], first) * signed_power(angles[3], second),
                    signed_power(angles[1], first) * np.ones_like(omega),
                ]
            ).reshape(3, -1)
            for first, second in ((along, around), (2 - along, 2 - around))
        )
    # pinched edges have an infinite normal; the cap keeps its direction usable
    return points, np.clip(np.nan_to_num(normals, posinf=50.0, neginf=-50.0), -50, 50)


@functools.lru_cache(maxsize=16)
def tube(kind, thickness, density):
    """Sample points and normals on a tube round a closed or open space curve ("ring", "square ring", "spring", "knot").

    Returns
    -------
    points, normals : numpy.ndarray
        float64, (3, n).
    """
    t = np.linspace(0, 2 * np.pi, (340 if kind == "knot" else 280) * density)
    zero = np.zeros_like(t)
    if kind == "spring":
        curve = np.stack([0.6 * np.cos(3 * t), 0.6 * np.sin(3 * t), 0.32 * (t - np.pi)])
    elif kind == "knot":
        curve = np.stack([np.sin(t) + 2 * np.sin(2 * t), np.cos(t) - 2 * np.cos(2 * t), -1.4 * np.sin(3 * t)]) / 2.6
    else:
        curve = np.stack([np.cos(t), np.sin(t), zero])
    tangent = np.gradient(curve, axis=1)
    tangent = tangent / np.linalg.norm(tangent, axis=0)
    side = np.cross(tangent.T, [0.0, 0.0, 1.0]).T
    side = side / np.linalg.norm(side, axis=0)
    up = np.cross(side.T, tangent.T).T
    power = 0.3 if kind == "square ring" else 1.0
    angle = even_angles(power, 11 * density, 0, 8)[None, :, None]
    cross = [signed_power(f(angle), p) for p in (power, 2 - power) for f in (np.cos, np.sin)]
    offset, normals = (c * side[:, None] + s * up[:, None] for c, s in (cross[:2], cross[2:]))
    return (curve[:, None] + thickness * offset).reshape(3, -1), normals.reshape(3, -1)


@functools.lru_cache(maxsize=4)
def cone(density):
    """Sample points and normals on a cone with its base."""
    height, angle = np.meshgrid(np.linspace(0, 1, 90 * density), np.linspace(0, 2 * np.pi, 220 * density))
    height, angle = height.ravel(), angle.ravel()
    c, s = np.cos(angle), np.sin(angle)
    mantle = np.stack([0.9 * height * c, 0.9 * height * s, 0.9 - 1.8 * height]), np.stack([c, s, 0 * c + 0.5])
    base = np.stack([0.9 * height * c, 0.9 * height * s, 0 * c - 0.9]), np.stack([0 * c, 0 * c, 0 * c - 1])
    return np.concatenate([mantle[0], base[0]], 1), np.concatenate([mantle[1], base[1]], 1)


def shape_of_class(cls, rng, density):
    """Points and normals of a class, stretched by up to a tenth along each axis."""
    stretch = rng.uniform(0.9, 1.1, (3, 1))
    wobble = (0.88, 1.0, 1.12)[int(rng.integers(3))]
    if cls < 27:
        along, around = ROUNDNESS[cls % 3] * wobble, ROUNDNESS[cls // 3 % 3] * wobble
        points, normals = superquadric(along, around, density)
        stretch = stretch * np.array(ASPECTS[cls // 9])[:, None]
    elif cls < 27 + len(COMPOUNDS):
        points, normals = compound(cls - 27, density)
    elif cls == NUM_CLASSES - 1:
        points, normals = cone(density)
    else:
        kind = ("ring", "square ring", "spring", "knot")[cls - 27 - len(COMPOUNDS)]
        thickness = {"ring": 0.4, "square ring": 0.22, "spring": 0.2, "knot": 0.24}[kind]
        points, normals = tube(kind, thickness * wobble, density)
    return points * stretch, normals / stretch


@functools.lru_cache(maxsize=8)
def compound(number, density):
    """Points and normals of several superquadrics together."""
    points, normals = [], []
    for along, around, axes, centre in COMPOUNDS[number]:
        unit_points, unit_normals = superquadric(along, around, density)
        axes, centre = np.array(axes)[:, None], np.array(centre)[:, None]
        points.append(
            unit_points[:, ::2] * axes + centre if len(COMPOUNDS[number]) > 2 else unit_points * axes + centre
        )
        normals.append((unit_normals / axes)[:, ::2] if len(COMPOUNDS[number]) > 2 else unit_normals / axes)
    return np.concatenate(points, 1), np.concatenate(normals, 1)


def random_rotation(rng):
    """Draw a rotation in space, all equally likely."""
    w, x, y, z = (q := rng.standard_normal(4)) / np.sqrt((q**2).sum())
    return np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
            [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
            [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
        ]
    )


def rotate(matrix, vectors):
    """Matrix product without BLAS, whose sums may differ between machines."""
    return sum(matrix[:, k, None] * vectors[k] for k in range(3))


def nearest_points(rng, seen, size):
    """Project points with weak perspective; give each pixel the number of the nearest one, -1 where there is none."""
    scale = size * rng.uniform(0.3, 0.45) / np.abs(seen[:2]).max()
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
    gaps = (rank < 0) & (covered > 0.55)
    rank = np.where(gaps, ndi.maximum_filter(rank, 3), rank)
    return np.where(rank >= 0, numbers[rank], -1)


def paint_surface(rng, points, normals, gray):
    """Colour and light surface points.

    Parameters
    ----------
    rng : numpy.random.Generator
    points : numpy.ndarray
        float64, (3, n), in the solid's own frame: patterns turn with it.
    normals : numpy.ndarray
        float64, (3, n), unit, in the viewer's frame.
    gray : bool

    Returns
    -------
    numpy.ndarray
        float64, (n, 3), 0-255 and above.
    """
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
    shine = rng.choice([0, 0.5, 0.9]) * np.clip((normals * half[:, None]).sum(0), 0, 1) ** rng.uniform(8, 50)
    return color * diffuse[:, None] + 255 * shine[:, None]


def draw_solid(cls, rng, size):
    """Draw an image of the domain.

    Parameters
    ----------
    cls : int
        0-35.
    rng : numpy.random.Generator
    size : int
        Pixels a side.

    Returns
    -------
    numpy.ndarray
        uint8, (size, size, 3), 0-255.
    """
    points, normals = shape_of_class(cls, rng, -(-size // 96))
    pose = random_rotation(rng)
    facing = (pose[2][:, None] * normals).sum(0) > 0
    points, normals = points[:, facing], normals[:, facing]
    nearest = nearest_points(rng, rotate(pose, points), size)
    mask = nearest >= 0
    chosen = nearest[mask]
    lit = rotate(pose, normals[:, chosen])
    lit = lit / (np.sqrt((lit**2).sum(0)) + 1e-9)
    gray = is_gray(rng)
    background = draw_background(rng, size, gray)
    if rng.random() < 0.4:
        down, right = int(rng.integers(2, 9) * size / 96), int(rng.integers(-9, 10) * size / 96)
        shadow = ndi.gaussian_filter(np.roll(mask.astype(float), (down, right), (0, 1)), 2.5 * size / 96)
        background = background * (1 - 0.5 * shadow[..., None])
    solid = np.zeros((size, size, 3))
    solid[mask] = paint_surface(rng, points[:, chosen], lit, gray)
    return finish(rng, composite(background, np.clip(solid, 0, 255), mask.astype(float)))

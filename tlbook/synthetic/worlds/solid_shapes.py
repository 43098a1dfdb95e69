"""Sampled surfaces of the 36 shapes of ``solids``: superquadrics, tubes, a cone and compounds.

References
----------
.. [1] A. H. Barr, "Superquadrics and angle-preserving transformations", IEEE Computer Graphics and Applications 1(1),
       1981, doi:10.1109/MCG.1981.1673799
"""

import functools

import numpy as np

ROUNDNESS = (0.25, 1.0, 2.2)
# half axes, and samples in an octant along and round the axis: about one a pixel at 96 pixels a side
ASPECTS = (
    ((1.0, 1.0, 1.0), (30, 30)),
    ((0.6, 0.6, 1.35), (40, 20)),
    ((1.1, 1.1, 0.45), (25, 31)),
)
# parts of compounds: roundness along and round the axis, half axes, samples, and centre or axis to turn z to
COMPOUNDS = (
    tuple((1, 1, (0.7, 0.7, 0.7), (18, 18), (x, 0, 0)) for x in (-0.65, 0.65)),
    tuple((0.25, 0.25, (0.3, 0.3, 1.3), (42, 11), axis) for axis in range(3)),
    ((0.25, 1, (0.35, 0.35, 1.1), (32, 10), (0, 0, 0)), (1, 1, (0.9, 0.9, 0.6), (22, 22), (0, 0, 0.9))),
    tuple((1, 1, (0.5, 0.5, 0.5), (14, 14), (np.cos(t), np.sin(t), 0)) for t in np.arange(4) * np.pi / 2),
)
# thickness and samples along
TUBES = {"ring": (0.4, 280), "square ring": (0.22, 280), "spring": (0.2, 560), "knot": (0.24, 460)}
NUM_CLASSES = 27 + len(COMPOUNDS) + len(TUBES) + 1


def _signed_power(base, exponent):
    """Power of the magnitude with the sign kept."""
    return np.sign(base) * np.abs(base) ** exponent


def _even_angles(exponent, count, start, octants):
    """Angles at which the signed powers of sine and cosine advance evenly in each octant."""
    rise = np.pi / 4 * np.linspace(0, 1, count) ** (1 / exponent)
    pair = (rise, np.pi / 4 - rise[::-1])
    return np.concatenate([start + k * np.pi / 4 + pair[k % 2] for k in range(octants)])


@functools.lru_cache(maxsize=64)
def _superquadric(along, around, samples):
    """Sample points and normals of any length, float64, (3, n), on the unit superquadric."""
    eta = _even_angles(along, samples[0], -np.pi / 2, 4)[:, None]
    omega = _even_angles(around, samples[1], -np.pi, 8)[None]
    angles = np.cos(eta), np.sin(eta), np.cos(omega), np.sin(omega)
    with np.errstate(divide="ignore", invalid="ignore"):
        points, normals = (
            np.stack(
                [
                    _signed_power(angles[0], first) * _signed_power(angles[2], second),
                    _signed_power(angles[0], first) * _signed_power(angles[3], second),
                    _signed_power(angles[1], first) * np.ones_like(omega),
                ]
            ).reshape(3, -1)
            for first, second in ((along, around), (2 - along, 2 - around))
        )
    # pinched edges have an infinite normal; the cap keeps its direction usable
    return points, np.clip(np.nan_to_num(normals, posinf=50.0, neginf=-50.0), -50, 50)


@functools.lru_cache(maxsize=16)
def _tube(kind, thickness, density):
    """Sample points and normals, (3, n), on a tube round a curve: ring, square ring, spring or knot."""
    t = np.linspace(0, 2 * np.pi, TUBES[kind][1] * density)
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
    angle = _even_angles(power, 11 * density, 0, 8)[None, :, None]
    cross = [_signed_power(f(angle), p) for p in (power, 2 - power) for f in (np.cos, np.sin)]
    offset, normals = (c * side[:, None] + s * up[:, None] for c, s in (cross[:2], cross[2:]))
    return (curve[:, None] + thickness * offset).reshape(3, -1), normals.reshape(3, -1)


@functools.lru_cache(maxsize=4)
def _cone(density):
    """Sample points and normals on a cone with its base."""
    height, angle = np.meshgrid(np.linspace(0, 1, 90 * density), np.linspace(0, 2 * np.pi, 220 * density))
    height, angle = height.ravel(), angle.ravel()
    c, s = np.cos(angle), np.sin(angle)
    mantle = np.stack([0.9 * height * c, 0.9 * height * s, 0.9 - 1.8 * height]), np.stack([c, s, 0 * c + 0.5])
    base = np.stack([0.9 * height * c, 0.9 * height * s, 0 * c - 0.9]), np.stack([0 * c, 0 * c, 0 * c - 1])
    return np.concatenate([mantle[0], base[0]], 1), np.concatenate([mantle[1], base[1]], 1)


@functools.lru_cache(maxsize=8)
def _compound(number, density):
    """Sample points and normals on several superquadrics together."""
    points, normals = [], []
    for along, around, axes, samples, place in COMPOUNDS[number]:
        unit_points, unit_normals = _superquadric(along, around, tuple(density * count for count in samples))
        axes = np.array(axes)[:, None]
        part, normal = unit_points * axes, unit_normals / axes
        if isinstance(place, int):
            part, normal = np.roll(part, place, 0), np.roll(normal, place, 0)
        else:
            part = part + np.array(place)[:, None]
        points.append(part)
        normals.append(normal)
    return np.concatenate(points, 1), np.concatenate(normals, 1)


def shape_of_class(cls, wobble, density):
    """Surface of a class: points and normals of any length, (3, n), and axes to stretch the points by, (3,)."""
    axes = np.ones(3)
    if cls < 27:
        axes, samples = np.array(ASPECTS[cls // 9][0]), tuple(density * count for count in ASPECTS[cls // 9][1])
        surface = _superquadric(ROUNDNESS[cls % 3] * wobble, ROUNDNESS[cls // 3 % 3] * wobble, samples)
    elif cls < 27 + len(COMPOUNDS):
        surface = _compound(cls - 27, density)
    elif cls == NUM_CLASSES - 1:
        surface = _cone(density)
    else:
        kind = tuple(TUBES)[cls - 27 - len(COMPOUNDS)]
        surface = _tube(kind, TUBES[kind][0] * wobble, density)
    return *surface, axes

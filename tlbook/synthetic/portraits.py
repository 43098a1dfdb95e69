"""An animal's coat, its light, its place in the picture: from a build to a photograph."""

import math
from dataclasses import dataclass

import numpy as np

from tlbook.synthetic import animals
from tlbook.synthetic.scenes import add_occluders, draw_background, draw_smooth_noise, take_photograph
from tlbook.synthetic.spheres import measure_normals, render_spheres, sample_limbs

PATTERNS = ("plain", "patches", "spots", "stripes", "saddle", "points", "socks", "belly")
# Coat colours as red, green, blue, 0-255.
COLOURS = np.array(
    [
        (44, 38, 36), (92, 60, 42), (150, 92, 52), (196, 142, 84), (218, 190, 150),
        (234, 226, 214), (128, 126, 128), (84, 84, 92), (172, 160, 146), (118, 84, 66),
    ],
    np.float32,
)  # fmt: skip


@dataclass(frozen=True)
class Coat:
    """The colour of an animal.

    Attributes
    ----------
    base, second : numpy.ndarray
        float32, (3,), 0-255.
    pattern : str
        One of ``PATTERNS``: where the second colour is.
    grain : float
        How much the fur's brightness varies, as a share.
    curl : int
        Width of the fur's locks; 1 is sleek.
    """

    base: np.ndarray
    second: np.ndarray
    pattern: str
    grain: float = 0.08
    curl: int = 1


def draw_coat(rng, patterns=PATTERNS, grain=0.08, curl=1):
    """Return a coat with two random colours."""
    first, second = rng.choice(len(COLOURS), 2, replace=False)
    colours = COLOURS[[first, second]] * np.exp(rng.normal(0, 0.12, (2, 1)) + rng.normal(0, 0.03, (2, 3)))
    if np.abs(colours[0] - colours[1]).mean() < 45:
        colours[1] = 240 - 0.6 * colours[0] if colours[0].mean() < 110 else 0.45 * colours[0]
    return Coat(*colours.astype(np.float32), patterns[rng.integers(len(patterns))], grain, curl)


def draw_portrait(build, coat, pose, rng, size, difficulty, closeups=0.2):
    """Return a photograph of one animal: uint8, (size, size, 3)."""
    animal, alpha, feet = draw_cutout(build, coat, pose, rng, size, (difficulty, closeups))
    background = draw_background(rng, size, difficulty, feet - size * abs(rng.normal(0.1, 0.12)))
    image = place_animal(background, animal, alpha, feet, rng)
    return take_photograph(add_occluders(image, rng, difficulty), rng, difficulty)


def draw_cutout(build, coat, pose, rng, size, habits):
    """Return an animal without surroundings, float32, (size, size, 3), its opacity, and its feet's row.

    ``habits`` are the difficulty and the share of close-ups.
    """
    centres, radii, labels, feet = _point_camera(build, pose, rng, 2 * size, habits)
    corner, shape = _frame_spheres(centres, radii, 2 * size)
    depth, label = render_spheres(centres - (*corner[::-1], 0), radii, labels, shape)
    depth, label = _ruffle(depth, label, build.fluff * size / 96, rng)
    where, normals = measure_normals(depth, label)
    colour = _colour_coat(coat, label.ravel()[where], normals, _find_noise(where, shape, size), rng)
    colour *= _light_animal(normals, rng, habits[0])[:, None]
    animal, alpha = np.zeros((shape[0] * shape[1], 3), np.float32), np.zeros(shape[0] * shape[1], np.float32)
    animal[where], alpha[where] = colour, 1
    animal, alpha = (_place_layer(layer.reshape(*shape, -1), corner, size) for layer in (animal, alpha))
    return animal, alpha, feet / 2


def place_animal(background, animal, alpha, feet, rng):
    """Return an animal on its background, with its shadow: float32, (size, size, 3)."""
    return background * (1 - _cast_shadow(alpha[..., 0], feet, rng)[..., None]) * (1 - alpha) + animal


def _frame_spheres(centres, radii, size):
    """Return the part of the picture with spheres in it and room for ruffled fur: (row, column), (height, width)."""
    low = np.floor((centres[:, 1::-1] - radii[:, None]).min(0) / 2) * 2 - 10
    high = np.ceil((centres[:, 1::-1] + radii[:, None]).max(0) / 2) * 2 + 10
    low = np.clip(low, -4, size - 8).astype(int)  # two pixels at the edge have no normals: keep them outside
    high = np.clip(high, low + 8, size + 4).astype(int)
    return tuple(low.tolist()), tuple((high - low).tolist())


def _find_noise(where, shape, size):
    """Return which pixel of a noise of the final size each drawn pixel takes, and that size."""
    rows, columns = where // shape[1] // 2, where % shape[1] // 2
    return np.minimum(rows, size - 1) * size + np.minimum(columns, size - 1), size


def _place_layer(layer, corner, size):
    """Shrink the drawn part of the picture to half and put it in its place: float32, (size, size, channels)."""
    rows = layer[::2] + layer[1::2]
    small = (rows[:, ::2] + rows[:, 1::2]) / 4
    out = np.zeros((size + 4, size + 4, small.shape[-1]), np.float32)
    row, column = corner[0] // 2 + 2, corner[1] // 2 + 2
    out[row : row + small.shape[0], column : column + small.shape[1]] = small
    return out[2:-2, 2:-2]


def _ruffle(depth, label, fluff, rng):
    """Make the outline of long fur uneven: every pixel looks up its surface a little off its place."""
    if fluff < 0.02:
        return depth, label
    height, width = depth.shape
    side = max(height, width) // 2
    off = draw_smooth_noise(rng, side, max(2, side * 2 // 5), 2)[: height // 2, : width // 2]
    off = np.clip(off * (8.8 * fluff), -9, 9).astype(np.int32).repeat(2, 0).repeat(2, 1)
    rows, columns = np.arange(height, dtype=np.int32)[:, None], np.arange(width, dtype=np.int32)
    there = np.clip(rows + off[..., 0], 0, height - 1) * width + np.clip(columns + off[..., 1], 0, width - 1)
    there = np.where(label >= min(animals.SKIN), rows * width + columns, there)
    return depth.ravel().take(there), label.ravel().take(there)


def _point_camera(build, pose, rng, size, habits):
    """Return centres, radii and labels in the picture, and the row on which the animal stands."""
    difficulty, closeups = habits
    limbs, head = animals.place_limbs(build, pose)
    centres, radii, labels = sample_limbs(limbs)
    radii = radii * np.where(np.isin(labels, animals.SKIN), 1, 1 + 0.7 * build.fluff)
    turned = _turn(np.vstack([centres, head]), rng, difficulty)
    centres, head = turned[:-1], turned[-1]
    low, high = (centres - radii[:, None]).min(0), (centres + radii[:, None]).max(0)
    middle, extent = (low + high) / 2, (high - low)[:2].max()
    if rng.random() < closeups:
        share = rng.uniform(0.4, 0.85)
        middle, extent = middle + share * (head - middle), extent * (1 - 0.55 * share)
    scale = size * rng.uniform(0.76 - 0.2 * difficulty, 0.98) / extent
    room = max(0.03 * size, 0.5 * (size - scale * extent))
    shift = size / 2 + rng.uniform(-1, 1, 2) * room
    columns = (centres[:, 0] - middle[0]) * scale + shift[0]
    rows = -(centres[:, 1] - middle[1]) * scale + shift[1]
    feet = float((rows + radii * scale).max())
    return np.stack([columns, rows, centres[:, 2] * scale], 1), radii * scale, labels, feet


def _turn(points, rng, difficulty):
    """Turn the animal: left or right, towards the camera or away, seen from a little above, camera tilted."""
    yaw = rng.uniform(-0.15 - 0.55 * difficulty, 0.45 + 0.65 * difficulty)
    pitch, roll = rng.uniform(0, 0.12 + 0.4 * difficulty), rng.normal(0, 0.03 + 0.08 * difficulty)
    x, y, z = points.T
    x, z = x * math.cos(yaw) - z * math.sin(yaw), x * math.sin(yaw) + z * math.cos(yaw)
    if rng.random() < 0.5:
        x = -x
    y, z = y * math.cos(pitch) - z * math.sin(pitch), y * math.sin(pitch) + z * math.cos(pitch)
    x, y = x * math.cos(roll) - y * math.sin(roll), x * math.sin(roll) + y * math.cos(roll)
    return np.stack([x, y, z], 1)


def _colour_coat(coat, label, normals, places, rng):
    """Return the colour of each pixel with fur or skin: float32, (n, 3), 0-255."""
    place, size = places
    amount = _second_colour(coat.pattern, label, normals, places, rng)
    palette = np.stack([coat.base, coat.second - coat.base])
    locks = draw_smooth_noise(rng, size, 2 * size // (2 + 3 * coat.curl))
    tone = coat.grain * locks + 0.05 * draw_smooth_noise(rng, size, 7)
    tone = np.clip(1 + tone.ravel()[place], 0.3, 1.7)
    colour = (palette[0] + amount[:, None] * palette[1]) * tone[:, None]
    iris = np.array([(92, 58, 30), (150, 120, 50), (110, 130, 80), (60, 44, 34)], np.float32)[rng.integers(4)]
    skin = np.zeros((256, 3), np.float32)
    skin[animals.NOSE], skin[animals.PUPIL], skin[animals.EYE] = (34, 28, 28), (12, 10, 10), iris
    skin[animals.EAR_INSIDE] = 0.45 * coat.base + 0.55 * np.array([150, 105, 98])
    bare = np.flatnonzero(label >= min(animals.SKIN))
    colour[bare] = skin[label[bare]]
    return colour.astype(np.float32)


_MARKED = {
    "points": (animals.EAR, animals.MUZZLE, animals.PAW, animals.LEG, animals.TAIL_TIP, animals.TAIL),
    "socks": (animals.PAW, animals.LEG, animals.TAIL_TIP, animals.MUZZLE),
}


def _second_colour(pattern, label, normals, places, rng):
    """Return how much of the second colour each pixel has: float, (n,), 0-1."""
    place, size = places
    if pattern == "plain":
        return np.zeros(len(label), np.float32)
    if pattern in _MARKED:
        return np.isin(label, _MARKED[pattern]).astype(np.float32)
    if pattern == "belly":
        low = np.clip((-normals[1] - 0.05) * 5, 0, 1) * (label != animals.EAR)
        return np.maximum(low, label == animals.PAW)
    if pattern == "saddle":
        upper = np.isin(label, (animals.TORSO, animals.TAIL, animals.EAR, animals.NECK))
        return np.clip((normals[1] - 0.1) * 5, 0, 1) * upper
    noise = draw_smooth_noise(rng, size, 26 if pattern == "spots" else 7).ravel()[place]
    if pattern == "stripes":
        a, pitch = rng.normal(0, 0.35), 81 / size
        phase = pitch * ((place % size) * math.cos(a) + (place // size) * math.sin(a))
        return np.clip(2.5 * np.sin(phase + 1.3 * noise) - 0.4, 0, 1)
    if pattern == "spots":
        return np.clip((noise - 0.55) * 5, 0, 1)
    return np.clip((noise - rng.uniform(-0.1, 0.35)) * 9, 0, 1)


def _light_animal(normals, rng, difficulty):
    """Return the brightness of the surface: one lamp, soft light from above, dark creases."""
    lamp = np.array([rng.normal(0, 0.6), rng.uniform(0.2, 1.0), rng.uniform(0.4, 1.0)], np.float32)
    lamp /= np.linalg.norm(lamp)
    direct = np.clip(lamp @ normals, 0, None)
    ambient = rng.uniform(0.45, 0.62) - 0.12 * difficulty * rng.random()
    return ambient + 0.16 * normals[1] + (1.12 - ambient) * direct


def _cast_shadow(alpha, feet, rng):
    """Return how much of the light a soft shadow on the ground takes: float32, (size, size), 0-1."""
    size = len(alpha)
    columns = alpha.sum(0)
    if columns.sum() == 0:
        return np.zeros_like(alpha)
    x = np.arange(size)
    middle = (columns * x).sum() / columns.sum()
    width = max(4.0, 1.7 * math.sqrt((columns * (x - middle) ** 2).sum() / columns.sum()))
    middle += rng.normal(0, 0.1) * size
    across = np.exp(-(((x - middle) / width) ** 2))
    down = np.exp(-(((x - feet + 0.02 * size) / (0.06 * size)) ** 2))
    return (down[:, None] * across * rng.uniform(0.1, 0.6)).astype(np.float32)

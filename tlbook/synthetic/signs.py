"""Signs of an invented road authority, photographed from a moving car: several frames of each post.

Frames of one post look alike far beyond the meaning of its sign (same paint, dirt and street), so they share a group.
"""

import functools
import math

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from tlbook.synthetic.assembly import assemble_case, make_rng
from tlbook.synthetic.plates import PLATE, SIGNS, wear_plate
from tlbook.synthetic.scenes import add_occluders, draw_background, draw_colours, take_photograph

CLASSES = tuple(sorted(SIGNS))
FRAMES = 5  # a post


@functools.lru_cache(maxsize=4)
def _raise_post(keys, size, difficulty):
    """Return what all frames of a post share: its plate, its street and how it stands."""
    rng = make_rng("signs", *keys)
    plate = wear_plate(CLASSES[keys[2]], rng, difficulty)
    street = draw_background(rng, size + size // 2, difficulty)
    free = 0.3 + 0.9 * difficulty
    stand = {
        "yaw": rng.normal(0, 0.3 * free),
        "pitch": rng.normal(0, 0.12 * free),
        "roll": rng.normal(0, 0.1 * free),
        "pole": tuple(draw_colours(rng, 1)[0].astype(int).tolist()),
        "gain": math.exp(rng.normal(0, 0.25 * free)),
        "order": rng.permutation(FRAMES),
    }
    return Image.fromarray(plate, "RGBA"), Image.fromarray(np.clip(street, 0, 255).astype(np.uint8)), stand


def _draw_sign(key, size, difficulty):
    *keys, number = key
    post, frame = divmod(number, FRAMES)
    plate, street, stand = _raise_post((*keys, post), size, difficulty)
    rng = make_rng("signs", *keys, post, frame + 1)
    nearness = (stand["order"][frame] + rng.random()) / FRAMES  # the car comes closer, the frames are shuffled
    low, high = 0.62 - 0.32 * difficulty, 0.9 - 0.1 * difficulty
    reach = 0.5 * size * (low + (high - low) * nearness)
    middle = size / 2 + rng.uniform(-1, 1, 2) * (0.2 + 0.8 * difficulty) * max(0.04 * size, size / 2 - 0.85 * reach)
    image = _show_frame(plate, street, stand, (reach, middle), rng, difficulty)
    image = add_occluders(image, rng, 0.6 * difficulty) * stand["gain"]
    return take_photograph(image, rng, difficulty), f"post_{post:03d}"


def _show_frame(plate, street, stand, place, rng, difficulty):
    """Return street, pole and plate, blurred by the car's motion: float32, (size, size, 3)."""
    (reach, middle), size = place, street.width * 2 // 3
    free = 0.3 + 0.9 * difficulty
    corner, zoom = rng.uniform(0, 0.3, 2) * size, size * rng.uniform(0.8, 1.2)
    box = (*corner, corner[0] + zoom, corner[1] + zoom)
    picture = street.transform((size, size), Image.Transform.EXTENT, box, Image.Resampling.BILINEAR)
    foot = (middle[0] + stand["roll"] * size, 1.5 * size)
    ImageDraw.Draw(picture).line([tuple(middle), foot], fill=stand["pole"], width=max(1, round(0.12 * reach)))
    shrink = max(1, int(PLATE / (2.2 * reach)))
    small = plate.reduce(shrink) if shrink > 1 else plate
    corners = _turn_square(stand, rng, free) * reach + middle
    layer = small.transform(
        (size, size), Image.Transform.PERSPECTIVE, _fit_perspective(corners, small.width), Image.Resampling.BILINEAR
    )
    picture.paste(layer, (0, 0), layer)
    if rng.random() < 0.6 * free:
        reach = size / 96 * rng.uniform(0, 1.2 * free)
        picture = picture.filter(ImageFilter.BoxBlur((reach, 0.25 * reach) if rng.random() < 0.5 else reach))
    return np.asarray(picture).astype(np.float32)


def _turn_square(stand, rng, free):
    """Return where the plate's corners go, (4, 2), in about -1 … 1: rolled, turned, tilted, seen from close by."""
    yaw, pitch = stand["yaw"] + rng.normal(0, 0.2 * free), stand["pitch"] + rng.normal(0, 0.1 * free)
    roll = stand["roll"] + rng.normal(0, 0.05 * free)
    x, y = np.array([(-1, 1, 1, -1), (-1, -1, 1, 1)], float)
    x, y = x * math.cos(roll) - y * math.sin(roll), x * math.sin(roll) + y * math.cos(roll)
    x, z = x * math.cos(yaw), x * math.sin(yaw)
    y, z = y * math.cos(pitch) - z * math.sin(pitch), y * math.sin(pitch) + z * math.cos(pitch)
    return np.stack([x, y], 1) * (5 / (5 - z))[:, None]


def _fit_perspective(corners, width):
    """Return Pillow's eight coefficients that take the picture's corners back to the plate's."""
    plate = np.array([(0, 0), (width, 0), (width, width), (0, width)], float)
    rows = []
    for (x, y), (u, v) in zip(corners, plate, strict=True):
        rows += [[x, y, 1, 0, 0, 0, -u * x, -u * y], [0, 0, 0, x, y, 1, -v * x, -v * y]]
    return np.linalg.solve(np.array(rows), plate.ravel()).tolist()


def make_case(*, per_class=30, seed=0, test_per_class=20, val_per_class=10, size=96, difficulty=0.5):
    """Draw road signs of fourteen invented kinds, five frames of each post.

    Shape, colours and pictogram make the sign; some kinds share shape and colours and differ in the pictogram alone
    (``limit_30``, ``limit_80`` and ``two_way``; ``ahead``, ``turn_left`` and ``turn_right``; the triangles; the
    squares). Fading, dirt, stickers, street and lean belong to the post; distance, place, angle, blur, exposure and
    what is in the way to the frame.

    Parameters
    ----------
    per_class : int, default 30
        Training images (not posts) a class; the first of more are the same images. The last post of a class has
        fewer frames where this is no multiple of five.
    seed : int, default 0
    test_per_class, val_per_class : int, default 20 and 10
    size : int, default 96
        Pixels a side.
    difficulty : float, default 0.5
        0 (new signs, close and straight) to 1 (worn, far, askew, hidden).

    Returns
    -------
    Dataset
        uint8 images; the groups are the posts, each in one split.

    Raises
    ------
    BadInput
        A number is out of range.

    Examples
    --------
    >>> case = make_case(per_class=5, val_per_class=5, test_per_class=5)
    >>> len(case.train), str(case.train.groups[0])
    (70, 'train/ahead/post_000')
    """
    counts = {"train": per_class, "val": val_per_class, "test": test_per_class}
    return assemble_case("signs", CLASSES, _draw_sign, counts, seed=seed, size=size, difficulty=difficulty)

"""Variations of training images that keep their labels: sampled anew each epoch, and the same for the same seed."""

from dataclasses import dataclass

import numpy as np

from tlbook.errors import check_arguments, is_flag, is_number
from tlbook.runtime import import_tensorflow

AUTO = "auto"  # a word for "choose": what an image may look like and keep its label
DRAWS = 7  # uniform numbers an image: mirror, zoom, shift (2), contrast, brightness, turn
VIEWS = 4  # fixed views of an image where the frozen part runs once


@dataclass(frozen=True)
class Augmentation:
    """Random variations of an image; each is uniform in its range, and 0 leaves it out.

    Attributes
    ----------
    mirror : bool
        Mirror half of the images. Not where left and right differ: organs, text, traffic signs.
    shift : float
        Of the picture, up and down, left and right, at most this share of its side, 0-0.5. Edge pixels fill.
    zoom : float
        In and out by at most this share, 0-0.5.
    turn : float
        By at most this angle, degrees, 0-180.
    brightness : float
        Added, at most this share of the full range, 0-1.
    contrast : float
        About the image's mean, by at most this share, 0-1.

    Raises
    ------
    BadInput
        An argument is of another type or out of its range.

    Examples
    --------
    >>> Augmentation(mirror=True, turn=10).turn
    10
    """

    mirror: bool = False
    shift: float = 0.0
    zoom: float = 0.0
    turn: float = 0.0
    brightness: float = 0.0
    contrast: float = 0.0

    def __post_init__(self):
        checks = {"mirror": (is_flag(self.mirror), "True or False")}
        for name, limit in {"shift": 0.5, "zoom": 0.5, "turn": 180, "brightness": 1, "contrast": 1}.items():
            value = getattr(self, name)
            checks[name] = is_number(value) and 0 <= value <= limit, f"a number from 0 to {limit}"
        check_arguments(vars(self), checks)

    @property
    def moves(self) -> bool:
        """True where pixels are interpolated."""
        return bool(self.shift or self.zoom or self.turn)

    @property
    def num_views(self) -> int:
        """Fixed views that stand for it: 1 without any, 2 for mirroring (that is all there are), 4 otherwise."""
        if self.moves or self.brightness or self.contrast:
            return VIEWS
        return 2 if self.mirror else 1


# What a modality bears. Radiographs and slices keep their sides: a heart on the right is another finding.
AUGMENTATIONS = {
    "photographs": Augmentation(mirror=True, shift=0.1, zoom=0.1, brightness=0.1, contrast=0.2),
    "radiographs": Augmentation(shift=0.05, zoom=0.05, turn=5, brightness=0.1, contrast=0.2),
    "slices": Augmentation(shift=0.05, zoom=0.05, turn=5, contrast=0.1),
    "signs": Augmentation(shift=0.1, zoom=0.1, turn=5, brightness=0.2, contrast=0.2),
}


def find_augmentation(modality: str | None) -> Augmentation:
    """Find the variations that a kind of image bears.

    Parameters
    ----------
    modality : {"photographs", "radiographs", "slices", "signs"} or None
        None varies nothing.

    Returns
    -------
    Augmentation

    Raises
    ------
    BadInput
        No such modality.

    Examples
    --------
    >>> find_augmentation("radiographs")
    Augmentation(mirror=False, shift=0.05, zoom=0.05, turn=5, brightness=0.1, contrast=0.2)
    """
    if modality is None:
        return Augmentation()
    known = isinstance(modality, str) and modality in AUGMENTATIONS
    check_arguments({"modality": modality}, {"modality": (known, f"one of {', '.join(AUGMENTATIONS)}")})
    return AUGMENTATIONS[modality]


def draw_numbers(count, seed, key):
    """Sample the numbers that vary a batch: float32, (count, 7), 0-1, others for each ``key`` (an int64 tensor)."""
    tf = import_tensorflow()
    # only the low 31 bits of each: a seed may be anything up to 2**32
    pair = tf.stack([tf.constant(seed % 2**31, tf.int64), tf.cast(key, tf.int64) % 2**31])
    return tf.random.stateless_uniform((count, DRAWS), pair)


def draw_view(count, seed, view, num_views):
    """Sample the numbers of one fixed view, float32, (count, 7); over all views, the first is spread evenly."""
    numbers = np.random.default_rng((seed, view)).random((count, DRAWS), np.float32)
    numbers[:, 0] = (view + 0.5) / num_views
    return numbers


def choose_views(numbers, num_views):
    """Choose a view for each image of a batch, int64, (batch,): the one that has mirroring as the numbers have it."""
    tf = import_tensorflow()
    return tf.cast(numbers[:, 0] * num_views, tf.int64)


def augment_images(augmentation, images, numbers):
    """Vary a batch of images, (batch, size, size, 3), 0-255; the result is float32, or as it came where only mirrored.

    ``numbers`` are those of :func:`draw_numbers` or :func:`draw_view`, (batch, 7).
    """
    tf = import_tensorflow()
    numbers = tf.convert_to_tensor(numbers)
    if augmentation.mirror:
        images = tf.where(numbers[:, 0, None, None, None] >= 0.5, images[:, :, ::-1], images)
    if augmentation.moves:
        transforms = _build_transforms(augmentation, numbers, images.shape[1])
        shape, images = images.shape, tf.cast(images, tf.float32)  # TensorFlow's own: batches are fed by it everywhere
        images = tf.raw_ops.ImageProjectiveTransformV3(
            images=images, transforms=transforms, output_shape=tf.shape(images)[1:3], fill_value=0.0,
            interpolation="BILINEAR", fill_mode="NEAREST",
        )  # fmt: skip
        images = tf.ensure_shape(images, shape)
    if augmentation.brightness or augmentation.contrast:
        images = tf.cast(images, tf.float32)
        mean = tf.reduce_mean(images, (1, 2, 3), keepdims=True)
        gain, offset = (
            1 + augmentation.contrast * _centre(numbers, 4),
            255 * augmentation.brightness * _centre(numbers, 5),
        )
        images = (images - mean) * gain[:, None, None, None] + mean + offset[:, None, None, None]
        images = tf.clip_by_value(images, 0, 255)
    return images


def _centre(numbers, column):
    return 2 * numbers[:, column] - 1


def _build_transforms(augmentation, numbers, size):
    """Build (batch, 8) projective transforms, from output to input pixels, about the picture's centre."""
    tf = import_tensorflow()
    angle = np.pi / 180 * augmentation.turn * _centre(numbers, 6)
    scale = 1 + augmentation.zoom * _centre(numbers, 1)
    cos, sin = scale * tf.cos(angle), scale * tf.sin(angle)
    centre = (size - 1) / 2
    x = centre + augmentation.shift * size * _centre(numbers, 2)
    y = centre + augmentation.shift * size * _centre(numbers, 3)
    zero = tf.zeros_like(cos)
    rows = [cos, -sin, x - centre * cos + centre * sin, sin, cos, y - centre * sin - centre * cos, zero, zero]
    return tf.stack(rows, 1)


def mix_pairs(images, labels, alpha, key):
    """Mix each image of a batch with the one opposite in it, and their labels (distributions) alike.

    This is mixup (Zhang et al. 2018, arXiv:1710.09412) with one share a batch, sampled from Beta(alpha, alpha).
    """
    tf = import_tensorflow()
    pair = tf.stack([tf.constant(1, tf.int64), tf.cast(key, tf.int64) % 2**31])
    gammas = tf.random.stateless_gamma((2,), pair, alpha, dtype=tf.float64)  # of tiny alpha, float32 would underflow
    share = tf.cast(gammas[0] / tf.maximum(gammas[0] + gammas[1], 1e-300), tf.float32)
    images = tf.cast(images, tf.float32)
    return tuple(share * part + (1 - share) * tf.reverse(part, [0]) for part in (images, labels))

"""Batches for pre-training, in NumPy: the same on every backend, and known by seed and step alone."""

import numpy as np


def resample_crops(images, boxes, size):
    """Cut boxes (top, left, bottom, right, 0-1) out of images, (n, height, width, 3), to float32, size by size."""
    # Separable: two matrix products an image, which NumPy does faster than any loop.
    num, height, width, channels = images.shape
    rows = _interpolation(boxes[:, 0], boxes[:, 2], height, size)
    columns = _interpolation(boxes[:, 1], boxes[:, 3], width, size)
    x = np.matmul(rows, images.reshape(num, height, width * channels).astype(np.float32))
    x = x.reshape(num, size, width, channels).transpose(0, 2, 1, 3).reshape(num, width, size * channels)
    x = np.matmul(columns, x)
    return x.reshape(num, size, size, channels).transpose(0, 2, 1, 3)


def _interpolation(start, stop, length, size):
    """Weights, (n, size, length), of a triangle filter between two edges given as fractions of the length."""
    start, stop = start[:, None] * length, stop[:, None] * length
    step = (stop - start) / size
    centres = start + step * (np.arange(size) + 0.5)
    reach = np.maximum(step, 1.0)[:, :, None]
    distance = np.abs(centres[:, :, None] - (np.arange(length) + 0.5)) / reach
    weights = np.maximum(1.0 - distance, 0.0)
    return (weights / weights.sum(-1, keepdims=True)).astype(np.float32)


def jitter_colours(images, rng):
    """Vary contrast, brightness and tint in place, make some images grey, mirror half.

    Parameters
    ----------
    images : numpy.ndarray
        float32, (n, height, width, 3), 0-255; changed in place.
    rng : numpy.random.Generator
        Draws everything.

    Returns
    -------
    numpy.ndarray
        The same array.

    Examples
    --------
    >>> images = np.full((2, 4, 4, 3), 100, np.float32)
    >>> jitter_colours(images, np.random.default_rng(0)) is images
    True
    """
    num = len(images)

    def draw(low, high):
        return rng.uniform(low, high, (num, 1, 1, 1)).astype(np.float32)

    mean = images.mean((1, 2, 3), keepdims=True)
    contrast, shift = draw(0.6, 1.4), draw(-30, 30)
    tint = rng.normal(0, 12, (num, 1, 1, 3)).astype(np.float32)
    grey = rng.random(num) < 0.15
    images[grey] = images[grey].mean(-1, keepdims=True)
    tint[grey] = 0
    images *= contrast
    images += mean * (1 - contrast) + shift + tint
    mirrored = rng.random(num) < 0.5
    images[mirrored] = images[mirrored, :, ::-1]
    return np.clip(images, 0, 255, out=images)


def draw_square_crops(num, rng, smallest=0.4):
    """Draw square crops of at least that share of the area: float32, (num, 4), top to right in 0-1."""
    side = np.sqrt(rng.uniform(smallest, 1.0, num))
    top, left = rng.uniform(0, 1 - side), rng.uniform(0, 1 - side)
    return np.stack([top, left, top + side, left + side], -1).astype(np.float32)


def invert_some(images, rng, share=0.15):
    """Turn some synthetic images into negatives, in place (a photograph has an upright tone); float32, 0-255."""
    chosen = rng.random(len(images)) < share
    images[chosen] = 255 - images[chosen]
    return images

"""Hand-made features of images, as they were the state of the art before networks learned their own."""

import numpy as np


def describe_images(images):
    """Describe images by hand-made features: gradients by place, and colours wherever they are.

    Parameters
    ----------
    images : numpy.ndarray
        uint8, (n, size, size, 3), 0-255; ``size`` a multiple of 8.

    Returns
    -------
    numpy.ndarray
        float32, (n, 576): histograms of gradient directions in 8 by 8 cells, and of colours in 4 levels a channel.

    References
    ----------
    Dalal & Triggs 2005, doi:10.1109/CVPR.2005.177.

    Examples
    --------
    >>> import numpy as np
    >>> describe_images(np.zeros((5, 64, 64, 3), np.uint8)).shape
    (5, 576)
    """
    return np.hstack([count_gradients(images), count_colours(images)]).astype(np.float32)


def count_gradients(images, cells=8, bins=8):
    """Histogram of gradient directions in each cell, float32, (n, cells * cells * bins), of length about 1."""
    grey = images.astype(np.float32).mean(-1) / 255
    down, right = np.gradient(grey, axis=(1, 2))
    strength = np.hypot(right, down)
    direction = np.floor(np.arctan2(down, right) % np.pi / np.pi * bins).astype(int) % bins
    n, size = grey.shape[:2]
    shape = (n, cells, size // cells, cells, size // cells)
    counts = [(strength * (direction == b)).reshape(shape).mean((2, 4)) for b in range(bins)]
    counts = np.stack(counts, -1)
    counts /= np.linalg.norm(counts, axis=-1, keepdims=True) + 0.02
    return counts.reshape(n, -1)


def count_colours(images, levels=4):
    """Histogram of colours, each channel in a few levels, square-rooted: float64, (n, levels ** 3)."""
    codes = (images // (256 // levels)).astype(int) @ [levels**2, levels, 1]
    return np.sqrt([np.bincount(c.ravel(), minlength=levels**3) / c.size for c in codes])

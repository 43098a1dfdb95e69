"""Any image file to 8-bit RGB, and one resizing rule for all."""

import numpy as np
from PIL import Image


def resize_image(image, size):
    """Squash an image to a square, bilinear with anti-aliasing (aspect ratio is given up).

    Parameters
    ----------
    image : numpy.ndarray
        uint8, (height, width, 3), 0-255.
    size : int
        Pixels a side.

    Returns
    -------
    numpy.ndarray
        uint8, (size, size, 3), 0-255; the input itself where it has that size.
    """
    if image.shape[:2] == (size, size):
        return image
    return np.asarray(Image.fromarray(image).resize((size, size), Image.Resampling.BILINEAR))

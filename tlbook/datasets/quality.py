"""Images that are odd among their set: dark, light, blurred, empty, of another size or shape.

The measures are those of cleanvision, taken while each image is read once for other reasons, but that sharpness is
looked at on 128 pixels, as networks see it. Its fixed limits alone would name every drawing ("little in it") and one
traffic sign in eleven ("dark"), so that here an image must also be far from the others of its set.
"""

from dataclasses import dataclass

import numpy as np
from PIL import Image

SIDE = 128  # pixels of the longer side that sharpness is measured on
FLAT = 1.0  # grey levels: spread of an image that holds no picture
NATURE = 0.05  # share of the images from which an oddity is the nature of the set
LEAST_SPREAD = 0.3  # of logarithms of sizes and shapes: odd is a factor of 2.5 and more
COLUMNS = ("spread", "bright", "shadow", "entropy", "sharpness", "size", "shape")


@dataclass(frozen=True)
class Oddity:
    """A way in which an image may be odd.

    Attributes
    ----------
    kind : str
    column : str
        Of ``COLUMNS``.
    low, high : float
        Within these nothing is odd.
    fences : float
        Quartile distances from the quartiles at which an image is far from the others.
    least : float
        What the quartiles are at least apart.
    """

    kind: str
    column: str
    low: float = -np.inf
    high: float = np.inf
    fences: float = 1.5
    least: float = 0.0


# Of the first four an image has one at most, the first.
ODDITIES = (
    Oddity("dark images", "bright", low=0.32),
    Oddity("light images", "shadow", high=0.95),
    Oddity("images with little in them", "entropy", low=3.0),
    Oddity("blurred images", "sharpness", low=np.log(0.2), fences=3.0),
    Oddity("images of an odd size", "size", low=np.inf, high=-np.inf, fences=3.0, least=LEAST_SPREAD),
    Oddity("images of an odd shape", "shape", low=np.inf, high=-np.inf, fences=3.0, least=LEAST_SPREAD),
)
CONTENT = 4


def measure_image(image):
    """Measure an image, uint8, (height, width, 3): float32, (7,), as ``COLUMNS`` names them.

    ``bright`` and ``shadow`` are the 99th and the 5th percentile of its greys, 0-1; ``entropy`` is that of their
    histogram, in bits; ``sharpness`` the logarithm of the Laplacian over the spread of the greys; ``size`` and
    ``shape`` the logarithms of the side of a square of equal area, and of width over height.
    """
    grey = Image.fromarray(image).convert("L")
    shares = np.array(grey.histogram(), float) / (grey.width * grey.height)
    bright, shadow = (np.searchsorted(shares.cumsum(), share) / 255 for share in (0.99, 0.05))
    entropy = -np.sum(shares[shares > 0] * np.log2(shares[shares > 0]))
    ratio = max(1.0, max(grey.size) / SIDE)
    small = grey.resize([max(3, round(side / ratio)) for side in grey.size], Image.Resampling.BOX)
    small = np.asarray(small, np.float32)
    laplace = 4 * small[1:-1, 1:-1] - small[:-2, 1:-1] - small[2:, 1:-1] - small[1:-1, :-2] - small[1:-1, 2:]
    spread = small.std()
    sharpness = np.log(np.sqrt(np.mean(laplace**2)) / (spread + 1) + 1e-3)
    size, shape = np.log(grey.width * grey.height) / 2, np.log(grey.width / grey.height)
    return np.array([spread, bright, shadow, entropy, sharpness, size, shape], np.float32)


def find_odd(measures):
    """Find images that are odd among the others: kind to indices, the oddest first; kinds without any are left out.

    An image is odd where a measure is beyond a fixed limit and, by quartile distances, far from the rest of the set.
    Where one in twenty is beyond the limit, that is how the set is.

    Parameters
    ----------
    measures : numpy.ndarray
        float32, (n, 7), rows of `measure_image`.

    Returns
    -------
    dict of str to numpy.ndarray
        int64.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> images = [rng.integers(0, 256, (40, 40, 3), dtype="uint8") for _ in range(40)]
    >>> images[7] //= 9
    >>> find_odd(np.stack([measure_image(image) for image in images]))
    {'dark images': array([7])}
    """
    spread = measures[:, COLUMNS.index("spread")]
    found, taken = {"images of one grey": np.flatnonzero(spread < FLAT)}, spread < FLAT
    for place, oddity in enumerate(ODDITIES):
        values = measures[:, COLUMNS.index(oddity.column)]
        distance = _measure_distance(values, oddity)
        odd = common = distance > 0
        if place < CONTENT:
            odd, common = odd & ~taken, ((values < oddity.low) | (values > oddity.high)) & ~taken
            taken |= common
        if common.sum() <= max(1, NATURE * len(odd)):
            rows = np.flatnonzero(odd)
            found[oddity.kind] = rows[np.argsort(-distance[rows], kind="stable")]
    return {kind: rows for kind, rows in found.items() if len(rows)}


def _measure_distance(values, oddity):
    """Return how far each value lies beyond both the fixed limits and the fences; 0 and less is within one of them."""
    first, third = np.percentile(values, (25, 75))
    room = oddity.fences * max(third - first, oddity.least)
    below = np.minimum(oddity.low, first - room) - values
    above = values - np.maximum(oddity.high, third + room)
    return np.maximum(below, above)

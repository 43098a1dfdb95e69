"""Images of more than 8 bits: one range of values for a whole set, and how values in it become 8 bits."""

import numpy as np

DEPTHS = (8, 10, 12, 14, 16)
OUTLIERS = 0.5  # per cent at either end
ODD = 0.1  # per cent that may lie beyond the bits used: hot pixels
NARROW = 1 / 8  # of the bits used: values that lie closer together would get fewer than 32 of the 256 levels
LEVELS_16 = 1 << 16


def scale_to_8_bits(values, value_range=None):
    """Scale wide integers or floats to uint8, 0-255: from a range, values outside it cut off, or from their own.

    Without a range integers are scaled from the smallest of ``DEPTHS`` that holds the largest, floats within 0-1 or
    0-255 from these, and others from their smallest to their largest value.
    """
    if values.dtype.kind == "u" and values.dtype.itemsize == 2:  # a table: exact, and no image of floats in memory
        low, high = value_range or _find_own_range(values)
        return _scale(np.arange(LEVELS_16, dtype=np.float64), low, high)[values]
    wide = np.nan_to_num(values.astype(np.float32), copy=False, nan=0.0, posinf=0.0, neginf=0.0)
    return _scale(wide, *(value_range or _find_own_range(wide, floating=values.dtype.kind == "f")))


def scale_small(small, negative, value_range=None):
    """Scale the small square of an image of more than 8 bits to uint8, as the image itself is scaled."""
    grey = scale_to_8_bits(small, value_range)
    return 255 - grey if negative else grey


def _scale(wide, low, high):
    """Scale floats from a range to uint8, in place."""
    if low:
        wide -= low
    wide *= 255 / ((high - low) or 1)
    return np.rint(np.clip(wide, 0, 255, out=wide), out=wide).astype(np.uint8)


def _find_own_range(values, floating=False):
    """Return the range of one image that belongs to no set."""
    low, high = float(values.min()), float(values.max())
    top = _find_top(high, floating)
    return (0.0, top) if low >= 0 and top else (low, high)


def _find_top(high, floating):
    """Return the largest value of the smallest usual range that holds one; None where none does."""
    if floating:
        return next((top for top in (1.0, 255.0) if high <= top), None)
    return next((2.0**depth - 1 for depth in DEPTHS if high < 2**depth), None)


def find_value_range(values, *, floating=False):
    """Find the range of a set's values from a sample of them: low, high.

    It is the bits used (0-1 or 0-255 of floats), whatever a few odd pixels are; or the 0.5th to the 99.5th percentile
    where values are negative, beyond 16 bits, or lie within an eighth of the bits used.
    """
    low, bottom, top, high = np.percentile(values, (OUTLIERS, ODD, 100 - ODD, 100 - OUTLIERS)).tolist()
    full = _find_top(top, floating) if bottom >= 0 else None
    keeps = full == 255 and not floating  # 8 bits in a deep file lose nothing
    if full and (keeps or high - low >= NARROW * full):
        return 0.0, full
    return (low, high) if high > low else (low, low + 1)

"""What a reader ought to know of an image, besides its picture."""

from dataclasses import dataclass

import numpy as np

from tlbook.datasets.dicom import PLAIN


@dataclass(frozen=True, eq=False)
class Traits:
    """What a reader ought to know of an image, besides its picture.

    Attributes
    ----------
    pages : bool
        True where the file holds several pages or frames, of which the first is read.
    truncated : bool
        True where it lacks its end, and what is there was decoded.
    flat : bool
        True where it is of one grey, or nearly.
    values : numpy.ndarray or None
        float32, (n,), some of the values of an image of more than 8 bits; None of one of 8.
    small : numpy.ndarray or None
        float32, (32, 32), such an image as a small square, not yet scaled.
    floating, negative : bool
        Of such an image: its values are floats; its zero is white.
    rescale : tuple of float
        Slope and intercept by which its values were made of those stored (DICOM).
    window : tuple of float or None
        The range that such a file proposes for itself (DICOM).
    patient : str
        The patient's id in the file (DICOM); empty without one.
    """

    pages: bool = False
    truncated: bool = False
    flat: bool = False
    values: np.ndarray | None = None
    small: np.ndarray | None = None
    floating: bool = False
    negative: bool = False
    rescale: tuple = PLAIN
    window: tuple | None = None
    patient: str = ""

"""DICOM files, which hospitals' machines write: their first frame as a Pillow image, and what the header says of it."""

import importlib.util
import io
import math
from dataclasses import dataclass

import numpy as np
from PIL import Image

from tlbook.datasets.limits import DEEP_COST, UnreadableImage, check_cost

MARK_AT, MARK = 128, b"DICM"
HEAD = MARK_AT + len(MARK)
DIRECTORY = "dicomdir"  # a DICOM file that lists others
MISSING = "pydicom, which reads DICOM, is not installed: pip install 'tlbook[medical]'"
DEFLATED = b"1.2.840.10008.1.2.1.99"  # a few kilobytes of it may unpack to gigabytes
DECODER = "python-gdcm"
PLAIN = (1.0, 0.0)
LARGEST_INT = 2**31
MOST_LETTERS = 64  # of a name or an id, as the standard has it


@dataclass(frozen=True)
class Header:
    """What a DICOM file says of its image.

    Attributes
    ----------
    pages : bool
        True where it holds several frames, of which the first is read.
    negative : bool
        True where its zero is white (MONOCHROME1).
    rescale : tuple of float
        Slope and intercept: the image's values are those stored times the slope, plus the intercept.
    window : tuple of float or None
        The lowest and the highest value that are to be told apart, as the machine proposes it.
    patient : str
        The patient's id; empty without one.
    """

    pages: bool = False
    negative: bool = False
    rescale: tuple = PLAIN
    window: tuple | None = None
    patient: str = ""


def is_dicom(data):
    """Tell a DICOM file by its mark; its first 132 bytes are enough."""
    return data[MARK_AT:HEAD] == MARK


def can_read_dicom():
    """Tell whether the package that reads DICOM is installed."""
    return importlib.util.find_spec("pydicom") is not None


def read_dicom(data, *, keyword=None):
    """Return a DICOM file's data set, its pixels not yet decoded; of a keyword that element and the height alone."""
    if not can_read_dicom():
        raise UnreadableImage(MISSING)
    if DEFLATED in data[:2048]:
        raise UnreadableImage("its transfer syntax, deflated, is not read here; gdcmconv --raw unpacks it")
    from pydicom import dcmread

    if keyword is not None:
        return dcmread(io.BytesIO(data), stop_before_pixels=True, specific_tags=[keyword, "Rows"])
    return dcmread(io.BytesIO(data))


def measure_dicom(dataset):
    """Check that a data set holds a picture that can be decoded here; tell whether it is a large one."""
    rows, columns = (_read_number(dataset, name, 0) for name in ("Rows", "Columns"))
    kept = ("PixelData", "FloatPixelData", "DoubleFloatPixelData")
    if not rows or not columns or not any(name in dataset for name in kept):
        raise UnreadableImage(f"it holds no picture (modality {_read_text(dataset, 'Modality') or 'unknown'})")
    _check_decoder(dataset)
    return check_cost(int(columns), int(rows), DEEP_COST)


def draw_dicom(dataset):
    """Return the first frame as a Pillow image, in colour or grey, with its `Header` as the attribute ``dicom``."""
    from pydicom.pixels import apply_color_lut, pixel_array

    stored = pixel_array(dataset, index=0)
    kind = str(dataset.get("PhotometricInterpretation", ""))
    if kind == "PALETTE COLOR":
        stored = apply_color_lut(stored, dataset)
        stored = stored if stored.dtype == np.uint8 else stored >> 8
    if stored.ndim == 3:
        image = Image.fromarray(_cut_to_8_bits(stored, dataset))
        image.dicom = Header(_has_frames(dataset), patient=_read_text(dataset, "PatientID"))
        return image
    rescale, values = _rescale(_blacken_padding(stored, dataset, kind == "MONOCHROME1"), dataset)
    if values.dtype == np.uint8 and kind == "MONOCHROME1":
        values = 255 - values
    image = Image.fromarray(values)
    image.dicom = Header(
        _has_frames(dataset), kind == "MONOCHROME1", rescale, _read_window(dataset), _read_text(dataset, "PatientID")
    )
    return image


def _check_decoder(dataset):
    """Refuse pixels that are compressed in a way for which no decoder is installed."""
    from pydicom.pixels import get_decoder

    syntax = dataset.file_meta.TransferSyntaxUID
    if syntax.is_transfer_syntax and not syntax.is_compressed:
        return
    name = " ".join(syntax.name.split())[:MOST_LETTERS]
    try:
        there = get_decoder(syntax).is_available
    except NotImplementedError:
        raise UnreadableImage(f"its transfer syntax, {name}, is not read here") from None
    if not there:
        raise UnreadableImage(
            f"its transfer syntax, {name}, needs a decoder that is not installed: pip install {DECODER}"
        )


def _cut_to_8_bits(colours, dataset):
    """Keep the high 8 bits of colours."""
    if colours.dtype == np.uint8:
        return np.ascontiguousarray(colours)
    return (colours >> max(0, int(_read_number(dataset, "BitsStored", 16)) - 8)).astype(np.uint8)


def _blacken_padding(stored, dataset, negative):
    """Give pixels outside the picture, which have a value of their own, that of the picture's darkest."""
    padding = _read_number(dataset, "PixelPaddingValue", None)
    outside = stored == padding if padding is not None else np.zeros(0, bool)
    if not outside.any() or outside.all():
        return stored
    inside = stored[~outside]
    return np.where(outside, inside.max() if negative else inside.min(), stored)


def _rescale(stored, dataset):
    """Return slope and intercept, and the values: integers stay some where they can."""
    if dataset.get("ModalityLUTSequence"):
        from pydicom.pixels import apply_modality_lut

        return PLAIN, apply_modality_lut(stored, dataset)
    slope, intercept = (_read_number(dataset, f"Rescale{n}", d) for n, d in (("Slope", 1.0), ("Intercept", 0.0)))
    rescale = (slope or 1.0, intercept)
    if rescale == PLAIN and stored.dtype in (np.uint8, np.uint16):
        return rescale, stored
    values = stored.astype(np.float32) * np.float32(rescale[0]) + np.float32(intercept)
    whole = stored.dtype.kind in "iu" and all(part.is_integer() for part in rescale)
    if whole and np.abs(values).max() < LARGEST_INT:
        values = values.astype(np.int32)
    return rescale, values


def _read_window(dataset):
    """Return the first window as the lowest and the highest value, by the standard's linear function (C.11.2.1.2)."""
    centre, width = (_read_number(dataset, f"Window{name}", None) for name in ("Center", "Width"))
    if centre is None or width is None or width <= 1:
        return None
    exact = dataset.get("VOILUTFunction") == "LINEAR_EXACT"
    centre, width = (centre, width) if exact else (centre - 0.5, width - 1)
    return centre - width / 2, centre + width / 2


def _read_number(dataset, name, default):
    """Return an element as a number, the first of several; a default where there is none."""
    value = dataset.get(name)
    if isinstance(value, list | tuple) or type(value).__name__ == "MultiValue":
        value = value[0] if len(value) else None
    try:
        number = float(value)
    except (TypeError, ValueError):
        return default
    return number if math.isfinite(number) else default


def _has_frames(dataset):
    return _read_number(dataset, "NumberOfFrames", 1) > 1


def _read_text(dataset, name):
    return " ".join(str(dataset.get(name) or "").split())[:MOST_LETTERS]

"""Any image file to 8-bit RGB, and one resizing rule for all."""

import io
import re
from contextlib import nullcontext
from dataclasses import replace
from functools import partial

import numpy as np
from PIL import Image

from tlbook.datasets.depth import scale_small, scale_to_8_bits
from tlbook.datasets.dicom import Header, draw_dicom, is_dicom, measure_dicom, read_dicom
from tlbook.datasets.formats import choose_formats
from tlbook.datasets.headers import check_header
from tlbook.datasets.limits import (
    DEEP_COST,
    MOST_NOISE,
    NO_MEMORY,
    ONE_LARGE,
    PLAIN_COST,
    TRANSPARENT_COST,
    UnreadableImage,
    check_cost,
    measure_webp,
)  # fmt: skip
from tlbook.datasets.traits import Traits

PAGED = ("GIF", "TIFF", "WEBP", "PNG", "AVIF")  # not MPO, HEIF: phones put a second view beside the picture
ORIENTATION_TAG = 0x0112
PHOTOMETRIC_TAG = 0x0106
THUMBNAIL_SIZE = 32
JPEG_START, JPEG_ENDS = b"\xff\xd8", b"\xff\xd9" * 8
MOST_LETTERS = 200  # of a decoder's reason, which may quote the file
LEAST_ROWS = 0.75  # of a JPEG that lacks its end
TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


def decode_image(data, value_range=None):
    """Decode the bytes of an image file to 8-bit RGB, upright.

    Grey images repeat their channel; palettes are looked up; transparent pixels are laid over white; CMYK and
    YCbCr are converted without colour management (embedded profiles are ignored). Grey images of more than 8 bits and
    floating-point ones are scaled from the range of their data set (:mod:`tlbook.datasets.depth`), or from their own
    where they belong to none; colour images of 16 bits keep their high byte. Of several frames or pages the first is
    read. The EXIF orientation is applied. A JPEG that lacks its end is decoded as far as it goes, if that is three
    quarters of its rows or more. Of DICOM files the values are rescaled by slope and intercept, and those whose zero is
    white are inverted; without a range of the data set their own window counts.

    Parameters
    ----------
    data : bytes
        Contents of a jpg, png, bmp, gif, webp, tiff or avif file, or of a HEIC or DICOM file where the package that
        reads them is installed.
    value_range : tuple of float, optional
        What becomes 0 and 255 of images of more than 8 bits; values outside are cut off.

    Returns
    -------
    numpy.ndarray
        uint8, (height, width, 3), 0-255.

    Raises
    ------
    UnreadableImage
        The bytes are damaged or no such image, or it takes too much memory.
    """

    def convert(image):
        return np.asarray(_turn_upright(convert_to_rgb(image, value_range), image))

    return _decode(data, convert)[0]


def inspect_image(data, size=THUMBNAIL_SIZE):
    """Decode an image to a small grey square, uint8, (size, size), and its `Traits`; damage is found as in full.

    JPEG is decoded at an eighth of its size where that is enough: the whole entropy-coded stream is still read, which
    is where damage shows, and only the inverse transform is saved.
    """
    (thumbnail, traits), truncated = _decode(data, partial(_inspect, size=size), draft=(size, size))
    return thumbnail, replace(traits, truncated=truncated)


def _inspect(image, size):
    header = _find_header(image)
    pages = header.pages or (image.format in PAGED and getattr(image, "is_animated", False))
    if is_deep(image):
        values = np.asarray(image)
        floating, negative = values.dtype.kind == "f", _is_negative(image)
        rows, columns = (np.linspace(0, side - 1, min(side, size)).astype(int) for side in values.shape)
        wide = np.nan_to_num(values.astype(np.float32), copy=False, nan=0.0, posinf=0.0, neginf=0.0)
        small = np.asarray(_turn_upright(Image.fromarray(wide), image).resize((size, size), Image.Resampling.BOX))
        some = wide[np.ix_(rows, columns)].ravel()
        said = header.rescale, header.window, header.patient
        return scale_small(small, negative), Traits(pages, False, False, some, small, floating, negative, *said)
    grey = image.convert("L") if image.format in ("JPEG", "MPO") else convert_to_rgb(image).convert("L")
    low, high = grey.getextrema()
    traits = Traits(pages, flat=high - low <= MOST_NOISE, patient=header.patient)
    return _shrink(_turn_upright(grey, image), size), traits


def _decode(data, use, draft=None):
    """Load an image and return what a function makes of it, and whether the file lacks its end."""
    try:
        try:
            return _load(data, use, draft), False
        except OSError as error:
            if data[:2] != JPEG_START or "truncated" not in str(error):
                raise
            return _load(data + JPEG_ENDS, partial(_use_part, use=use, data=data)), True
    except MemoryError as error:
        raise UnreadableImage(NO_MEMORY) from error
    except UnreadableImage:
        raise
    except Exception as error:  # Pillow's decoders raise a dozen types on damaged files
        raise UnreadableImage(_describe(error, data)) from error


def _load(data, use, draft=None):
    if is_dicom(data):
        dataset = read_dicom(data)
        with ONE_LARGE if measure_dicom(dataset) else nullcontext():
            return use(draw_dicom(dataset))
    check_header(data)
    check_cost(*measure_webp(data), TRANSPARENT_COST)
    with Image.open(io.BytesIO(data), formats=choose_formats(data)) as image:
        cost = TRANSPARENT_COST if image.has_transparency_data else DEEP_COST if is_deep(image) else PLAIN_COST
        large = check_cost(*image.size, cost)
        with ONE_LARGE if large else nullcontext():
            if draft:
                image.draft(None, draft)
            image.load()
            return use(image)


def _use_part(image, use, data):
    """Use an image whose file lacks its end, unless too much is missing: libjpeg fills what is with one grey."""
    pixels = np.asarray(image)
    rows = np.flatnonzero((pixels != pixels[-1, -1]).reshape(len(pixels), -1).any(1))
    blurred = image.info.get("progressive") and not _has_details(data)
    if blurred or not len(rows) or rows[-1] + 1 < LEAST_ROWS * len(pixels):
        raise UnreadableImage("its end is missing, a quarter of the picture or more")
    return use(image)


def _has_details(data):
    """Tell whether a progressive JPEG has one whole scan of the brightness up to the finest details (63)."""
    data = data[data.find(b"\xff\xc2") :]  # what stands before may hold a small picture of its own
    scans = [found.start() for found in re.finditer(b"\xff\xda", data)]
    brightness = data[scans[0] + 5]
    for start in scans[:-1]:  # the last may be cut
        stop = start + 5 + 2 * data[start + 4]
        if brightness in data[start + 5 : stop : 2] and data[stop + 1] == 63:
            return True
    return False


def shrink_image(image, size=THUMBNAIL_SIZE):
    """Shrink an image to a small grey square, uint8, (size, size), each pixel the mean of what it covers."""
    return _shrink(Image.fromarray(image).convert("L"), size)


def _shrink(grey, size):
    return np.asarray(grey.resize((size, size), Image.Resampling.BOX))


def resize_image(image, size):
    """Squash an image to a square, bilinear with anti-aliasing; one of that size is returned as it is."""
    if image.shape[:2] == (size, size):
        return image
    return np.asarray(Image.fromarray(image).resize((size, size), Image.Resampling.BILINEAR))


def is_deep(image):
    """Tell a Pillow image of more than 8 bits, or of floats, whose values need a range."""
    return image.mode.startswith("I") or image.mode == "F"


def convert_to_rgb(image, value_range=None):
    """Convert a loaded Pillow image of any mode to mode RGB."""
    if image.mode in ("RGB", "L", "1") and "transparency" not in image.info:
        return image.convert("RGB")
    if is_deep(image):
        grey = scale_to_8_bits(np.asarray(image), value_range or _find_header(image).window)
        return Image.fromarray(255 - grey if _is_negative(image) else grey).convert("RGB")
    if image.has_transparency_data:
        white = Image.new("RGBA", image.size, "white")
        return Image.alpha_composite(white, image.convert("RGBA")).convert("RGB")
    return image.convert("RGB")


def _find_header(image):
    return getattr(image, "dicom", Header())


def _is_negative(image):
    """Tell DICOM images whose zero is white, and TIFFs: Pillow turns them round, but not those of more than 8 bits."""
    turned = image.mode.startswith("I;16") and getattr(image, "tag_v2", {}).get(PHOTOMETRIC_TAG) == 0
    return turned or _find_header(image).negative


def _turn_upright(rgb, original):
    """Apply the EXIF orientation of `original`; damaged EXIF data counts as none."""
    try:
        orientation = original.getexif().get(ORIENTATION_TAG, 1)
    except Exception:  # EXIF of any shape must not cost the picture
        orientation = 1
    return rgb.transpose(TURNS[orientation]) if orientation in TURNS else rgb


def _describe(error, data):
    """Say in a few words why an image could not be decoded."""
    if not data:
        return "the file is empty"
    if isinstance(error, Image.UnidentifiedImageError):
        return "no image of a known format"
    return " ".join(str(error).split())[:MOST_LETTERS] or type(error).__name__

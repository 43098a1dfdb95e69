"""Any image file to 8-bit RGB, and one resizing rule for all."""

import io

import numpy as np
from PIL import Image

# Pillow decides by content; this list keeps out formats that call other programs (EPS) or that nobody asked for.
FORMATS = ("JPEG", "PNG", "BMP", "GIF", "WEBP", "TIFF")
DEPTHS = (8, 10, 12, 14, 16)
ORIENTATION_TAG = 0x0112
PHOTOMETRIC_TAG = 0x0106
THUMBNAIL_SIZE = 32
NO_MEMORY = "it takes more memory than is free"
TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


class UnreadableImage(ValueError):
    """A file that cannot be decoded: truncated, damaged, or no image of the formats read here."""


def decode_image(data):
    """Decode the bytes of an image file to 8-bit RGB, upright.

    Grey images repeat their channel; palettes are looked up; transparent pixels are laid over white; CMYK and
    YCbCr are converted without colour management (embedded profiles are ignored). Grey images of more than 8 bits
    are scaled from the smallest of 8, 10, 12, 14 and 16 bits that holds their largest value, because 12-bit
    radiographs in 16-bit files would turn out black otherwise; colour images of 16 bits keep their high byte.
    Floating-point images within 0-1 are scaled by 255, within 0-255 kept, others stretched from their smallest to
    their largest value (as are integers below 0 or above 65535). Of several frames or pages the first is read.
    The EXIF orientation is applied.

    Parameters
    ----------
    data : bytes
        Contents of a jpg, png, bmp, gif, webp or tiff file.

    Returns
    -------
    numpy.ndarray
        uint8, (height, width, 3), 0-255.

    Raises
    ------
    UnreadableImage
        The bytes are truncated, damaged or no such image.
    """
    try:
        with Image.open(io.BytesIO(data), formats=FORMATS) as image:
            image.load()
            return np.asarray(_turn_upright(convert_to_rgb(image), image))
    except MemoryError as error:
        raise UnreadableImage(NO_MEMORY) from error
    except Exception as error:  # Pillow's decoders raise a dozen types on damaged files
        raise UnreadableImage(_describe(error, data)) from error


def read_thumbnail(data, size=THUMBNAIL_SIZE):
    """Decode an image to a small grey square, uint8, (size, size); damage is found as by decoding it in full.

    JPEG is decoded at an eighth of its size where that is enough: the whole entropy-coded stream is still read, which
    is where damage shows, and only the inverse transform is saved.
    """
    if data[:2] != b"\xff\xd8":
        return shrink_image(decode_image(data), size)
    try:
        with Image.open(io.BytesIO(data), formats=FORMATS) as image:
            image.draft(None, (size, size))
            image.load()
            return _shrink(_turn_upright(image.convert("L"), image), size)
    except MemoryError as error:
        raise UnreadableImage(NO_MEMORY) from error
    except Exception as error:  # as above
        raise UnreadableImage(_describe(error, data)) from error


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


def convert_to_rgb(image):
    """Convert a loaded Pillow image of any mode to mode RGB."""
    if image.mode in ("RGB", "L", "1") and "transparency" not in image.info:
        return image.convert("RGB")
    if image.mode.startswith("I") or image.mode == "F":
        grey = _scale_to_8_bits(np.asarray(image))
        # Pillow turns TIFFs whose zero is white round, but not those of more than 8 bits
        is_negative = image.mode.startswith("I;16") and getattr(image, "tag_v2", {}).get(PHOTOMETRIC_TAG) == 0
        return Image.fromarray(255 - grey if is_negative else grey).convert("RGB")
    if image.has_transparency_data:
        white = Image.new("RGBA", image.size, "white")
        return Image.alpha_composite(white, image.convert("RGBA")).convert("RGB")
    return image.convert("RGB")


def _scale_to_8_bits(values):
    """Scale wide integers or floats to uint8, 0-255, by the rules of `decode_image`."""
    wide = np.nan_to_num(values.astype(np.float64), nan=0.0, posinf=0.0, neginf=0.0)
    low, high = float(wide.min()), float(wide.max())
    if values.dtype.kind == "f":
        top = 1.0 if high <= 1 else 255.0
    else:
        top = next((2.0**depth - 1 for depth in DEPTHS if high < 2**depth), 0.0)
    if low < 0 or high > top:
        wide, top = wide - low, high - low
    return np.rint(wide * (255 / (top or 1))).astype(np.uint8)


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
    return " ".join(str(error).split()) or type(error).__name__

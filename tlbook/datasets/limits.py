"""How much memory one file may take: said before it is read or decoded."""

import threading

from tlbook.errors import BadInput

MOST_NOISE = 2  # levels of 256 within which an image counts as one grey
NO_MEMORY = "it takes more memory than is free"
MIB = 1 << 20
MOST_TO_DECODE = 1024 * MIB
LARGE = 256 * MIB  # from here on one image at a time
MOST_OF_IMAGE = 512 * MIB  # a file, or what a member of a zip file unpacks to
MOST_OF_TABLE = 256 * MIB
# Bytes a pixel while an image is decoded and converted: as it is stored, what is between, and RGB.
PLAIN_COST, DEEP_COST, TRANSPARENT_COST = 6, 10, 16
ONE_LARGE = threading.Lock()


class UnreadableImage(ValueError):
    """A file that cannot be decoded: truncated, damaged, or no image of the formats read here."""


def check_cost(width, height, bytes_per_pixel):
    """Refuse an image that would take too much memory; tell whether it is a large one."""
    cost = width * height * bytes_per_pixel
    if cost > MOST_TO_DECODE:
        raise UnreadableImage(
            f"its {width:,} × {height:,} pixels would take {cost / MIB:,.0f} MiB; expected at most "
            f"{MOST_TO_DECODE / MIB:,.0f}; make it smaller"
        )
    return cost > LARGE


def measure_webp(data):
    """Return width and height from the header of a WebP file, which Pillow takes memory for when it opens it."""
    if data[:4] != b"RIFF" or data[8:12] != b"WEBP":
        return 0, 0
    kind = data[12:16]
    if kind == b"VP8X":
        return 1 + int.from_bytes(data[24:27], "little"), 1 + int.from_bytes(data[27:30], "little")
    if kind == b"VP8L":
        bits = int.from_bytes(data[21:25], "little")
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    return int.from_bytes(data[26:28], "little") & 0x3FFF, int.from_bytes(data[28:30], "little") & 0x3FFF


def check_image_size(size):
    """Refuse an image file by its number of bytes, before it is read."""
    if size > MOST_OF_IMAGE:
        raise UnreadableImage(f"it has {size / MIB:,.0f} MiB; expected at most {MOST_OF_IMAGE / MIB:,.0f}")


def check_table_size(name, size):
    """Refuse a table by its number of bytes, before it is read."""
    if size > MOST_OF_TABLE:
        raise BadInput(f"{name!r} has {size / MIB:,.0f} MiB; expected at most {MOST_OF_TABLE / MIB:,.0f} of a table")

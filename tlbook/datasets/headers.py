"""Headers that would keep a decoder busy for minutes: seen before the file is decoded, for no thread can be stopped."""

import re
import struct

from tlbook.datasets.limits import UnreadableImage

MOST_STEPS = 10_000  # parts of a header; files as they are have some dozens
MOST_SCANS = 100  # of a progressive JPEG: encoders write about ten, and each goes over the whole picture
SHORT = 256  # bytes: chunks of a PNG are longer on average, where there are many
SPARE = 1 << 20
FILL = re.compile(rb"\xff+")
START_OF_SCAN, ALONE = 0xDA, {0x01, *range(0xD0, 0xDA)}  # markers; those without a length
TIFF_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 16: 8, 17: 8, 18: 8}


def check_header(data):
    """Refuse a PNG, JPEG, GIF or TIFF whose header has more parts than any program writes."""
    for start, is_endless in CHECKS.items():
        if data.startswith(start) and is_endless(data):
            raise UnreadableImage("its header has more parts than any program writes; it is damaged")


def _is_endless_png(data):
    at, count = 8, 0
    while at + 8 <= len(data):
        at += 12 + int.from_bytes(data[at : at + 4], "big")
        count += 1
        if count > MOST_STEPS and at < SHORT * count:
            return True
    return False


def _is_endless_jpeg(data):
    if data.count(b"\xff\xda") > MOST_SCANS:
        return True
    at, count = 2, 0
    while count <= MOST_STEPS and (fill := FILL.match(data, at)) and fill.end() < len(data):
        count += fill.end() - at  # one by one is how they are read
        marker, at = data[fill.end()], fill.end() + 1
        if marker == START_OF_SCAN:
            return False
        if marker and marker not in ALONE:
            at += max(2, int.from_bytes(data[at : at + 2], "big"))
    return count > MOST_STEPS


def _is_endless_gif(data):
    table = 3 << (1 + (data[10] & 7)) if len(data) > 10 and data[10] & 0x80 else 0
    at, count = 13 + table, 0
    while at + 1 < len(data) and data[at] == ord("!"):
        at += 2
        while at < len(data) and data[at]:
            at += 1 + data[at]
            count += 1
            if count > MOST_STEPS and at < SHORT // 2 * count:
                return True
        at += 1
        count += 1
        if count > MOST_STEPS:
            return True
    return False


def _is_endless_tiff(data):
    order = "<" if data[:2] == b"II" else ">"
    if len(data) < 8 or data[2:4] not in (b"\x2a\0", b"\0\x2a"):
        return False  # BigTIFF: its tags are read one by one when asked for
    (at,) = struct.unpack(f"{order}L", data[4:8])
    (count,) = struct.unpack(f"{order}H", data[at : at + 2].ljust(2, b"\0"))
    entries = (data[at + 2 + 12 * i : at + 14 + 12 * i] for i in range(count))
    sizes = (struct.unpack(f"{order}HHL4s", entry)[1:3] for entry in entries if len(entry) == 12)
    total = sum(TIFF_SIZES.get(kind, 0) * number for kind, number in sizes if kind)
    return total > 4 * len(data) + SPARE and count > MOST_STEPS // 100


CHECKS = {
    b"\x89PNG": _is_endless_png,
    b"\xff\xd8": _is_endless_jpeg,
    b"GIF8": _is_endless_gif,
    b"II": _is_endless_tiff,
    b"MM": _is_endless_tiff,
}

"""Files that would keep a decoder busy for minutes are refused at once; files as they are, are not."""

import io
import struct
import time
import zlib

import numpy as np
import pytest
from PIL import Image

from tlbook.datasets.headers import check_header
from tlbook.datasets.images import decode_image, inspect_image
from tlbook.datasets.limits import UnreadableImage


def encode(kind, size=(8, 8), **options):
    file = io.BytesIO()
    Image.radial_gradient("L").resize(size).convert("RGB").save(file, kind, **options)
    return file.getvalue()


def make_chunk(name, content=b""):
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))


def make_tiff(count):
    """Write tags that all hold the whole of the file."""
    tags = b"".join(struct.pack("<HHLL", 40_000 + i % 20_000, 1, 1_000_000, 8) for i in range(count))
    return b"II*\0" + struct.pack("<L", 1_000_008) + bytes(1_000_000) + struct.pack("<H", count) + tags


def make_bombs():
    png, jpeg, gif = encode("PNG"), encode("JPEG"), encode("GIF")
    progressive = encode("JPEG", (1000, 1000), progressive=True)
    scan = progressive.rindex(b"\xff\xda")
    image = gif.index(b",")
    return {
        "chunks of a PNG": lambda: png[:33] + make_chunk(b"abCd") * 200_000 + png[33:],
        "segments of a JPEG": lambda: jpeg[:2] + b"\xff\xe5\x00\x02" * 500_000 + jpeg[2:],
        "fill bytes of a JPEG": lambda: jpeg[:2] + b"\xff" * 5_000_000 + jpeg[2:],
        "escaped bytes of a JPEG": lambda: jpeg[:2] + b"\xff\0" * 2_000_000 + jpeg[2:],
        "scans of a JPEG": lambda: progressive[:-2] + progressive[scan:-2] * 5_000 + b"\xff\xd9",
        "comments of a GIF": lambda: gif[:image] + b"!\xfe\x01a\x00" * 500_000 + gif[image:],
        "parts of a comment": lambda: gif[:image] + b"!\xfe" + b"\x01a" * 1_000_000 + b"\0" + gif[image:],
        "tags of a TIFF": lambda: make_tiff(60_000),
    }


BOMBS = make_bombs()


@pytest.mark.parametrize("make", BOMBS.values(), ids=BOMBS)
def test_what_takes_minutes_is_refused_at_once(make):
    data, start = make(), time.process_time()
    for read in (inspect_image, decode_image):
        with pytest.raises(UnreadableImage, match="more parts than any program writes"):
            read(data)
    assert time.process_time() - start < 5


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "TIFF"])
def test_files_as_they_are_pass(kind):
    noise = Image.fromarray(np.random.default_rng(0).integers(0, 256, (400, 500, 3)).astype(np.uint8))
    file = io.BytesIO()
    options = {"JPEG": {"progressive": True, "comment": b"\xff" * 60_000, "icc_profile": b"\xff" * 300_000}}
    noise.save(file, kind, **options.get(kind, {}))
    for data in (file.getvalue(), encode(kind), encode(kind)[:40], encode(kind)[:11]):
        check_header(data)


def test_a_header_cut_or_changed_anywhere_is_looked_at_safely():
    rng = np.random.default_rng(0)
    for kind in ("PNG", "JPEG", "GIF", "TIFF"):
        whole = encode(kind)
        for _ in range(300):
            data = bytearray(whole[: int(rng.integers(2, len(whole)))])
            data[int(rng.integers(2, len(data) + 1)) - 1] = int(rng.integers(256))
            try:
                check_header(bytes(data))
            except UnreadableImage:
                continue

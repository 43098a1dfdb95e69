"""Images that are odd are used or left out as written, and said: pages, cut files, one grey, too much memory."""

import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from tlbook.datasets import limits
from tlbook.datasets.folders import from_folder
from tlbook.datasets.images import decode_image, inspect_image
from tlbook.datasets.limits import UnreadableImage
from tlbook.datasets.scan import check_images, scan_folder
from tlbook.errors import BadInput

RNG = np.random.default_rng(0)


def encode(image, kind, **options):
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def noise(size=64):
    return Image.fromarray(
        np.kron(RNG.integers(0, 256, (size // 8, size // 8, 3)), np.ones((8, 8, 1))).astype(np.uint8)
    )


def read(make_folder, odd):
    """Read a set of ten PNGs and some odd files."""
    files = {f"{name}/{i}.png": encode(noise(), "PNG") for name in "ab" for i in range(10)}
    return from_folder(make_folder(files | odd), quiet=True)


@pytest.mark.parametrize("kind", ["TIFF", "GIF"])
def test_several_pages_are_counted_and_the_first_is_taken(make_folder, kind):
    pages = [noise() for _ in range(3)]
    odd = {f"a/many{i}.{kind[:3].lower()}": encode(pages[i], kind, save_all=True, append_images=pages) for i in (0, 1)}
    data = read(make_folder, odd)
    (line,) = [line for line in data.warnings if "page" in line]
    assert line.startswith("2 images with several pages") and "a/many0" in line
    assert (decode_image(odd[f"a/many1.{kind[:3].lower()}"]).mean((0, 1)) - np.asarray(pages[1]).mean((0, 1)) < 9).all()


def test_images_of_one_grey_are_counted_and_named(make_folder):
    odd = {
        "a/black.png": encode(Image.new("L", (64, 64)), "PNG"),
        "b/grey.jpg": encode(Image.new("L", (64, 64), 90), "JPEG"),
    }
    (line,) = [line for line in read(make_folder, odd).warnings if "one grey" in line]
    assert line.startswith("2 images of one grey") and "a/black.png" in line and "b/grey.jpg" in line


@pytest.mark.parametrize("progressive", [False, True])
def test_a_jpeg_that_lacks_its_end_is_decoded_and_said(make_folder, progressive):
    whole = encode(noise(160), "JPEG", quality=95, progressive=progressive)
    cut = whole[: int(len(whole) * 0.9)]
    assert np.abs(decode_image(cut)[:64].astype(int) - decode_image(whole)[:64]).mean() < 4
    data = read(make_folder, {"a/cut.jpg": cut})
    assert any("1 image of JPEG without its end" in line and "a/cut.jpg" in line for line in data.warnings)
    assert not data.skipped


def test_a_jpeg_with_little_left_is_unreadable():
    whole = encode(noise(160), "JPEG", quality=95)
    for size in (2, 200, 700, len(whole) // 2):
        for use in (decode_image, inspect_image):
            with pytest.raises(UnreadableImage):
                use(whole[:size])


def test_images_of_eight_bits_draw_no_warning(make_folder):
    assert not any(word in line for line in read(make_folder, {}).warnings for word in ("page", "grey", "end", "bits"))


def make_png_bomb(side):
    """Write a 16-bit PNG of zeros whose file is small."""

    def chunk(name, data):
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    header = struct.pack(">IIBBBBB", side, side, 16, 0, 0, 0, 0)
    parts = (chunk(b"IHDR", header), chunk(b"IDAT", b""), chunk(b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def make_webp_header(side):
    size = (side - 1).to_bytes(3, "little")
    body = b"WEBPVP8X" + struct.pack("<I", 10) + b"\0\0\0\0" + size * 2
    return b"RIFF" + struct.pack("<I", len(body)) + body


@pytest.mark.filterwarnings("ignore:Image size")  # Pillow's own, from half of its limit
@pytest.mark.parametrize("data", [make_png_bomb(13_300), make_webp_header(16_383)])
def test_an_image_beyond_memory_is_refused_before_it_is_decoded(data):
    for use in (decode_image, inspect_image):
        with pytest.raises(UnreadableImage, match="MiB; expected at most"):
            use(data)


def test_the_header_of_any_webp_tells_its_size():
    image = Image.new("RGBA", (33, 21), (9, 8, 7, 100))
    for options in ({"lossless": True}, {"quality": 50}):
        assert limits.measure_webp(encode(image, "WEBP", **options)) == (33, 21)
        assert limits.measure_webp(encode(image.convert("RGB"), "WEBP", **options)) == (33, 21)


def test_a_member_that_unpacks_to_too_much_is_not_unpacked(make_zip, make_folder, monkeypatch):
    monkeypatch.setattr(limits, "MOST_OF_IMAGE", 10_000)
    monkeypatch.setattr(limits, "MOST_OF_TABLE", 10_000)
    files = {"cats/1.png": bytes(20_000), "cats/2.png": bytes(5), "groups.csv": bytes(20_000)}
    for path in (make_zip(files), make_folder(files)):
        store = scan_folder(path).store
        assert "expected at most" in check_images(store, quiet=True)[0][0]
        with pytest.raises(BadInput, match=r"'groups\.csv' has .* expected at most"):
            store.container.find("groups.csv")


def test_names_that_a_spreadsheet_takes_for_formulas_are_said(make_folder):
    files = {f"{name}/{i}.png": encode(noise(), "PNG") for name in ("=1+1", "-b") for i in range(4)}
    data = from_folder(make_folder(files), quiet=True)
    (line,) = [line for line in data.warnings if "spreadsheet" in line]
    assert "'=1+1'" in line and data.classes == ("-b", "=1+1")

"""Any image file becomes upright 8-bit RGB, or says why not."""

import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from tlbook.datasets.images import decode_image, inspect_image, resize_image
from tlbook.datasets.limits import UnreadableImage

GRADIENT = np.tile(np.arange(0, 256, 8, dtype=np.uint8), (16, 1))


def encode(image, kind="PNG", **options):
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def photo(height=40, width=60):
    rows, columns = np.mgrid[:height, :width]
    return np.stack([rows * 6, columns * 4, (rows + columns) * 2], axis=-1).astype(np.uint8)


def write_deep_png(values, colour_type):
    """Write a PNG of 16 bits a channel, which Pillow reads but does not write."""

    def chunk(name, data):
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    header = struct.pack(">IIBBBBB", values.shape[1], values.shape[0], 16, colour_type, 0, 0, 0)
    rows = b"".join(b"\0" + row.tobytes() for row in values)
    parts = (chunk(b"IHDR", header), chunk(b"IDAT", zlib.compress(rows)), chunk(b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


@pytest.mark.parametrize("kind", ["PNG", "BMP", "TIFF", "GIF", "WEBP", "JPEG"])
def test_every_format_becomes_rgb(kind):
    options = {"lossless": True} if kind == "WEBP" else {"quality": 95} if kind == "JPEG" else {}
    image = decode_image(encode(Image.fromarray(photo()), kind, **options))
    assert image.shape == (40, 60, 3)
    assert image.dtype == np.uint8
    tolerance = {"GIF": 40, "JPEG": 12}.get(kind, 0)
    assert np.abs(image.astype(int) - photo()).max() <= tolerance


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF", "WEBP"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation_is_applied(kind, orientation):
    # For each orientation, what a camera stores of an upright picture.
    stored = {
        1: lambda a: a,
        2: lambda a: a[:, ::-1],
        3: lambda a: a[::-1, ::-1],
        4: lambda a: a[::-1],
        5: lambda a: a.swapaxes(0, 1),
        6: lambda a: np.rot90(a, 1),
        7: lambda a: a[::-1, ::-1].swapaxes(0, 1),
        8: lambda a: np.rot90(a, -1),
    }[orientation]
    exif = Image.Exif()
    exif[0x0112] = orientation
    options = {"quality": 95} if kind == "JPEG" else {"lossless": True} if kind == "WEBP" else {}
    image = decode_image(encode(Image.fromarray(np.ascontiguousarray(stored(photo()))), kind, exif=exif, **options))
    assert image.shape == (40, 60, 3)
    assert np.abs(image.astype(int) - photo()).max() <= 12


@pytest.mark.filterwarnings("ignore:Corrupt EXIF data")
def test_damaged_exif_does_not_cost_the_picture():
    data = encode(Image.fromarray(photo()), "JPEG", exif=b"Exif\x00\x00II*\x00garbage")
    assert decode_image(data).shape == (40, 60, 3)


@pytest.mark.parametrize("mode", ["L", "1", "P", "LA", "RGBA", "PA"])
def test_grey_and_palette_repeat_their_values(mode):
    kind = "TIFF" if mode == "PA" else "PNG"
    source = Image.fromarray(GRADIENT if mode != "1" else (GRADIENT > 100).astype(np.uint8) * 255).convert(mode)
    image = decode_image(encode(source, kind))
    assert (image[..., 0] == image[..., 2]).all()
    expected = GRADIENT if mode != "1" else (GRADIENT > 100) * 255
    assert np.abs(image[..., 1].astype(int) - expected).max() <= 1


@pytest.mark.parametrize("depth", [10, 12, 14, 16])
@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
def test_deep_grey_is_scaled_from_its_depth(depth, kind):
    values = np.rint(GRADIENT / 248 * (2**depth - 1)).astype(np.uint16)
    image = decode_image(encode(Image.fromarray(values), kind))
    assert np.abs(image[..., 0] - GRADIENT / 248 * 255).max() <= 0.5


@pytest.mark.parametrize("depth", [12, 16])
def test_a_tiff_whose_zero_is_white_is_turned_round(depth):
    values = np.rint(GRADIENT / 248 * (2**depth - 1)).astype(np.uint16)
    image = decode_image(encode(Image.fromarray(values), "TIFF", tiffinfo={262: 0}))
    assert np.abs(255 - image[..., 0] - GRADIENT / 248 * 255).max() <= 0.5


@pytest.mark.parametrize(("colour_type", "channels"), [(2, 3), (4, 2), (6, 4)])
def test_deep_colour_keeps_its_high_byte(colour_type, channels):
    values = np.random.default_rng(0).integers(0, 65536, (5, 7, channels)).astype(">u2")
    if channels != 3:
        values[..., -1] = 65535  # opaque
    image = decode_image(write_deep_png(values, colour_type))
    expected = np.repeat(values[..., :1], 3, axis=-1) if channels == 2 else values[..., :3]
    assert (image == expected >> 8).all()


def test_eight_bit_values_in_a_deep_file_are_kept():
    image = decode_image(encode(Image.fromarray(GRADIENT.astype(np.uint16)), "PNG"))
    assert (image[..., 0] == GRADIENT).all()


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (GRADIENT / np.float32(248), GRADIENT / 248 * 255),
        (GRADIENT.astype(np.float32), GRADIENT),
        (GRADIENT.astype(np.float32) - 100, GRADIENT / 248 * 255),
        (GRADIENT.astype(np.float32) * 1000, GRADIENT / 248 * 255),
        (GRADIENT.astype(np.int32) * 1000, GRADIENT / 248 * 255),
        (np.full((4, 4), -7, np.int32), np.zeros((4, 4))),
    ],
)
def test_floats_and_wide_integers_are_scaled(values, expected):
    image = decode_image(encode(Image.fromarray(values), "TIFF"))
    assert np.abs(image[..., 0] - expected).max() <= 0.5


def test_not_a_number_counts_as_zero():
    values = (GRADIENT / 248).astype(np.float32)
    values[0, 0] = np.nan
    assert decode_image(encode(Image.fromarray(values), "TIFF"))[0, 0, 0] == 0


def test_transparent_pixels_are_laid_over_white():
    pixels = np.zeros((4, 4, 4), np.uint8)
    pixels[:, 2:, 3] = 255
    image = decode_image(encode(Image.fromarray(pixels), "PNG"))
    assert (image[:, :2] == 255).all()
    assert (image[:, 2:] == 0).all()


def test_half_transparent_pixels_are_mixed_with_white():
    pixels = np.zeros((4, 4, 4), np.uint8)
    pixels[..., 3] = 128
    assert np.abs(decode_image(encode(Image.fromarray(pixels), "WEBP", lossless=True)).astype(int) - 127).max() <= 1


def test_a_transparent_palette_colour_is_white():
    source = Image.fromarray((GRADIENT > 100).astype(np.uint8) * 255).convert("P")
    colour = source.getpixel((0, 0))
    image = decode_image(encode(source, "PNG", transparency=colour))
    assert (image == 255).all()


@pytest.mark.parametrize("mode", ["RGB", "L"])
def test_a_transparent_key_colour_is_white(mode):
    source = Image.fromarray(GRADIENT).convert(mode)
    image = decode_image(encode(source, "PNG", transparency=(0, 0, 0) if mode == "RGB" else 0))
    assert (image[:, 0] == 255).all()
    assert (image[:, 5] == GRADIENT[0, 5]).all()


def test_cmyk_becomes_rgb():
    red = Image.new("CMYK", (8, 8), (0, 255, 255, 0))
    image = decode_image(encode(red, "JPEG", quality=95))
    assert image[4, 4, 0] > 200
    assert image[4, 4, 1:].max() < 50


@pytest.mark.parametrize("kind", ["GIF", "TIFF", "WEBP", "PNG"])
def test_the_first_frame_is_read(kind):
    frames = [Image.new("RGB", (8, 8), colour) for colour in ("red", "blue")]
    options = {"lossless": True} if kind == "WEBP" else {}
    image = decode_image(encode(frames[0], kind, save_all=True, append_images=frames[1:], **options))
    assert tuple(image[0, 0]) == (255, 0, 0)


@pytest.mark.parametrize("progressive", [False, True])
def test_damage_is_found_by_decoding_and_by_verifying(progressive):
    rng = np.random.default_rng(0)
    noisy = Image.fromarray(rng.integers(0, 256, (64, 80, 3)).astype(np.uint8))
    whole = encode(noisy, "JPEG", quality=90, progressive=progressive)
    inspect_image(whole)
    cases = [whole[: int(len(whole) * share)] for share in (0.1, 0.5, 0.9, 0.99)] + [whole[:-1]]
    for _ in range(60):
        flipped = bytearray(whole)
        for place in rng.integers(2, len(whole), 10):
            flipped[place] = rng.integers(256)
        cases.append(bytes(flipped))
    verdicts = []
    for data in cases:
        both = []
        for read in (inspect_image, decode_image):
            try:
                read(data)
                both.append(True)
            except UnreadableImage:
                both.append(False)
        assert both[0] == both[1]
        verdicts.append(both[0])
    assert verdicts[:5] == [False, False, True, True, True]
    assert any(verdicts[5:])


@pytest.mark.parametrize("kind", ["PNG", "GIF", "WEBP", "TIFF", "BMP"])
def test_truncated_files_are_unreadable(kind):
    data = encode(Image.fromarray(photo()), kind)
    for read in (decode_image, inspect_image):
        with pytest.raises(UnreadableImage):
            read(data[: len(data) // 2])


@pytest.mark.parametrize(
    ("data", "reason"),
    [(b"", "the file is empty"), (b"no image at all", "no image"), (b"%!PS-Adobe-3.0 EPSF-3.0\n", "no image")],
)
def test_other_content_is_unreadable(data, reason):
    with pytest.raises(UnreadableImage, match=reason):
        decode_image(data)


def test_resizing_squashes_to_a_square():
    assert resize_image(photo(), 32).shape == (32, 32, 3)
    square = photo(32, 32)
    assert resize_image(square, 32) is square
    assert np.abs(resize_image(photo(), 10).mean() - photo().mean()) < 3

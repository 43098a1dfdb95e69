"""HEIC and AVIF, as phones and web pages write them: read where a package is installed, named where not."""

import importlib.util
import io

import numpy as np
import pillow_heif
import pytest
from PIL import Image, features

from tlbook.datasets.folders import from_folder
from tlbook.datasets.images import decode_image, inspect_image
from tlbook.datasets.limits import UnreadableImage
from tlbook.errors import BadInput

KINDS = [
    pytest.param("AVIF", marks=pytest.mark.skipif(not features.check("avif"), reason="Pillow is built without AVIF")),
    "HEIF",
]
EXTRA = {
    "HEIF": ("pillow_heif", r"pip install 'tlbook\[heif\]'"),
    "AVIF": ("PIL._avif", "pip install --upgrade pillow"),
}


def encode(image, kind, **options):
    pillow_heif.register_heif_opener()
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def draw(size=(96, 64)):
    return Image.radial_gradient("L").resize(size).convert("RGB")


@pytest.mark.parametrize("kind", KINDS)
def test_it_is_read_upright(kind):
    turned = Image.Exif()
    turned[0x0112] = 6
    left = Image.fromarray(np.hstack([np.zeros((64, 48, 3), np.uint8), np.full((64, 48, 3), 255, np.uint8)]))
    image = decode_image(encode(left, kind, quality=95, exif=turned.tobytes()))
    assert image.shape == (96, 64, 3)
    assert image[:40].mean() < 20 and image[-40:].mean() > 235
    plain = decode_image(encode(draw(), kind, quality=95))
    assert np.abs(plain.astype(int) - np.asarray(draw())).mean() < 6
    assert inspect_image(encode(draw(), kind))[0].std() > 20


@pytest.mark.parametrize("kind", KINDS)
def test_a_folder_of_it_is_learned_from_and_the_package_named_where_it_is_missing(make_folder, monkeypatch, kind):
    ending = {"AVIF": "avif", "HEIF": "HEIC"}[kind]
    files = {
        f"{c}/{i}.{ending}": encode(draw((64 + 8 * i, 64 + 24 * (c == "b"))), kind) for c in "ab" for i in range(5)
    }
    folder = make_folder(files)
    data = from_folder(folder)
    assert (sum(map(len, (data.train, data.val, data.test))), data.skipped) == (10, ())
    module, wanted = EXTRA[kind]
    find = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == module else find(name))
    with pytest.raises(BadInput, match=f"no image, but 10 .{ending.lower()} file; expected .*{wanted}"):
        from_folder(folder)
    with pytest.raises(UnreadableImage, match=wanted):
        decode_image(next(iter(files.values())))


@pytest.mark.parametrize("kind", KINDS)
def test_damage_is_told_in_words(kind):
    whole, rng, told = encode(draw(), kind), np.random.default_rng(0), []
    for _ in range(60):
        data = bytearray(whole[: int(rng.integers(20, len(whole)))] if rng.random() < 0.3 else whole)
        for at in rng.integers(8, len(data), int(rng.integers(1, 6))):
            data[at] = int(rng.integers(0, 256))
        for read in (inspect_image, decode_image):
            try:
                read(bytes(data))
            except UnreadableImage as error:
                told.append(str(error))
    assert told and not any("\n" in line for line in told)

import base64
import io

import numpy as np
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from tools.pictures import LARGE, lighten


def pack(pixels, **options):
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "PNG", **options)
    return base64.b64encode(out.getvalue()).decode()


def unpack(text):
    return Image.open(io.BytesIO(base64.b64decode(text)))


def make_grid(channels=3, size=400):
    """Coarse colours with noise, as a grid of images has them."""
    rng = np.random.default_rng(0)
    coarse = rng.integers(40, 215, (8, 8, channels)).repeat(size // 8, 0).repeat(size // 8, 1)
    return np.clip(coarse + rng.normal(0, 6, coarse.shape), 0, 255).astype(np.uint8)


def test_a_large_picture_keeps_its_pixels_nearly_and_says_who_drew_it():
    told = PngInfo()
    told.add_text("Software", "Matplotlib")
    pixels = make_grid()
    text = pack(pixels, pnginfo=told, dpi=(110, 110))
    light = lighten(text)
    assert len(light) < len(text) / 2
    image = unpack(light)
    assert image.size == (400, 400) and image.text == {"Software": "Matplotlib"} and round(image.info["dpi"][0]) == 110
    assert b"matplotlib" in base64.b64decode(light)[:200].lower()
    assert np.abs(np.asarray(image.convert("RGB"), float) - pixels).mean() < 8
    assert lighten(light) == light


def test_small_and_transparent_pictures_stay_as_they_are():
    small = pack(make_grid(size=64))
    clear = make_grid(channels=4)
    clear[0, 0, 3] = 0
    assert len(base64.b64decode(small)) < LARGE < len(base64.b64decode(pack(clear)))
    assert lighten(small) == small and lighten(pack(clear)) == pack(clear)

"""What is odd among a set is named, what the whole set is like is not."""

import numpy as np
from PIL import Image, ImageFilter

from tests.datasets.test_crops import draw_pictures
from tlbook.datasets.quality import find_odd, measure_image


def find(pictures):
    return {kind: rows.tolist() for kind, rows in find_odd(np.stack([measure_image(p) for p in pictures])).items()}


def add_grain(picture, seed=0):
    noise = np.random.default_rng(seed).normal(0, 12, picture.shape)
    return np.clip(picture + noise, 0, 255).astype(np.uint8)


def draw(count=60):
    return [add_grain(picture, i) for i, picture in enumerate(draw_pictures(count))]


def test_nothing_is_odd_where_nothing_is():
    assert find(draw()) == {}


def test_each_kind_is_found():
    pictures = draw()
    pictures[3] = np.full((90, 120, 3), 80, np.uint8)
    pictures[5] = pictures[5] // 9
    pictures[8] = (255 - pictures[8] // 20).astype(np.uint8)
    pictures[10] = np.asarray(Image.fromarray(pictures[10]).filter(ImageFilter.GaussianBlur(4)))
    pictures[12] = np.where(np.arange(120)[None, :, None] < 60, 90, 160).astype(np.uint8) * np.ones(
        (90, 1, 3), np.uint8
    )
    pictures[20] = np.asarray(Image.fromarray(pictures[20]).resize((12, 12)))
    pictures[30] = pictures[30][:, :25]
    found = find(pictures)
    assert found["images of one grey"] == [3]
    assert found["dark images"] == [5]
    assert found["light images"] == [8]
    assert found["images with little in them"] == [12]
    assert found["blurred images"] == [10]
    assert found["images of an odd size"] == [20]
    assert found["images of an odd shape"] == [30]
    assert len(found) == 7


def test_what_many_are_like_is_how_the_set_is():
    assert find([picture // 9 for picture in draw()]) == {}
    pictures = draw()
    pictures[:9] = [picture // 9 for picture in pictures[:9]]
    assert find(pictures) == {}

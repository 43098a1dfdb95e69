"""The middles of other images are found, whatever their size, compression and mirroring, and strangers are not."""

import numpy as np
import pytest
from PIL import Image

from benchmarks.cases import find_archive
from benchmarks.crop_search import Pictures, cut_middle, measure
from tlbook.datasets.crops import LEAST_CORRELATION, find_crops, shrink_images


def draw_pictures(count, seed=0):
    """Draw pictures of blots of all sizes, 90 x 120 or 100 x 100 pixels."""
    rng, pictures = np.random.default_rng(seed), []
    for i in range(count):
        height, width = (90, 120) if i % 2 else (100, 100)
        picture = np.zeros((height, width, 3))
        for cells in (3, 6, 12):
            noise = Image.fromarray(rng.integers(0, 256, (cells, cells, 3), dtype=np.uint8))
            picture += np.asarray(noise.resize((width, height), Image.Resampling.BICUBIC), float) / 3
        pictures.append(picture.astype(np.uint8))
    return pictures


@pytest.mark.parametrize("square", [False, True])
def test_middles_are_found(square):
    rng, wholes = np.random.default_rng(1), draw_pictures(200)
    middles = [cut_middle(whole, rng.uniform(0.6, 0.9), rng, square=square) for whole in wholes[:100]]
    found = find_crops(*(shrink_images(Pictures(images), quiet=True) for images in (middles, wholes)), quiet=True)
    right = (found.partners == np.arange(100)) & (found.correlation >= LEAST_CORRELATION)
    assert right.mean() >= 0.95
    strangers = shrink_images(Pictures(draw_pictures(200, seed=9)), quiet=True)
    others = find_crops(strangers, shrink_images(Pictures(wholes), quiet=True), quiet=True)
    assert len(others.list_pairs()) <= 2


def test_an_image_is_no_crop_of_itself():
    small = shrink_images(Pictures(draw_pictures(30)), quiet=True)
    assert len(find_crops(small, quiet=True).list_pairs()) == 0
    pictures = draw_pictures(30)
    found = find_crops(shrink_images(Pictures([*pictures, pictures[4]]), quiet=True), quiet=True)
    assert sorted(found.list_pairs()) == [4, 30]
    assert (found.partners[[4, 30]].tolist(), found.shares[[4, 30]].tolist()) == ([30, 4], [1, 1])


def test_the_share_is_told():
    rng, wholes = np.random.default_rng(2), draw_pictures(20)
    middles = [cut_middle(whole, 0.7, rng) for whole in wholes]
    found = find_crops(*(shrink_images(Pictures(images), quiet=True) for images in (middles, wholes)), quiet=True)
    assert np.median(found.shares) == pytest.approx(0.7, abs=0.03)


@pytest.mark.real_data
def test_middles_of_real_photographs_are_found_and_strangers_are_not():
    right, strange = measure(find_archive("dogs"), 1000, seed=3)
    assert right >= 0.95
    assert strange <= 0.01

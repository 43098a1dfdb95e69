"""Parts of other images are found wherever they were cut, turned, brightened and mirrored, and strangers are not."""

import numpy as np
import pytest

from benchmarks.audit import CHANGES, change
from benchmarks.crop_search import Pictures, cut_middle
from tests.datasets.test_crops import draw_pictures
from tlbook.datasets.crops import shrink_images
from tlbook.datasets.window_search import search_windows


def shrink(pictures):
    return shrink_images(Pictures(pictures), quiet=True).pixels


@pytest.mark.parametrize("kind", CHANGES)
def test_changed_images_are_found(kind):
    rng, pictures = np.random.default_rng(1), draw_pictures(60)
    planted = [change(picture, kind, rng) for picture in pictures[:20]]
    pairs = {tuple(sorted(pair)) for pair in search_windows(shrink([*pictures, *planted]), quiet=True).pairs.tolist()}
    assert len({(i, 60 + i) for i in range(20)} & pairs) >= 18
    assert len(pairs) <= 20


def test_mirrored_images_are_found():
    rng, pictures = np.random.default_rng(2), draw_pictures(30)
    planted = [cut_middle(picture, 0.85, rng) for picture in pictures[:10]]  # half of them mirrored
    pairs = {tuple(sorted(pair)) for pair in search_windows(shrink([*pictures, *planted]), quiet=True).pairs.tolist()}
    assert len({(i, 30 + i) for i in range(10)} & pairs) >= 9


def test_few_images_and_images_of_one_grey():
    assert len(search_windows(np.zeros((1, 64, 64), np.uint8), quiet=True).pairs) == 0
    assert len(search_windows(np.full((5, 64, 64), 7, np.uint8), quiet=True).pairs) == 0

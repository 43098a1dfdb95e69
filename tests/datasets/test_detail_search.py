"""Images that show the same at the same size are found by their details; patterns and look-alikes are no such pairs."""

import numpy as np
import pytest
from PIL import Image

from benchmarks.audit import CHANGES, change
from benchmarks.crop_search import Pictures
from tlbook.datasets.detail_search import choose_scale, find_details, search_details


def draw_grains(count, seed=0):
    """Draw fine textures that all have the same coarse shades, as radiographs of one view have."""
    rng, shades = np.random.default_rng(seed), np.linspace(30, 190, 160)[:, None, None]
    grains = [Image.fromarray(rng.integers(0, 256, (40, 40, 3), dtype=np.uint8)) for _ in range(count)]
    fine = [np.asarray(grain.resize((160, 160), Image.Resampling.BICUBIC), float) / 4 for grain in grains]
    return [(shades + picture).astype(np.uint8) for picture in fine]


def draw_board(side, low, high):
    rows, columns = np.mgrid[:160, :160] // side
    return np.where((rows + columns)[..., None] % 2, np.uint8(low), np.uint8(high)).repeat(3, axis=2)


def search(pictures):
    scale = choose_scale(Pictures(pictures))
    return search_details([find_details(picture, scale) for picture in pictures], quiet=True)


@pytest.mark.parametrize("kind", CHANGES)
def test_changed_textures_are_found(kind):
    rng, pictures = np.random.default_rng(1), draw_grains(40)
    pairs, _, patterns = search([*pictures, *(change(picture, kind, rng) for picture in pictures[:20])])
    found = {tuple(sorted(pair)) for pair in pairs.tolist()}
    assert len({(i, 40 + i) for i in range(20)} & found) >= 18
    assert len(found) <= 20
    assert not patterns.any()


def test_boards_are_patterns():
    boards = [draw_board(side, low, 230) for side, low in ((16, 0), (16, 90), (20, 40))]
    _, _, patterns = search([*draw_grains(10), *boards])
    assert patterns.tolist() == [False] * 10 + [True] * 3


def test_other_sizes_and_images_without_details():
    flat = np.full((90, 120, 3), 7, np.uint8)
    pairs, agreement, patterns = search([flat, flat, flat[:9, :5]])
    assert len(pairs) == len(agreement) == 0 and not patterns.any()
    pairs, _, _ = search([*draw_grains(4), np.zeros((3000, 40, 3), np.uint8), draw_grains(4)[1][:, :150]])
    assert pairs.tolist() == [[1, 5]]


def test_small_images_are_not_compared():
    assert choose_scale(Pictures([np.zeros((64, 64, 3), np.uint8)] * 3)) is None
    assert choose_scale(Pictures([np.zeros((64, 256, 3), np.uint8)] * 3)) == 1.0

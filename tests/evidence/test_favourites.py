import numpy as np
import pytest

from tlbook.errors import BadInput
from tlbook.evidence.favourites import find_favourites


@pytest.fixture
def images():
    images = np.random.default_rng(0).integers(0, 40, (6, 32, 32, 3)).astype(np.uint8)
    images[1, 24:, 24:] = 250
    images[4, :8, 8:16] = 200
    return images


def test_the_strongest_place_of_each_image_is_cut_out_the_strongest_image_first(images):
    bright = images.reshape(6, 4, 8, 4, 8, 3).mean(axis=(2, 4))[..., :1]
    patches = find_favourites(images, bright, count=3, patch=8, shown=16)
    assert patches.shape == (3, 16, 16, 3)
    assert patches[0].min() == 250 and patches[1].min() == 200 and patches[2].max() < 40


def test_the_choosiest_channel_comes_first(images):
    choosy = images.reshape(6, 4, 8, 4, 8, 3).mean(axis=(2, 4))[..., 0]
    activations = np.stack([np.full_like(choosy, 100), choosy], axis=-1)
    both = find_favourites(images, activations, channels=2, count=2, patch=8, shown=8)
    assert both[0].min() == 250 and len(both) == 4


@pytest.mark.parametrize("options", [{"channels": 2}, {"count": 7}, {"patch": 33}])
def test_numbers_out_of_range_are_bad_input(images, options):
    with pytest.raises(BadInput, match=next(iter(options))):
        find_favourites(images, np.ones((6, 4, 4, 1)), **{"count": 2, **options})


def test_activations_of_other_images_are_bad_input(images):
    with pytest.raises(BadInput, match=r"expected \(n, size, size, 3\)"):
        find_favourites(images, np.ones((5, 4, 4, 1)))

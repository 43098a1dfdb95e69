import numpy as np
import pytest

from tlbook.errors import BadInput
from tlbook.synthetic.surfaces import GRADES, make_surfaces


@pytest.mark.parametrize("target", GRADES)
def test_plates_are_grey_even_over_the_grades_and_made_again_by_their_seed(target):
    images, labels = make_surfaces(target, 20, seed=1, size=32)
    assert images.shape == (20, 32, 32, 3) and images.dtype == np.uint8
    assert (images[..., 0] == images[..., 2]).all()
    assert len(set(np.bincount(labels))) == 1
    assert (make_surfaces(target, 20, seed=1, size=32)[0] == images).all()
    assert (make_surfaces(target, 20, seed=2, size=32)[0] != images).any()


def test_thick_plates_are_darker_and_rough_ones_finer_in_grain():
    images, labels = make_surfaces("thickness", 200)
    levels = images.mean(axis=(1, 2, 3))
    assert levels[labels == 0].mean() - levels[labels == 1].mean() == pytest.approx(12, abs=3)
    images, labels = make_surfaces("roughness", 100)
    images = images[..., 0].astype(float)
    steps = np.abs(np.diff(images, axis=2)).mean(axis=(1, 2)) / images.std(axis=(1, 2))
    means = [steps[labels == grade].mean() for grade in range(5)]
    assert means == sorted(means, reverse=True)
    levels = images.mean(axis=(1, 2))
    assert abs(levels[labels == 0].mean() - levels[labels == 4].mean()) < 10


def test_an_unknown_target_is_bad_input():
    with pytest.raises(BadInput, match="expected one of roughness, thickness"):
        make_surfaces("colour", 3)

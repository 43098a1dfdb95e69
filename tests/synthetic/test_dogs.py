"""The invented breeds: reproducible, nested, and not to be told apart by pixels or colours."""

import numpy as np
import pytest
from PIL import Image
from sklearn.linear_model import RidgeClassifier

from tlbook.errors import BadInput
from tlbook.synthetic import dogs


def shrink(images, size):
    small = [np.asarray(Image.fromarray(im).resize((size, size), Image.Resampling.BOX)) for im in images]
    return np.stack(small).reshape(len(images), -1) / 255


def measure_colours(images):
    means, spreads = images.mean((1, 2)), images.std((1, 2))
    counts = [[np.histogram(im[..., c], 16, (0, 256))[0] for c in range(3)] for im in images]
    return np.concatenate([means / 255, spreads / 255, np.array(counts).reshape(len(images), -1) / 9216], 1)


def score_linear(case, features):
    train, test = features(case.train.images.array), features(case.test.images.array)
    centre, scale = train.mean(0), train.std(0) + 1e-3
    model = RidgeClassifier(alpha=3000.0).fit((train - centre) / scale, case.train.labels)
    return model.score((test - centre) / scale, case.test.labels)


@pytest.fixture(scope="module")
def case():
    return dogs.make_case(per_class=12, val_per_class=1, test_per_class=8)


def draw_small(**options):
    return dogs.make_case(size=32, **{"per_class": 1, "val_per_class": 1, "test_per_class": 1, **options})


def test_same_seed_gives_the_same_pixels_and_another_seed_others():
    one, again, other = draw_small(), draw_small(), draw_small(seed=1)
    for split in ("train", "val", "test"):
        assert np.array_equal(getattr(one, split).images.array, getattr(again, split).images.array)
        assert not np.array_equal(getattr(one, split).images.array, getattr(other, split).images.array)


def test_more_images_a_class_keep_the_first_ones_and_the_other_splits():
    few, many = draw_small(per_class=2), draw_small(per_class=4)
    where = [many.train.names.index(name) for name in few.train.names]
    assert np.array_equal(few.train.images.array, many.train.images.array[where])
    for split in ("val", "test"):
        assert np.array_equal(getattr(few, split).images.array, getattr(many, split).images.array)


def test_sides_share_no_image_and_classes_are_even(case):
    splits = (case.train, case.val, case.test)
    seen = [split.images.fingerprint(i) for split in splits for i in range(len(split))]
    assert len(set(seen)) == len(seen)
    assert np.bincount(case.train.labels).tolist() == [12] * 20
    assert case.classes == tuple(sorted(case.classes))
    assert not case.has_groups


def test_pixels_and_colours_stay_near_chance(case):
    assert score_linear(case, lambda images: shrink(images.mean(-1).astype(np.uint8), 24)) <= 0.15
    assert score_linear(case, lambda images: shrink(images, 12)) <= 0.15
    assert score_linear(case, measure_colours) <= 0.15


def test_difficulty_changes_the_pictures():
    easy, hard = draw_small(difficulty=0.0), draw_small(difficulty=1.0)
    assert not np.array_equal(easy.train.images.array, hard.train.images.array)


WRONG = [{"per_class": 0}, {"difficulty": 1.5}, {"seed": -1}, {"size": 4}, {"test_per_class": 0.5}]


@pytest.mark.parametrize("bad", WRONG)
def test_numbers_out_of_range_are_bad_input(bad):
    with pytest.raises(BadInput, match="received `.*expected a "):
        dogs.make_case(**bad)


def test_other_sizes_are_drawn_at_that_size():
    assert draw_small().train.images.array.shape == (20, 32, 32, 3)

"""The invented road signs: reproducible, nested, posts in one split, and little to be had from pixels or colours."""

import numpy as np
import pytest
from PIL import Image
from sklearn.linear_model import RidgeClassifier

from tlbook.synthetic import plates, signs


def score_linear(case, features):
    train, test = features(case.train.images.array), features(case.test.images.array)
    centre, scale = train.mean(0), train.std(0) + 1e-3
    model = RidgeClassifier(alpha=3000.0).fit((train - centre) / scale, case.train.labels)
    return model.score((test - centre) / scale, case.test.labels)


def shrink(images, size):
    small = [np.asarray(Image.fromarray(im).resize((size, size), Image.Resampling.BOX)) for im in images]
    return np.stack(small).reshape(len(images), -1) / 255


def measure_colours(images):
    counts = [[np.histogram(im[..., c], 16, (0, 256))[0] for c in range(3)] for im in images]
    return np.array(counts).reshape(len(images), -1) / 9216


@pytest.fixture(scope="module")
def case():
    return signs.make_case(per_class=20, val_per_class=5, test_per_class=10)


def draw_small(**options):
    return signs.make_case(size=32, **{"per_class": 1, "val_per_class": 1, "test_per_class": 1, **options})


def test_same_seed_gives_the_same_pixels_and_another_seed_others():
    one, again, other = draw_small(), draw_small(), draw_small(seed=1)
    for split in ("train", "val", "test"):
        assert np.array_equal(getattr(one, split).images.array, getattr(again, split).images.array)
        assert not np.array_equal(getattr(one, split).images.array, getattr(other, split).images.array)


def test_more_images_a_class_keep_the_first_ones_and_the_other_splits():
    few, many = draw_small(per_class=2), draw_small(per_class=7)
    where = [many.train.names.index(name) for name in few.train.names]
    assert np.array_equal(few.train.images.array, many.train.images.array[where])
    assert few.train.groups.tolist() == many.train.groups[where].tolist()
    for split in ("val", "test"):
        assert np.array_equal(getattr(few, split).images.array, getattr(many, split).images.array)


def test_a_post_stands_on_one_side_and_has_five_frames(case):
    splits = [set(split.groups.tolist()) for split in (case.train, case.val, case.test)]
    assert case.has_groups
    assert not splits[0] & splits[1] | splits[0] & splits[2] | splits[1] & splits[2]
    _, frames = np.unique(case.train.groups, return_counts=True)
    assert frames.tolist() == [5] * (14 * 20 // 5)


def test_frames_of_a_post_resemble_each_other_more_than_other_posts(case):
    tones = measure_colours(case.train.images.array).reshape(14, 4, 5, -1)
    within = np.abs(tones[:, :, :1] - tones[:, :, 1:]).mean()
    between = np.abs(tones[:, :1] - tones[:, 1:]).mean()
    assert within < 0.85 * between


def test_pixels_and_colours_say_little(case):
    assert score_linear(case, lambda images: shrink(images.mean(-1).astype(np.uint8), 24)) <= 0.18
    assert score_linear(case, lambda images: shrink(images, 12)) <= 0.18
    assert score_linear(case, measure_colours) <= 0.18


@pytest.mark.parametrize(("one", "other"), [("limit_30", "limit_80"), ("turn_left", "turn_right"), ("bumps", "curve")])
def test_some_kinds_differ_in_the_pictogram_alone(one, other):
    assert plates.SIGNS[one] == plates.SIGNS[other]
    first, second = plates.paint_plate(one), plates.paint_plate(other)
    assert np.array_equal(first[..., 3], second[..., 3])
    assert not np.array_equal(first, second)


def test_every_kind_looks_different():
    seen = [plates.paint_plate(name).tobytes() for name in signs.CLASSES]
    assert len(set(seen)) == 14

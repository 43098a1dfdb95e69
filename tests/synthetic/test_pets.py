"""The drawn cats and dogs: reproducible, nested, and not to be told apart by pixels or colours."""

import numpy as np
import pytest
from PIL import Image
from sklearn.linear_model import RidgeClassifier

from tlbook.synthetic import pets


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
    return pets.make_case(per_class=100, val_per_class=2, test_per_class=100)


def draw_small(**options):
    return pets.make_case(size=32, **{"per_class": 1, "val_per_class": 1, "test_per_class": 1, **options})


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


def test_sides_share_no_image(case):
    splits = (case.train, case.val, case.test)
    seen = [split.images.fingerprint(i) for split in splits for i in range(len(split))]
    assert len(set(seen)) == len(seen)
    assert case.classes == ("cats", "dogs")


def test_pixels_and_colours_stay_near_chance(case):
    assert score_linear(case, lambda images: shrink(images.mean(-1).astype(np.uint8), 24)) <= 0.62
    assert score_linear(case, lambda images: shrink(images, 12)) <= 0.62
    assert score_linear(case, measure_colours) <= 0.62


def test_no_single_part_separates_the_breeds():
    cats, dogs = pets.BUILDS["cats"], pets.BUILDS["dogs"]
    assert {b.ears for b in cats} & {b.ears for b in dogs}
    for part in ("leg", "chest", "head", "tail", "ear", "fluff", "plume", "body"):
        assert min(getattr(b, part) for b in cats) <= max(getattr(b, part) for b in dogs)
        assert min(getattr(b, part) for b in dogs) <= max(getattr(b, part) for b in cats)

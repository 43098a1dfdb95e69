"""The case fractures: reproducible, two views a patient, visible fractures, no shortcut."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from tlbook.datasets.images import resize_image
from tlbook.errors import BadInput
from tlbook.synthetic import fractures
from tlbook.synthetic.fields import stack_parameters
from tlbook.synthetic.radiographs import draw_radiographs

SMALL = {"val_per_class": 2, "test_per_class": 2, "size": 48}


@pytest.fixture(scope="module")
def case():
    return fractures.make_case(val_per_class=2)


def score_linear(train, train_labels, test, test_labels):
    model = make_pipeline(StandardScaler(), LogisticRegression(C=1e-2, max_iter=200))
    return model.fit(train, train_labels).score(test, test_labels)


def summarise(images):
    """Statistics that no fracture should show in: brightness, contrast, histogram, gradient energy."""
    grey = images[..., 0].astype(np.float32)
    histogram = np.stack([np.histogram(g, bins=32, range=(0, 256))[0] for g in grey]) / grey[0].size
    steps = (np.diff(grey, axis=1), np.diff(grey, axis=2))
    energy = [np.log1p(f(s).mean(axis=(1, 2))) for s in steps for f in (np.abs, np.square)]
    return np.column_stack([grey.mean(axis=(1, 2)), grey.std(axis=(1, 2)), histogram, *energy])


def test_shape_of_the_case(case):
    assert case.classes == fractures.CLASSES == tuple(sorted(fractures.CLASSES))
    assert case.train.images.array.shape == (400, 96, 96, 3)
    assert case.train.images.array.dtype == np.uint8
    assert [len(s) for s in (case.train, case.val, case.test)] == [400, 4, 400]
    assert np.bincount(case.train.labels).tolist() == [200, 200]
    for split in (case.train, case.val, case.test):
        assert len(set(split.names)) == len(split)
        assert all(case.classes[c] in n for c, n in zip(split.labels, split.names, strict=True))


def test_two_views_of_each_patient_on_one_side(case):
    assert case.has_groups
    splits = [set(s.groups) for s in (case.train, case.val, case.test)]
    assert not (splits[0] & splits[1] | splits[0] & splits[2] | splits[1] & splits[2])
    _, counts = np.unique(case.train.groups, return_counts=True)
    assert (counts == 2).all()
    pairs = case.train.images.array[:, ::4, ::4, 0].reshape(200, 2, -1).astype(float)
    assert np.abs(pairs[:, 0] - pairs[:, 1]).mean(axis=1).min() > 5  # two pictures, not one twice


def test_draw_depends_on_the_seed_alone():
    few, many = (fractures.make_case(per_class=n, **SMALL) for n in (3, 7))
    for cls in range(2):
        a = few.train.images.array[few.train.labels == cls]
        b = many.train.images.array[many.train.labels == cls]
        np.testing.assert_array_equal(a, b[:3])
    np.testing.assert_array_equal(few.test.images.array, many.test.images.array)
    np.testing.assert_array_equal(few.val.images.array, many.val.images.array)
    other = fractures.make_case(per_class=3, seed=1, **SMALL)
    assert all((a != b).any() for a, b in zip(other.train.images.array, few.train.images.array, strict=True))


def test_same_anatomy_at_another_size():
    images = [fractures.make_case(per_class=6, **SMALL | {"size": n}).train.images.array for n in (80, 160)]
    for small, large in zip(*images, strict=True):
        shrunk = resize_image(large, 80)[..., 0].ravel().astype(float)
        assert np.corrcoef(small[..., 0].ravel(), shrunk)[0, 1] > 0.97


def measure_change(difficulty, count=12):
    """How far each picture differs, at most, from the same picture with the bone healed."""
    rows = [fractures.draw_picture(0, 0, k, 0, seed=5, difficulty=difficulty)[0] for k in range(count)]
    whole = {"depth": 0.0, "gap": 0.0, "splinters": 0.0, "offset": 0.0, "angulation": 0.0}
    noise = np.zeros((count, 96, 96), np.float32)
    broken, healed = (draw_radiographs(stack_parameters([r | w for r in rows]), 96, noise) for w in ({}, whole))
    return np.abs(broken[..., 0].astype(float) - healed[..., 0]).max(axis=(1, 2))


def test_difficulty_makes_fractures_fainter():
    easy, middle, hard = (measure_change(d) for d in (0.0, 0.5, 1.0))
    assert easy.min() > 30
    assert middle.min() > 10
    assert np.median(easy) > np.median(middle) > 2 * np.median(hard)


def test_intact_bones_have_no_fracture():
    for number in range(5):
        row, _ = fractures.draw_picture(0, fractures.CLASSES.index("intact"), number, 0, seed=0, difficulty=0.5)
        assert row["depth"] == row["gap"] == row["offset"] == row["angulation"] == 0


def test_linear_model_on_pixels_stays_near_chance(case):
    train, test = (s.images.array[..., 0].reshape(len(s), -1).astype(np.float32) for s in (case.train, case.test))
    assert score_linear(train, case.train.labels, test, case.test.labels) <= 0.60


def test_global_statistics_stay_near_chance(case):
    train, test = (summarise(s.images.array) for s in (case.train, case.test))
    assert score_linear(train, case.train.labels, test, case.test.labels) <= 0.62


@pytest.mark.parametrize(
    "wrong", [{"difficulty": 1.2}, {"difficulty": -0.1}, {"per_class": 0}, {"size": 8}, {"seed": -1}]
)
def test_number_out_of_range(wrong):
    with pytest.raises(BadInput, match="received `.*expected a "):
        fractures.make_case(**SMALL | wrong)

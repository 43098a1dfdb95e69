"""The case brains: reproducible, whole people in one split, people recognisable in every slice."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from tlbook.datasets.images import resize_image
from tlbook.errors import BadInput
from tlbook.synthetic import brains

SMALL = {"val_per_class": 1, "test_per_class": 1, "slices": 5, "size": 48}


@pytest.fixture(scope="module")
def people():
    images, person, level, label = brains.make_people(10, size=48)
    return shrink(images), person, level, label


def shrink(images):
    """Grey values of 24 x 24 blocks, one row a picture."""
    n, size = images.shape[:2]
    blocks = images[..., 0].reshape(n, 24, size // 24, 24, size // 24)
    return blocks.mean(axis=(2, 4)).reshape(n, -1).astype(np.float32)


def find_nearest(queries, stored):
    """Index of the stored picture that correlates best with each query."""
    a, b = ((x - x.mean(1, keepdims=True)) / x.std(1, keepdims=True) for x in (queries, stored))
    return (a @ b.T).argmax(axis=1)


def test_shape_of_the_case():
    case = brains.make_case(per_class=2, **SMALL)
    assert case.classes == brains.CLASSES == tuple(sorted(brains.CLASSES))
    assert case.train.images.array.shape == (30, 48, 48, 3)
    assert case.train.images.array.dtype == np.uint8
    assert case.train.names[5] == "train/mild_demented/001_slice01.png"
    assert np.bincount(case.train.labels).tolist() == [10, 10, 10]
    assert case.has_groups
    _, counts = np.unique(case.train.groups, return_counts=True)
    assert (counts == 5).all()
    splits = [set(s.groups) for s in (case.train, case.val, case.test)]
    assert not (splits[0] & splits[1] | splits[0] & splits[2] | splits[1] & splits[2])


def test_draw_depends_on_the_seed_alone():
    few, many = (brains.make_case(per_class=n, **SMALL) for n in (1, 3))
    for cls in range(3):
        a = few.train.images.array[few.train.labels == cls]
        b = many.train.images.array[many.train.labels == cls]
        np.testing.assert_array_equal(a, b[:5])
    np.testing.assert_array_equal(few.test.images.array, many.test.images.array)
    other = brains.make_case(per_class=1, seed=1, **SMALL)
    assert all((a != b).any() for a, b in zip(other.train.images.array, few.train.images.array, strict=True))


def test_same_anatomy_at_another_size():
    images = [brains.make_people(1, slices=4, size=n)[0] for n in (80, 160)]
    for small, large in zip(*images, strict=True):
        shrunk = resize_image(large, 80)[..., 0].ravel().astype(float)
        assert np.corrcoef(small[..., 0].ravel(), shrunk)[0, 1] > 0.97


def test_raw_access_agrees_with_the_case(people):
    _, person, level, label = people
    assert person.max() == 29
    assert level.reshape(30, 32).tolist() == [list(range(1, 33))] * 30
    assert np.bincount(label).tolist() == [320, 320, 320]
    case = brains.make_case(per_class=2, **SMALL)
    images, person, _, label = brains.make_people(2, slices=5, size=48)
    np.testing.assert_array_equal(images, case.train.images.array)
    np.testing.assert_array_equal(label, case.train.labels)
    np.testing.assert_array_equal(np.unique(case.train.groups, return_inverse=True)[1], person)


def test_atrophy_widens_the_fluid_spaces():
    rng = [np.random.default_rng(3) for _ in range(3)]
    non, very_mild, mild = (brains.draw_atrophy(r, s, 0.5) for r, s in zip(rng, (0, 0.5, 1), strict=True))
    for name in ("ventricle", "sulcus_width", "sylvian_width"):
        assert non[name] < very_mild[name] < mild[name]
    assert non["cortex"] > very_mild["cortex"] > mild["cortex"]
    assert non["hippocampus"] > mild["hippocampus"]
    harder = brains.draw_atrophy(np.random.default_rng(3), 1, 1.0)
    assert non["ventricle"] < harder["ventricle"] < mild["ventricle"]


def test_most_similar_picture_is_the_neighbouring_slice(people):
    images, person, level, _ = people
    nearest = np.empty(len(images), int)
    for i in range(0, len(images), 96):
        rows = np.arange(i, i + 96)
        masked = images - images.mean(axis=1, keepdims=True)
        masked /= np.linalg.norm(masked, axis=1, keepdims=True)
        likeness = masked[rows] @ masked.T
        likeness[np.arange(96), rows] = -2
        nearest[rows] = likeness.argmax(axis=1)
    adjacent = (person[nearest] == person) & (np.abs(level[nearest] - level) == 1)
    assert adjacent.mean() >= 0.95


def test_random_labels_leak_through_a_slice_split(people):
    images, person, _, _ = people
    rng = np.random.default_rng(0)
    label = (rng.permutation(30) % 3)[person]
    by_slice = rng.random(len(images)) < 0.3
    by_person = np.isin(person, rng.permutation(30)[:9])
    scores = []
    for test in (by_slice, by_person):
        guess = label[~test][find_nearest(images[test], images[~test])]
        scores.append((guess == label[test]).mean())
    assert scores[0] >= 0.8
    assert scores[1] <= 0.5


def test_linear_model_on_pixels_stays_near_chance_by_person(people):
    images, _, _, label = people
    test, _, _, test_label = brains.make_people(15, split="test", size=48)
    model = make_pipeline(StandardScaler(), LogisticRegression(C=1e-3, max_iter=200))
    assert model.fit(images, label).score(shrink(test), test_label) <= 1 / 3 + 0.15


@pytest.mark.parametrize("wrong", [{"difficulty": 2}, {"per_class": 0}, {"slices": 0}, {"size": 1000}, {"seed": -1}])
def test_number_out_of_range(wrong):
    with pytest.raises(BadInput, match="received `.*expected a "):
        brains.make_case(**SMALL | wrong)

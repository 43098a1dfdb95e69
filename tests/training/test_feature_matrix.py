"""One matrix of features: made of anything with images, kept on disk, fitted to, searched."""

import tracemalloc

import numpy as np
import pytest

from tlbook import Features
from tlbook.cases import load_case
from tlbook.datasets.dataset import Split
from tlbook.datasets.stores import ArrayStore
from tlbook.errors import BadInput
from tlbook.models.sources import load_source
from tlbook.training.feature_files import ABOUT, IMAGES, VALUES
from tlbook.training.features import extract_features
from tlbook.training.nearest import search_blocks


@pytest.fixture(scope="module")
def source():
    return load_source("random", image_size=32)


@pytest.fixture(autouse=True)
def no_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("TLBOOK_CACHE_DIR", str(tmp_path / "cache"))


def make_images(num=7, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (num, 32, 32, 3), dtype=np.uint8)


def make_features(num=60, channels=8, seed=0, **more):
    return Features(np.random.default_rng(seed).normal(size=(num, channels)).astype(np.float32), **more)


# made of images


def test_a_data_set_an_array_and_a_split_give_what_the_strategies_learn_from(source):
    case = load_case("fractures", per_class=2, size=32)
    small = type(case)(case.name, case.classes, case.train, case.val.take(range(3)), case.test.take(range(2)))
    made = Features.of(small, source, quiet=True)
    parts = [extract_features(source, part, quiet=True) for part in (small.train, small.val, small.test)]
    assert np.array_equal(made.values, np.concatenate(parts))
    assert made.names == small.train.names + small.val.names + small.test.names
    assert list(made.groups[:4]) == list(small.train.groups)
    split = Features.of(small.train, source, quiet=True)
    assert np.array_equal(split.values, made.values[:4]) and split.source == "random" and split.image_size == 32
    pixels = small.train.load(32, quiet=True)
    assert np.allclose(Features.of(pixels, source, quiet=True).values, split.values, atol=1e-6)


def test_groups_that_are_given_replace_those_of_the_images(source):
    assert list(Features.of(make_images(4), source, groups=[1, 1, 2, 2], quiet=True).groups) == ["1", "1", "2", "2"]
    with pytest.raises(BadInput, match="4 images and 3 `groups`"):
        Features.of(make_images(4), source, groups=[1, 1, 2], quiet=True)


def test_a_folder_needs_no_labels_and_what_cannot_be_read_is_told(source, make_folder, tmp_path):
    root = make_folder({"2019/b.png": None, "a.png": None, "c.png": b"no picture", "notes.txt": b"x"})
    made = Features.of(root, source, quiet=True)
    assert made.names == ("2019/b.png", "a.png") and list(made.skipped) == ["c.png"]
    on_disk = Features.of(root, source, path=tmp_path / "kept", quiet=True)
    assert isinstance(on_disk.values, np.memmap) and np.array_equal(on_disk.values, made.values)
    again = Features.load(tmp_path / "kept")
    assert again.names == made.names and again.skipped == made.skipped and again.values.shape == (2, 768)
    with pytest.raises(BadInput, match="none of 1 images can be read"):
        Features.of(make_folder({"c.png": b"no picture"}, "broken"), source, path=tmp_path / "none", quiet=True)
    assert not (tmp_path / "none").exists()
    with pytest.raises(BadInput, match="without an image"):
        Features.of(make_folder({"notes.txt": b"x"}, "empty"), source)


def test_a_run_that_is_stopped_leaves_nothing(source, tmp_path):
    class Failing(ArrayStore):
        def read(self, index):
            if index == 40:
                raise KeyboardInterrupt
            return self.array[index]

    images = make_images(41)
    split = Split(Failing(images), np.zeros(41, np.int64), tuple(map(str, range(41))), np.arange(41).astype(str))
    with pytest.raises(KeyboardInterrupt):
        Features.of(split, source, path=tmp_path / "kept", quiet=True)
    assert not (tmp_path / "kept").exists()


def test_values_names_and_groups_fit_together():
    assert make_features(3).names == ("0", "1", "2") and list(make_features(3).groups) == ["0", "1", "2"]
    assert Features([[1, 2], [3, 4]]).values.dtype == np.float32
    with pytest.raises(BadInput, match="tl.Features.of"):
        Features(np.zeros((2, 8, 8, 3)))
    with pytest.raises(BadInput, match="3 rows of `values` and 2 `groups`"):
        make_features(3, groups=["a", "b"])


def test_rows_are_taken_by_number_and_by_mask():
    features = make_features(5, groups=list("aabbc"))
    assert features.take([4, 0]).names == ("4", "0") and list(features.take([4, 0]).groups) == ["c", "a"]
    assert np.array_equal(features.take(np.arange(5) > 2).values, features.values[3:])


# on disk


def test_what_is_saved_comes_back_without_being_read(tmp_path):
    features = make_features(50, groups=[f"pet, {i // 2}" for i in range(50)], source="photos", image_size=96)
    again = Features.load(features.save(tmp_path / "kept"))
    assert isinstance(again.values, np.memmap) and np.array_equal(again.values, features.values)
    assert (again.names, again.source, again.image_size) == (features.names, "photos", 96)
    assert list(again.groups) == list(features.groups)
    with pytest.raises(BadInput, match="there and not empty"):
        features.save(tmp_path / "kept")


@pytest.mark.parametrize("name", [VALUES, IMAGES, ABOUT])
def test_damaged_or_missing_files_are_named(tmp_path, name):
    make_features(4).save(tmp_path / "kept")
    (tmp_path / "kept" / name).write_bytes(b"\x80")
    with pytest.raises(BadInput, match="make"):
        Features.load(tmp_path / "kept")
    (tmp_path / "kept" / name).unlink()
    with pytest.raises(BadInput, match=f"without {name}"):
        Features.load(tmp_path / "kept")


def test_files_of_two_saves_are_refused(tmp_path):
    make_features(4).save(tmp_path / "one")
    make_features(5).save(tmp_path / "two")
    (tmp_path / "one" / VALUES).write_bytes((tmp_path / "two" / VALUES).read_bytes())
    with pytest.raises(BadInput, match="5 rows of numbers and 4 names"):
        Features.load(tmp_path / "one")


def test_a_hundred_thousand_rows_are_searched_from_the_disk(tmp_path):
    values = np.random.default_rng(0).random((100_000, 64), dtype=np.float32) - 0.5
    features = Features.load(Features(values, groups=np.arange(100_000) // 4).save(tmp_path / "kept"))
    features.search(0, k=1)
    tracemalloc.start()
    found = features.search([5, 99_999], k=3, other_groups=True)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < values.nbytes / 2
    unit = values / np.linalg.norm(values, axis=1, keepdims=True)
    for row, rows, similarity in zip([5, 99_999], found.rows, found.similarity, strict=True):
        alike = unit @ unit[row]
        alike[row // 4 * 4 : row // 4 * 4 + 4] = -1
        assert list(rows) == list(np.argsort(-alike)[:3])
        assert np.allclose(similarity, np.sort(-alike)[:3] * -1, atol=1e-5)


# search


def test_search_agrees_with_scikit_learn_in_blocks_of_any_size():
    from sklearn.neighbors import NearestNeighbors

    values, queries = make_features(70).values, make_features(5, seed=1).values
    distance, rows = NearestNeighbors(n_neighbors=6, metric="cosine", algorithm="brute").fit(values).kneighbors(queries)
    for block in (1, 7, 64, 1000):
        found = search_blocks(values, queries, 6, block=block)
        assert np.array_equal(found.rows, rows) and np.allclose(found.similarity, 1 - distance, atol=1e-5)
    assert (np.sort(search_blocks(values, queries, 70).rows, axis=1) == np.arange(70)).all()


def test_a_row_does_not_find_itself_nor_its_group_where_asked():
    features = make_features(12, groups=np.arange(12) // 3)
    for row in range(12):
        assert row not in features.search(row, k=11).rows
        found = features.search(row, k=9, other_groups=True).rows[0]
        assert row // 3 not in found // 3
    assert features.search([0, 5], k=2).rows.shape == (2, 2)
    with pytest.raises(BadInput, match="at most 9"):
        features.search(0, k=10, other_groups=True)
    with pytest.raises(BadInput, match="at most 11"):
        features.search(0, k=12)


def test_queries_from_outside_may_find_every_row():
    features = make_features(12, groups=np.arange(12) // 3, fingerprint="a")
    own = make_features(12, groups=np.arange(12) // 3, fingerprint="a")
    assert list(features.search(own.take([3]), k=1).rows[0]) == [3]
    assert 1 not in features.search(own.take([3]), k=9, other_groups=True).rows[0] // 3
    assert list(features.search(own.values[3], k=1).rows[0]) == [3]


@pytest.mark.parametrize(
    ("query", "k", "words"),
    [
        (12, 1, "row 12"), (-1, 1, "row -1"), (np.zeros(3, np.float32), 1, "of the shape"), ("dog", 1, "expected rows"),
        (0, 0, "`k` 0"), (0, 13, "at most 12"), (make_features(1, fingerprint="b"), 1, "the same network"),
    ],
)  # fmt: skip
def test_a_query_that_cannot_be_answered(query, k, words):
    with pytest.raises(BadInput, match=words):
        make_features(12, fingerprint="a").search(query, k=k)


def test_an_array_has_no_groups():
    with pytest.raises(BadInput, match="`other_groups` and an array"):
        make_features(12).search(np.zeros(8, np.float32), other_groups=True)


# heads


def make_labelled(num=60, seed=0):
    features = make_features(num, seed=seed)
    labels = np.array(["cat", "dog", "owl"])[np.arange(num) % 3]
    for i, name in enumerate(("cat", "dog", "owl")):
        features.values[labels == name, i] += 4
    return features, labels


@pytest.mark.parametrize("num", [60, 1200])
def test_a_head_on_features_names_its_classes(num):
    features, labels = make_labelled(num)
    head = features.fit_head(labels)
    new, truth = make_labelled(seed=1)
    assert head.classes == ("cat", "dog", "owl") and head.C > 0
    assert (head.choose(new) == truth).mean() > 0.9
    assert np.allclose(head.predict(new.values).sum(axis=1), 1, atol=1e-5)


@pytest.mark.parametrize("num", [60, 1200])
def test_attributes_are_independent_answers(num):
    features = make_features(num)
    attributes = (features.values[:, :3] > 0).astype(int)
    head = features.fit_multilabel(attributes, names=["sits", "night", "barred"])
    new = make_features(200, seed=1)
    right = (head.predict(new) > 0.5) == (new.values[:, :3] > 0)
    assert (right.mean(axis=0) > 0.85).all() and head.attributes == ("sits", "night", "barred")
    one = features.fit_multilabel(attributes[:, 1:2])
    assert one.attributes == ("0",) and np.allclose(one.predict(new)[:, 0], head.predict(new)[:, 1])


def test_a_table_names_the_attributes():
    import pandas as pd

    features = make_features(30)
    table = pd.DataFrame(features.values[:, :2] > 0, columns=["sits", "night"])
    assert features.fit_multilabel(table).attributes == ("sits", "night")


def test_labels_that_nothing_can_be_learned_from():
    features = make_features(6)
    with pytest.raises(BadInput, match="features.take"):
        features.fit_head([0, 1])
    with pytest.raises(BadInput, match="1 class"):
        features.fit_head([0] * 6)
    with pytest.raises(BadInput, match="1 group of images for the class 'b'"):
        features.fit_head(list("aaaaab"))
    with pytest.raises(BadInput, match="not finite"):
        Features(np.full((6, 2), np.nan)).fit_head([0, 1] * 3)
    with pytest.raises(BadInput, match=r"attributes\[:, None\]"):
        features.fit_multilabel([0, 1] * 3)
    with pytest.raises(BadInput, match="with 2"):
        features.fit_multilabel([[2, 1]] * 6)
    with pytest.raises(BadInput, match="0 group of images for 0 of the attribute 'wet'"):
        features.fit_multilabel([[1]] * 6, names=["wet"])
    with pytest.raises(BadInput, match="`names`"):
        features.fit_multilabel([[1], [0]] * 3, names=["a", "b"])

"""Features are computed once, and keyed by everything they depend on."""

import errno
import multiprocessing
from dataclasses import replace

import numpy as np
import pytest

from tlbook.datasets.dataset import Split
from tlbook.datasets.stores import ArrayStore
from tlbook.files import replace_file
from tlbook.models.sources import load_source
from tlbook.training import features as module
from tlbook.training.features import extract_features


@pytest.fixture(scope="module")
def source():
    return load_source("random", image_size=32)


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("TLBOOK_CACHE_DIR", str(tmp_path))
    return tmp_path / "features"


def make_split(seed=0, num=5, size=32):
    images = np.random.default_rng(seed).integers(0, 256, (num, size, size, 3), dtype=np.uint8)
    names = tuple(f"{i}.png" for i in range(num))
    return Split(ArrayStore(images), np.zeros(num, np.int64), names, np.array(names))


def test_second_call_reads_the_cache(source, cache, monkeypatch):
    split = make_split()
    first = extract_features(source, split)
    assert first.shape == (5, 768)
    monkeypatch.setattr(module, "build_feature_model", lambda backbone: pytest.fail("computed again"))
    assert np.array_equal(extract_features(source, split), first)


def test_another_image_source_or_size_is_another_key(source, cache):
    extract_features(source, make_split())
    extract_features(source, make_split(seed=1))
    extract_features(load_source("random", image_size=32, seed=1), make_split())
    extract_features(load_source("random", image_size=64), make_split())
    assert len(list(cache.glob("*.npy"))) == 4


def test_names_labels_and_stated_hashes_are_no_part_of_the_key(source, cache):
    split = make_split()
    extract_features(source, split)
    extract_features(replace(source, name="other", weights_sha256="stated"), split)
    extract_features(source, replace(split, names=tuple("abcde"), labels=split.labels + 1))
    assert len(list(cache.glob("*"))) == 1


def test_features_do_not_depend_on_the_batch(source):
    split = make_split(num=70)
    whole = extract_features(source, split, cache=False)
    part = extract_features(source, split.take([3, 68]), cache=False)
    assert np.allclose(whole[[3, 68]], part, atol=1e-5)


def test_features_of_images_that_change_meanwhile_are_not_kept(source, cache):
    class Changing(ArrayStore):
        """Images that change once they have been hashed."""

        def read(self, index):
            self.array[index] = 255 - self.array[index]
            return self.array[index]

    split = make_split()
    extract_features(source, replace(split, images=Changing(split.images.array)))
    assert not list(cache.glob("*.npy"))


def test_empty_split(source):
    assert extract_features(source, make_split(num=0), cache=False).shape == (0, 768)


def write_once(arguments):
    """Write one array under a shared name, in a process of its own."""
    path, value = arguments
    with replace_file(path) as file:
        np.save(file, np.full((200, 50), value, np.float32))


def test_two_processes_may_write_at_once(tmp_path):
    path = tmp_path / "features" / "key.npy"
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        pool.map(write_once, [(path, float(i)) for i in range(8)], chunksize=1)
    stored = np.load(path)
    assert len(np.unique(stored)) == 1
    assert [p.name for p in path.parent.iterdir()] == ["key.npy"]


@pytest.mark.parametrize("damage", ["empty", "half", "junk", "other shape"])
def test_a_damaged_file_is_computed_again(source, cache, damage):
    split = make_split()
    first = extract_features(source, split)
    (path,) = cache.glob("*.npy")
    whole = path.read_bytes()
    path.write_bytes({"empty": b"", "half": whole[: len(whole) // 2], "junk": b"junk", "other shape": whole}[damage])
    if damage == "other shape":
        np.save(path, first[:2])
    assert np.array_equal(extract_features(source, split), first)
    assert path.read_bytes() == whole


def test_a_cache_that_cannot_be_written_costs_no_run(source, tmp_path, monkeypatch):
    (tmp_path / "file").write_bytes(b"")
    monkeypatch.setenv("TLBOOK_CACHE_DIR", str(tmp_path / "file" / "cache"))
    assert extract_features(source, make_split()).shape == (5, 768)


def test_a_full_disk_is_told_by_the_file_in_the_cache(source, cache, monkeypatch):
    def fill_up(*arguments):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(module.np, "save", fill_up)
    with pytest.raises(OSError, match="No space left") as caught:
        extract_features(source, make_split())
    assert str(cache) in caught.value.filename

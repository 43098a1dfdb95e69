"""Memory is estimated from the layers' outputs, and refused before anything is computed where there is not enough."""

import numpy as np
import pytest

from tlbook.datasets.arrays import from_arrays
from tlbook.errors import BadInput
from tlbook.files import make_array
from tlbook.models.sources import load_source
from tlbook.models.strategies import FiLMOnly, FromScratch, FullFineTune, HeadOnly
from tlbook.models.unfreezing import PartialUnfreeze
from tlbook.run import adapt
from tlbook.training import memory
from tlbook.training.memory import BASE, GIB, check_memory, estimate_memory


def load(size):
    return load_source("random", image_size=size)


def test_it_grows_with_the_area_and_with_what_trains():
    small, large = (estimate_memory(load(size), FullFineTune(), 1000) - BASE for size in (64, 128))
    assert 3.9 < large / small < 4.1
    source = load(128)
    found = [estimate_memory(source, s, 1000) for s in (HeadOnly(), PartialUnfreeze(), FullFineTune())]
    assert found == sorted(found)
    assert estimate_memory(source, FiLMOnly(), 1000) == estimate_memory(source, FromScratch(), 1000) == found[-1]


@pytest.mark.parametrize(("size", "measured"), [(512, 1.8), (1024, 4.6), (2048, 10.9)])
def test_it_is_about_what_40_images_took(size, measured):
    """FULL fine-tuning of `photos`, 24 images a step, as seen by the system."""
    assert 0.6 < estimate_memory(load_source("photos", image_size=size), FullFineTune(), 24) / GIB / measured < 1.5


def test_more_than_there_is_is_refused_in_words(monkeypatch):
    monkeypatch.setattr(memory, "count_memory", lambda: GIB)
    monkeypatch.setattr(memory, "list_accelerators", lambda: [])
    images = np.random.default_rng(0).integers(0, 256, (40, 8, 8)).astype(np.uint8)
    data = from_arrays(images, ["a", "b"] * 20)
    with pytest.raises(BadInput, match=r"`image_size` 1024, at which (head|full) would take about [0-9]+ GiB .* has 1"):
        adapt(data, load(1024), FullFineTune(), quiet=True)
    monkeypatch.setattr(memory, "list_accelerators", lambda: ["GPU"])
    assert check_memory(load(1024), [FullFineTune()], 24) == 0


def test_a_large_array_lies_in_a_file(tmp_path, monkeypatch):
    monkeypatch.setattr("tlbook.files.MEMORY_LIMIT", 1000)
    assert type(make_array((10, 10), np.uint8)) is np.ndarray
    large = make_array((100, 100), np.uint8)
    large[:] = 7
    assert isinstance(large, np.memmap) and int(large.sum()) == 70_000
    monkeypatch.setattr("tlbook.files.MEMORY_LIMIT", 10)
    images = np.random.default_rng(0).integers(0, 256, (40, 8, 8)).astype(np.uint8)
    run = adapt(from_arrays(images, ["a", "b"] * 20), load(32), FullFineTune(epochs=1), quiet=True)
    assert run.epochs == 1

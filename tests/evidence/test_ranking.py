"""Ranks of sources: in the order of the scores, from training images alone, and refused in one line at the door."""

from dataclasses import replace

import numpy as np
import pytest

from tests.small_source import make_small_source
from tlbook.datasets.arrays import from_arrays
from tlbook.errors import BadInput
from tlbook.evidence import ranking
from tlbook.evidence.ranking import METHODS, rank_sources


class Unread:
    """Images that must not be looked at."""

    def __getattr__(self, name):
        raise AssertionError("an image was read that no score may see")


def draw_data(per_class=10):
    """Make bright and dark squares, with their validation and test images out of reach."""
    labels = np.repeat([0, 1], per_class)
    images = np.random.default_rng(0).integers(0, 100, (2 * per_class, 32, 32, 3)) + 100 * labels[:, None, None, None]
    groups = [f"person {i // 2}" for i in range(len(labels))]
    data = from_arrays(images.astype(np.uint8), labels.astype(str), groups=groups)
    return replace(data, **{name: replace(getattr(data, name), images=Unread()) for name in ("val", "test")})


@pytest.fixture(scope="module")
def data():
    return draw_data()


@pytest.fixture(scope="module")
def source():
    return make_small_source()


def test_the_best_comes_first_and_each_method_has_its_column(data, source, monkeypatch):
    """Features are made up: those of the good source tell the labels, those of the poor one don't."""
    noise = np.random.default_rng(0).normal(size=(len(data.train), 4)).astype(np.float32)
    sources = [replace(source, name=name) for name in ("poor", "good")]

    def make(source, split, **_):
        assert split is data.train
        return noise + 5 * split.labels[:, None].astype(np.float32) * (source.name == "good")

    monkeypatch.setattr(ranking, "extract_features", make)
    found = rank_sources(data, sources, method=list(METHODS), quiet=True)
    assert [row.source for row in found.sources] == ["good", "poor"]
    assert all(found.sources[0].scores[name] > found.sources[1].scores[name] for name in METHODS)
    lines = repr(found).splitlines()
    assert lines[0].endswith(f"sources by LogME on {len(data.train)} training images, the best first")
    assert lines[1].split() == ["source", "pixels", "LogME", "N-LEEP", "H-score", "probe", "seconds"]
    assert [line.split()[0] for line in lines[2:]] == ["good", "poor"]
    assert "<td>good</td>" in found._repr_html_()


def test_only_training_images_are_read(data, source):
    found = rank_sources(data, source, method=("probe", "logme", "probe"), cache=False, quiet=True)
    assert found.methods == ("probe", "logme")
    told = found.as_dict()
    assert told["n_train"] == len(data.train) and set(told["sources"][0]) >= {"source", "image_size", "probe", "logme"}
    again = rank_sources(data, source, method=("probe", "logme"), cache=False, quiet=True)
    assert again.sources[0].scores == found.sources[0].scores


def test_every_source_with_weights_is_ranked(monkeypatch):
    known = ranking.list_sources()
    monkeypatch.setattr(
        ranking, "list_sources", lambda: [replace(k, on_this_machine=k.name != "worlds") for k in known]
    )
    found = ranking.check_sources(None)
    assert "photos" in found and "mobilenet_v2" in found
    assert "worlds" not in found and "random" not in found


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"sources": []}, "empty `source`"),
        ({"sources": ["mobilenetv9"]}, "mobilenetv9"),
        ({"sources": [3]}, "`source` 3"),
        ({"method": "magic"}, "`method` 'magic'; expected logme"),
        ({"method": ()}, "`method`"),
        ({"method": [["logme"]]}, "`method`"),
        ({"seed": -1}, "`seed` -1"),
    ],
    ids=str,
)
def test_what_cannot_be_ranked_is_refused(data, arguments, words):
    with pytest.raises(BadInput, match=words):
        rank_sources(data, **{"sources": "photos"} | arguments)


def test_a_class_of_one_group_is_refused_before_features_are_computed(data, monkeypatch):
    monkeypatch.setattr(ranking, "as_source", None)
    alone = replace(data, train=replace(data.train, groups=data.train.labels.astype(str)))
    with pytest.raises(BadInput, match="a class of one group"):
        rank_sources(alone, "photos", method="probe")


def test_data_is_a_data_set():
    with pytest.raises(BadInput, match="`data` of type str; expected a Dataset"):
        rank_sources("folder")

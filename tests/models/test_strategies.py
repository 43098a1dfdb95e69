"""What each strategy trains, and that the source stays as it was."""

import numpy as np
import pytest

from tlbook.errors import BadInput
from tlbook.evidence.adapt import adapt
from tlbook.models.classifiers import count_parameters
from tlbook.models.strategies import FromScratch, FullFineTune, HeadOnly, find_strategy
from tlbook.models.zoo import load_source

CLASSES = ("a", "b", "c")
BACKBONE, HEAD, STATISTICS = 804_720, 768 * 3 + 3, 5_056 // 2
ROWS = [
    # strategy, trainable weights by hand: a head of 768 x 3 + 3; batch-norm statistics are never trainable
    (HeadOnly(), HEAD),
    (FullFineTune(epochs=1), None),
    (FromScratch(epochs=1), None),
]


@pytest.fixture(scope="module")
def source():
    return load_source("random", image_size=32)


@pytest.mark.parametrize(("strategy", "trainable"), ROWS, ids=lambda v: getattr(v, "word", ""))
def test_built_models_count_what_trains(source, strategy, trainable):
    before = [w.copy() for w in source.backbone.get_weights()]
    model = strategy.build(source, CLASSES, seed=0)
    statistics = sum(
        int(np.prod(w.shape)) for layer in model.layers for w in layer.weights if "moving" in w.path.rsplit("/", 1)[-1]
    )
    expected = BACKBONE + HEAD - statistics if trainable is None else trainable
    assert count_parameters(model) == (expected, BACKBONE + HEAD)
    assert model.output_shape == (None, 3)
    assert all(np.array_equal(a, b) for a, b in zip(before, source.backbone.get_weights(), strict=True))


def test_full_starts_from_the_source_and_scratch_does_not(source):
    def stem(strategy, seed=0):
        return strategy.build(source, CLASSES, seed=seed).get_layer("stem_conv").get_weights()[0]

    ours = source.backbone.get_layer("stem_conv").get_weights()[0]
    assert np.array_equal(stem(FullFineTune()), ours)
    assert not np.array_equal(stem(FromScratch(), 5), ours)  # the source was drawn from seed 0
    assert np.array_equal(stem(FromScratch(), 3), stem(FromScratch(), 3))
    assert not np.array_equal(stem(FromScratch(), 3), stem(FromScratch(), 4))


@pytest.mark.parametrize("word", ["partial", "film", "norm", "other"])
def test_strategies_that_are_not_there(word):
    with pytest.raises(BadInput, match="expected auto, scratch, head, full"):
        find_strategy(word)


def test_schedules_out_of_range():
    with pytest.raises(BadInput, match="epochs 0"):
        FullFineTune(epochs=0)


def test_training_moves_what_it_should_and_nothing_else(source, monkeypatch, tmp_path):
    monkeypatch.setenv("TLBOOK_CACHE_DIR", str(tmp_path))
    from tlbook.datasets.synthetic.signs import make_case

    case = make_case(per_class=5, val_per_class=5, test_per_class=5, size=32)
    for strategy in (HeadOnly(), FullFineTune(epochs=1), FromScratch(epochs=1)):
        start = strategy.build(source, case.classes, seed=0)
        run = adapt(case, source, strategy, seed=0)
        moved = {
            layer.name
            for layer, old in zip(run.model.layers, start.layers, strict=True)
            if any(not np.array_equal(a, b) for a, b in zip(layer.get_weights(), old.get_weights(), strict=True))
        }
        with_weights = {layer.name for layer in start.layers if layer.get_weights()}
        assert moved == ({"head"} if strategy.word == "head" else with_weights)
        assert len(run.history.get("loss", ())) == run.epochs == (0 if strategy.word == "head" else 1)

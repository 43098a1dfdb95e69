"""What is frozen runs once, and training is the same."""

from dataclasses import replace

import numpy as np
import pytest

from tests.small_source import make_small_source
from tlbook.models.classifiers import build_classifier
from tlbook.models.sources import load_source
from tlbook.models.stages import cut_stages
from tlbook.models.strategies import FullFineTune, PartialUnfreeze
from tlbook.runtime import import_keras, set_seed
from tlbook.training import activation_cache
from tlbook.training.fit import fit_model
from tlbook.training.options import Training

CLASSES = ("a", "b", "c")
RNG = np.random.default_rng(0)
IMAGES, LABELS = RNG.integers(0, 256, (12, 32, 32, 3), dtype=np.uint8), np.arange(12) % 3


@pytest.fixture(scope="module")
def tiny():
    return make_small_source()


def train(source, strategy, **options):
    set_seed(0)
    model = strategy.build(source, CLASSES, seed=0)
    data = (IMAGES[:8], LABELS[:8]), (IMAGES[8:], LABELS[8:])
    return model, fit_model(model, *data, strategy, training=Training(**options), quiet=True)


def calibrate(backbone):
    """Normalise by the images at hand: through weights as they start, deep networks let nothing pass."""
    for layer in backbone.layers:
        if hasattr(layer, "momentum"):
            layer.momentum = 0.0
    backbone(IMAGES, training=True)


def take_first_blocks():
    """The first three blocks of MobileNetV2: depthwise convolutions, no activation before the border, a long memory."""
    source = load_source("mobilenet_v2_035", weights="random", image_size=32)
    backbone = import_keras().Model(source.backbone.input, source.backbone.get_layer("block_2_add").output)
    return replace(source, backbone=backbone, stages=cut_stages(backbone))


@pytest.mark.parametrize(
    ("make_source", "rate", "stage"),
    [(make_small_source, 1e-2, "stage2_block1"), (take_first_blocks, 1e-3, "block_1")],
)
def test_the_first_twenty_losses_are_those_of_the_whole_network(make_source, rate, stage):
    source = make_source()
    calibrate(source.backbone)
    # one batch an epoch, so that each loss is a step's; learned slowly: a loss near 0 is all rounding
    strategy = PartialUnfreeze(20, rate, 8, stages=1)
    whole, plain = train(source, strategy, cache_activations=False)
    cut, cached = train(source, strategy)
    assert (plain.cached_activations, cached.cached_activations["stage"], cached.cached_activations["where"]) == (
        None,
        stage,
        "ram",
    )
    assert len(cached.history["loss"]) == 20
    assert cached.history["loss"][-1] < 0.9 * cached.history["loss"][0]
    assert np.allclose(cached.history["loss"], plain.history["loss"], rtol=1e-5, atol=0)
    assert np.allclose(cached.history["val_loss"], plain.history["val_loss"], rtol=1e-4, atol=0)
    assert np.allclose(cut.predict_on_batch(IMAGES), whole.predict_on_batch(IMAGES), atol=1e-4)


def test_mirrored_views_come_as_they_would_have(tiny):
    strategy = PartialUnfreeze(4, 1e-3, 3, stages=1, mirror=True)
    plain, cached = (train(tiny, strategy, cache_activations=f)[1] for f in (False, True))
    assert cached.cached_activations["views"] == 2
    assert np.allclose(cached.history["loss"], plain.history["loss"], rtol=1e-5, atol=0)


def test_the_network_holds_what_its_tail_learned(tiny, tmp_path, monkeypatch):
    import keras

    monkeypatch.setattr(activation_cache, "MEMORY_LIMIT", 0)
    strategy = PartialUnfreeze(8, 1e-2, 8, stages=1)
    start = strategy.build(tiny, CLASSES, seed=0)
    model, fit = train(tiny, strategy)
    assert fit.cached_activations == {
        "stage": "stage2_block1",
        "where": "disk",
        "bytes": 4 * 4 * 4 * 8 * 12,
        "views": 1,
    }
    moved = {
        layer.name
        for layer, old in zip(model.layers, start.layers, strict=True)
        if any(not np.array_equal(a, b) for a, b in zip(layer.get_weights(), old.get_weights(), strict=True))
    }
    assert moved == {"expand_conv", "head"}
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    assert np.array_equal(loaded.predict_on_batch(IMAGES), model.predict_on_batch(IMAGES))


def test_no_activation_cache_where_all_trains_or_nothing_is_saved(tiny):
    full = build_classifier(tiny.backbone, CLASSES, trainable=True)
    assert activation_cache.find_frozen_part(full) is None
    frozen = build_classifier(tiny.backbone, CLASSES, trainable=False)
    found = activation_cache.find_frozen_part(frozen)
    assert (found.stage, found.tail.layers[-1]) == ("stage2_block1", frozen.get_layer("head"))
    place = activation_cache.choose_cache_place(found, 10**5, 10, num_views=2, epochs=2)
    assert place is None
    assert activation_cache.choose_cache_place(found, 100, 10, num_views=2, epochs=3) == "ram"
    assert train(tiny, FullFineTune(1, 1e-3, 8))[1].cached_activations is None


def test_statistics_without_scale_and_shift_are_not_frozen():
    import keras

    inputs = keras.Input((4, 4, 3))
    x = keras.layers.Conv2D(2, 1, name="block1_conv", trainable=False)(inputs)
    norm = keras.layers.BatchNormalization(center=False, scale=False, name="block2_bn")
    x = keras.layers.Conv2D(2, 1, name="block3_conv")(norm(x))
    model = keras.Model(inputs, keras.layers.GlobalAveragePooling2D()(x))
    assert activation_cache.find_frozen_part(model).stage == "block1"
    norm.trainable = False
    assert activation_cache.find_frozen_part(model).stage == "block2"

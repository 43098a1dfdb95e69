"""How BatchNormalization is kept still: the popular idiom, which this Keras does not honour, and the way that works."""

import numpy as np
import pytest

from tlbook.runtime import import_keras


@pytest.fixture
def base():
    keras = import_keras()
    pixels = keras.Input((8, 8, 3))
    x = keras.layers.Conv2D(4, 3)(pixels)
    x = keras.layers.BatchNormalization(momentum=0.9, name="norm")(x)
    return keras.Model(pixels, keras.layers.ReLU()(x), name="base")


def fine_tune(base, **call):
    """Put a head on a base as tutorials do, train the head, then all; return how far the statistics moved."""
    keras = import_keras()
    inputs = keras.Input((8, 8, 3))
    x = keras.layers.GlobalAveragePooling2D()(base(inputs, **call))
    model = keras.Model(inputs, keras.layers.Dense(2)(x))
    pixels = np.random.default_rng(0).normal(3.0, 2.0, (8, 8, 8, 3)).astype(np.float32)
    norm = base.get_layer("norm")
    start = [w.copy() for w in norm.get_weights()[2:]]
    moved = []
    for trainable in (False, True):
        base.trainable = trainable
        if "training" not in call:
            norm.trainable = False
        model.compile("sgd", "mse")
        model.fit(pixels, np.zeros((8, 2)), verbose=0)
        moved.append(max(float(np.abs(a - b).max()) for a, b in zip(start, norm.get_weights()[2:], strict=True)))
    return moved


def test_training_false_in_the_call_does_not_keep_statistics_still(base):
    """``base(inputs, training=False)``, then ``base.trainable = True``: expected to keep statistics, and does not."""
    frozen, trained = fine_tune(base, training=False)
    assert frozen == 0.0
    assert trained > 0.01, (
        "Keras keeps the statistics still again where a model is called with training=False: good news. Find out from "
        "which version on, say so in the chapter on batch normalisation, and turn this test round"
    )


def test_a_frozen_layer_keeps_its_statistics_still(base):
    assert fine_tune(base) == [0.0, 0.0]

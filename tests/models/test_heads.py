"""The logistic head: right minimum, balanced classes, regularisation strength by validation."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from tlbook.errors import BadInput
from tlbook.models.classifiers import set_head
from tlbook.models.heads import LogisticHead, add_head, fit_head, softmax
from tlbook.runtime import import_keras


def draw_blobs(num, seed, num_classes=3, dims=8, spread=1.5):
    """Draw Gaussian classes on unequal scales."""
    centres = np.random.default_rng(7).normal(0, 1, (num_classes, dims))
    rng = np.random.default_rng(seed)
    labels = np.arange(num) % num_classes
    features = (centres[labels] + rng.normal(0, spread, (num, dims))) * np.linspace(0.1, 10, dims) + 3
    return features.astype(np.float32), labels.astype(np.int64)


@pytest.mark.parametrize("num_classes", [2, 3])
def test_head_reaches_the_minimum_that_scikit_learn_finds(num_classes):
    x, y = draw_blobs(240, 0, num_classes)
    val = draw_blobs(120, 1, num_classes)
    head = fit_head(x, y, *val, num_classes, Cs=(0.1,))
    scaled = (x - x.mean(0)) / (x.std(0) + 1e-6)
    # scikit-learn fits two classes with one weight vector, which the softmax's two shrink half as much
    peer = LogisticRegression(C=0.2 if num_classes == 2 else 0.1, tol=1e-8, max_iter=5000).fit(scaled, y)
    ours = head.predict(x)
    assert np.abs(ours.sum(-1) - 1).max() < 1e-5
    assert np.abs(ours - peer.predict_proba(scaled)).max() < 0.01


def test_classes_count_alike_whatever_their_sizes():
    x, y = draw_blobs(300, 0, 2)
    keep = np.flatnonzero((y == 0) | (np.arange(300) % 12 == 1))
    val = draw_blobs(200, 1, 2)
    recall = fit_head(x[keep], y[keep], *val, 2).predict(val[0]).argmax(-1)
    shares = [np.mean(recall[val[1] == c] == c) for c in (0, 1)]
    assert abs(shares[0] - shares[1]) < 0.15


def test_regularisation_strength_is_chosen_on_validation():
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(40, 200)).astype(np.float32), np.arange(40) % 2
    val_x, val_y = rng.normal(size=(40, 200)).astype(np.float32), np.arange(40) % 2
    assert fit_head(x, y, val_x, val_y, 2).C <= 1e-3  # nothing to learn: the strongest regularisation wins
    x[:, 0] += 4.0 * y
    val_x[:, 0] += 4.0 * val_y
    assert fit_head(x, y, val_x, val_y, 2).C > 1e-3


def test_softmax_does_not_overflow():
    assert softmax(np.array([[1000.0, 0.0]])).tolist() == [[1.0, 0.0]]


def test_features_that_are_no_numbers_are_bad_input():
    features = np.array([[0.0, 1.0], [np.nan, 0.0]], np.float32)
    with pytest.raises(BadInput, match="not finite"):
        fit_head(features, np.array([0, 1]), features, np.array([0, 1]), 2)


def test_head_predicts_with_its_own_weights():
    head = LogisticHead(np.eye(2, dtype=np.float32), np.zeros(2, np.float32), 1.0)
    assert head.predict(np.array([[2.0, 0.0]], np.float32)).argmax() == 0


@pytest.mark.parametrize(("shape", "pooled"), [((4, 5, 6), True), ((6,), False)])
def test_one_function_builds_pooling_and_head(shape, pooled):
    keras = import_keras()
    inputs = keras.Input(shape)
    backbone = keras.layers.Rescaling(1.0)(inputs)  # Keras 3.10 predicts nothing where the input is the output
    features, classifier = (keras.Model(inputs, add_head(backbone, num, seed=3)) for num in (None, 2))
    assert [layer.name for layer in classifier.layers[2:]] == ["pool", "head"][not pooled :]
    x = np.random.default_rng(0).normal(size=(3, *shape)).astype(np.float32)
    found = features.predict(x, verbose=0)
    np.testing.assert_allclose(found, x.mean((1, 2)) if pooled else x, atol=1e-6)
    head = LogisticHead(np.arange(12, dtype=np.float32).reshape(6, 2) / 10, np.ones(2, np.float32), 1.0)
    set_head(classifier, head)
    np.testing.assert_allclose(classifier.predict(x, verbose=0), head.predict(found), atol=1e-6)

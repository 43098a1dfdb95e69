"""A classifier that averages an image and its mirror image."""

import numpy as np

from tests.small_source import make_small_source
from tlbook.models.classifiers import average_mirrored, count_parameters
from tlbook.models.strategies import FullFineTune, HeadOnly
from tlbook.runtime import import_keras

IMAGES = np.random.default_rng(0).integers(0, 256, (3, 32, 32, 3), dtype=np.uint8)


def test_it_predicts_from_the_mean_features_and_says_the_same_of_a_mirrored_image():
    keras = import_keras()
    model = HeadOnly().build(make_small_source(), ("a", "b", "c"), seed=0)
    both = average_mirrored(model)
    pooled = keras.Model(model.input, model.get_layer("head").input)
    features = (pooled.predict_on_batch(IMAGES) + pooled.predict_on_batch(IMAGES[:, :, ::-1])) / 2
    expected = np.asarray(model.get_layer("head")(features))
    assert np.allclose(both.predict_on_batch(IMAGES), expected, atol=1e-6)
    assert np.allclose(both.predict_on_batch(IMAGES[:, :, ::-1]), expected, atol=1e-6)
    assert np.abs(model.predict_on_batch(IMAGES) - expected).max() > 1e-5


def test_it_is_the_same_network_by_names_weights_and_what_trains(tmp_path):
    model = FullFineTune().build(make_small_source(), ("a", "b"), seed=0)
    both = average_mirrored(model)
    assert [layer.name for layer in both.layers] == [layer.name for layer in model.layers]
    assert count_parameters(both) == count_parameters(model)
    both.save(tmp_path / "model.keras")
    again = import_keras().models.load_model(tmp_path / "model.keras")
    assert np.array_equal(again.predict_on_batch(IMAGES), both.predict_on_batch(IMAGES))

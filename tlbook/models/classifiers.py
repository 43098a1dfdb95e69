"""A source model under a new head: one Keras model of stock layers, raw pixels in, probabilities out."""

import json
import zipfile

import numpy as np

from tlbook.models.adapters import call_with_film
from tlbook.models.backbones import draw_weights
from tlbook.models.copying import copy_layer, copy_weights
from tlbook.models.heads import add_head
from tlbook.runtime import import_keras

CLASSES_FILE, RANGE_FILE = "classes.json", "value_range.json"


def build_feature_model(backbone):
    """Return a model from raw pixels to pooled features, float32, (n, channels); it shares the backbone's layers."""
    return import_keras().Model(backbone.input, add_head(backbone.output), name="features")


def build_classifier(backbone, classes, *, trainable=True, seed=0, keep_weights=True, film=False):
    """Copy a backbone and put a softmax head on it: raw pixels to probabilities, float32, (n, len(classes)).

    The seed is that of all weights that start at random: the head's, and the backbone's where they are not kept (what
    scales the pixels stays). With ``film``, a scale and a shift per channel follow every BatchNormalization; they start
    as the identity.
    """
    keras = import_keras()
    added = {"call_function": call_with_film} if film else {}
    with draw_weights(seed):
        copy = keras.models.clone_model(backbone, clone_function=copy_layer, **added)
    for layer in [layer for layer in backbone.layers if layer.weights]:
        if keep_weights or isinstance(layer, keras.layers.Normalization):
            copy_weights(layer, copy.get_layer(layer.name))
    for layer in copy.layers:
        layer.trainable = trainable
    return keras.Model(copy.input, add_head(copy.output, len(classes), seed=seed), name="classifier")


def average_mirrored(model):
    """Copy a classifier so that it predicts from the mean features of each image and its mirror image.

    The two go through the network as one batch, twice as large; the copy takes and gives what the classifier does. Its
    layers have the same names and weights, and train where they did.
    """
    keras = import_keras()

    def call(layer, *inputs, **options):
        if layer.name == "head":
            halves = keras.ops.split(inputs[0], 2)
            inputs = ((halves[0] + halves[1]) / 2,)
        elif inputs[0] is start[0]:
            inputs = (doubled[0],)
        return layer(*inputs, **options)

    start = [keras.Input(model.input_shape[1:], dtype=model.input.dtype, name=model.input.name)]
    doubled = [keras.ops.concatenate([start[0], keras.ops.flip(start[0], axis=2)], axis=0)]
    copy = keras.models.clone_model(model, start[0], clone_function=copy_layer, call_function=call)
    for layer in [layer for layer in model.layers if layer.weights]:
        copy_weights(layer, copy.get_layer(layer.name))
    return copy


def set_head(model, head):
    """Set the weights of the layer ``head`` of a classifier, in place, to those of a fitted head."""
    model.get_layer("head").set_weights([head.kernel, head.bias])


def count_parameters(model):
    """Count a model's weights.

    Parameters
    ----------
    model : keras.Model
        Any.

    Returns
    -------
    trainable : int
        Weights that gradients move: numbers, not arrays.
    total : int
        All, the statistics of BatchNormalization included.

    Examples
    --------
    >>> keras = import_keras()
    >>> count_parameters(keras.Sequential([keras.Input((4,)), keras.layers.Dense(3)]))
    (15, 15)
    """
    trainable = sum(int(np.prod(w.shape)) for w in model.trainable_weights)
    return trainable, sum(int(np.prod(w.shape)) for w in model.weights)


def save_classifier(model, classes, path, *, value_range=None):
    """Save a classifier for plain ``keras.models.load_model``, with its class names inside.

    The path ends in ``.keras``; the file is a zip archive, and its member ``classes.json`` lists the classes.
    What became 0 and 255 of images of more than 8 bits, a pair of numbers, is its member ``value_range.json``.
    """
    model.save(path)
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(zipfile.ZipInfo(CLASSES_FILE, (1980, 1, 1, 0, 0, 0)), json.dumps(list(classes)))
        if value_range is not None:
            archive.writestr(zipfile.ZipInfo(RANGE_FILE, (1980, 1, 1, 0, 0, 0)), json.dumps(list(value_range)))


def read_classes(path):
    """Read the class names that :func:`save_classifier` stored, in the order of the model's outputs."""
    with zipfile.ZipFile(path) as archive:
        return tuple(json.loads(archive.read(CLASSES_FILE)))

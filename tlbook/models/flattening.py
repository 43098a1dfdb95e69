"""Flatten a Keras model: the layers of models inside it copied into one graph."""

from tlbook.errors import BadInput, first_line
from tlbook.models.adapters import FILM, hides_batch_norm
from tlbook.models.backbones import MOMENTUM
from tlbook.models.copying import copy_layer, copy_weights
from tlbook.runtime import import_keras

# what the layers around a backbone are called, or what stages leave out
RESERVED = ("pixels", "preprocessing", "rescale", "pool", "head", "module")


class Flattening:
    """Copies of layers, each under a name of its own, called on new tensors; the originals stay as they are."""

    def __init__(self, taken=()):
        self._names = {*RESERVED, *taken}
        self._with_weights = set()

    def call(self, operation, *args, **kwargs):
        """Call a copy of a layer or an operation on tensors, or copies of each layer of a model."""
        kwargs.pop("training", None)  # what trains is the strategy's matter
        if isinstance(operation, import_keras().Model):
            return self._call_model(operation, args[0] if args else kwargs["inputs"])
        if _augments(operation):
            return args[0]
        _check_operation(operation)
        copy = self._copy(operation)
        try:
            outputs = copy(*args, **kwargs)
        except (TypeError, ValueError) as error:
            raise BadInput(
                f"received a `model` whose layer {operation.name} cannot take what comes to it ({first_line(error)}); "
                "expected one that fits its images: is `image_size` right?"
            ) from error
        if getattr(operation, "weights", ()):
            self._take_weights(operation, copy)
        return outputs

    def _call_model(self, model, inputs):
        check_graph(model)
        if not isinstance(model, import_keras().Sequential):
            # by position: Keras 3.10 has no default for what it calls in an operation's place
            return model._run_through_graph(inputs, lambda operation: operation, self.call)
        for layer in model.layers:
            inputs = self.call(layer, inputs)
        return inputs

    def _copy(self, operation):
        try:
            copy = copy_layer(operation, name=self._take_name(operation.name))
        except (NotImplementedError, TypeError, ValueError) as error:
            kind = type(operation).__name__
            raise BadInput(
                f"received a `model` whose layer {operation.name} ({kind}) cannot be copied ({first_line(error)}); "
                "expected layers that Keras can save and load: give it a get_config"
            ) from error
        if isinstance(copy, import_keras().layers.BatchNormalization):
            copy.momentum = min(copy.momentum, MOMENTUM)
        return copy

    def _take_name(self, wanted):
        """Return the name itself, or with a number where it is taken, reserved or that of a layer to be added."""
        name, number = wanted, 1
        while name in self._names or name.endswith(FILM):
            number += 1
            name = f"{wanted}_{number}"
        self._names.add(name)
        return name

    def _take_weights(self, layer, copy):
        if id(layer) in self._with_weights:
            raise BadInput(
                f"received a `model` that calls the layer {layer.name} more than once; expected each layer with "
                "weights to be called once: build it without sharing"
            )
        self._with_weights.add(id(layer))
        copy_weights(layer, copy)
        copy.trainable = True


def check_graph(model):
    """Refuse a model that Keras knows no graph of, or whose class computes something else."""
    keras = import_keras()
    if isinstance(model, keras.Sequential):
        if not model.built:
            raise BadInput(
                f"received the `model` {model.name} without an input; expected keras.Input as its first layer"
            )
        known = keras.Sequential
    else:
        known = next((kind for kind in type(model).__mro__ if kind.__name__ == "Functional"), None)
    if known is None or type(model).call is not known.call:
        raise BadInput(
            f"received the `model` {model.name} of the class {type(model).__name__}, which computes by code of its "
            "own; expected a functional or Sequential model: build it from keras.Input, layer by layer"
        )


def _augments(operation):
    """True for Keras's random layers that pass an image on as it is, outside training."""
    kind = type(operation)
    random = kind.__name__.startswith("Rand") or kind.__name__ in ("AugMix", "CutMix", "MixUp")
    return kind.__module__.startswith("keras.") and random and kind.__name__ != "RandomCrop"


def _check_operation(operation):
    layers = import_keras().layers
    if isinstance(operation, layers.Lambda):
        raise BadInput(
            f"received a `model` with the Lambda layer {operation.name}, which Keras does not load from a saved model; "
            "expected stock layers: Rescaling, say, or `preprocessing`"
        )
    if getattr(operation, "data_format", None) == "channels_first":
        raise BadInput(f"received a `model` whose layer {operation.name} is channels_first; expected channels_last")
    if isinstance(operation, layers.Layer) and hides_batch_norm(operation):
        raise BadInput(
            f"received a `model` whose layer {operation.name} ({type(operation).__name__}) has BatchNormalization "
            "inside, which cannot be frozen apart from it; expected a graph of plain layers: build it from its parts"
        )

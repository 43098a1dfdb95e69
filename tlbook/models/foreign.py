"""Any Keras model of the reader's own as a source: copied, flattened, without its top."""

from typing import TYPE_CHECKING

from tlbook.errors import BadInput, check_arguments, is_whole, shorten
from tlbook.models.backbones import draw_weights, preprocess
from tlbook.models.choice import LARGEST
from tlbook.models.fingerprint import hash_network
from tlbook.models.flattening import Flattening, check_graph
from tlbook.models.sources import SourceModel
from tlbook.models.stages import cut_segments, cut_stages, list_inputs
from tlbook.runtime import import_keras

if TYPE_CHECKING:
    import keras

MODES = ("none", "torch", "tf", "caffe")
# what a classifier on top of the last feature map is made of, as far as it has weights
TOP = ("BatchNormalization", "Conv2D", "Dense", "GroupNormalization", "LayerNormalization", "PReLU")
# operations that leave nothing of where things are in an image
COLLAPSING = ("Amax", "GlobalAveragePooling2D", "GlobalMaxPooling2D", "Max", "Mean", "Sum")
SLICING = ("GetItem", "Split", "Unstack")  # they may give a channel of an image without its axis


def source_from_keras(
    model: "keras.Model", *, name: str, preprocessing: "str | keras.Layer" = "none", image_size: int | None = None
) -> SourceModel:
    """Make a source of a Keras model of your own; the model stays as it is.

    Every layer is copied, with its weights, into one flat graph: models inside the model (``base(x)``) are taken apart,
    so that a strategy reaches each layer. The copy ends at the last feature map: pooling, dense layers and softmax
    above it are left out. Random augmentation layers are left out too, for :class:`tlbook.Training` varies images. What
    a layer is called with (``training=False``) and whether it trains (``layer.trainable``) is the strategy's matter in
    the copy.

    The pixels: the source is given whole numbers 0-255, RGB, ``(n, image_size, image_size, 3)``, and ``preprocessing``
    turns them into what the model was trained on.

    Parameters
    ----------
    model : keras.Model
        Functional or Sequential (a model of ``keras.applications`` or a backbone of KerasHub is functional), with one
        input, images of three channels (channels last), and one output.
    name : str
        What the report calls it.
    preprocessing : str or keras.layers.Layer
        ``"none"``: the model takes raw pixels, 0-255, and scales them itself if need be. ``"tf"``: -1 to 1.
        ``"torch"``: 0-1, then ImageNet's mean and deviation a channel. ``"caffe"``: BGR, ImageNet's mean subtracted. Or
        a layer that turns raw pixels into what the model takes, such as ``keras.layers.Rescaling(1 / 255)``.
    image_size : int, optional
        Pixels a side. None takes the model's, if its input has a fixed size; it may be given where the input takes any.

    Returns
    -------
    SourceModel
        Its ``weights_sha256`` is that of the weights and the graph of the copy.

    Raises
    ------
    BadInput
        The model cannot be used as it is: it is subclassed (Keras knows no graph of it), has several inputs or outputs,
        shares weights, has a Lambda or no feature map. The message says how to mend it.

    Examples
    --------
    >>> import keras
    >>> base = keras.Sequential([keras.Input((32, 32, 3)), keras.layers.Conv2D(8, 3), keras.layers.ReLU()])
    >>> inputs = keras.Input((32, 32, 3))
    >>> pooled = keras.layers.GlobalAveragePooling2D()(base(inputs))
    >>> model = keras.Model(inputs, keras.layers.Dense(10, activation="softmax")(pooled))
    >>> source = source_from_keras(model, name="mine", preprocessing="tf")
    >>> source.image_size, source.backbone.output_shape
    (32, (None, 30, 30, 8))
    """
    keras = import_keras()
    if not isinstance(model, keras.Model):
        raise BadInput(f"received `model` {shorten(model)}; expected a keras.Model")
    arguments = {"name": name, "preprocessing": preprocessing}
    is_layer = isinstance(preprocessing, keras.layers.Layer)
    known = isinstance(preprocessing, str) and preprocessing in MODES
    checks = {
        "name": (isinstance(name, str) and name.strip() != "", "a name: text"),
        "preprocessing": (is_layer or known, "'none', 'tf', 'torch', 'caffe' or a Keras layer"),
    }
    check_arguments(arguments, checks)
    check_graph(model)
    size = _find_size(model, image_size)
    with draw_weights(0):  # whatever a layer draws before it is given its weights, nobody else's randomness moves
        backbone = _cut_top(_flatten(model, preprocessing, size))
    origin = "a Keras model of one's own"
    return SourceModel(name, backbone, cut_stages(backbone), size, hash_network(backbone), origin)


def _find_size(model, image_size):
    """Return the pixels a side; refuse what takes no RGB images, channels last."""
    if len(model.inputs) != 1 or len(model.outputs) != 1:
        raise BadInput(
            f"received a `model` with {len(model.inputs)} inputs and {len(model.outputs)} outputs; expected one of "
            "each: give keras.Model(model.inputs[0], model.outputs[-1])"
        )
    shape = tuple(model.inputs[0].shape)
    if len(shape) != 4 or shape[-1] != 3:
        raise BadInput(f"received a `model` that takes {shape}; expected RGB images, (n, height, width, 3)")
    height, width = shape[1:3]
    if height != width:
        raise BadInput(f"received a `model` that takes images of {height} by {width} pixels; expected squares")
    if height is not None and image_size is None:
        return height
    fits = is_whole(image_size, 1, LARGEST) and height in (None, image_size)
    expected = f"pixels a side, 1 to {LARGEST}" if height is None else f"{height}, which the model takes, or None"
    check_arguments({"image_size": image_size}, {"image_size": (fits, expected)})
    return int(image_size)


def _flatten(model, preprocessing, size):
    """Copy a model onto raw pixels as one graph of plain layers."""
    keras = import_keras()
    pixels = keras.Input((size, size, 3), name="pixels")
    if isinstance(preprocessing, str):
        scaled = preprocess(pixels, "inside" if preprocessing == "none" else preprocessing)
        taken = [] if scaled is pixels else [op.name for op in keras.Model(pixels, scaled).operations]
        flattening = Flattening(taken)
    else:
        flattening = Flattening()
        scaled = flattening.call(preprocessing, pixels)
    outputs = flattening.call(model, scaled)
    return keras.Model(pixels, keras.tree.flatten(outputs)[0], name="whole")


def _cut_top(whole):
    """Return the part of a flat model up to its last feature map, whatever comes after it."""
    outputs = {operation.name: operation.output for operation in whole.operations}
    maps = {name for name in _list_maps(whole) if len(getattr(outputs[name], "shape", ())) == 4}
    last = [name for *_, name in cut_segments(whole) if name in maps][-1]
    backbone = import_keras().Model(whole.inputs[0], outputs[last], name="backbone")
    if not backbone.weights:
        raise BadInput("received a `model` without a feature map above its weights; expected a convolutional network")
    kept = {operation.name for operation in backbone.operations}
    for layer in (layer for layer in whole.layers if layer.weights and layer.name not in kept):
        if layer.name in maps or type(layer).__name__ not in TOP:
            raise BadInput(
                f"received a `model` whose layer {layer.name} ({type(layer).__name__}) would be lost above its last "
                f"feature map ({last}); expected one chain of feature maps, then pooling and dense layers: end the "
                "model at a feature map, (n, height, width, channels)"
            )
    return backbone


def _list_maps(whole):
    """Return the names of the operations that give feature maps, or slices of some: not averages, not vectors."""
    maps = set()
    for operation in whole.operations:
        inputs = list_inputs(operation)
        reached = not inputs or any(tensor._keras_history.operation.name in maps for tensor in inputs)
        outputs = import_keras().tree.flatten(operation.output)
        kind = type(operation).__name__
        if reached and kind not in COLLAPSING and (len(outputs[0].shape) == 4 or kind in SLICING):
            maps.add(operation.name)
    return maps

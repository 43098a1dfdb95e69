"""The compact residual network that the embedded source models use."""

import hashlib

import numpy as np

from tlbook.errors import BadInput
from tlbook.runtime import import_keras

STAGE_FILTERS = (16, 32, 64, 128)
NUM_FEATURES = 768


def build_compact_resnet(image_size=None, *, stage_filters=STAGE_FILTERS, blocks=2, num_features=NUM_FEATURES):
    """Build a plain residual network without a head: a stem, stages that halve the resolution, a 1x1 expansion.

    Raw pixels, (n, size, size, 3), 0-255, to a feature map, float32, (n, size / 32, size / 32, num_features); an image
    size of None accepts any. After He et al. 2016, doi:10.1109/CVPR.2016.90. Batch normalisation has momentum 0.9: over
    the few hundred steps of a small fine-tuning run the 0.999 of Keras's MobileNets leaves its statistics behind.
    """
    keras = import_keras()
    layers = keras.layers
    inputs = keras.Input((image_size, image_size, 3), name="pixels")
    x = layers.Rescaling(1 / 127.5, offset=-1.0, name="rescale")(inputs)
    x = layers.Conv2D(stage_filters[0], 5, 2, "same", use_bias=False, name="stem_conv")(x)
    x = layers.BatchNormalization(momentum=0.9, name="stem_bn")(x)
    x = layers.ReLU(name="stem_relu")(x)
    x = layers.MaxPooling2D(3, 2, "same", name="stem_pool")(x)
    for stage, filters in enumerate(stage_filters, 1):
        for block in range(1, blocks + 1):
            stride = 2 if stage > 1 and block == 1 else 1
            x = _add_residual_block(x, filters, stride, f"stage{stage}_block{block}")
    x = layers.Conv2D(num_features, 1, use_bias=False, name="expand_conv")(x)
    x = layers.BatchNormalization(momentum=0.9, name="expand_bn")(x)
    x = layers.ReLU(name="expand_relu")(x)
    return keras.Model(inputs, x, name="compact_resnet")


def _add_residual_block(x, filters, stride, name):
    layers = import_keras().layers
    y = layers.Conv2D(filters, 3, stride, "same", use_bias=False, name=f"{name}_conv1")(x)
    y = layers.BatchNormalization(momentum=0.9, name=f"{name}_bn1")(y)
    y = layers.ReLU(name=f"{name}_relu1")(y)
    y = layers.Conv2D(filters, 3, 1, "same", use_bias=False, name=f"{name}_conv2")(y)
    y = layers.BatchNormalization(momentum=0.9, name=f"{name}_bn2")(y)
    if stride > 1:
        x = layers.AveragePooling2D(2, padding="same", name=f"{name}_shortcut_pool")(x)
    if x.shape[-1] != filters:
        x = layers.Conv2D(filters, 1, use_bias=False, name=f"{name}_shortcut_conv")(x)
        x = layers.BatchNormalization(momentum=0.9, name=f"{name}_shortcut_bn")(x)
    x = layers.Add(name=f"{name}_add")([x, y])
    return layers.ReLU(name=f"{name}_relu2")(x)


def build_small_network(num_classes, *, image_size=96):
    """Build a small convolutional network with random weights: what a tutorial would train from scratch.

    Parameters
    ----------
    num_classes : int
        Outputs.
    image_size : int
        Pixels a side; it looks at them at half that size.

    Returns
    -------
    keras.Model
        Raw pixels, (n, size, size, 3), 0-255, to probabilities; not compiled.

    Examples
    --------
    >>> build_small_network(3, image_size=64).output_shape
    (None, 3)
    """
    keras = import_keras()
    layers = keras.layers
    stack = [keras.Input((image_size, image_size, 3)), layers.Rescaling(1 / 127.5, -1), layers.AveragePooling2D(2)]
    stack += [layers.Conv2D(12, 5, strides=2, padding="same", use_bias=False)]
    for filters in (24, 48, 64):
        stack += [layers.BatchNormalization(momentum=0.9), layers.ReLU()]
        stack += [layers.Conv2D(filters, 3, padding="same", use_bias=False), layers.MaxPooling2D()]
    stack += [layers.BatchNormalization(momentum=0.9), layers.ReLU()]
    stack += [layers.Flatten(), layers.Dropout(0.3), layers.Dense(num_classes, activation="softmax")]
    return keras.Sequential(stack)


def name_weights(model):
    """Name every weight of a model by its layer and its role, such as ``stem_bn/moving_mean``, in the model's order."""
    return [f"{layer.name}/{weight.name}" for layer in model.layers for weight in layer.weights]


def save_weights(model, path):
    """Write a model's weights as float16 in an ``.npz`` file, equal bytes for equal weights; return its SHA-256."""
    import io
    import zipfile

    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        for name, value in zip(name_weights(model), model.get_weights(), strict=True):
            member = io.BytesIO()
            np.save(member, value.astype(np.float16))
            # a fixed date: np.savez stamps the clock, and two equal models would differ
            archive.writestr(zipfile.ZipInfo(f"{name}.npy", (1980, 1, 1, 0, 0, 0)), member.getvalue())
    return hashlib.sha256(path.read_bytes()).hexdigest()


def load_weights(model, path):
    """Set a model's weights, in place, from a file that :func:`save_weights` wrote."""
    names = name_weights(model)
    with np.load(path) as stored:
        if sorted(stored.files) != sorted(names):
            odd = sorted(set(stored.files) ^ set(names))[:3]
            raise BadInput(
                f"{path.name} does not fit {model.name}: weights such as {', '.join(odd)} are on one side only"
            )
        values = [stored[name].astype(np.float32) for name in names]
    for name, value, weight in zip(names, values, model.weights, strict=True):
        if value.shape != tuple(weight.shape):
            raise BadInput(
                f"{path.name} does not fit {model.name}: {name} has shape {value.shape}, not {tuple(weight.shape)}"
            )
    model.set_weights(values)

"""Build the networks of the source models: raw pixels in, last feature map out."""

import contextlib
import random

from tlbook.runtime import import_keras

# Keras's MobileNets keep 0.999 and most other networks 0.99: over the few hundred steps of a small fine-tuning run
# such statistics lag behind the weights and inference collapses
MOMENTUM = 0.9

IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_DEVIATION = (0.229, 0.224, 0.225)
CAFFE_MEAN_BGR = (103.939, 116.779, 123.68)


def preprocess(pixels, mode):
    """Scale raw pixels as a pre-trained network expects them, with stock layers that any Keras can load.

    Parameters
    ----------
    pixels : keras.KerasTensor
        (n, height, width, 3), 0-255, RGB.
    mode : str
        ``"tf"``, ``"caffe"``, ``"torch"`` or ``"inside"`` (nothing to do), as in
        ``data/applications.csv``.

    Returns
    -------
    keras.KerasTensor
        The same shape; equal to ``preprocess_input`` of ``keras.applications``.

    Examples
    --------
    >>> import numpy as np
    >>> keras = import_keras()
    >>> pixels = keras.Input((8, 8, 3))
    >>> scale = keras.Model(pixels, preprocess(pixels, "tf"))
    >>> [float(scale.predict(np.full((1, 8, 8, 3), value), verbose=0).mean()) for value in (0.0, 255.0)]
    [-1.0, 1.0]
    """
    keras = import_keras()
    scale, offset = 1.0, 0.0
    if mode == "inside":
        return pixels
    if mode == "tf":
        scale, offset = 1 / 127.5, -1.0
    elif mode == "caffe":
        pixels = keras.ops.flip(pixels, axis=-1)  # RGB to BGR
        offset = [-mean for mean in CAFFE_MEAN_BGR]
    elif mode == "torch":
        scale = [1 / (255 * deviation) for deviation in IMAGENET_DEVIATION]
        offset = [-mean / deviation for mean, deviation in zip(IMAGENET_MEAN, IMAGENET_DEVIATION, strict=True)]
    else:
        raise ValueError(f"received preprocessing mode {mode!r}; expected 'tf', 'caffe', 'torch' or 'inside'")
    return keras.layers.Rescaling(scale, offset, name="preprocessing")(pixels)


def build_application(application, image_size):
    """Build a ``keras.applications`` network without its classifier and without weights, for raw pixels, 0-255.

    Every BatchNormalization gets momentum 0.9 where Keras has more: that changes no prediction, only how fast the
    statistics follow during training.
    """
    keras = import_keras()
    pixels = keras.Input((image_size, image_size, 3), name="pixels")
    width = {} if application.alpha is None else {"alpha": application.alpha}
    network = getattr(keras.applications, application.constructor)(
        include_top=False, weights=None, input_tensor=preprocess(pixels, application.preprocessing), **width
    )
    for layer in network.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.momentum = min(layer.momentum, MOMENTUM)
    # wrapped anew: some constructors take their input as a list of one, which fit() then warns about
    return keras.Model(pixels, network.output, name=application.name)


@contextlib.contextmanager
def draw_weights(seed):
    """Seed the initial weights of the layers made inside this context, and nothing outside it."""
    state = random.getstate()
    random.seed(seed)  # where Keras draws the seed of an initialiser that was given none
    try:
        yield
    finally:
        random.setstate(state)

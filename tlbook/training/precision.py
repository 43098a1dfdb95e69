"""Computing in 16 bits for as long as a model trains, and in 32 before and afterwards."""

import contextlib

from tlbook.runtime import import_keras


def choose_precision():
    """Choose the 16-bit format that suits the machine.

    Returns
    -------
    str
        Keras's name: ``"mixed_float16"`` on a GPU, ``"mixed_bfloat16"`` elsewhere.
    """
    import_keras()
    import tensorflow as tf

    return "mixed_float16" if tf.config.list_physical_devices("GPU") else "mixed_bfloat16"


@contextlib.contextmanager
def use_precision(model, policy):
    """Let the layers of a model compute by a policy; weights and the head stay in 32 bits.

    Only layers of this model are touched, no setting of Keras. What was traced before keeps its precision.

    Parameters
    ----------
    model : keras.Model
        A classifier; as it was afterwards.
    policy : str or None
        As :func:`choose_precision` gives; None changes nothing.
    """
    layers = [layer for layer in model.layers if policy and layer.name != "head"]
    before = [layer.dtype_policy for layer in layers]
    try:
        for layer in layers:
            layer.dtype_policy = import_keras().DTypePolicy(policy)
        yield
    finally:
        for layer, old in zip(layers, before, strict=True):
            layer.dtype_policy = old

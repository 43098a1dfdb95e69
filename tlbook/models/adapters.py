"""Small additions to a copied backbone: a scale and a shift per channel after every BatchNormalization (FiLM)."""

from tlbook.runtime import import_keras

FILM = "_film"  # end of the names of added layers


def list_batch_norm(model):
    """List the layers of BatchNormalization in a network, in its order."""
    kind = import_keras().layers.BatchNormalization
    return [layer for layer in model.layers if isinstance(layer, kind)]


def hides_batch_norm(layer):
    """True where a layer is made of others, and a BatchNormalization is among them."""
    kind = import_keras().layers.BatchNormalization
    return any(isinstance(inner, kind) for inner in layer._flatten_layers(include_self=False))


def name_film(layer):
    """Name the layer of scales and shifts that belongs to a BatchNormalization."""
    return f"{layer.name}{FILM}"


def call_with_film(layer, *inputs, **options):
    """Call a layer, and a scale and a shift per channel after it where it is a BatchNormalization.

    For ``keras.models.clone_model(backbone, call_function=call_with_film)``. The addition is a stock layer, a depthwise
    convolution of one pixel, so that any Keras loads the model; it starts as the identity.
    """
    layers = import_keras().layers
    outputs = layer(*inputs, **options)
    if isinstance(layer, layers.BatchNormalization):
        outputs = layers.DepthwiseConv2D(1, depthwise_initializer="ones", name=name_film(layer))(outputs)
    return outputs

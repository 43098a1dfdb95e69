"""Copy a layer, and its weights."""

from tlbook.runtime import import_keras


def copy_layer(layer, *, name=None):
    """Make a layer, or another operation, anew from its configuration, with random weights and a name of its own."""
    config = layer.get_config()
    if isinstance(layer, import_keras().layers.TFSMLayer):
        return type(layer)(**config)  # its own from_config distrusts any SavedModel; this one is in use already
    if name and "name" in config:
        config["name"] = name
    copy = type(layer).from_config(config)
    if name:
        copy.name = name  # some operations take none
    return copy


def copy_weights(layer, copy):
    """Set a copied layer's weights to those of the original."""
    copy.set_weights(layer.get_weights())
    if isinstance(layer, import_keras().layers.Normalization):
        copy.finalize_state()  # it works with constants that it takes from its weights

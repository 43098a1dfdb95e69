"""The identity of a network: its weights and its graph, whatever it is called."""

import hashlib
import json
import weakref
from pathlib import Path

from tlbook.models.hub import hash_module
from tlbook.runtime import import_keras

_GRAPHS = weakref.WeakKeyDictionary()  # of networks seen: a graph does not change, and takes longer than its weights


def hash_network(model):
    """Return a SHA-256 of a functional model's weights as they are now and of its graph, without names."""
    digest = hashlib.sha256(_describe(model))
    for value in model.get_weights():
        digest.update(f"{value.dtype} {value.shape}".encode())
        digest.update(value.tobytes())
    for layer in model.layers:
        if isinstance(layer, import_keras().layers.TFSMLayer):  # its weights lie in its folder
            digest.update(hash_module(Path(layer.filepath)).encode())
    return digest.hexdigest()


def is_stock(model):
    """True where all layers are Keras's own: the code of others can change while their names and weights stay."""
    parts = [*model.operations, *(inner for layer in model.layers for inner in layer._flatten_layers())]
    homes = {type(part).__module__.split(".")[0] for part in parts}
    has_functions = any(isinstance(part, import_keras().layers.Lambda) for part in parts)
    return homes <= {"keras", "keras_hub"} and not has_functions and b'"class_name": "function"' not in _describe(model)


def _describe(model):
    if model not in _GRAPHS:
        numbers = {operation.name: number for number, operation in enumerate(model.operations)}

        def number_names(node):
            """Put a layer's place in the graph where its name stands."""
            if "keras_history" in node:
                node["keras_history"][0] = numbers[node["keras_history"][0]]
            if node.get("name") in numbers:
                node["name"] = numbers[node["name"]]
            return node

        config = json.loads(model.to_json(), object_hook=number_names)["config"]
        graph = [config["layers"], [numbers[name] for name in model.output_names]]
        _GRAPHS[model] = json.dumps(graph, sort_keys=True).encode()
    return _GRAPHS[model]

"""Computing in 16 bits for as long as a model trains, and in 32 before and afterwards."""

import contextlib

from tlbook.errors import BadInput
from tlbook.runtime import import_keras, list_accelerators

SCALED_ACCUMULATION = (3, 12)  # the first Keras in which accumulated float16 gradients ever update a weight


def choose_precision():
    """Choose the 16-bit format that suits the machine: ``"mixed_float16"`` on a GPU, ``"mixed_bfloat16"`` elsewhere."""
    return "mixed_float16" if "GPU" in list_accelerators() else "mixed_bfloat16"


def check_precision(policy, accumulate):
    """Refuse to accumulate gradients in float16 where Keras would drop every one of them."""
    version = import_keras().__version__
    if policy != "mixed_float16" or accumulate == 1:
        return
    if tuple(map(int, version.split(".")[:2])) < SCALED_ACCUMULATION:
        raise BadInput(
            f"received `mixed_precision` (float16) and `accumulate` {accumulate} on Keras {version}, which then never "
            "updates a weight; expected Keras 3.12 or newer; update Keras, or leave one of the two out"
        )


@contextlib.contextmanager
def use_precision(model, policy):
    """Let the layers of a model compute by a policy while it trains, None by their own; the head stays in 32 bits.

    Only layers of this model are touched, no setting of Keras. What was traced before keeps its precision.
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

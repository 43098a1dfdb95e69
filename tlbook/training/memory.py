"""How much memory a strategy takes at an image size: said and refused before anything is computed."""

import numpy as np

from tlbook.errors import BadInput
from tlbook.models.template import MOST_IMAGES
from tlbook.runtime import count_memory, list_accelerators

BASE = 0.7 * 2**30  # TensorFlow itself
KEPT = 0.6  # of all layers' outputs, as far as they stay until the gradient has passed: measured
WORKING = 2  # outputs that are there at once where no gradient is taken: a layer's and the one before it
PREDICTED = 64  # images a batch
SAID = 2**30  # an estimate from here on is said
GIB = 2**30


def check_memory(source, strategies, num_train):
    """Refuse strategies that would take more memory than the machine has; return the largest estimate in bytes.

    On an accelerator, whose memory is another, nothing is estimated: 0.

    Parameters
    ----------
    source : SourceModel
    strategies : sequence of Strategy
        To be tried.
    num_train : int
        Training images.
    """
    if list_accelerators():
        return 0
    there, estimates = count_memory(), [estimate_memory(source, strategy, num_train) for strategy in strategies]
    for strategy, estimate in zip(strategies, estimates, strict=True):
        if there is not None and estimate > there:
            raise BadInput(
                f"received `image_size` {source.image_size}, at which {strategy.name} would take about "
                f"{estimate / GIB:,.0f} GiB of memory, and this machine has {there / GIB:,.0f}; expected less; take a "
                "smaller one, or another strategy (head takes least)"
            )
    return max(estimates, default=0)


def estimate_memory(source, strategy, num_train):
    """Estimate the memory in bytes that a strategy takes at its peak, from the sizes of the layers' outputs.

    Those from the first layer that trains on stay until the gradient has passed; what lies before is run by itself.
    """
    layers = source.backbone.layers
    predicting = WORKING * max((size for layer in layers for size in _list_outputs(layer)), default=0) * PREDICTED
    if strategy.keeps_backbone:
        return BASE + predicting
    trained = {name for phase in strategy.list_phases() for name in phase.choose_layers(source)}
    first = next((i for i, layer in enumerate(layers) if strategy.adds_film or layer.name in trained), len(layers))
    kept = sum(size for layer in layers[first:] for size in _list_outputs(layer))
    images = MOST_IMAGES if strategy.learns_task else strategy.batch_size
    return BASE + max(predicting, KEPT * kept * min(images, num_train))


def _list_outputs(layer):
    """Return the bytes of the outputs of a layer, or of those in it, for one image."""
    if hasattr(layer, "layers"):
        return [size for inner in layer.layers for size in _list_outputs(inner)]
    try:
        outputs = layer.output if isinstance(layer.output, list | tuple) else [layer.output]
    except (AttributeError, ValueError):  # of a layer that is used twice, or never
        return []
    return [4 * int(np.prod([side or 1 for side in out.shape[1:]])) for out in outputs]

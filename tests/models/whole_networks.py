"""The contract of test_strategy_contract.py on whole networks: half an hour of one core, run by ``make contract``."""

from contextlib import contextmanager

import pytest

from tests.models.test_strategy_contract import CLASSES, FAMILIES, WHOLE, check_contract, draw_pixels, shake
from tlbook.models.sources import load_source
from tlbook.runtime import import_keras


@pytest.fixture(scope="module", params=FAMILIES, ids=lambda family: family.name)
def source(request):
    """The smallest network of a family, normalised by images: else nothing passes through hundreds of random layers."""
    name, size = request.param[:2]
    found = load_source(name, weights=None if name == "random" else "random", image_size=size)
    shake(found.backbone)
    with calibrating(found.backbone):
        # others than it trains on, for its statistics have to move; a few would leave variances of nearly nothing
        found.backbone(draw_pixels(size, count=64, seed=2), training=True)
    return found


@contextmanager
def calibrating(backbone):
    """Have statistics take a batch's values at once; dropped blocks would give them other ones than inference meets."""
    kept = [(x, "momentum", x.momentum) for x in list_norms(backbone)]
    kept += [(x, "rate", x.rate) for x in backbone.layers if isinstance(x, import_keras().layers.Dropout)]
    for layer, name, _ in kept:
        setattr(layer, name, 0.0)
    yield
    for layer, name, value in kept:
        setattr(layer, name, value)


def list_norms(backbone):
    return [x for x in backbone.layers if isinstance(x, import_keras().layers.BatchNormalization)]


def count_by_table(source):
    """Trainable weights with the head, from the published counts, of each strategy that they tell about."""
    *_, partial, full, norm = WHOLE[source.name]
    channels = sum(layer.moving_mean.shape[0] for layer in list_norms(source.backbone))
    head = (source.backbone.output_shape[-1] + 1) * len(CLASSES)
    counts = {
        "head": 0, "partial": partial, "gradual": full - norm, "full": full - norm, "film": 2 * channels,
        "norm": norm, "scratch": full,
    }  # fmt: skip
    return {name: head + count for name, count in counts.items()}


@pytest.mark.parametrize("name", ["head", "partial", "gradual", "full", "film", "norm", "scratch"])
def test_strategy_on_whole_network(source, name, tmp_path):
    check_contract(source, name, count_by_table(source)[name], tmp_path)
    import_keras().utils.clear_session()

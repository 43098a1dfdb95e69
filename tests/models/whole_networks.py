"""The contract of test_strategy_contract.py on whole networks: half an hour of one core, run by ``make contract``."""

import pytest

from tests.models.test_strategy_contract import CLASSES, FAMILIES, WHOLE, check_contract, draw_pixels, shake
from tlbook.models.strategies import STRATEGIES
from tlbook.models.zoo import load_source
from tlbook.runtime import import_keras


@pytest.fixture(scope="module", params=FAMILIES, ids=lambda family: family.name)
def source(request):
    """The smallest network of a family, normalised by images: else nothing passes through hundreds of random layers."""
    name, size = request.param[:2]
    found = load_source(name, weights=None if name == "random" else "random", image_size=size)
    shake(found.backbone)
    norms = list_norms(found.backbone)
    momenta = [layer.momentum for layer in norms]
    for layer in norms:
        layer.momentum = 0.0
    found.backbone(255 - draw_pixels(size), training=True)  # not what it trains on: its statistics have to move
    for layer, momentum in zip(norms, momenta, strict=True):
        layer.momentum = momentum
    return found


def list_norms(backbone):
    return [x for x in backbone.layers if isinstance(x, import_keras().layers.BatchNormalization)]


def count_by_table(source, word):
    """Trainable weights with the head, from the published counts."""
    *_, partial, full, norm = WHOLE[source.name]
    channels = sum(layer.moving_mean.shape[0] for layer in list_norms(source.backbone))
    head = (source.backbone.output_shape[-1] + 1) * len(CLASSES)
    trained = {
        "head": 0, "partial": partial, "gradual": full - norm, "full": full - norm, "film": 2 * channels,
        "norm": norm, "scratch": full,
    }  # fmt: skip
    return head + trained[word]


@pytest.mark.parametrize("word", STRATEGIES)
def test_strategy_on_whole_network(source, word, tmp_path):
    check_contract(source, word, count_by_table(source, word), tmp_path)
    import_keras().utils.clear_session()

"""Every strategy on every family of architectures: what trains, what stays, what is saved. A new family is a new row.

Counts are taken on whole networks. Training, which takes long on hundreds of layers, runs on the first blocks of each;
``make contract`` trains whole networks.
"""

import re
from typing import NamedTuple

import numpy as np
import pytest

from tlbook.models.catalogue import find_application, list_applications
from tlbook.models.classifiers import count_parameters
from tlbook.models.sources import SourceModel, load_source
from tlbook.models.stages import list_blocks
from tlbook.models.strategies import (
    STRATEGIES,
    FullFineTune,
    GradualUnfreeze,
    NormOnly,
    PartialUnfreeze,
    find_strategy,
)
from tlbook.runtime import import_keras

CLASSES = ("a", "b", "c")
# where BatchNormalization may move its statistics; everywhere else it must not
MOVES_STATISTICS = {"scratch", "norm"}


class Block(NamedTuple):
    """Weights of one block, by hand from the architecture: all but batch normalisation's, then its channels."""

    kernels: int
    shifts: int = 0
    scales: int | None = None  # as many as shifts, but Inception's have no scale


class Family(NamedTuple):
    """The smallest network of a family, and where its first blocks end."""

    name: str
    size: int
    last: str  # the last stage, or the last layer, of the first blocks
    channels: int
    blocks: tuple


def conv(size, inputs, outputs, *, bias=False):
    return size * size * inputs * outputs + bias * outputs


def separable(size, inputs, outputs):
    return size * size * inputs + inputs * outputs


def squeeze(channels, squeezed):
    """Squeeze and excitation: two dense layers with bias."""
    return 2 * channels * squeezed + squeezed + channels


FAMILIES = (
    Family("random", 32, "stage2_block1", 32, (
        Block(conv(5, 3, 16), 16),
        Block(2 * conv(3, 16, 16), 2 * 16),
        Block(2 * conv(3, 16, 16), 2 * 16),
        Block(conv(3, 16, 32) + conv(3, 32, 32) + conv(1, 16, 32), 3 * 32),
    )),
    Family("convnext_tiny", 32, "stage_0_block_1", 96, (  # its layer normalisations train with their blocks
        Block(conv(4, 3, 96, bias=True) + 2 * 96),
        *2 * (Block(49 * 96 + 96 + 2 * 96 + conv(1, 96, 384, bias=True) + conv(1, 384, 96, bias=True) + 96),),
    )),
    Family("densenet121", 32, "conv2_block2", 128, (
        Block(conv(7, 3, 64), 64),
        Block(conv(1, 64, 128) + conv(3, 128, 32), 64 + 128),
        Block(conv(1, 96, 128) + conv(3, 128, 32), 96 + 128),
    )),
    Family("efficientnet_b0", 32, "block2a", 24, (
        Block(conv(3, 3, 32), 32),
        Block(9 * 32 + squeeze(32, 8) + conv(1, 32, 16), 32 + 16),
        Block(conv(1, 16, 96) + 9 * 96 + squeeze(96, 4) + conv(1, 96, 24), 2 * 96 + 24),
    )),
    Family("efficientnet_v2_b0", 32, "block2b", 32, (
        Block(conv(3, 3, 32), 32),
        Block(conv(3, 32, 16), 16),
        Block(conv(3, 16, 64) + conv(1, 64, 32), 64 + 32),
        Block(conv(3, 32, 128) + conv(1, 128, 32), 128 + 32),
    )),
    Family("inception_resnet_v2", 75, "block35_1", 320, (
        Block(
            conv(3, 3, 32) + conv(3, 32, 32) + conv(3, 32, 64) + conv(1, 64, 80) + conv(3, 80, 192),
            32 + 32 + 64 + 80 + 192, 0,
        ),
        Block(
            conv(1, 192, 96 + 48 + 64 + 64) + conv(5, 48, 64) + conv(3, 64, 96) + conv(3, 96, 96),
            96 + 48 + 64 + 64 + 64 + 96 + 96, 0,
        ),
        Block(
            3 * conv(1, 320, 32) + conv(3, 32, 32) + conv(3, 32, 48) + conv(3, 48, 64) + conv(1, 128, 320, bias=True),
            4 * 32 + 48 + 64, 0,
        ),
    )),
    Family("inception_v3", 75, "mixed0", 256, (
        Block(
            conv(3, 3, 32) + conv(3, 32, 32) + conv(3, 32, 64) + conv(1, 64, 80) + conv(3, 80, 192),
            32 + 32 + 64 + 80 + 192, 0,
        ),
        Block(
            conv(1, 192, 64 + 48 + 64 + 32) + conv(5, 48, 64) + conv(3, 64, 96) + conv(3, 96, 96),
            64 + 48 + 64 + 32 + 64 + 96 + 96, 0,
        ),
    )),
    Family("mobilenet_025", 32, "block_2", 32, (
        Block(conv(3, 3, 8), 8),
        Block(separable(3, 8, 16), 8 + 16),
        Block(separable(3, 16, 32), 16 + 32),
    )),
    Family("mobilenet_v2_035", 32, "block_2", 8, (
        Block(conv(3, 3, 16) + separable(3, 16, 8), 16 + 16 + 8),
        *2 * (Block(conv(1, 8, 48) + separable(3, 48, 8), 48 + 48 + 8),),
    )),
    Family("mobilenet_v3_small", 32, "expanded_conv_2", 24, (
        Block(conv(3, 3, 16) + separable(3, 16, 16) + squeeze(16, 8), 3 * 16),
        Block(conv(1, 16, 72) + separable(3, 72, 24), 2 * 72 + 24),
        Block(conv(1, 24, 88) + separable(3, 88, 24), 2 * 88 + 24),
    )),
    Family("nasnet_mobile", 32, "reduction_concat_stem_1", 44, (
        Block(conv(3, 3, 32), 32),
        Block(
            conv(1, 32, 11) + 2 * separable(3, 11, 11)
            + 2 * separable(5, 11, 11) + separable(5, 32, 11) + separable(5, 11, 11)
            + 2 * (separable(7, 32, 11) + separable(7, 11, 11)),
            11 * 11,
        ),
    )),
    Family("resnet50", 32, "conv2_block1", 256, (
        Block(conv(7, 3, 64, bias=True), 64),
        Block(
            2 * conv(1, 64, 256, bias=True) + conv(1, 64, 64, bias=True) + conv(3, 64, 64, bias=True),
            2 * 256 + 2 * 64,
        ),
    )),
    Family("resnet50_v2", 32, "conv2_block1", 256, (
        Block(conv(7, 3, 64, bias=True)),
        Block(2 * conv(1, 64, 256, bias=True) + conv(1, 64, 64) + conv(3, 64, 64), 3 * 64),
    )),
    Family("vgg16", 32, "block3", 256, (
        Block(conv(3, 3, 64, bias=True) + conv(3, 64, 64, bias=True)),
        Block(conv(3, 64, 128, bias=True) + conv(3, 128, 128, bias=True)),
        Block(conv(3, 128, 256, bias=True) + 2 * conv(3, 256, 256, bias=True)),
    )),
    Family("xception", 71, "block2", 128, (
        Block(conv(3, 3, 32) + conv(3, 32, 64), 32 + 64),
        Block(separable(3, 64, 128) + separable(3, 128, 128) + conv(1, 64, 128), 3 * 128),
    )),
)  # fmt: skip

# The whole networks: blocks, the first that a third of them trains, and the weights without the head that partial, full
# (with batch normalisation) and norm train. Summed by layer names over keras.applications alone; full is the
# "trainable" of published summaries.
WHOLE = {
    "random": (10, "stage4_block1", 622_592, 800_784, 3_936),
    "convnext_tiny": (22, "stage_2_block_6", 19_077_888, 27_820_128, 0),
    "densenet121": (62, "conv4_block21", 3_284_992, 6_953_856, 83_648),
    "efficientnet_b0": (18, "block6a", 3_129_884, 4_007_548, 42_016),
    "efficientnet_v2_b0": (23, "block6b", 4_197_456, 5_858_704, 60_608),
    "inception_resnet_v2": (45, "block17_18", 30_785_024, 54_276_192, 30_272),
    "inception_v3": (11, "mixed6", 16_629_760, 21_768_352, 17_216),
    "mobilenet_025": (14, "block_9", 154_368, 213_072, 5_472),
    "mobilenet_v2_035": (18, "block_12", 316_784, 396_128, 14_080),
    "mobilenet_v3_small": (12, "expanded_conv_8", 729_000, 927_008, 12_112),
    "nasnet_mobile": (17, "cell_8", 3_352_272, 4_232_978, 36_738),
    "resnet50": (17, "conv4_block4", 18_300_416, 23_534_592, 53_120),
    "resnet50_v2": (17, "conv4_block4", 18_295_808, 23_519_360, 45_440),
    "vgg16": (5, "block4", 12_979_200, 14_714_688, 0),
    "xception": (14, "block10", 11_604_488, 20_806_952, 54_528),
}


def count_by_hand(family, name):
    """Trainable weights with the head; of gradual unfreezing, in its last phase."""
    blocks, head = family.blocks, (family.channels + 1) * len(CLASSES)
    kernels = sum(block.kernels for block in blocks)
    shifts = sum(block.shifts for block in blocks)
    scales = sum(block.shifts if block.scales is None else block.scales for block in blocks)
    trained = {
        "head": 0, "partial": blocks[-1].kernels, "gradual": kernels, "full": kernels, "film": 2 * shifts,
        "norm": scales + shifts, "scratch": kernels + scales + shifts, "template": scales + shifts,
    }  # fmt: skip
    return head + trained[name]


@pytest.fixture(scope="module", params=FAMILIES, ids=lambda family: family.name)
def family(request):
    return request.param


@pytest.fixture(scope="module")
def whole(family):
    return load_source(family.name, weights=None if family.name == "random" else "random", image_size=family.size)


def shake(backbone):
    """Take biases, scales, shifts and statistics away from the values that they start from."""
    rng = np.random.default_rng(0)
    for weight in backbone.weights:
        if len(weight.shape) == 1:
            weight.assign(weight + rng.uniform(0.01, 0.1, weight.shape))
    for layer in backbone.layers:
        if isinstance(layer, import_keras().layers.Normalization) and layer.weights:
            layer.finalize_state()  # it works with constants that it takes from its weights


def draw_pixels(size, *, count=3, seed=1):
    """Images of noise: one a class."""
    return np.random.default_rng(seed).integers(0, 256, (count, size, size, 3), dtype=np.uint8)


@pytest.fixture(scope="module")
def source(family, whole):
    """The first blocks, no weight at the value it usually starts from."""
    names = [name for name, _ in whole.stages]
    if family.last in names:
        stages = whole.stages[: names.index(family.last) + 1]
        last = whole.backbone.get_layer(stages[-1][1][-1])
    else:
        last = whole.backbone.get_layer(family.last)
        stages = (("stem", tuple(whole.stages[0][1][: whole.stages[0][1].index(family.last) + 1])),)
    backbone = import_keras().Model(whole.backbone.input, last.output)
    shake(backbone)
    return SourceModel(family.name, backbone, stages, family.size, "", "")


def test_whole_network_counts_what_trains(family, whole):
    num_blocks, first, *expected = WHOLE[family.name]
    backbone = whole.backbone
    blocks = list_blocks(backbone, whole.stages)
    third = PartialUnfreeze().count_blocks(whole)
    assert (len(blocks), blocks[-third][0]) == (num_blocks, first)
    if family.name != "random":
        row = find_application(family.name)
        assert (backbone.count_params(), backbone.output_shape[-1]) == (row.parameters, row.channels)
    staged = [name for _, names in whole.stages for name in names]
    assert len(staged) == len(set(staged))
    assert {layer.name for layer in backbone.layers if layer.weights} <= set(staged)
    momenta = {layer.momentum for layer in backbone.layers if hasattr(layer, "moving_mean")}
    assert all(momentum <= 0.9 for momentum in momenta), "Keras's momentum lags over a short fine-tuning"
    counted = []
    for strategy in (PartialUnfreeze(), FullFineTune(batch_norm="trained"), NormOnly()):
        strategy.set_trainable(backbone, whole)
        counted.append(count_parameters(backbone)[0])
    for layer in backbone.layers:  # backbone.trainable = True would do nothing: that flag is True already
        layer.trainable = True
    assert counted == expected


def list_weights(model):
    to_numpy = import_keras().ops.convert_to_numpy
    return {(layer.name, w.path): to_numpy(w) for layer in model.layers for w in layer.weights}


def train_once(model, pixels, rate):
    """One step of a rule that moves every weight whose gradient is not zero by the same amount; name what trains."""
    model.compile(import_keras().optimizers.Lion(rate), "sparse_categorical_crossentropy", run_eagerly=True)
    model.train_on_batch(pixels, np.arange(len(pixels)) % len(CLASSES))
    trained = {id(w) for w in model.trainable_weights}
    return {(layer.name, w.path) for layer in model.layers for w in layer.weights if id(w) in trained}


def check_contract(source, name, num_trained, folder):
    """Train a step by a strategy and hold what moved, what stayed and what is saved against what the strategy says.

    Parameters
    ----------
    source : SourceModel
    name : str
        Of the strategy.
    num_trained : int
        Trainable weights that are expected, with the head; of gradual unfreezing, in its last phase.
    folder : pathlib.Path
        For the saved model.
    """
    keras = import_keras()
    original = source.backbone.get_weights()
    strategy = GradualUnfreeze(fractions=(0.5, 1.0)) if name == "gradual" else find_strategy(name)
    norms = [layer for layer in source.backbone.layers if isinstance(layer, keras.layers.BatchNormalization)]
    if name in ("film", "norm") and not norms:
        with pytest.raises(ValueError, match=f"{name} needs BatchNormalization.* use head, partial, gradual, full or"):
            strategy.build(source, CLASSES, seed=0)
        return
    if name == "template":  # for no network but its own, which tests/training/test_template_steps.py trains
        with pytest.raises(ValueError, match="needs the source template"):
            strategy.build(source, CLASSES, seed=0)
        return
    pixels = draw_pixels(source.image_size)
    model = strategy.build(source, CLASSES, seed=0)
    before, trained = list_weights(model), set()
    for rate, phase in zip((1e-3, 2e-3), strategy.list_phases(), strict=False):
        phase.set_trainable(model, source)
        trained |= train_once(model, pixels, rate)
    assert count_parameters(model)[0] == num_trained

    moved = {key for key, value in list_weights(model).items() if not np.array_equal(value, before[key])}
    statistics = {key for key in before if key[1].endswith(("moving_mean", "moving_variance"))}
    assert moved - statistics == trained
    assert moved & statistics == (statistics if name in MOVES_STATISTICS else set())
    assert len(statistics) == 2 * len(norms)
    same = [np.array_equal(a, b) for a, b in zip(original, source.backbone.get_weights(), strict=True)]
    assert all(same), "the source has changed"

    model.save(folder / "model.keras")
    loaded = keras.models.load_model(folder / "model.keras")
    assert count_parameters(loaded) == count_parameters(model)
    outputs = [keras.ops.convert_to_numpy(m(pixels, training=False)) for m in (model, loaded)]
    np.testing.assert_allclose(*outputs, rtol=0, atol=1e-6)


@pytest.mark.parametrize("name", STRATEGIES)
def test_strategy_on_family(family, source, name, tmp_path):
    check_contract(source, name, count_by_hand(family, name), tmp_path)


def test_every_family_is_here_with_its_smallest_network():
    keras = import_keras()
    smallest = {}
    for row in list_applications().values():
        module = getattr(keras.applications, row.constructor).__module__.rsplit(".", 1)[-1]
        name = re.sub(r"vgg\d+", "vgg", module)
        smallest[name] = min(smallest.get(name, row), row, key=lambda r: r.parameters)
    assert {row.name for row in smallest.values()} | {"random"} == {family.name for family in FAMILIES}

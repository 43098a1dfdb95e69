"""What each strategy accepts, counts and trains on the compact network; tests of all families stand beside."""

import numpy as np
import pytest

import tlbook
from tests.small_source import make_small_source
from tlbook.errors import BadInput
from tlbook.models.classifiers import count_parameters
from tlbook.models.sources import load_source
from tlbook.models.stages import list_blocks
from tlbook.models.strategies import (
    STRATEGIES,
    FiLMOnly,
    FromScratch,
    FullFineTune,
    GradualUnfreeze,
    HeadOnly,
    NormOnly,
    PartialUnfreeze,
    Strategy,
    TrainedStrategy,
    as_strategy,
    find_strategy,
)
from tlbook.run import adapt
from tlbook.runtime import import_keras

CLASSES = ("a", "b", "c")
BACKBONE, HEAD = 804_720, 768 * 3 + 3
# a scale and a shift a channel: stem, two blocks a stage, shortcuts of stages 2 to 4, expansion
BATCH_NORM = 2 * (16 + 4 * 16 + 4 * 32 + 4 * 64 + 4 * 128 + 32 + 64 + 128 + 768)
TOP = 128 * 768  # the kernel of the last convolution, 1 x 1
STAGE4_BLOCK2 = 2 * 9 * 128 * 128
STAGE4_BLOCK1 = 9 * 64 * 128 + 9 * 128 * 128 + 64 * 128
ROWS = [
    # strategy, trainable weights by hand: half of a batch normalisation's are its statistics, never trainable
    (HeadOnly(), HEAD),
    (PartialUnfreeze(stages=1), HEAD + TOP),
    (PartialUnfreeze(stages=2), HEAD + TOP + STAGE4_BLOCK2),
    (PartialUnfreeze(), HEAD + TOP + STAGE4_BLOCK2 + STAGE4_BLOCK1),  # a third of ten blocks: three
    (PartialUnfreeze(stages=1, batch_norm="trained"), HEAD + TOP + 2 * 768),
    (PartialUnfreeze(fraction=1.0), HEAD + BACKBONE - 2 * BATCH_NORM),
    (GradualUnfreeze(), HEAD + TOP + STAGE4_BLOCK2 + STAGE4_BLOCK1),  # its first phase
    (FullFineTune(), HEAD + BACKBONE - 2 * BATCH_NORM),
    (FullFineTune(batch_norm="trained"), HEAD + BACKBONE - BATCH_NORM),
    (FromScratch(), HEAD + BACKBONE - BATCH_NORM),
    (FiLMOnly(), HEAD + BATCH_NORM),
    (NormOnly(), HEAD + BATCH_NORM),
]


@pytest.fixture(scope="module")
def source():
    return load_source("random", image_size=32)


@pytest.mark.parametrize(("strategy", "trainable"), ROWS, ids=lambda v: getattr(v, "name", ""))
def test_built_models_count_what_trains(source, strategy, trainable):
    before = [w.copy() for w in source.backbone.get_weights()]
    model = strategy.build(source, CLASSES, seed=0)
    film = BATCH_NORM if strategy.name == "film" else 0
    assert count_parameters(model) == (trainable, BACKBONE + HEAD + film)
    assert model.output_shape == (None, 3)
    assert all(np.array_equal(a, b) for a, b in zip(before, source.backbone.get_weights(), strict=True))


def test_full_starts_from_the_source_and_scratch_does_not(source):
    def stem(strategy, seed=0):
        return strategy.build(source, CLASSES, seed=seed).get_layer("stem_conv").get_weights()[0]

    ours = source.backbone.get_layer("stem_conv").get_weights()[0]
    assert np.array_equal(stem(FullFineTune()), ours)
    assert not np.array_equal(stem(FromScratch(), 5), ours)  # the source was drawn from seed 0
    assert np.array_equal(stem(FromScratch(), 3), stem(FromScratch(), 3))
    assert not np.array_equal(stem(FromScratch(), 3), stem(FromScratch(), 4))


def test_film_starts_as_the_identity(source):
    images = np.random.default_rng(0).integers(0, 256, (4, 32, 32, 3), dtype=np.uint8)
    head, film = (s.build(source, CLASSES, seed=0) for s in (HeadOnly(), FiLMOnly()))
    np.testing.assert_allclose(film.predict(images, verbose=0), head.predict(images, verbose=0), atol=1e-6)


def test_copies_scale_the_pixels_as_the_source_does():
    keras = import_keras()
    pixels = keras.Input((8, 8, 3))
    scaled = keras.layers.Normalization(mean=[1.0, 2.0, 3.0], variance=[4.0, 5.0, 6.0], name="scale")
    learnt = keras.layers.Normalization(name="learnt")
    learnt.build((None, 8, 8, 3))
    learnt.set_weights([np.array([7.0, 8.0, 9.0]), np.array([2.0, 3.0, 4.0]), np.array(0)])
    learnt.finalize_state()
    backbone = keras.Model(pixels, keras.layers.Conv2D(4, 3, name="conv")(learnt(scaled(pixels))))
    tiny = tlbook.models.sources.SourceModel("tiny", backbone, (("stem", ("conv",)),), 8, "", "")
    images = np.random.default_rng(0).integers(0, 256, (2, 8, 8, 3), dtype=np.uint8)

    def scale(model):
        return keras.ops.convert_to_numpy(keras.Model(model.input, model.get_layer("learnt").output)(images))

    for strategy in (FromScratch(), FullFineTune()):
        model = strategy.build(tiny, CLASSES, seed=1)
        np.testing.assert_array_equal(scale(model), scale(backbone))
        kernels = [m.get_layer("conv").get_weights()[0] for m in (model, backbone)]
        assert np.array_equal(*kernels) == strategy.keeps_weights


def test_names_find_their_strategies():
    for name, kind in STRATEGIES.items():
        assert find_strategy(name) == as_strategy(name) == kind()
        assert name in ("head", "template") or find_strategy(name, epochs=7).epochs == 7
        assert kind.summary, "the command's help and the report say it"


EXPECTED_NAMES = f"expected auto, {', '.join(list(STRATEGIES)[:-1])} or {list(STRATEGIES)[-1]}"


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("sideways", f"received `strategy` 'sideways'; {EXPECTED_NAMES}"),
        ("heads", f"{EXPECTED_NAMES}; did you mean head?"),
        ("", f"received `strategy` ''; {EXPECTED_NAMES}"),
        (HeadOnly, "received `strategy` as the class HeadOnly; expected an instance: HeadOnly()"),
        (7, f"received `strategy` 7; expected a name ({', '.join(STRATEGIES)}) or an instance"),
        (["head"], "received `strategy` ['head']; expected a name"),
    ],
)
def test_what_is_no_strategy_is_refused_in_words(value, message):
    with pytest.raises(BadInput) as caught:
        as_strategy(value)
    assert message in str(caught.value)
    assert "--" not in str(caught.value)


def test_a_strategy_of_one_s_own():
    class Nameless(TrainedStrategy):
        def choose_layers(self, source):
            return set()

    class Top(Nameless):
        name = "top"

        def choose_layers(self, source):
            return ["expand_conv", "no_such"]

    class Untrained(Strategy):
        name = "untrained"

        def choose_layers(self, source):
            return set()

    own = Top(epochs=3)
    assert as_strategy(own) is own
    with pytest.raises(BadInput, match="Nameless without a name; expected a class attribute `name`"):
        as_strategy(Nameless())
    with pytest.raises(BadInput, match="no epochs to train for; expected Untrained to be derived from TrainedStrategy"):
        as_strategy(Untrained())
    with pytest.raises(BadInput, match="received layer 'no_such' to train from strategy top; expected names of layers"):
        own.build(make_small_source(), CLASSES, seed=0)


WHOLE = "expected a whole number of at least 1"
RATE = "expected a number between 0 and 10, or None"
SHARE = "expected a number above 0 and at most 1 (share of the blocks), or None"
GROWING = "expected a tuple of numbers that grow, above 0 and at most 1"
FROZEN = "expected 'frozen' or 'trained'"


@pytest.mark.parametrize(
    ("kind", "options", "message"),
    [
        (FullFineTune, {"epochs": 0}, f"received `epochs` 0; {WHOLE}"),
        (FullFineTune, {"epochs": "many"}, f"received `epochs` 'many'; {WHOLE}"),
        (FromScratch, {"epochs": 2.5}, f"received `epochs` 2.5; {WHOLE}"),
        (NormOnly, {"epochs": True}, f"received `epochs` True; {WHOLE}"),
        (FullFineTune, {"batch_size": None}, f"received `batch_size` None; {WHOLE}"),
        (FullFineTune, {"mirror": "yes"}, "received `mirror` 'yes'; expected True or False"),
        (FullFineTune, {"batch_norm": "thawed"}, f"received `batch_norm` 'thawed'; {FROZEN}"),
        (FullFineTune, {"batch_norm": ["frozen"]}, f"received `batch_norm` ['frozen']; {FROZEN}"),
        (FiLMOnly, {"learning_rate": 0}, f"received `learning_rate` 0; {RATE}"),
        (FiLMOnly, {"learning_rate": float("nan")}, f"received `learning_rate` nan; {RATE}"),
        (FullFineTune, {"learning_rate": "1e-3"}, f"received `learning_rate` '1e-3'; {RATE}"),
        (PartialUnfreeze, {"stages": 0}, f"received `stages` 0; {WHOLE} (blocks"),
        (PartialUnfreeze, {"stages": 1.5}, f"received `stages` 1.5; {WHOLE} (blocks"),
        (PartialUnfreeze, {"fraction": 0.0}, f"received `fraction` 0.0; {SHARE}"),
        (PartialUnfreeze, {"fraction": 1.1}, f"received `fraction` 1.1; {SHARE}"),
        (PartialUnfreeze, {"fraction": "half"}, f"received `fraction` 'half'; {SHARE}"),
        (PartialUnfreeze, {"stages": 1, "fraction": 0.5}, "`stages` 1, `fraction` 0.5; expected one of the two"),
        (PartialUnfreeze, {"batch_norm": ""}, f"received `batch_norm` ''; {FROZEN}"),
        (GradualUnfreeze, {"epochs": 2}, "received `epochs` 2; expected at least 3, one for each of 3 phases"),
        (GradualUnfreeze, {"fractions": ()}, GROWING),
        (GradualUnfreeze, {"fractions": 0.5}, f"received `fractions` 0.5; {GROWING}"),
        (GradualUnfreeze, {"fractions": ("half", 1.0)}, GROWING),
        (GradualUnfreeze, {"fractions": (0.5, 0.5)}, GROWING),
        (GradualUnfreeze, {"fractions": (0.0, 0.5)}, GROWING),
        (GradualUnfreeze, {"fractions": (0.5, 1.5)}, GROWING),
    ],
)
def test_options_out_of_range(kind, options, message):
    with pytest.raises(BadInput) as caught:
        kind(**options)
    assert message in str(caught.value)


def test_more_stages_than_there_are(source):
    with pytest.raises(BadInput, match="received `stages` 11; expected 1 to 10, the blocks of random"):
        PartialUnfreeze(stages=11).build(source, CLASSES, seed=0)


@pytest.mark.parametrize("name", [name for name in STRATEGIES if name != "head"])
def test_a_module_that_stays_frozen_takes_a_head_only(name):
    keras = import_keras()
    pixels = keras.Input((8, 8, 3))
    backbone = keras.Model(pixels, keras.layers.Rescaling(1 / 255, name="module")(pixels))
    frozen = tlbook.models.sources.SourceModel("module", backbone, (("module", ("module",)),), 8, "", "")
    with pytest.raises(BadInput, match=f"strategy {name} cannot train module: .*; use head"):
        find_strategy(name).build(frozen, CLASSES, seed=0)


def test_a_last_stage_of_normalisation_alone_goes_with_the_block_below():
    keras = import_keras()
    layers = keras.layers
    pixels = keras.Input((8, 8, 3))
    x = layers.Conv2D(4, 3, name="low")(pixels)
    x = layers.BatchNormalization(name="low_bn")(x)
    x = layers.Conv2D(4, 3, name="high")(x)
    backbone = keras.Model(pixels, layers.BatchNormalization(name="high_bn")(x))
    stages = (("stem", ("low", "low_bn")), ("block", ("high",)), ("top", ("high_bn",)))
    assert list_blocks(backbone, stages) == (("stem", ("low", "low_bn")), ("block", ("high", "high_bn")))


def test_gradual_phases_grow_and_share_the_epochs():
    strategy = GradualUnfreeze(epochs=8, learning_rate=1e-4, batch_size=16, mirror=True)
    rest = {"learning_rate": 1e-4, "batch_size": 16, "mirror": True}
    assert strategy.list_phases() == (
        PartialUnfreeze(2, fraction=1 / 3, **rest),
        PartialUnfreeze(3, fraction=2 / 3, **rest),
        PartialUnfreeze(3, fraction=1.0, **rest),
    )
    assert FullFineTune().list_phases() == (FullFineTune(),)


def test_the_rate_is_the_source_s_where_the_strategy_names_none(source):
    imagenet = load_source("mobilenet_v2_035", weights="random", image_size=32)
    for strategy in (PartialUnfreeze(), GradualUnfreeze(), FullFineTune()):
        assert [strategy.take_rate(s).learning_rate for s in (source, imagenet)] == [1e-3, 1e-4]
    for strategy in (FullFineTune(learning_rate=0.5), FiLMOnly(), NormOnly(), FromScratch(), HeadOnly()):
        assert strategy.take_rate(imagenet) == strategy
    with pytest.raises(BadInput, match="between 0 and 10"):
        FullFineTune(learning_rate=0)


def list_weights(model):
    to_numpy = import_keras().ops.convert_to_numpy
    return {(layer.name, weight.name): to_numpy(weight) for layer in model.layers for weight in layer.weights}


# one of each way through: a head alone, without a head first, phase by phase, layers added
@pytest.mark.parametrize("name", ["head", "scratch", "gradual", "film"])
def test_adapting_moves_what_it_should_and_nothing_else(name, monkeypatch, tmp_path):
    source = make_small_source()
    monkeypatch.setenv("TLBOOK_CACHE_DIR", str(tmp_path))
    from tlbook.synthetic.signs import make_case

    case = make_case(per_class=3, val_per_class=3, test_per_class=3, size=32)
    epochs = {"head": 0, "gradual": 2}.get(name, 1)
    two_phases = GradualUnfreeze(epochs=2, fractions=(1 / 3, 1.0))
    strategy = two_phases if name == "gradual" else find_strategy(name, epochs=epochs or None)
    start = list_weights(strategy.build(source, case.classes, seed=0))
    run = adapt(case, source, strategy, seed=0)
    moved = {key for key, value in list_weights(run.model).items() if not np.array_equal(value, start[key])}
    norm = {key for key in start if key[1] in {"gamma", "beta", "moving_mean", "moving_variance"}}
    head = {key for key in start if key[0] == "head"}
    film = {key for key in start if key[0].endswith("_film")}
    trained = {"head": set(), "scratch": set(start), "gradual": set(start) - norm, "film": film}
    assert moved == trained[name] | head
    assert len(film) == (2 * 7 if name == "film" else 0)  # stem, two convolutions a block, a shortcut, expansion
    assert len(run.history.get("loss", ())) == run.epochs == epochs
    assert run.strategy == name

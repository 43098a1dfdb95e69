"""Models as readers bring them: each form under every strategy, and what is refused with the mend."""

import numpy as np
import pytest

from tests.models.test_strategy_contract import Block, Family, check_contract, conv, count_by_hand, draw_pixels
from tlbook.datasets.dataset import Split
from tlbook.datasets.stores import ArrayStore
from tlbook.errors import BadInput
from tlbook.models.foreign import source_from_keras
from tlbook.models.sources import SourceModel
from tlbook.models.stages import cut_stages, list_blocks
from tlbook.models.strategies import STRATEGIES, FullFineTune
from tlbook.runtime import import_keras
from tlbook.training.features import extract_features

SIZE = 24
# the same two blocks in all forms
FAMILY = Family("mine", SIZE, "", 16, (Block(conv(3, 3, 8), 8), Block(conv(3, 8, 16), 16)))


def list_layers():
    layers = import_keras().layers
    stack = []
    for filters in (8, 16):
        stack += [layers.Conv2D(filters, 3, 2, use_bias=False), layers.BatchNormalization(), layers.ReLU()]
    return stack


def call(layers, x, **options):
    for layer in layers:
        x = layer(x, **options)
    return x


def build_body(size=SIZE):
    inputs = import_keras().Input((size, size, 3))
    return import_keras().Model(inputs, call(list_layers(), inputs))


def build_sequential():
    keras = import_keras()
    return keras.Sequential([keras.Input((SIZE, SIZE, 3)), *list_layers()])


def build_with_top():
    keras = import_keras()
    body = build_body()
    x = keras.layers.Dropout(0.2)(keras.layers.GlobalAveragePooling2D()(body.output))
    return keras.Model(body.input, keras.layers.Dense(10, activation="softmax")(x))


def build_nested():
    """The tutorial: augmentation and scaling, then a frozen base within a base, called as one layer, then a head."""
    keras = import_keras()
    layers = keras.layers
    augmentation = keras.Sequential([layers.RandomFlip("horizontal"), layers.RandomRotation(0.2)])
    inputs = keras.Input((SIZE, SIZE, 3))
    base = keras.Model(inputs, build_body()(layers.Rescaling(1 / 127.5, -1)(inputs)))
    base.trainable = False
    inputs = keras.Input((SIZE, SIZE, 3))
    x = call([layers.GlobalAveragePooling2D(), layers.Dense(1)], base(augmentation(inputs), training=False))
    return keras.Model(inputs, x)


def build_hub_like():
    """KerasHub's form: a class of its own, functional underneath, for images of any size, preprocessing outside."""
    keras = import_keras()

    class Backbone(keras.Model):
        def __init__(self, filters=16, **options):
            inputs = keras.Input((None, None, 3), name="images")
            outputs = call(list_layers(), inputs)
            super().__init__(inputs=inputs, outputs=outputs, **options)
            self.filters = filters
            self.pyramid_outputs = {"P2": outputs}

        def get_config(self):
            return {"filters": self.filters, "name": self.name, "trainable": self.trainable}

    return Backbone(name="my_backbone")


FORMS = {
    "functional": build_body,
    "sequential": build_sequential,
    "with_top": build_with_top,
    "nested": build_nested,
    "hub_like": build_hub_like,
}


def shake(model, seed=0):
    """Take all weights away from the values that they start from."""
    rng = np.random.default_rng(seed)
    for weight in model.weights:
        weight.assign(weight + rng.uniform(0.01, 0.1, weight.shape))


def list_values(model):
    return [import_keras().ops.convert_to_numpy(weight) for weight in model.weights]


def run(model, pixels):
    return import_keras().ops.convert_to_numpy(model(pixels.astype(np.float32), training=False))


@pytest.fixture(scope="module", params=FORMS)
def form(request):
    """A reader's model, the source that is made of it, and the reader's model as it was before."""
    import_keras().utils.set_random_seed(0)
    model = FORMS[request.param]()
    shake(model)
    before = list_values(model), [layer.trainable for layer in model._flatten_layers()], model.get_config()
    return model, source_from_keras(model, name="mine", image_size=SIZE), before


@pytest.mark.parametrize("name", STRATEGIES)
def test_strategy_on_form(form, name, tmp_path):
    model, source, (values, flags, config) = form
    check_contract(source, name, count_by_hand(FAMILY, name), tmp_path)
    assert all(map(np.array_equal, values, list_values(model))), "the reader's model has changed"
    assert flags == [layer.trainable for layer in model._flatten_layers()]
    assert config == model.get_config()


def test_source_answers_as_the_model_does(form):
    keras = import_keras()
    model, source, _ = form
    pixels = draw_pixels(SIZE)
    features = run(source.backbone, pixels)
    assert features.shape == (3, 5, 5, 16)
    norms = [layer for layer in source.backbone.layers if isinstance(layer, keras.layers.BatchNormalization)]
    assert [layer.momentum for layer in norms] == [0.9, 0.9]
    assert [name for name, _ in list_blocks(source.backbone, source.stages)] == ["stem", "block_1"]
    answers = run(model, pixels)
    if len(model.output_shape) == 2:
        dense = model.layers[-1]
        kernel, bias = dense.get_weights()
        logits = features.mean((1, 2)) @ kernel + bias
        odds = np.exp(logits - logits.max(-1, keepdims=True))
        features = odds / odds.sum(-1, keepdims=True) if dense.units > 1 else logits
    np.testing.assert_allclose(features, answers, rtol=1e-4, atol=1e-5)


def test_frozen_batch_norm_stays_frozen_in_a_nested_base():
    keras = import_keras()
    model = build_nested()
    classifier = FullFineTune(batch_norm="frozen").build(source_from_keras(model, name="mine"), ("a", "b"), seed=0)
    norms = [layer for layer in classifier.layers if isinstance(layer, keras.layers.BatchNormalization)]
    assert [layer.trainable for layer in norms] == [False, False]
    with pytest.raises(BadInput, match=r"has BatchNormalization inside, .*; expected plain layers: source_from_keras"):
        SourceModel("mine", model, (), SIZE, "", "")


@pytest.mark.parametrize("kind", ["torch", "tf", "caffe", "layer", "layers"])
def test_preprocessing_comes_before_the_model(kind):
    keras = import_keras()
    scale = keras.layers.Rescaling(1 / 255, name="rescale")
    normalise = keras.layers.Normalization(name="head")
    normalise.adapt(draw_pixels(SIZE) / 255)
    given = {"layer": scale, "layers": keras.Sequential([keras.Input((SIZE, SIZE, 3)), scale, normalise])}
    model = build_body()
    source = source_from_keras(model, name="mine", preprocessing=given.get(kind, kind))
    pixels = draw_pixels(SIZE)
    if kind in given:
        scaled = given[kind](pixels.astype(np.float32))
    else:
        scaled = keras.applications.imagenet_utils.preprocess_input(pixels.astype(np.float32), mode=kind)
    np.testing.assert_allclose(run(source.backbone, pixels), run(model, np.array(scaled)), rtol=1e-4, atol=1e-5)
    assert source.backbone.count_params() == model.count_params() + (7 if kind == "layers" else 0)


def test_names_that_ours_have_too(tmp_path):
    keras = import_keras()
    layers = keras.layers
    names = ["pixels", "preprocessing", "rescale", "head", "pool", "head_film", "head_2", "features", "classifier"]
    inputs = keras.Input((SIZE, SIZE, 3))
    x = layers.Rescaling(1 / 255)(inputs)
    for name in names:
        x = layers.BatchNormalization(name=name)(layers.Conv2D(2, 1, name=f"{name}_conv")(x))
    inner = keras.Model(inputs, layers.Conv2D(3, 1, name="last_conv")(x), name="preprocessing")
    source = source_from_keras(keras.Sequential([inner, layers.Flatten(), layers.Dense(2)]), name="mine")
    ours = [layer.name for layer in source.backbone.layers]
    assert len(ours) == len(set(ours))
    staged = {name for _, layers in source.stages for name in layers}
    assert {layer.name for layer in source.backbone.layers if layer.weights} <= staged, "some are in no stage"
    for name in set(STRATEGIES) - {"template"}:  # it has a source of its own
        classifier = STRATEGIES[name]().build(source, ("a", "b"), seed=0)
        assert classifier.get_layer("head").units == 2
    classifier.save(tmp_path / "model.keras")
    keras.models.load_model(tmp_path / "model.keras")


def test_layers_without_weights_may_be_shared():
    keras = import_keras()
    relu = keras.layers.ReLU()
    inputs = keras.Input((SIZE, SIZE, 3))
    x = relu(keras.layers.Conv2D(4, 3)(inputs))
    model = keras.Model(inputs, relu(keras.layers.Conv2D(4, 3)(x)))
    pixels = draw_pixels(SIZE)
    np.testing.assert_array_equal(run(source_from_keras(model, name="mine").backbone, pixels), run(model, pixels))


def test_scaling_by_operations_and_residual_blocks_by_their_borders():
    keras = import_keras()
    layers = keras.layers
    inputs = keras.Input((SIZE, SIZE, 3))
    x = keras.applications.resnet50.preprocess_input(inputs)
    for _ in range(3):
        y = layers.Conv2D(4, 3, padding="same", activation="relu")(layers.Conv2D(4, 1)(x))
        x = layers.Add()([y, layers.Conv2D(4, 1)(x)])
    weights = keras.ops.mean(x, axis=(1, 2), keepdims=True)  # squeeze and excitation: no end of the feature maps
    x = x * layers.Dense(4, activation="sigmoid")(weights)
    outputs = layers.Dense(2)(layers.Flatten()(layers.Conv2D(4, 1)(keras.ops.mean(x, axis=(1, 2), keepdims=True))))
    model = keras.Model(inputs, outputs)
    source = source_from_keras(model, name="mine")
    pixels = draw_pixels(SIZE)
    np.testing.assert_allclose(run(source.backbone, pixels), run(keras.Model(inputs, x), pixels), rtol=1e-5, atol=1e-5)
    blocks = list_blocks(source.backbone, source.stages)
    assert [sum("conv2d" in name for name in names) for _, names in blocks] == [3, 3, 3, 0]


def refuse_subclass(keras):
    class Net(keras.Model):
        def __init__(self):
            super().__init__()
            self.conv = keras.layers.Conv2D(2, 3)

        def call(self, x):
            return self.conv(x)

    return Net()


def refuse_subclass_inside(keras):
    inputs = keras.Input((SIZE, SIZE, 3))
    return keras.Model(inputs, refuse_subclass(keras)(inputs))


def refuse_own_call(keras):
    class Doubled(keras.Model):
        def call(self, inputs, training=None, mask=None):
            return 2 * super().call(inputs)

    body = build_body()
    return Doubled(body.input, body.output)


def refuse_pyramid(keras):
    body = build_body()
    return keras.Model(body.input, {"P1": body.layers[3].output, "P2": body.output})


def refuse_hidden_norm(keras):
    class Unit(keras.layers.Layer):
        def __init__(self, **options):
            super().__init__(**options)
            self.norm = keras.layers.BatchNormalization()

        def call(self, x):
            return self.norm(x)

    return keras.Sequential([keras.Input((SIZE, SIZE, 3)), Unit(name="unit"), keras.layers.Conv2D(2, 3)])


def refuse_no_config(keras):
    class Scale(keras.layers.Layer):
        def __init__(self, by, **options):
            super().__init__(**options)
            self.by = by

        def call(self, x):
            return x * self.by[0]

    return keras.Sequential([keras.Input((SIZE, SIZE, 3)), Scale(np.ones(1), name="scale"), keras.layers.Conv2D(2, 3)])


def refuse_sharing(keras):
    shared = keras.layers.Conv2D(3, 3, name="twice")
    inputs = keras.Input((SIZE, SIZE, 3))
    return keras.Model(inputs, shared(shared(inputs)))


def refuse_tokens(keras):
    layers = keras.layers
    inputs = keras.Input((SIZE, SIZE, 3))
    tokens = layers.Reshape((-1, 8))(layers.Conv2D(8, 8, 8)(inputs))
    mixed = layers.MultiHeadAttention(2, 4, name="mix")(tokens, tokens)
    return keras.Model(inputs, layers.Dense(2)(layers.GlobalAveragePooling1D()(mixed)))


def refuse_two_depths(keras):
    layers = keras.layers
    inputs = keras.Input((SIZE, SIZE, 3))
    low = layers.Conv2D(4, 3)(inputs)
    high = layers.Conv2D(4, 3, name="high")(low)
    pooled = [layers.GlobalAveragePooling2D()(x) for x in (low, high)]
    return keras.Model(inputs, layers.Dense(2)(layers.Concatenate()(pooled)))


def stack(*layers, shape=(SIZE, SIZE, 3)):
    return lambda keras: keras.Sequential([keras.Input(shape), *(make(keras.layers) for make in layers)])


REFUSED = [
    (refuse_subclass, "computes by code of its own; expected a functional or Sequential model"),
    (refuse_subclass_inside, "of the class Net, which computes by code of its own"),
    (refuse_own_call, "of the class Doubled, which computes by code of its own"),
    (refuse_pyramid, "1 inputs and 2 outputs; expected one of each: give keras.Model(model.inputs[0], model.outputs["),
    (
        refuse_hidden_norm,
        "layer unit (Unit) has BatchNormalization inside, which cannot be frozen apart from it; expected",
    ),
    (refuse_no_config, "layer scale (Scale) cannot be copied"),
    (refuse_sharing, "calls the layer twice more than once; expected each layer with weights to be called once"),
    (refuse_tokens, "layer mix (MultiHeadAttention) would be lost above its last feature map"),
    (refuse_two_depths, "layer high (Conv2D) would be lost above its last feature map"),
    (stack(lambda layers: layers.Flatten(), lambda layers: layers.Dense(2)), "without a feature map above its weights"),
    (stack(lambda layers: layers.Lambda(abs, name="shift")), "with the Lambda layer shift, which Keras does not load"),
    (stack(lambda layers: layers.Conv2D(2, 3), shape=(SIZE, SIZE, 1)), "expected RGB images, (n, height, width, 3)"),
    (stack(lambda layers: layers.Conv2D(2, 3), shape=(SIZE, 9, 3)), "takes images of 24 by 9 pixels; expected squares"),
    (stack(lambda layers: layers.Dense(2), shape=(3,)), "takes (None, 3); expected RGB images"),
    (stack(lambda layers: layers.MaxPooling2D(2, data_format="channels_first")), "is channels_first; expected"),
    (
        lambda keras: keras.Sequential([keras.layers.Conv2D(2, 3)]),
        "without an input; expected keras.Input as its first",
    ),
    (lambda keras: "resnet50", "received `model` 'resnet50'; expected a keras.Model"),
    (lambda keras: keras.layers.Conv2D(2, 3), "expected a keras.Model"),
]


@pytest.mark.parametrize(("build", "message"), REFUSED)
def test_what_cannot_be_used_is_refused_with_the_mend(build, message):
    with pytest.raises(BadInput) as caught:
        source_from_keras(build(import_keras()), name="mine")
    assert message in str(caught.value)
    assert "expected" in str(caught.value)
    assert "\n" not in str(caught.value) and "--" not in str(caught.value)


@pytest.mark.parametrize(
    ("size", "options", "message"),
    [
        (SIZE, {"name": ""}, "received `name` ''; expected a name: text"),
        (SIZE, {"name": 3}, "received `name` 3; expected a name: text"),
        (
            SIZE,
            {"preprocessing": "imagenet"},
            "received `preprocessing` 'imagenet'; expected 'none', 'tf', 'torch', 'caffe'",
        ),
        (SIZE, {"preprocessing": abs}, "expected 'none', 'tf', 'torch', 'caffe' or a Keras layer"),
        (SIZE, {"image_size": 32}, "received `image_size` 32; expected 24, which the model takes, or None"),
        (None, {}, "received `image_size` None; expected pixels a side, 1 to 2048"),
        (None, {"image_size": 0}, "received `image_size` 0; expected pixels a side"),
        (None, {"image_size": 2}, "cannot take what comes to it"),
    ],
)
def test_arguments_that_do_not_fit(size, options, message):
    with pytest.raises(BadInput) as caught:
        source_from_keras(build_body(size), **{"name": "mine"} | options)
    assert message in str(caught.value)


def make_split():
    names = tuple("abcd")
    return Split(ArrayStore(draw_pixels(SIZE, count=4)), np.zeros(4, np.int64), names, np.array(names))


def test_models_of_one_name_never_share_features(tmp_path, monkeypatch):
    monkeypatch.setenv("TLBOOK_CACHE_DIR", str(tmp_path))
    keras = import_keras()
    first, other, same = (build_body() for _ in range(3))
    shake(other)
    same.set_weights(first.get_weights())
    wide = keras.Model(first.input, keras.layers.ReLU(negative_slope=0.5)(first.layers[-2].output))
    split, features = make_split(), {}
    sources = {
        "first": source_from_keras(first, name="mine"),
        "other weights": source_from_keras(other, name="mine"),
        "other graph": source_from_keras(wide, name="mine"),
        "other preprocessing": source_from_keras(first, name="mine", preprocessing="tf"),
        "made by hand": SourceModel("mine", other, cut_stages(other), SIZE, "", ""),
        "the first again": source_from_keras(same, name="yours"),
    }
    for key, source in sources.items():
        features[key] = extract_features(source, split)
        expected = run(source.backbone, draw_pixels(SIZE, count=4)).mean((1, 2))
        np.testing.assert_allclose(features[key], expected, rtol=1e-4, atol=1e-5, err_msg=key)
    assert len({value.tobytes() for value in features.values()}) == 4
    assert len(list((tmp_path / "features").glob("*.npy"))) == 5, "by hand there is no input layer called pixels"
    hashes = {key: source.weights_sha256 for key, source in sources.items()}
    assert hashes["first"] == hashes["the first again"]
    assert len(set(hashes.values())) == 5

    other.set_weights(first.get_weights())  # behind the back of a source that was made of it
    np.testing.assert_array_equal(extract_features(sources["made by hand"], split), features["first"])


def test_features_of_layers_that_are_not_of_keras_are_not_kept(tmp_path, monkeypatch):
    """Their code can change, and with it what they compute, while name and weights stay."""
    monkeypatch.setenv("TLBOOK_CACHE_DIR", str(tmp_path))
    keras = import_keras()

    class Shift(keras.layers.Layer):
        by = 1.0

        def call(self, x):
            return x + self.by

    features = []
    for by in (1.0, 2.0):
        Shift.by = by
        stack = [keras.Input((SIZE, SIZE, 3)), keras.layers.Conv2D(2, 3, kernel_initializer="ones"), Shift()]
        features.append(extract_features(source_from_keras(keras.Sequential(stack), name="mine"), make_split()))
    np.testing.assert_allclose(features[1] - features[0], 1.0, atol=1e-2)
    assert not (tmp_path / "features").exists()

"""Options of training, and that without them it is what it was."""

import gc
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tlbook.errors import BadInput
from tlbook.models.classifiers import build_classifier
from tlbook.models.networks import build_compact_resnet
from tlbook.models.strategies import FullFineTune
from tlbook.runtime import set_seed
from tlbook.training.augmentation import AUGMENTATIONS, Augmentation
from tlbook.training.checkpoint import make_callbacks
from tlbook.training.fit import balance_classes, fit_model
from tlbook.training.options import Training

RNG = np.random.default_rng(0)
LABELS = np.arange(21) % 3
IMAGES = (RNG.integers(0, 60, (21, 16, 16, 3)) + 80 * LABELS[:, None, None, None]).astype(np.uint8)


@pytest.fixture(scope="module")
def backbone():
    return build_compact_resnet(16, stage_filters=(8,), blocks=1, num_features=8)


def train(backbone, strategy, **options):
    set_seed(0)
    model = build_classifier(backbone, ("a", "b", "c"), trainable=True, seed=0)
    data = (IMAGES, LABELS)
    return model, fit_model(model, data, data, strategy, training=Training(**options), quiet=True)


def test_the_order_of_images_is_that_of_the_usual_pipeline(backbone):
    """Stored results were computed with the pipeline that everyone writes; ours must give the same, bit for bit."""
    import keras
    import tensorflow as tf

    strategy = FullFineTune(3, 1e-2, 4)
    ours, fit = train(backbone, strategy)
    set_seed(0)
    usual = build_classifier(backbone, ("a", "b", "c"), trainable=True, seed=0)
    schedule = keras.optimizers.schedules.CosineDecay(0.0, 17, warmup_target=1e-2, warmup_steps=1)
    usual.compile(keras.optimizers.Adam(schedule), "sparse_categorical_crossentropy", jit_compile=False)
    data = tf.data.Dataset.from_tensor_slices((IMAGES, LABELS)).shuffle(21, seed=0).batch(4)
    weights = []
    keep = keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: weights.append(usual.get_weights()))
    history = usual.fit(
        data, epochs=3, class_weight=balance_classes(LABELS), callbacks=[keep], shuffle=False, verbose=0
    ).history  # fmt: skip
    assert fit.history["loss"] == history["loss"]
    assert all(np.array_equal(a, b) for a, b in zip(ours.get_weights(), weights[-1], strict=True))


def test_with_patience_the_kept_epoch_has_the_best_balanced_accuracy_on_validation(backbone):
    """Not the accuracy that a large class alone can raise."""
    set_seed(0)
    model = build_classifier(backbone, ("a", "b", "c"), trainable=True, seed=0)
    many = np.flatnonzero(LABELS == 0).repeat(5)
    rows = np.concatenate([many, np.arange(21)])
    val = IMAGES[rows], LABELS[rows]
    options = {"training": Training(patience=12), "seed": 0, "quiet": True}
    fit = fit_model(model, (IMAGES, RNG.permutation(LABELS)), val, FullFineTune(12, 3e-2, 4), **options)
    answers = model.predict(val[0], verbose=0).argmax(1)
    recalls = [np.mean(answers[val[1] == c] == c) for c in range(3)]
    assert np.mean(recalls) == pytest.approx(max(fit.history["val_accuracy"]), abs=1e-6)


def test_accuracy_decides_between_epochs_and_loss_between_equals():
    best = make_callbacks(None, None, 3)[0][0]
    order = [(0.4, 0.1), (0.5, 9.0), (0.5, 8.9)]  # accuracy, loss
    values = [best.get_monitor_value({"val_accuracy": np.float32(a), "val_loss": np.float32(b)}) for a, b in order]
    assert values[0] < values[1] < values[2]


def test_all_options_together_train_and_leave_a_plain_model(backbone):
    options = {
        "augmentation": Augmentation(mirror=True, shift=0.1, zoom=0.1, brightness=0.1), "label_smoothing": 0.1,
        "mixup": 0.2, "stage_decay": 0.7, "accumulate": 2, "mixed_precision": True,
    }  # fmt: skip
    model, fit = train(backbone, FullFineTune(12, 3e-2, 4), **options)
    assert fit.history["val_accuracy"][-1] > 0.5
    assert min(fit.history["val_loss"]) > 0.1  # smoothed labels: no certainty is right
    assert {layer.dtype_policy.name for layer in model.layers} == {"float32"}
    assert {str(weight.dtype) for weight in model.weights} == {"float32"}
    assert getattr(model, "optimizer", None) is None


@pytest.mark.parametrize(("wanted", "computed"), [(False, "float32"), (True, "bfloat16")])
def test_mixed_precision_computes_in_16_bits_while_it_trains(backbone, monkeypatch, wanted, computed):
    from tlbook.training import fit

    during, compile_model = [], fit.compile_model

    def compile_and_look(model, *arguments, **options):
        first = next(layer for layer in model.layers if hasattr(layer, "kernel"))
        during.append(first(np.zeros((1, 16, 16, 3), np.float32)).dtype)
        compile_model(model, *arguments, **options)

    monkeypatch.setattr(fit, "choose_precision", lambda: "mixed_bfloat16")  # that of a machine without a GPU
    monkeypatch.setattr(fit, "compile_model", compile_and_look)
    model, _ = train(backbone, FullFineTune(1, 3e-2, 7), mixed_precision=wanted)
    assert [dtype.name for dtype in during] == [computed]
    assert {layer.compute_dtype for layer in model.layers} == {"float32"}


def test_training_stops_when_validation_gets_no_better(backbone):
    _, fit = train(backbone, FullFineTune(40, 9.0, 7), patience=1)
    assert len(fit.history["loss"]) < 40


KINDS = "an Augmentation, None or one of 'auto', 'photographs', 'radiographs', 'slices', 'signs'"


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("augmentation", "no_such", KINDS),
        ("augmentation", 3, KINDS),
        ("mixup", "x", "a number from 0 to 10"),
        ("mixup", -1, "a number from 0 to 10"),
        ("label_smoothing", 1, "a number, 0 to less than 1"),
        ("stage_decay", 0, "a number above 0, at most 1"),
        ("accumulate", 0, "a whole number of at least 1"),
        ("accumulate", 2.5, "a whole number of at least 1"),
        ("patience", 1.5, "a whole number of at least 1, or None"),
        ("patience", True, "a whole number of at least 1, or None"),
        ("mixed_precision", "yes", "True or False"),
        ("cache_activations", 1, "True or False"),
        ("checkpoint", 3, "the path of a folder, or None"),
        ("checkpoint", "", "the path of a folder, or None"),
    ],
)
def test_an_option_of_another_type_or_range_is_refused(name, value, expected):
    with pytest.raises(BadInput) as caught:
        Training(**{name: value})
    assert str(caught.value) == f"received `{name}` {value!r}; expected {expected}"


def test_a_kind_of_image_stands_for_its_variations_and_text_for_a_path():
    training = Training(augmentation="photographs", checkpoint="state")
    assert training.augmentation == AUGMENTATIONS["photographs"]
    assert training.checkpoint == Path("state")
    assert Training(augmentation=None).augmentation == Training().variation == Augmentation()
    assert replace(training, checkpoint=None).augmentation == AUGMENTATIONS["photographs"]


def test_classes_count_alike():
    assert balance_classes(np.array([0, 0, 0, 1])) == pytest.approx({0: 2 / 3, 1: 2.0})


def test_more_batches_to_accumulate_than_there_are_is_bad_input(backbone):
    with pytest.raises(BadInput, match="received `accumulate` 8 .* of 6 steps.* expected at most 6"):
        train(backbone, FullFineTune(2, 1e-2, 7), accumulate=8)


def test_a_fit_leaves_no_traced_step_behind(backbone):
    """TensorFlow would keep each of them, with all weights and moments, for as long as the process lives."""
    left = []
    for _ in range(2):
        train(backbone, FullFineTune(1, 1e-2, 21))
        gc.collect()
        left.append(sum(type(thing).__name__ == "FuncGraph" for thing in gc.get_objects()))
    assert left[0] == left[1]


def test_float16_with_accumulation_is_refused_where_keras_would_drop_every_gradient(backbone, monkeypatch):
    import keras

    from tlbook.training import fit

    monkeypatch.setattr(fit, "choose_precision", lambda: "mixed_float16")
    monkeypatch.setattr(keras, "__version__", "3.11.3")
    with pytest.raises(BadInput, match=r"`accumulate` 2 on Keras 3.11.3, .* expected Keras 3.12 or newer"):
        train(backbone, FullFineTune(2, 1e-2, 7), accumulate=2, mixed_precision=True)

"""Learning rates: the finder leaves no trace, the schedule has its shape, stages have their shares."""

import numpy as np
import pytest

from tlbook.errors import BadInput
from tlbook.models.classifiers import build_classifier
from tlbook.models.networks import build_compact_resnet
from tlbook.training.learning_rates import (
    find_learning_rate,
    follow_rates,
    make_optimizer,
    make_schedule,
    scale_rates,
)
from tlbook.training.precision import SCALED_ACCUMULATION


@pytest.fixture(scope="module")
def model():
    backbone = build_compact_resnet(16, stage_filters=(4, 8), blocks=1, num_features=8)
    return build_classifier(backbone, ("a", "b"), trainable=True)


def make_task():
    """A network of one layer, and images that it can learn in part."""
    import keras

    keras.utils.set_random_seed(0)
    rng = np.random.default_rng(0)
    labels = np.arange(40) % 2
    images = (rng.integers(0, 156, (40, 4, 4, 3)) + 100 * labels[:, None, None, None]).astype(np.uint8)
    labels[rng.random(40) < 0.2] = 0  # what can't be learned keeps the loss from vanishing
    layers = [keras.layers.Rescaling(1 / 255), keras.layers.Flatten(), keras.layers.Dense(2, "softmax", name="head")]
    model = keras.Sequential([keras.Input((4, 4, 3)), *layers])
    return keras.Model(model.inputs, model.outputs), images, labels


def test_the_finder_restores_weights_and_optimiser():
    model, images, labels = make_task()
    model.compile("adam", "sparse_categorical_crossentropy")
    model.train_on_batch(images[:4], labels[:4])
    before = [v.numpy().copy() for v in (*model.variables, *model.optimizer.variables)]
    search = find_learning_rate(model, (images, labels), low=1e-5, high=100.0, steps=60, batch_size=20)
    after = [*model.variables, *model.optimizer.variables]
    assert all(np.array_equal(a, b) for a, b in zip(before, after, strict=True))
    assert 1e-4 < search.suggestion < 1
    assert len(search.rates) == len(search.losses) == len(search.smoothed) <= 60
    assert search.smoothed.min() < 0.95 * search.smoothed[10]
    assert search.smoothed[-1] > 1.5 * search.smoothed.min()  # far beyond, training gets worse

    from tlbook.plots import learning_rate_search

    axes = learning_rate_search(search)
    assert axes.get_xscale() == "log"
    assert f"{search.suggestion:.1e}" in axes.get_legend_handles_labels()[1][-1]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"low": 1.0, "high": 0.1}, "received `high` 0.1; expected a number above `low`, 1.0"),
        ({"low": 0}, "received `low` 0; expected a number above 0"),
        ({"low": "a"}, "received `low` 'a'; expected a number above 0"),
        ({"steps": 9}, "received `steps` 9; expected a whole number of at least 10"),
        ({"steps": 20.0}, "received `steps` 20.0; expected a whole number of at least 10"),
        ({"batch_size": 0}, "received `batch_size` 0; expected a whole number of at least 1"),
        ({"seed": None}, "received `seed` None; expected a whole number of at least 0"),
    ],
)
def test_the_finder_refuses_what_it_cannot_search(model, options, message):
    with pytest.raises(BadInput) as caught:
        find_learning_rate(model, (np.zeros((2, 16, 16, 3), np.uint8), np.array([0, 1])), **options)
    assert str(caught.value) == message


def test_the_finder_takes_images_and_as_many_labels(model):
    with pytest.raises(BadInput, match="received `train` .* expected a pair of images and labels"):
        find_learning_rate(model, (np.zeros((2, 16, 16, 3), np.uint8), np.array([0])))


def test_the_finder_sees_the_loss_of_each_batch():
    """Not the mean of all batches so far, which Keras before 3.15 returns."""
    model, images, labels = make_task()
    search = find_learning_rate(model, (images, labels), low=1e-12, high=1e-11, steps=10, batch_size=4, seed=3)
    rows = np.random.default_rng(3).permutation(40).reshape(10, 4)
    losses = [-np.log(np.asarray(model([images[r]]))[range(4), labels[r]]).mean() for r in rows]  # weights stay
    assert np.allclose(search.losses, losses, rtol=1e-4)
    assert np.std(losses) > 0.01


@pytest.mark.parametrize(
    ("rate", "steps", "name"), [(0, 5, "learning_rate"), ("a", 5, "learning_rate"), (1, 0, "steps")]
)
def test_a_schedule_has_a_peak_and_steps(rate, steps, name):
    with pytest.raises(BadInput, match=f"received `{name}` .*; expected a"):
        make_schedule(rate, steps)


def test_the_schedule_warms_up_and_goes_down_to_nothing():
    schedule = make_schedule(0.5, 100)
    rates = [float(schedule(step)) for step in (0, 5, 10, 55, 100)]
    assert rates == pytest.approx([0, 0.25, 0.5, 0.25, 0], abs=1e-6)


def test_each_stage_has_its_share(model):
    shares = scale_rates(model, 0.5)
    assert set(shares) == {weight.path for weight in model.trainable_weights}
    assert shares["head/kernel"] == shares["expand_conv/kernel"] == 1
    assert (shares["stage2_block1_conv1/kernel"], shares["stem_conv/kernel"]) == (0.5, 0.125)


def take_step(optimizer, *gradients):
    import keras

    weights = [keras.Variable(np.zeros(2, np.float32), name=name) for name in ("low", "top")]
    optimizer.build(weights)
    for gradient in gradients:
        optimizer.apply([np.full(2, gradient, np.float32)] * 2)
    return [w.numpy() for w in weights]


def test_a_share_scales_the_update():
    low, top = take_step(make_optimizer(0.1, shares={"low": 0.25}), 1.0)
    assert low == pytest.approx(0.25 * top)
    assert top == pytest.approx(-0.1, rel=1e-4)


def test_accumulated_gradients_are_averaged():
    once = take_step(make_optimizer(0.1), 2.0)
    assert np.array_equal(take_step(make_optimizer(0.1, accumulate=2), 1.0, 3.0), once)
    assert np.array_equal(take_step(make_optimizer(0.1, accumulate=2), 1.0), np.zeros((2, 2)))


def test_a_single_step_is_taken_at_the_peak():
    assert float(make_schedule(0.5, 1)(0)) == 0.5


def test_accumulated_gradients_are_scaled_back():
    """What computes in float16 scales the loss up; two scaled batches move the weights as two plain ones do."""
    import keras

    if tuple(map(int, keras.__version__.split(".")[:2])) < SCALED_ACCUMULATION:
        pytest.skip(f"Keras {keras.__version__} drops them, and fit_model refuses the pair")

    def run(scale_loss):
        weight = keras.Variable(np.zeros(2, np.float32), name="top")
        optimizer = make_optimizer(0.1, accumulate=2, scale_loss=scale_loss)
        optimizer.build([weight])
        for gradient in (1.0, 3.0):
            scale = float(optimizer.scale_loss(1.0)) if scale_loss else 1.0
            optimizer.apply([np.full(2, gradient * scale, np.float32)])
        return weight.numpy()

    assert run(False)[0] < -0.09
    assert run(True) == pytest.approx(run(False), rel=1e-5)


def test_plans_start_alike_and_leave_the_weights_alone():
    model, images, labels = make_task()
    before = [v.numpy().copy() for v in model.variables]
    plans = {"still": [0.0] * 5, "fast": [0.1] * 5, "again": [0.1] * 5}
    losses = follow_rates(model, (images, labels), plans, batch_size=40)
    assert all(np.array_equal(a, b) for a, b in zip(before, model.variables, strict=True))
    assert np.ptp(losses["still"]) < 1e-5 < abs(losses["fast"][1] - losses["fast"][0])
    assert losses["fast"] == losses["again"]  # the optimiser begins anew, too
    found = find_learning_rate(model, (images, labels), low=0.01, high=0.1, steps=10, batch_size=40)
    rates = {"finder": np.geomspace(0.01, 0.1, 10)}
    assert np.allclose(follow_rates(model, (images, labels), rates, batch_size=40)["finder"], found.losses, rtol=1e-4)


def test_plans_are_numbers_by_name():
    model, images, labels = make_task()
    with pytest.raises(BadInput, match="received `plans` .*; expected learning rates by name, each 0 or above"):
        follow_rates(model, (images, labels), {"down": [-0.1]})


def test_the_finder_says_that_the_first_loss_is_no_number():
    model, pixels = make_task()[0], np.zeros((4, 4, 4, 3), np.float32)
    pixels[0] = np.nan
    with pytest.raises(BadInput, match="first loss is nan"):
        find_learning_rate(model, (pixels, np.array([0, 1, 0, 1])), steps=10)

"""Learning rates: a finder, plans compared, a warm-up with a half cosine, and smaller rates for lower stages."""

from collections.abc import Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tlbook.errors import BadInput, check_arguments, check_whole, is_number
from tlbook.models.stages import cut_stages
from tlbook.runtime import choose_compilation, import_keras, import_tensorflow

if TYPE_CHECKING:
    import keras

WARMUP_SHARE = 0.1
SMOOTHING = 0.9
DIVERGENCE = 4.0  # times the best loss
SAFETY = 0.1
LEAD_IN = 10


@dataclass(frozen=True)
class RateSearch:
    """What the learning-rate finder saw.

    Attributes
    ----------
    rates, losses : numpy.ndarray
        float64, (steps,): the learning rate of each step, and the loss of its batch before the step.
    smoothed : numpy.ndarray
        float64, (steps,): a running average of the losses.
    suggestion : float
        A tenth of the rate at which the running average is lowest, the first ten steps left aside.
    """

    rates: np.ndarray
    losses: np.ndarray
    smoothed: np.ndarray
    suggestion: float


def find_learning_rate(
    model: "keras.Model", train: tuple, *, low: float = 1e-6, high: float = 1.0, steps: int = 100,
    batch_size: int = 32, seed: int = 0,
) -> RateSearch:  # fmt: skip
    """Raise the learning rate step by step until the loss diverges, and suggest one.

    Weights, statistics and the model's own optimiser are afterwards as they were, also where it is interrupted.

    Parameters
    ----------
    model : keras.Model
        A classifier with its trainable weights set.
    train : tuple of numpy.ndarray
        Images, uint8, (n, size, size, 3), 0-255, and labels, int64, (n,).
    low, high : float
        First and last rate; each step multiplies by the same factor.
    steps : int
        At least 10.
    batch_size : int
        At least 1.
    seed : int
        Of the order of the images, 0 and up.

    Returns
    -------
    RateSearch
        It may be shorter than ``steps``: it ends where the running average exceeds four times its best.

    Raises
    ------
    BadInput
        An argument is of another type or out of its range, or the first loss is not a number.

    References
    ----------
    Smith 2017, doi:10.1109/WACV.2017.58.

    Examples
    --------
    >>> import numpy as np
    >>> keras = import_keras()
    >>> layers = keras.layers.Flatten(), keras.layers.Dense(2, "softmax", name="head")
    >>> model = keras.Sequential([keras.Input((4, 4, 3)), *layers])
    >>> images, labels = np.zeros((8, 4, 4, 3), np.uint8), np.arange(8) % 2
    >>> search = find_learning_rate(model, (images, labels), steps=10)
    >>> search.rates.shape == search.losses.shape
    True
    """
    _check_search(locals())
    trainer = _make_trainer(model, low)
    rates, losses, average = np.geomspace(low, high, steps), [], []
    with _kept(model.variables):
        for loss in _take_steps(trainer, train, rates, batch_size, seed):
            losses.append(loss)
            average = _smooth(losses)
            if not average[-1] <= DIVERGENCE * np.min(average):  # also where it is no number
                break
    if not np.isfinite(average).any():
        raise BadInput(f"the first loss is {losses[0]}; expected a number: are there pixels or weights that are none?")
    skip = min(LEAD_IN, max(0, len(losses) - 2))  # an average of few batches is low by chance
    best = rates[skip + np.nanargmin(average[skip:])]
    return RateSearch(rates[: len(losses)], np.array(losses), average, float(SAFETY * best))


def follow_rates(
    model: "keras.Model", train: tuple, plans: Mapping[str, Sequence[float]], *, batch_size: int = 32, seed: int = 0
) -> dict[str, list[float]]:
    """Train by plans of learning rates, each from the same weights on the same batches, and compare the losses.

    Weights, statistics and the model's own optimiser are afterwards as they were, also where it is interrupted.

    Parameters
    ----------
    model : keras.Model
        A classifier with its trainable weights set.
    train : tuple of numpy.ndarray
        Images, uint8, (n, size, size, 3), 0-255, and labels, int64, (n,).
    plans : mapping of str to sequence of float
        By name, the learning rate of each step, 0 and up.
    batch_size : int
        At least 1.
    seed : int
        Of the order of the images, 0 and up.

    Returns
    -------
    dict of str to list of float
        By name, the loss of each batch before its step.

    Raises
    ------
    BadInput
        An argument is of another type or out of its range.

    Examples
    --------
    >>> import numpy as np
    >>> keras = import_keras()
    >>> layers = keras.layers.Flatten(), keras.layers.Dense(2, "softmax", name="head")
    >>> model = keras.Sequential([keras.Input((4, 4, 3)), *layers])
    >>> images, labels = np.zeros((8, 4, 4, 3), np.uint8), np.arange(8) % 2
    >>> losses = follow_rates(model, (images, labels), {"slow": [0.0, 1e-4], "fast": [0.1, 0.1]})
    >>> losses["slow"][0] == losses["fast"][0]
    True
    """
    fits = isinstance(plans, Mapping) and all(is_number(rate) and rate >= 0 for plan in plans.values() for rate in plan)
    paired = isinstance(train, tuple | list) and len(train) == 2 and 0 < len(train[0]) == len(train[1])
    checks = {
        "train": (paired, "a pair of images and labels, as many of one as of the other"),
        "plans": (fits, "learning rates by name, each 0 or above"),
    }
    check_arguments({"train": train, "plans": plans}, checks)
    check_whole("batch_size", batch_size, 1)
    check_whole("seed", seed, 0)
    trainer, losses = _make_trainer(model, 0.0), {}
    for name, rates in plans.items():
        with _kept([*model.variables, *trainer.optimizer.variables]):
            losses[name] = list(_take_steps(trainer, train, rates, batch_size, seed))
    return losses


def _make_trainer(model, rate):
    """The model with an optimiser of its own."""
    trainer = import_keras().Model(model.inputs, model.outputs)
    trainer.compile(make_optimizer(rate), "sparse_categorical_crossentropy", jit_compile=choose_compilation())
    trainer.optimizer.build(trainer.trainable_variables)  # within a step it would have that traced twice
    return trainer


@contextmanager
def _kept(variables):
    """Give variables their values back at the end."""
    before = [np.array(import_keras().ops.convert_to_numpy(variable)) for variable in variables]
    try:
        yield
    finally:
        for variable, value in zip(variables, before, strict=True):
            variable.assign(value)


def _take_steps(trainer, train, rates, batch_size, seed):
    """Take one step a rate, on batches in random order; yields the loss of each before its step."""
    images, labels = train
    rng = np.random.default_rng(seed)
    num_passes = -(-len(rates) * batch_size // len(labels))
    rows = np.concatenate([rng.permutation(len(labels)) for _ in range(max(1, num_passes))])
    for i, rate in enumerate(rates):
        batch = rows[i * batch_size : (i + 1) * batch_size]
        trainer.optimizer.learning_rate = rate
        trainer.reset_metrics()  # Keras before 3.15 returns the mean of all losses since
        yield float(np.ravel(trainer.train_on_batch(images[batch], labels[batch]))[0])


def _check_search(values):
    low, high, train = values["low"], values["high"], values["train"]
    paired = isinstance(train, tuple | list) and len(train) == 2 and 0 < len(train[0]) == len(train[1])
    rising = is_number(low) and is_number(high) and low < high
    checks = {
        "train": (paired, "a pair of images and labels, as many of one as of the other"),
        "low": (is_number(low) and low > 0, "a number above 0"),
        "high": (rising, f"a number above `low`, {low}"),
    }
    check_arguments(values, checks)
    check_whole("steps", values["steps"], 10)
    check_whole("batch_size", values["batch_size"], 1)
    check_whole("seed", values["seed"], 0)


def _smooth(losses):
    """Exponential running average, without the bias of its beginning."""
    average, smoothed = 0.0, []
    for i, loss in enumerate(losses, 1):
        average = SMOOTHING * average + (1 - SMOOTHING) * loss
        smoothed.append(average / (1 - SMOOTHING**i))
    return np.array(smoothed)


def make_schedule(learning_rate: float, steps: int) -> "keras.optimizers.schedules.CosineDecay":
    """Make a schedule: a linear warm-up from 0 over a tenth of the steps, then half a cosine down to 0.

    A single step is taken at the peak: from 0 it would train nothing.

    Parameters
    ----------
    learning_rate : float
        Peak, above 0.
    steps : int
        Of the whole run, at least 1.

    Returns
    -------
    keras.optimizers.schedules.CosineDecay

    Raises
    ------
    BadInput
        An argument is of another type or out of its range.

    Examples
    --------
    >>> schedule = make_schedule(0.5, 100)
    >>> [round(float(schedule(step)), 3) for step in (0, 10, 55, 100)]
    [0.0, 0.5, 0.25, 0.0]
    """
    fits = is_number(learning_rate) and learning_rate > 0
    check_arguments({"learning_rate": learning_rate}, {"learning_rate": (fits, "a number above 0")})
    check_whole("steps", steps, 1)
    cosine = import_keras().optimizers.schedules.CosineDecay
    if steps == 1:
        return cosine(learning_rate, 1)
    warmup = max(1, int(WARMUP_SHARE * steps))
    return cosine(0.0, max(1, steps - warmup), warmup_target=learning_rate, warmup_steps=warmup)


def scale_rates(model: "keras.Model", decay: float) -> dict[str, float]:
    """Give each weight its share of the learning rate, by its stage.

    Parameters
    ----------
    model : keras.Model
        A classifier: its head is in the last stage.
    decay : float
        Share of a stage's rate that the stage below it has, above 0 to 1.

    Returns
    -------
    dict of str to float
        By the path of the trainable weight.

    Raises
    ------
    BadInput
        ``decay`` is no number in its range.

    References
    ----------
    Howard and Ruder 2018, arXiv:1801.06146.

    Examples
    --------
    >>> from tlbook.models.classifiers import build_classifier
    >>> from tlbook.models.networks import build_compact_resnet
    >>> backbone = build_compact_resnet(32, stage_filters=(4, 8), blocks=1, num_features=8)
    >>> shares = scale_rates(build_classifier(backbone, ("a", "b"), trainable=True), 0.5)
    >>> shares["head/kernel"], shares["stem_conv/kernel"]
    (1.0, 0.125)
    """
    fits = is_number(decay) and 0 < decay <= 1
    check_arguments({"decay": decay}, {"decay": (fits, "a number above 0, at most 1")})
    stages = cut_stages(model)
    return {
        weight.path: decay ** (len(stages) - 1 - i)
        for i, (_, names) in enumerate(stages) for name in names for weight in model.get_layer(name).trainable_weights
    }  # fmt: skip


def make_optimizer(schedule, *, shares=None, accumulate=1, scale_loss=False):
    """Make an Adam optimiser with ``shares`` of the rate by a weight's path: Keras knows no rate of a single weight.

    ``scale_loss`` scales the loss up, and gradients down again, so that none underflows in float16.
    """
    keras = import_keras()
    options = {"gradient_accumulation_steps": accumulate} if accumulate > 1 else {}
    optimizer = _make_adam_class(shares)(schedule, **options)
    return keras.optimizers.LossScaleOptimizer(optimizer) if scale_loss else optimizer


def _make_adam_class(shares):
    factors = []

    class Adam(import_keras().optimizers.Adam):
        def build(self, variables):
            super().build(variables)
            factors[:] = [shares.get(variable.path, 1.0) for variable in variables] if shares else []

        def update_step(self, gradient, variable, learning_rate):
            if factors:  # by its index, as Keras's own optimizers find their moments: this is the backend's variable
                learning_rate = learning_rate * factors[self._get_variable_index(variable)]
            super().update_step(gradient, variable, learning_rate)

        def _all_reduce_sum_gradients(self, grads_and_vars):
            # Of one replica there is nothing to sum, but Keras's own method gives TensorFlow's list of gradients a hold
            # on the traced step, with all its weights and moments, for as long as the process lives.
            if import_tensorflow().distribute.get_strategy().num_replicas_in_sync == 1:
                return grads_and_vars
            return super()._all_reduce_sum_gradients(grads_and_vars)

    return Adam

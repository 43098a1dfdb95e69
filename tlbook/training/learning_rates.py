"""Learning rates: a finder, a warm-up with a half cosine, and smaller rates for lower stages."""

from dataclasses import dataclass

import numpy as np

from tlbook.errors import BadInput
from tlbook.models.stages import cut_stages
from tlbook.runtime import import_keras

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


def find_learning_rate(model, train, *, low=1e-6, high=1.0, steps=100, batch_size=32, seed=0):
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
    seed : int
        Of the order of the images.

    Returns
    -------
    RateSearch
        It may be shorter than ``steps``: it ends where the running average exceeds four times its best.

    References
    ----------
    Smith 2017, doi:10.1109/WACV.2017.58.
    """
    if not 0 < low < high or steps < 10:
        raise BadInput(f"rates {low} to {high} in {steps} steps; expected 0 < low < high and at least 10 steps")
    keras = import_keras()
    trainer = keras.Model(model.inputs, model.outputs)
    trainer.compile(keras.optimizers.Adam(low), "sparse_categorical_crossentropy", jit_compile=False)
    trainer.optimizer.build(trainer.trainable_variables)  # within a step it would have that traced twice
    rng = np.random.default_rng(seed)
    rows = np.concatenate([rng.permutation(len(train[1])) for _ in range(-(-steps * batch_size // len(train[1])))])
    rates, losses, average = np.geomspace(low, high, steps), [], []
    before = [np.array(keras.ops.convert_to_numpy(v)) for v in model.variables]
    try:
        for i, rate in enumerate(rates):
            batch = rows[i * batch_size : (i + 1) * batch_size]
            trainer.optimizer.learning_rate = rate
            losses.append(float(np.ravel(trainer.train_on_batch(train[0][batch], train[1][batch]))[0]))
            average = _smooth(losses)
            if not average[-1] <= DIVERGENCE * np.min(average):  # also where it is no number
                break
    finally:
        for variable, value in zip(model.variables, before, strict=True):
            variable.assign(value)
    if not np.isfinite(average).any():
        raise BadInput(f"the first loss is {losses[0]}; expected a number: are there pixels or weights that are none?")
    skip = min(LEAD_IN, max(0, len(losses) - 2))  # an average of few batches is low by chance
    best = rates[skip + np.nanargmin(average[skip:])]
    return RateSearch(rates[: len(losses)], np.array(losses), average, float(SAFETY * best))


def _smooth(losses):
    """Exponential running average, without the bias of its beginning."""
    average, smoothed = 0.0, []
    for i, loss in enumerate(losses, 1):
        average = SMOOTHING * average + (1 - SMOOTHING) * loss
        smoothed.append(average / (1 - SMOOTHING**i))
    return np.array(smoothed)


def make_schedule(learning_rate, steps):
    """Make a schedule: a linear warm-up from 0 over a tenth of the steps, then half a cosine down to 0.

    A single step is taken at the peak: from 0 it would train nothing.

    Parameters
    ----------
    learning_rate : float
        Peak.
    steps : int
        Of the whole run.

    Returns
    -------
    keras.optimizers.schedules.CosineDecay
    """
    cosine = import_keras().optimizers.schedules.CosineDecay
    if steps == 1:
        return cosine(learning_rate, 1)
    warmup = max(1, int(WARMUP_SHARE * steps))
    return cosine(0.0, max(1, steps - warmup), warmup_target=learning_rate, warmup_steps=warmup)


def scale_rates(model, decay):
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
    """
    stages = cut_stages(model)
    return {
        weight.path: decay ** (len(stages) - 1 - i)
        for i, (_, names) in enumerate(stages) for name in names for weight in model.get_layer(name).trainable_weights
    }  # fmt: skip


def make_optimizer(schedule, *, shares=None, accumulate=1, scale_loss=False):
    """Make an Adam optimiser; Keras itself knows no rate of a single weight.

    Parameters
    ----------
    schedule : float or keras.optimizers.schedules.LearningRateSchedule
    shares : dict of str to float, optional
        Share of the rate by the weight's path; 1 for others. From :func:`scale_rates`.
    accumulate : int
        Batches whose gradients are averaged for one update; what is left over at the end of a run is dropped.
    scale_loss : bool
        True scales the loss up, and gradients down again, so that none underflows in float16.

    Returns
    -------
    keras.optimizers.Optimizer
    """
    keras = import_keras()
    adam, options = keras.optimizers.Adam, {}
    if accumulate > 1:
        options["gradient_accumulation_steps"] = accumulate
    if shares:
        adam = _make_stage_adam(shares)
    optimizer = adam(schedule, **options)
    return keras.optimizers.LossScaleOptimizer(optimizer) if scale_loss else optimizer


def _make_stage_adam(shares):
    factors = []

    class StageAdam(import_keras().optimizers.Adam):
        def build(self, variables):
            super().build(variables)
            factors[:] = [shares.get(variable.path, 1.0) for variable in variables]

        def update_step(self, gradient, variable, learning_rate):
            # by its index, as Keras's own optimizers find their moments: here it is the backend's variable, not Keras's
            super().update_step(gradient, variable, learning_rate * factors[self._get_variable_index(variable)])

    return StageAdam

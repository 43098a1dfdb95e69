"""Gradient training: the only place that compiles."""

import gc
from dataclasses import dataclass, replace

import numpy as np

from tlbook.errors import BadInput
from tlbook.runtime import choose_compilation, import_keras, import_tensorflow, show_progress
from tlbook.training.activation_cache import cache_activations, choose_cache_place, find_frozen_part
from tlbook.training.checkpoint import FILE, Checkpoint, load_state, make_callbacks, name_run
from tlbook.training.feed import make_train_batches, make_val_batches, weigh_batches
from tlbook.training.learning_rates import make_optimizer, make_schedule, scale_rates
from tlbook.training.options import Training
from tlbook.training.precision import check_precision, choose_precision, use_precision

# A call of Keras's training function costs as much as a step of a small tail, and Ctrl-C has to wait for its end.
STEPS_PER_CALL = 16
STEPS_PER_CALL_OF_TAIL = 32


@dataclass(frozen=True)
class Fit:
    """What training leaves beside the weights.

    Attributes
    ----------
    history : dict of str to list of float
        ``loss``, ``accuracy``, ``val_loss``, ``val_accuracy``, one value an epoch; classes count alike in all four.
    cached_activations : dict or None
        What was run only once: ``stage`` (the last frozen one), ``where`` its activations were kept (``"ram"`` or
        ``"disk"``), ``bytes`` and ``views`` (of a training image); None where each epoch ran the whole network.
    """

    history: dict
    cached_activations: dict | None


@dataclass(frozen=True)
class _Task:
    """What trains on what: the whole network on pixels, or its tail on activations (of ``num_views`` views)."""

    trainer: object
    train: tuple
    val: tuple
    num_views: int = 0
    cached_activations: dict | None = None


def fit_model(model, train, val, strategy, *, training=None, seed=0, quiet=False):
    """Train what the strategy left trainable, to the end: no epoch is chosen.

    The best of many epochs on a small validation set is the luckiest one, and its score there promises too much. With
    ``training.patience`` training stops early, and the epoch with the highest balanced accuracy on validation is kept
    (of equals the one with the lowest loss).

    Adam, a linear warm-up over a tenth of the steps and a half cosine down; classes count alike, whatever their sizes.
    What is frozen below the first stage that trains is run once, where that saves work.

    Parameters
    ----------
    model : keras.Model
        Raw pixels to probabilities; its weights are trained in place. It is not compiled itself.
    train, val : tuple of numpy.ndarray
        Images, uint8, (n, size, size, 3), 0-255, and labels, int64, (n,).
    strategy : Strategy
        Gives ``epochs`` (``take_epochs`` fills them in), ``learning_rate`` (a number: ``take_rate`` fills it in),
        ``batch_size`` and ``mirror``.
    training : Training, optional
        Everything else; None takes the defaults. The augmentation ``"auto"`` is none here: :func:`tlbook.adapt` puts
        the one that it has chosen in its place.
    seed : int
        Of the order of the images and of their variations.
    quiet : bool
        True shows no progress bar.

    Returns
    -------
    Fit
    """
    import_tensorflow()  # without it nothing is fed: to be said before anything is computed
    training = training or Training()
    strategy = strategy.take_epochs(len(train[1]))
    varied = replace(training.variation, mirror=training.variation.mirror or strategy.mirror)
    training = replace(training, augmentation=varied)
    checkpoint = None
    if training.checkpoint is not None:
        settings = strategy, replace(training, checkpoint=None), seed
        checkpoint = Checkpoint(training.checkpoint / FILE, name_run([*model.variables, *train, *val], *settings))
    policy = choose_precision() if training.mixed_precision else None
    check_precision(policy, training.accumulate)
    with use_precision(model, policy):
        task = _prepare(model, train, val, strategy, training, seed=seed, quiet=quiet)
        shares = scale_rates(model, training.stage_decay) if training.stage_decay < 1 else None
        steps, steps_per_call = count_steps(
            len(train[1]), strategy.batch_size, tail=task.cached_activations is not None
        )
        _check_updates(steps * strategy.epochs, training.accumulate)
        compile_model(
            task.trainer, strategy.learning_rate, steps * strategy.epochs,
            training=training, shares=shares, policy=policy, steps_per_call=steps_per_call,
        )  # fmt: skip
        history = _run_epochs(task, strategy, training, checkpoint, seed=seed, quiet=quiet)
        cached = task.cached_activations
        del task
    gc.collect()  # Keras's models refer to themselves: activations and functions would stay until Python sees to them
    return Fit(history, cached)


def _check_updates(steps, accumulate):
    if accumulate > steps:
        raise BadInput(
            f"received `accumulate` {accumulate} for a run of {steps} steps, which would never update a weight; "
            f"expected at most {steps}; lower it, or train longer"
        )


def _prepare(model, train, val, strategy, training, *, seed, quiet):
    """Run what is frozen, where that pays; give labels the form that the loss takes."""
    rows = np.eye(model.output_shape[-1], dtype=np.float32)
    train, val = (  # JAX warns of 64 bits
        (images, rows[labels] if training.is_soft else labels.astype(np.int32)) for images, labels in (train, val)
    )
    # mixing pixels is not mixing activations: mixup needs the whole network in every epoch
    frozen = find_frozen_part(model) if training.cache_activations and not training.mixup else None
    augmentation = training.variation
    where = choose_cache_place(
        frozen, len(train[1]), len(val[1]), num_views=augmentation.num_views, epochs=strategy.epochs
    )  # fmt: skip
    if where is None:
        return _Task(import_keras().Model(model.input, model.output), train, val)
    kept = cache_activations(
        frozen, (train[0], val[0]), augmentation, where=where, batch_size=strategy.batch_size, seed=seed, quiet=quiet
    )
    facts = {"stage": frozen.stage, "where": where, "bytes": kept.num_bytes, "views": kept.num_views}
    return _Task(frozen.tail, (kept.train, train[1]), (kept.val, val[1]), kept.num_views, facts)


def _run_epochs(task, strategy, training, checkpoint, *, seed, quiet):
    facts = load_state(checkpoint, task.trainer)
    done = facts["epochs"] if facts else 0
    steps, steps_per_call = count_steps(
        len(task.train[1]), strategy.batch_size, tail=task.cached_activations is not None
    )
    endless = steps == steps_per_call
    batches = make_train_batches(
        *task.train, training, batch_size=strategy.batch_size, num_views=task.num_views, seed=seed, skip=done,
        endless=endless,
    )  # fmt: skip
    train_labels, val_labels = (y.argmax(-1) if training.is_soft else y for y in (task.train[1], task.val[1]))
    weights, val_weights = balance_classes(train_labels), balance_classes(val_labels)
    if training.is_soft:
        classes = range(task.train[1].shape[1])
        batches = weigh_batches(batches, np.array([weights.get(c, 0) for c in classes], np.float32))
    val_batches = make_val_batches(*task.val, np.array([val_weights[c] for c in val_labels], np.float32))
    epochs = done if facts and facts["stopped"] else strategy.epochs
    callbacks, history = make_callbacks(checkpoint, task.trainer, training.patience, facts)
    with show_progress(range(strategy.epochs), f"training ({strategy.name})", quiet=quiet) as bar:
        bar.update(done)
        advance = import_keras().callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: bar.update())
        task.trainer.fit(
            batches, validation_data=val_batches, initial_epoch=done, epochs=epochs, shuffle=False, verbose=0,
            steps_per_epoch=steps if endless else None, class_weight=None if training.is_soft else weights,
            callbacks=[*callbacks, advance],
        )  # fmt: skip
    return history


def count_steps(num_images, batch_size, *, tail):
    """Count the steps of an epoch, and those that one call of Keras's training function takes.

    Parameters
    ----------
    num_images, batch_size : int
    tail : bool
        True where only a network's tail trains, whose steps are short.

    Returns
    -------
    steps, steps_per_call : int
        Equal where an epoch is one call; epochs then come from one endless iteration.
    """
    steps = -(-num_images // batch_size)
    most = STEPS_PER_CALL_OF_TAIL if tail else STEPS_PER_CALL
    return steps, steps if steps <= most else STEPS_PER_CALL


def compile_model(
    model, learning_rate, steps, *, training=None, shares=None, policy=None, steps_per_call=STEPS_PER_CALL
):
    """Compile with Adam under a warm-up and a half cosine.

    Parameters
    ----------
    model : keras.Model
        Compiled in place.
    learning_rate : float
        Peak.
    steps : int
        Of the whole run.
    training : Training, optional
        Gives ``accumulate``, ``label_smoothing`` and whether labels are distributions.
    shares : dict of str to float, optional
        Of the learning rate, by the weight's path.
    policy : str, optional
        Keras's name of the precision.
    steps_per_call : int
        Of Keras's training function; torch takes one.
    """
    training = training or Training()
    keras = import_keras()
    if training.is_soft:
        loss = keras.losses.CategoricalCrossentropy(label_smoothing=training.label_smoothing)
        accuracy = keras.metrics.CategoricalAccuracy("accuracy")
    else:
        loss = keras.losses.SparseCategoricalCrossentropy()
        accuracy = keras.metrics.SparseCategoricalAccuracy("accuracy")
    optimizer = make_optimizer(
        make_schedule(learning_rate, steps), shares=shares, accumulate=training.accumulate,
        scale_loss=policy == "mixed_float16",
    )  # fmt: skip
    steps_per_call = steps_per_call if keras.config.backend() == "tensorflow" else 1
    model.compile(
        optimizer, loss, weighted_metrics=[accuracy], jit_compile=choose_compilation(),
        steps_per_execution=steps_per_call,
    )  # fmt: skip
    optimizer.build(model.trainable_variables)  # like the metric's: variables made within a step have it traced twice


def balance_classes(labels):
    """Weigh classes so that each counts alike.

    Parameters
    ----------
    labels : numpy.ndarray
        int64, (n,).

    Returns
    -------
    dict of int to float
        Mean weight over the images is 1.
    """
    classes, counts = np.unique(labels, return_counts=True)
    return {int(c): float(len(labels) / (len(classes) * n)) for c, n in zip(classes, counts, strict=True)}

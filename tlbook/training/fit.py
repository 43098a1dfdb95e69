"""Gradient training: the only place that compiles."""

import numpy as np

from tlbook.datasets.pipeline import make_pipeline
from tlbook.runtime import import_keras, show_progress

WARMUP_SHARE = 0.1


def fit_model(model, train, val, strategy, *, seed=0, quiet=False):
    """Train what the strategy left trainable, and keep the weights of the best epoch by validation loss.

    Adam, a linear warm-up over a tenth of the steps and a half cosine down; classes count alike, whatever their sizes.

    Parameters
    ----------
    model : keras.Model
        Raw pixels to probabilities; compiled and trained in place.
    train, val : tuple of numpy.ndarray
        Images, uint8, (n, size, size, 3), 0-255, and labels, int64, (n,).
    strategy : Strategy
        Gives ``epochs``, ``learning_rate``, ``batch_size`` and ``mirror``.
    seed : int
        Of the order of the images and of what is mirrored.
    quiet : bool
        True shows no progress bar.

    Returns
    -------
    dict of str to list of float
        ``loss``, ``accuracy``, ``val_loss``, ``val_accuracy``, one value an epoch.
    """
    keras = import_keras()
    steps = -(-len(train[1]) // strategy.batch_size) * strategy.epochs
    compile_model(model, strategy.learning_rate, steps)
    augment = keras.layers.RandomFlip("horizontal", seed=seed) if strategy.mirror else None
    batches = make_pipeline(
        *train, batch_size=strategy.batch_size, shuffle=True, seed=seed,
        augment=None if augment is None else lambda images: augment(images, training=True),
    )  # fmt: skip
    val_batches = make_pipeline(*val, batch_size=64)
    keep_best = keras.callbacks.EarlyStopping("val_loss", patience=strategy.epochs, restore_best_weights=True)
    with show_progress(range(strategy.epochs), f"training ({strategy.word})", quiet=quiet) as bar:
        advance = keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: bar.update())
        history = model.fit(
            batches, validation_data=val_batches, epochs=strategy.epochs, class_weight=balance_classes(train[1]),
            callbacks=[keep_best, advance], shuffle=False, verbose=0,
        )  # fmt: skip
    return {key: [float(v) for v in values] for key, values in history.history.items()}


def compile_model(model, learning_rate, steps):
    """Compile with Adam under a warm-up and a half cosine.

    Parameters
    ----------
    model : keras.Model
        Compiled in place.
    learning_rate : float
        Peak.
    steps : int
        Of the whole run.
    """
    keras = import_keras()
    warmup = max(1, int(WARMUP_SHARE * steps))
    schedule = keras.optimizers.schedules.CosineDecay(
        0.0, max(1, steps - warmup), warmup_target=learning_rate, warmup_steps=warmup
    )
    # XLA on a CPU ran small convolutional networks ten times slower than the default path
    model.compile(
        keras.optimizers.Adam(schedule), keras.losses.SparseCategoricalCrossentropy(), metrics=["accuracy"],
        jit_compile=False,
    )  # fmt: skip


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
    return {int(c): len(labels) / (len(classes) * n) for c, n in zip(classes, counts, strict=True)}

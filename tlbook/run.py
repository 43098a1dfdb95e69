"""From a data set, a source model and a strategy to a trained run."""

import time
from dataclasses import dataclass, replace

import numpy as np

from tlbook.evidence.metrics import score_predictions
from tlbook.models.classifiers import count_parameters, set_head
from tlbook.models.heads import fit_head
from tlbook.models.prediction import predict_padded
from tlbook.models.strategies import FullFineTune, HeadOnly, Strategy
from tlbook.runtime import set_seed, show_progress
from tlbook.training.features import extract_features
from tlbook.training.fit import fit_model
from tlbook.training.options import Training

BATCH_SIZE = 64


@dataclass(frozen=True)
class Run:
    """A model that was adapted, and how.

    Attributes
    ----------
    model : keras.Model
        Raw pixels, uint8 or float32, (n, image_size, image_size, 3), 0-255, to probabilities, float32, (n, classes).
    classes : tuple of str
    strategy, source : str
    strategy_reason : str
    weights_sha256 : str
        Of the source's weights.
    image_size : int
        Pixels a side.
    epochs : int
        Epochs that were run; 0 for a head alone.
    history : dict of str to list of float
        Loss and accuracy an epoch; empty for a head alone.
    trainable_params, total_params : int
    val_balanced_accuracy : float
        What the strategy was chosen by.
    seconds : dict of str to float
        ``features`` and ``train``.
    seed : int
    cached_activations : dict or None
        What of the network was run only once (:class:`tlbook.training.fit.Fit`), in the first phase that had such a
        part; None where each epoch ran all of it, and for a head alone.
    """

    model: object
    classes: tuple
    strategy: str
    source: str
    strategy_reason: str
    weights_sha256: str
    image_size: int
    epochs: int
    history: dict
    trainable_params: int
    total_params: int
    val_balanced_accuracy: float
    seconds: dict
    seed: int
    cached_activations: dict | None = None


def adapt(dataset, source, strategy=None, *, training=None, seed=0, cache=True, quiet=True):
    """Adapt a source model to a data set.

    Parameters
    ----------
    dataset : Dataset
        Its test set is not looked at.
    source : SourceModel
        Left as it is.
    strategy : Strategy or sequence of Strategy, optional
        Of several, what is better on validation is kept; None tries the head alone and full fine-tuning.
    training : Training, optional
        How gradients are taken, beyond what the strategy says; None takes the defaults.
    seed : int
        Of drawn weights and of the order of the images.
    cache : bool
        False neither reads nor writes features on disk.
    quiet : bool
        True shows no progress bar.

    Returns
    -------
    Run
    """
    if not isinstance(strategy, Strategy):
        candidates = list_candidates(source) if strategy is None else list(strategy)
        plans = _plan_candidates(training, candidates)
        options = {"seed": seed, "cache": cache, "quiet": quiet}
        runs = [adapt(dataset, source, s, training=t, **options) for s, t in zip(candidates, plans, strict=True)]
        return runs[0] if len(runs) == 1 else choose_run(runs)
    set_seed(seed)
    strategy = strategy.take_rate(source)
    seconds = {"features": 0.0, "train": 0.0}
    model = strategy.build(source, dataset.classes, seed=seed)
    if strategy.keeps_backbone or strategy.head_first:
        start = time.perf_counter()
        splits = [extract_features(source, split, cache=cache, quiet=quiet) for split in (dataset.train, dataset.val)]
        seconds["features"] = time.perf_counter() - start
        start = time.perf_counter()
        labels = dataset.train.labels, dataset.val.labels
        head = fit_head(splits[0], labels[0], splits[1], labels[1], len(dataset.classes), quiet=quiet)
        set_head(model, head)
        seconds["train"] += time.perf_counter() - start
    history, cached_activations = {}, None
    if strategy.keeps_backbone:
        probabilities = head.predict(splits[1])
    else:
        start = time.perf_counter()
        train, val = ((s.load(source.image_size, quiet=quiet), s.labels) for s in (dataset.train, dataset.val))
        options = {"training": training or Training(), "seed": seed, "quiet": quiet}
        history, cached_activations = _run_phases(model, source, train, val, strategy, options)
        probabilities = predict_images(model, val[0])
        seconds["train"] += time.perf_counter() - start
    trainable, total = count_parameters(model)
    return Run(
        model, dataset.classes, strategy.name, source.name, f"{strategy.name} was asked for", source.weights_sha256,
        source.image_size, len(history.get("loss", ())), history, trainable, total,
        balanced_accuracy(dataset.val.labels, probabilities), seconds, seed, cached_activations,
    )  # fmt: skip


def _plan_candidates(training, candidates):
    """Give each of several candidates a folder of its own for its state."""
    if training is None or training.checkpoint is None or len(candidates) == 1:
        return [training] * len(candidates)
    folders = [training.checkpoint / f"candidate{i}_{c.name}" for i, c in enumerate(candidates)]
    return [replace(training, checkpoint=folder) for folder in folders]


def _run_phases(model, source, train, val, strategy, options):
    """Train phase by phase, and join what the phases tell."""
    history, caches, training = {}, [], options["training"]
    phases = strategy.list_phases()
    for i, phase in enumerate(phases):
        phase.set_trainable(model, source)
        if training.checkpoint and len(phases) > 1:  # each phase has a state of its own
            options["training"] = replace(training, checkpoint=training.checkpoint / f"phase{i}")
        fit = fit_model(model, train, val, phase, **options)
        caches.append(fit.cached_activations)
        for key, values in fit.history.items():
            history.setdefault(key, []).extend(values)
    return history, next(filter(None, caches), None)


def list_candidates(source, *, epochs=None):
    """List the strategies that ``auto`` tries.

    Parameters
    ----------
    source : SourceModel
    epochs : int, optional
        Of full fine-tuning, instead of its own.

    Returns
    -------
    list of Strategy
        The head alone, and full fine-tuning where the source can be trained (a TensorFlow Hub module can't).
    """
    full = FullFineTune() if epochs is None else FullFineTune(epochs=epochs)
    return [HeadOnly(), full] if source.backbone.trainable_weights else [HeadOnly()]


def choose_run(runs):
    """Keep the run with the best balanced accuracy on validation; the first of equals.

    Parameters
    ----------
    runs : sequence of Run

    Returns
    -------
    Run
        With both scores in its ``strategy_reason``, and the seconds of all.
    """
    best = max(runs, key=lambda run: run.val_balanced_accuracy)
    scores = ", ".join(f"{run.strategy} {run.val_balanced_accuracy:.3f}" for run in runs)
    reason = f"{best.strategy} chosen on validation (balanced accuracy: {scores}; of trained ones their best epoch's)"
    seconds = {key: sum(run.seconds[key] for run in runs) for key in best.seconds}
    return replace(best, strategy_reason=reason, seconds=seconds)


def balanced_accuracy(labels, probabilities):
    """Balanced accuracy: the mean, over the classes that occur, of the share of their images that is answered right.

    Parameters
    ----------
    labels : numpy.ndarray
        int64, (n,).
    probabilities : numpy.ndarray
        float, (n, classes).

    Returns
    -------
    float
        0-1.
    """
    right = probabilities.argmax(-1) == labels
    return float(np.mean([right[labels == c].mean() for c in np.unique(labels)]))


def predict_images(model, images):
    """Predict class probabilities of images in memory.

    Parameters
    ----------
    model : keras.Model
    images : numpy.ndarray
        uint8, (n, size, size, 3), 0-255.

    Returns
    -------
    numpy.ndarray
        float32, (n, classes).
    """
    starts = range(0, len(images), BATCH_SIZE)
    return np.concatenate([predict_batch(model, images[i : i + BATCH_SIZE]) for i in starts])


def predict_batch(model, batch):
    """Predict at most ``BATCH_SIZE`` images, filled up to it: an image's result must not depend on its company.

    Parameters
    ----------
    model : keras.Model
    batch : numpy.ndarray
        uint8, (n, size, size, 3), 0-255.

    Returns
    -------
    numpy.ndarray
        float32, (n, classes).
    """
    return predict_padded(model, batch, BATCH_SIZE)


def predict_split(run, split, *, quiet=True):
    """Predict class probabilities of one split of a data set.

    Parameters
    ----------
    run : Run
    split : Split
    quiet : bool
        True shows no progress bar.

    Returns
    -------
    numpy.ndarray
        float32, (n, classes).
    """
    total = -(-len(split) // BATCH_SIZE)
    batches = show_progress(split.batches(run.image_size, BATCH_SIZE), "predicting", total=total, quiet=quiet)
    return np.concatenate([predict_batch(run.model, batch) for batch in batches])


def evaluate(run, split, *, positive=None, seed=0, quiet=True):
    """Score a run's predictions, with intervals.

    Parameters
    ----------
    run : Run
    split : Split
        The test set, once a run.
    positive : str, optional
        Of two classes, the one whose AUROC is meant; None takes the last.
    seed : int
        Of the bootstrap.
    quiet : bool
        True shows no progress bar.

    Returns
    -------
    Scores
        Intervals by whole groups where several images share one.
    """
    probabilities = predict_split(run, split, quiet=quiet)
    groups = split.groups if len(set(split.groups)) < len(split) else None
    return score_predictions(split.labels, probabilities, run.classes, groups=groups, positive=positive, seed=seed)

"""The same chain for texts: word vectors, a strategy, and the run that `adapt` returns."""

import time
from dataclasses import dataclass, replace

import numpy as np

from tlbook.errors import BadInput, shorten
from tlbook.evidence.metrics import balanced_accuracy
from tlbook.models.classifiers import count_parameters, set_head
from tlbook.models.head_search import PLAIN, fit_views, search_head
from tlbook.models.sources import as_source
from tlbook.models.strategies import FromScratch, FullFineTune, HeadOnly, as_strategy
from tlbook.models.words import WORDS, WordVectors, build_word_network
from tlbook.run.choosing import choose_run
from tlbook.run.predicting import predict_words
from tlbook.run.run import Run
from tlbook.runtime import set_seed
from tlbook.training.fit import fit_model
from tlbook.training.options import Training

SCRATCH_RATE = 1e-2
STEPS = "100 to 300 steps"
KNOWN = (HeadOnly, FullFineTune, FromScratch)


@dataclass(frozen=True)
class WordHead:
    """A head on mean word vectors, and how it was found; the strength by cross-validation over whole groups.

    Attributes
    ----------
    first_head, head : LogisticHead
        Fitted on training texts alone, and on training and validation texts.
    val_probabilities : numpy.ndarray
        float32, (n, classes), by heads that had not seen the text's group.
    seconds : float
    """

    first_head: object
    head: object
    val_probabilities: np.ndarray
    seconds: float


def adapt_texts(data, source, strategy, *, training=None, seed=0, quiet=False):
    """Adapt word vectors to a data set of texts; `tlbook.adapt` says how."""
    source = as_source(WORDS if source is None else source)
    if not isinstance(source, WordVectors):
        raise BadInput(f"received the `source` {source.name} for texts; expected word vectors: {WORDS}, say")
    auto = strategy is None or strategy == "auto"
    asked = ["head", "full"] if auto else strategy if isinstance(strategy, list | tuple) else [strategy]
    if not asked:
        raise BadInput('received an empty `strategy`; expected at least one: "head", say')
    candidates = [check_text_strategy(value) for value in asked]
    training = _check_training(training)
    options = {"training": training, "seed": seed, "quiet": quiet}
    head = fit_word_head(data, source, seed=seed)
    runs = [_adapt_by(data, source, one, head, **options) for one in candidates]
    if len(runs) == 1:
        return runs[0]
    chosen = choose_run(runs)
    if chosen.refitted or not training.refit or training.patience is not None:  # patience needs validation texts
        return chosen
    place = next(i for i, run in enumerate(runs) if run.model is chosen.model)
    return _refit(chosen, source, candidates[place], head, **options)


def _refit(run, source, strategy, head, **options):
    """Train what was chosen once more, on training and validation texts; the scores stay those from before."""
    start = time.perf_counter()
    model, _ = train_words(run.data, source, strategy.take_rate(source), head, on_all=True, **options)
    words = source.take_table(model.get_layer("table").get_weights()[0])
    seconds = run.seconds | {"train": run.seconds["train"] + time.perf_counter() - start}
    return replace(run, model=model, words=words, seconds=seconds, refitted=True)


def check_text_strategy(value):
    """Return a strategy that means something to a table of words."""
    if value == "scratch":
        return FromScratch(epochs=None, learning_rate=SCRATCH_RATE)
    strategy = as_strategy(value)
    if not isinstance(strategy, KNOWN):
        raise BadInput(
            f"received `strategy` {strategy.name} for texts; expected head, full or scratch: word vectors are one "
            "layer, so there is no part to unfreeze, and the head absorbs a scale and a shift"
        )
    return strategy


def _check_training(training):
    """Return options that texts have a use for: nothing is varied, mixed or run only once."""
    if training is None:
        return Training(augmentation=None, cache_activations=False)
    if not isinstance(training, Training):
        raise BadInput(f"received `training` {shorten(training)}; expected Training(…) or None")
    if training.mixup:
        raise BadInput(f"received `mixup` {training.mixup:g} for texts; expected 0: words cannot be mixed")
    return replace(training, augmentation=None, cache_activations=False)


def fit_word_head(data, source, *, seed):
    """Fit a head to mean vectors: its strength by cross-validation, then on training texts alone and on all."""
    start = time.perf_counter()
    parts = [source.embed(split.texts)[:, None] for split in (data.train, data.val)]
    labels, groups = (np.concatenate([getattr(s, k) for s in (data.train, data.val)]) for k in ("labels", "groups"))
    features, classes = np.concatenate(parts), len(data.classes)
    found = search_head(features, labels, groups, classes, [PLAIN], seed=seed)
    first = fit_views(parts[0], data.train.labels, classes, PLAIN, found.C)
    head = fit_views(features, labels, classes, PLAIN, found.C)
    return WordHead(first, head, found.probabilities[len(data.train) :], time.perf_counter() - start)


def _adapt_by(data, source, strategy, head, *, training, seed, quiet):
    """Adapt by one strategy, and score it on the validation set."""
    set_seed(seed)
    start, history = time.perf_counter(), {}
    if strategy.keeps_backbone:
        model, words = build_word_network(source.table, len(data.classes), trainable=False), source
        set_head(model, head.head if training.refit else head.first_head)
        probabilities = head.val_probabilities
    else:
        strategy = strategy.take_rate(source)
        model, history = train_words(data, source, strategy, head, training=training, seed=seed, quiet=quiet)
        words = source.take_table(model.get_layer("table").get_weights()[0])
        probabilities = predict_words(model, words, data.val.texts)
    trainable, total = count_parameters(model)
    seconds = {"load": 0.0, "features": head.seconds, "train": time.perf_counter() - start}
    return Run(
        model, data.classes, strategy.name, source.name, f"{strategy.name} was asked for", source.weights_sha256, 0,
        len(history.get("loss", ())), history, trainable, total, balanced_accuracy(data.val.labels, probabilities),
        seconds, seed, data=data, val_probabilities=probabilities, words=words,
        refitted=strategy.keeps_backbone and training.refit,
    )  # fmt: skip


def train_words(data, source, strategy, head, *, training, on_all=False, seed=0, quiet=False):
    """Train table and head; return the network and its history.

    Only rows that these texts use can move, so only they are in the network that trains. With ``on_all`` it learns from
    validation texts too, whose scores in the history then mean nothing.
    """
    table, classes = source.table, len(data.classes)
    if not strategy.keeps_weights:
        table = _draw_table(table, seed)
    ids = [source.encode(split.texts) for split in (data.train, data.val)]
    width = max(part.shape[1] for part in ids)
    ids = [np.pad(part, ((0, 0), (0, width - part.shape[1]))) for part in ids]
    used = np.unique(np.concatenate([[0, 1], *(part.ravel() for part in ids)]))
    small = build_word_network(table[used], classes)
    if strategy.head_first:
        set_head(small, head.head if on_all else head.first_head)
    train, val = ((np.searchsorted(used, part).astype(np.int32), split.labels)
                  for part, split in zip(ids, (data.train, data.val), strict=True))  # fmt: skip
    learned = tuple(map(np.concatenate, zip(train, val, strict=True))) if on_all else train
    fit = fit_model(small, learned, val, strategy, training=training, seed=seed, quiet=quiet)
    table[used] = small.get_layer("table").get_weights()[0]
    model = build_word_network(table, classes)
    model.get_layer("head").set_weights(small.get_layer("head").get_weights())
    return model, fit.history


def _draw_table(table, seed):
    """Draw a table of the same size at random, with zeros where there are no words."""
    drawn = np.random.default_rng(seed).normal(0, 0.1, table.shape).astype(np.float32)
    drawn[:2] = 0
    return drawn

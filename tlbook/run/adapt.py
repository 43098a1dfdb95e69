"""From a data set, a source model and a strategy to a trained run."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from tlbook.datasets.cards import load_card
from tlbook.datasets.dataset import Dataset
from tlbook.errors import BadInput, check_whole
from tlbook.evidence.metrics import balanced_accuracy
from tlbook.evidence.paired import compare_predictions
from tlbook.models.classifiers import average_mirrored, count_parameters, set_head
from tlbook.models.sources import SourceModel, as_source
from tlbook.models.strategies import FullFineTune, HeadOnly, Strategy, as_strategy
from tlbook.run.predicting import predict_images
from tlbook.run.preparing import prepare_head
from tlbook.run.run import Run
from tlbook.runtime import LARGEST_SEED, set_seed
from tlbook.training.augmentation import AUTO, Augmentation
from tlbook.training.fit import fit_model
from tlbook.training.memory import check_memory
from tlbook.training.options import Training
from tlbook.training.template_steps import describe_start, fill_classifier


def adapt(
    data: Dataset,
    source: str | SourceModel | None = None,
    strategy: str | Strategy | Sequence[str | Strategy] | None = None,
    *,
    training: Training | None = None,
    seed: int = 0,
    cache: bool = True,
    quiet: bool = False,
) -> Run:
    """Adapt a source model to a data set.

    Parameters
    ----------
    data : Dataset
        Its test set is not looked at.
    source : str or SourceModel, optional
        A name, as :func:`tlbook.load_source` knows it, or a model; None is ``"photos"``. It is left as it is.
    strategy : str, Strategy or sequence of them, optional
        A name (``"head"``, ``"full"``, …) or an object. Of several, what is better on validation is kept, and trained
        once more on training and validation images; None or ``"auto"`` tries the head alone and full fine-tuning.
    training : Training, optional
        How gradients are taken, beyond what the strategy says; None takes the defaults.
    seed : int
        Of sampled weights and of the order of the images, 0 to 2**32 - 1.
    cache : bool
        False neither reads nor writes features on disk.
    quiet : bool
        True shows no progress bar.

    Returns
    -------
    Run
        With the model, and how it came about.

    Raises
    ------
    BadInput
        An argument is not what is expected, or the strategy does not fit the source.

    Examples
    --------
    >>> import tlbook as tl
    >>> case = tl.load_case("pets", per_class=6, size=32)
    >>> run = tl.adapt(case, tl.load_source("random", image_size=32), "head", cache=False)
    >>> run.strategy, run.epochs
    ('head', 0)
    """
    source, candidates = _check_arguments(data, source, strategy, training, seed)
    check_memory(source, candidates, len(data.train))
    options = {"seed": seed, "quiet": quiet}
    training = training or Training()
    set_seed(seed)
    needed = _needs_head(training, candidates)
    prepared = prepare_head(data, source, training, cache=cache, **options) if needed else None
    plans = _plan_candidates(training, candidates)
    runs = [_adapt_by(data, source, s, prepared, t, **options) for s, t in zip(candidates, plans, strict=True)]
    if len(runs) == 1:
        return runs[0]
    chosen = choose_run(runs)
    place = next(i for i, run in enumerate(runs) if run.model is chosen.model)
    if chosen.refitted or not training.refit or training.patience is not None:  # patience needs validation images
        return chosen
    return _refit(chosen, source, candidates[place], prepared, plans[place], **options)


def _needs_head(training, candidates):
    """True where a head is fitted, or tells how images may be varied."""
    candidates = [s for s in candidates if not s.learns_task]
    return bool(candidates) and (
        training.augmentation == AUTO or any(s.keeps_backbone or s.head_first for s in candidates)
    )


def _check_arguments(data, source, strategy, training, seed):
    """Return the source model and the strategies to try."""
    if not isinstance(data, Dataset):
        raise BadInput(
            f"received `data` of type {type(data).__name__}; expected a Dataset, as from_folder, from_table, "
            "from_arrays and load_case return it"
        )
    if training is not None and not isinstance(training, Training):
        raise BadInput(f"received `training` of type {type(training).__name__}; expected Training(…) or None")
    check_whole("seed", seed, 0, LARGEST_SEED)
    strategies = strategy if isinstance(strategy, list | tuple) else [strategy]
    if not strategies:
        raise BadInput('received an empty `strategy`; expected at least one: "head", say')
    auto = strategy is None or strategy == "auto"
    found = [] if auto else [as_strategy(value) for value in strategies]  # before a source is loaded
    source = as_source(source)
    return source, found or list_candidates(source)


@dataclass(frozen=True)
class Trained:
    """A classifier, and how it came about.

    Attributes
    ----------
    model : keras.Model
        Raw pixels to probabilities; it averages an image and its mirror image where mirroring is among the variations.
    trainable, total : int
        Weights.
    history : dict of str to list of float
        Of each epoch; empty for a head alone.
    cached_activations : dict or None
        What was run only once.
    seconds : float
        Of training.
    note : str
        What else is to be said of how it came about.
    """

    model: object
    trainable: int
    total: int
    history: dict
    cached_activations: dict | None
    seconds: float
    note: str = ""


def train_model(data, source, strategy, prepared, training, *, on_all=False, seed=0, quiet=False):
    """Train a classifier by one strategy, from a head that was prepared.

    With ``on_all`` gradients learn from validation images too, whose scores in the history then mean nothing; a head
    alone is what ``prepared`` holds in either case.
    """
    set_seed(seed)
    start = time.perf_counter()
    train, val = data.train, data.val
    strategy = strategy.take_rate(source).take_epochs(len(train) + on_all * len(val))
    augmentation = _choose_augmentation(strategy, prepared, training)
    model = strategy.build(source, data.classes, seed=seed)
    trainable, total = count_parameters(model)
    history, cached_activations, mirrors, note = {}, None, augmentation.mirror, ""
    if strategy.keeps_backbone:
        set_head(model, prepared.head)
        mirrors = prepared.mirrors
    else:
        if strategy.head_first:
            set_head(model, prepared.head if on_all else prepared.first_head)
        options = {"training": replace(training, augmentation=augmentation), "seed": seed, "quiet": quiet}
        train, val = ((s.load(source.image_size, quiet=quiet), s.labels) for s in (train, val))
        learned = tuple(map(np.concatenate, zip(train, val, strict=True))) if on_all else train
        if strategy.learns_task:
            task = fill_classifier(model, source, strategy, *learned, seed=seed)
            note = describe_start(task, load_card("template").facts["domains"])
        else:
            history, cached_activations = _run_phases(model, source, learned, val, strategy, options)
    model = average_mirrored(model) if mirrors else model
    return Trained(model, trainable, total, history, cached_activations, time.perf_counter() - start, note)


def _choose_augmentation(strategy, prepared, training):
    """Return how images are varied: for a template not at all."""
    if strategy.learns_task:
        return Augmentation()
    return prepared.augmentation if prepared else training.augmentation


def _adapt_by(data, source, strategy, prepared, training, *, seed, quiet):
    """Adapt a source by one strategy, and score it on the validation set."""
    seconds = {"load": 0.0, "features": 0.0, "train": 0.0} | (prepared.seconds if prepared else {})
    augmentation = _choose_augmentation(strategy, prepared, training)
    trained = train_model(data, source, strategy, prepared, training, seed=seed, quiet=quiet)
    if strategy.keeps_backbone:
        probabilities = prepared.val_probabilities
    else:
        probabilities = predict_images(trained.model, data.val.load(source.image_size, quiet=quiet))
        seconds["train"] += trained.seconds
    score = balanced_accuracy(data.val.labels, probabilities)
    reason = f"{strategy.name} was asked for" + (f", {trained.note}" if trained.note else "")
    return Run(
        trained.model, data.classes, strategy.name, source.name, reason,
        source.weights_sha256, source.image_size, len(trained.history.get("loss", ())), trained.history,
        trained.trainable, trained.total, score, seconds, seed, trained.cached_activations, data.value_range, data,
        augmentation=augmentation, val_probabilities=probabilities,
        refitted=strategy.keeps_backbone and training.refit,
    )  # fmt: skip


def _refit(run, source, strategy, prepared, training, *, seed, quiet):
    """Train what was chosen once more, on training and validation images; the scores stay those from before."""
    if training.checkpoint is not None:
        training = replace(training, checkpoint=training.checkpoint / "refit")
    trained = train_model(run.data, source, strategy, prepared, training, on_all=True, seed=seed, quiet=quiet)
    seconds = run.seconds | {"train": run.seconds["train"] + trained.seconds}
    return replace(run, model=trained.model, seconds=seconds, refitted=True)


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
    """List the strategies that ``auto`` tries: the head alone, and full fine-tuning where the source can be trained."""
    full = FullFineTune() if epochs is None else FullFineTune(epochs=epochs)
    return [HeadOnly(), full] if source.backbone.trainable_weights else [HeadOnly()]


def choose_run(runs):
    """Choose among runs on validation: the head alone is kept unless another leads by more than one standard error.

    The lead is the difference in balanced accuracy on the same validation images; its standard error and interval
    are those over whole groups. Without a head alone among them, the best run is kept, of equals the first.

    Parameters
    ----------
    runs : sequence of Run
        Of one data set, none of them loaded.

    Returns
    -------
    Run
        With all scores in its ``strategy_reason``, and the seconds of all.

    Examples
    --------
    >>> import tlbook as tl
    >>> case = tl.load_case("pets", per_class=6, size=32)
    >>> source = tl.load_source("random", image_size=32)
    >>> runs = [tl.adapt(case, source, tl.FullFineTune(epochs=1), seed=seed, quiet=True) for seed in (0, 1)]
    >>> choose_run(runs).strategy_reason[:47]
    'full chosen on validation (balanced accuracy: f'
    """
    best = max(runs, key=lambda run: run.val_balanced_accuracy)
    scores = ", ".join(f"{run.strategy} {run.val_balanced_accuracy:.3f}" for run in runs)
    seconds = {key: sum(run.seconds[key] for run in runs) for key in best.seconds}
    head = next((run for run in runs if run.strategy == HeadOnly.name), None)
    told = ""
    if head is not None and best is not head:
        val = head.data.val
        lead, error = compare_predictions(val.labels, best.val_probabilities, head.val_probabilities, groups=val.groups)
        told = f"; {best.strategy} minus head {_points(lead.value)} points [{_points(lead.low)}, {_points(lead.high)}]"
        if lead.value <= error:
            best, told = head, f"{told}: undecided, head kept"
    reason = f"{best.strategy} chosen on validation (balanced accuracy: {scores}; n = {len(best.data.val)}{told})"
    return replace(best, strategy_reason=reason, seconds=seconds)


def _points(share):
    return f"{100 * share:+.1f}"

"""From a data set, a source model and a strategy to a trained run."""

import time
from collections.abc import Sequence
from dataclasses import replace

from tlbook.datasets.dataset import Dataset
from tlbook.datasets.options import LARGEST_SEED, check_whole
from tlbook.errors import BadInput
from tlbook.evidence.metrics import balanced_accuracy
from tlbook.evidence.paired import compare_predictions
from tlbook.models.classifiers import average_mirrored, count_parameters, set_head
from tlbook.models.sources import SourceModel, as_source
from tlbook.models.strategies import FullFineTune, HeadOnly, Strategy, as_strategy
from tlbook.run.predicting import predict_images
from tlbook.run.preparing import prepare_head
from tlbook.run.run import Run
from tlbook.runtime import set_seed
from tlbook.training.augmentation import AUTO
from tlbook.training.fit import fit_model
from tlbook.training.options import Training


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
        A name (``"head"``, ``"full"``, …) or an object. Of several, what is better on validation is kept; None or
        ``"auto"`` tries the head alone and full fine-tuning.
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
    options = {"seed": seed, "cache": cache, "quiet": quiet}
    training = training or Training()
    set_seed(seed)
    prepared = prepare_head(data, source, training, **options) if _needs_head(training, candidates) else None
    plans = _plan_candidates(training, candidates)
    runs = [_adapt_by(data, source, s, prepared, t, **options) for s, t in zip(candidates, plans, strict=True)]
    return runs[0] if len(runs) == 1 else choose_run(runs)


def _needs_head(training, candidates):
    """True where a head is fitted, or tells how images may be varied."""
    return training.augmentation == AUTO or any(s.keeps_backbone or s.head_first for s in candidates)


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


def _adapt_by(data, source, strategy, prepared, training, *, seed, cache, quiet):
    """Adapt a source by one strategy, from a head that was prepared."""
    del cache
    set_seed(seed)
    strategy = strategy.take_rate(source).take_epochs(len(data.train))
    seconds = {"load": 0.0, "features": 0.0, "train": 0.0} | (prepared.seconds if prepared else {})
    augmentation = prepared.augmentation if prepared else training.augmentation
    model = strategy.build(source, data.classes, seed=seed)
    trainable, total = count_parameters(model)
    history, cached_activations, mirrors = {}, None, augmentation.mirror
    if strategy.keeps_backbone:
        set_head(model, prepared.head)
        probabilities, mirrors = prepared.val_probabilities, prepared.mirrors
    else:
        start = time.perf_counter()
        if strategy.head_first:
            set_head(model, prepared.first_head)
        options = {"training": replace(training, augmentation=augmentation), "seed": seed, "quiet": quiet}
        train, val = ((s.load(source.image_size, quiet=quiet), s.labels) for s in (data.train, data.val))
        history, cached_activations = _run_phases(model, source, train, val, strategy, options)
    model = average_mirrored(model) if mirrors else model
    if not strategy.keeps_backbone:
        probabilities = predict_images(model, val[0])
        seconds["train"] += time.perf_counter() - start
    score = balanced_accuracy(data.val.labels, probabilities)
    return Run(
        model, data.classes, strategy.name, source.name, f"{strategy.name} was asked for", source.weights_sha256,
        source.image_size, len(history.get("loss", ())), history, trainable, total, score, seconds, seed,
        cached_activations, data.value_range, data, augmentation=augmentation, val_probabilities=probabilities,
        refitted=strategy.keeps_backbone and training.refit,
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
    >>> choose_run(runs).strategy_reason[:61]
    'full chosen on validation (balanced accuracy: full 0.500, ful'
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

"""``tlbook adapt``: a folder of images in, a model, its scores and a page out."""

import os
import sys
import time
from dataclasses import replace
from pathlib import Path

from tlbook.commands.signals import INTERRUPTED, leave_on_signals
from tlbook.datasets.folders import from_folder
from tlbook.errors import BadInput, escape
from tlbook.evidence.audit_pairs import warn_quickly
from tlbook.models.choice import check_source
from tlbook.models.strategies import find_strategy
from tlbook.run.folder import REPORT, check_out
from tlbook.training.augmentation import AUTO, find_augmentation

NOTHING_WRITTEN = "tlbook: interrupted; nothing was written"


def run_adapt(options):
    """Adapt a source model to a folder of images and write the run; return the exit status."""
    start, begun = time.perf_counter(), time.time()
    strategy = None if options.strategy == "auto" else find_strategy(options.strategy, epochs=options.epochs)
    _choose_augmentation(options)
    check_out(options.out, overwrite=options.overwrite, inputs=[options.folder])
    check_source(options.source, options.weights, image_size=options.image_size, trust=options.trust)
    data = from_folder(
        options.folder, groups=options.groups, per_class=options.per_class, seed=options.seed, exclude=options.exclude,
        quiet=options.quiet, labels=options.labels, label_column=options.label_column, min_images=options.min_images,
        max_unreadable=options.max_unreadable, range=options.range,
    )  # fmt: skip
    data = replace(data, warnings=(*data.warnings, *warn_quickly(data)))
    check_positive(options.positive, data.classes)
    with leave_on_signals(NOTHING_WRITTEN):
        run = _adapt(data, strategy, options, start)
    try:
        run.save(
            options.out, overwrite=options.overwrite, title=name_folder(options.folder), images=not options.no_images,
            positive=options.positive, options=list_options(options),
        )  # fmt: skip
    except KeyboardInterrupt:
        report = options.out / REPORT
        written = report.is_file() and report.stat().st_mtime >= begun
        print(f"tlbook: interrupted; {options.out} was written" if written else NOTHING_WRITTEN, file=sys.stderr)
        return INTERRUPTED
    if not options.quiet:
        _say_result(run, options)
    return 0


def _choose_augmentation(options):
    """Return what a kind of image bears, nothing for ``none``, and the word for choosing where nothing was said."""
    return (
        AUTO
        if options.modality is None
        else find_augmentation(None if options.modality == "none" else options.modality)
    )


def check_positive(positive, classes):
    """Refuse a positive class that is not one of exactly two, before anything is computed."""
    if positive is not None and (positive not in classes or len(classes) != 2):
        raise BadInput(f"received `positive` {positive!r}; expected one of two classes, here {', '.join(classes)}")


def _adapt(data, strategy, options, start):
    from tlbook.models.sources import load_source
    from tlbook.run.adapt import adapt, list_candidates
    from tlbook.runtime import set_seed
    from tlbook.training.options import Training

    set_seed(options.seed)
    source = load_source(
        options.source, weights=options.weights, image_size=options.image_size, seed=options.seed, trust=options.trust
    )
    load = time.perf_counter() - start
    candidates = [strategy] if strategy else list_candidates(source, epochs=options.epochs)
    training = Training(augmentation=_choose_augmentation(options), cache_activations=not options.no_activation_cache)
    run = adapt(data, source, candidates, training=training, seed=options.seed, quiet=options.quiet)
    return replace(run, seconds={**run.seconds, "load": load})


def list_options(options):
    """List the options of a run by name, without absolute paths."""
    kept = ("source", "strategy", "per_class", "image_size", "epochs", "seed", "positive", "exclude")
    kept += ("label_column", "min_images", "max_unreadable", "range")
    kept += ("modality", "no_activation_cache", "no_images", "trust")
    listed = {key: getattr(options, key) for key in kept}
    stated = {"groups": _name_spec(options.groups), "labels": _name_spec(options.labels)}
    weights = options.weights and Path(options.weights).name
    source = options.source.removeprefix("file://")
    listed["source"] = Path(source).name if Path(source).expanduser().is_absolute() else source
    return listed | stated | {"weights": weights, "folder": name_folder(options.folder)}


def _name_spec(spec):
    """Name a CSV file without its path; an expression, which may begin with a slash too, stays as it is."""
    return Path(spec).name if spec is not None and os.path.isabs(spec) and os.path.isfile(spec) else spec


def name_folder(folder):
    """Name a folder without its path, in letters that UTF-8 can write."""
    return folder.resolve().name.encode("utf-8", "backslashreplace").decode()


def _say_result(run, options):
    import json

    report = json.loads((options.out / REPORT).read_text(encoding="utf-8"))
    for name in ("balanced_accuracy", "accuracy", "auroc"):
        estimate = report[name]
        if estimate["value"] is not None:
            value, low, high, n = (estimate[key] for key in ("value", "low", "high", "n"))
            print(f"{name.replace('_', ' '):18} {value:.3f}  (95 % {low:.3f}-{high:.3f}, n {n})")
    print(f"strategy           {run.strategy_reason}")
    for warning in report["warnings"]:
        print(f"warning            {escape(warning)}")
    print(f"report             {options.out / 'report.html'}")

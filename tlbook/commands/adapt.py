"""``tlbook adapt``: a folder of images in, a model, its figures and a page out."""

import json
import os
import time
from pathlib import Path

import numpy as np

from tlbook.commands.output import check_out, write_folder
from tlbook.datasets.folders import from_folder
from tlbook.errors import BadInput
from tlbook.models.sources import check_source
from tlbook.models.strategies import find_strategy
from tlbook.training.augmentation import find_augmentation


def run_adapt(options):
    """Adapt a source model to a folder of images and write the run.

    Parameters
    ----------
    options : argparse.Namespace

    Returns
    -------
    int
        Exit status.
    """
    start = time.perf_counter()
    strategy = None if options.strategy == "auto" else find_strategy(options.strategy, epochs=options.epochs)
    find_augmentation(options.modality)
    check_out(options.out, overwrite=options.overwrite)
    check_source(options.source, options.weights, image_size=options.image_size)
    dataset = from_folder(
        options.folder, groups=options.groups, per_class=options.per_class, seed=options.seed, exclude=options.exclude,
        quiet=options.quiet,
    )  # fmt: skip
    check_positive(options.positive, dataset.classes)
    with write_folder(options.out) as folder:
        report = _write_run(folder, dataset, strategy, options, start)
    if not options.quiet:
        _say_result(report, options.out)
    return 0


def check_positive(positive, classes):
    """Check the positive class before anything is computed.

    Parameters
    ----------
    positive : str or None
        What ``--positive`` names.
    classes : sequence of str

    Raises
    ------
    BadInput
        It is not one of exactly two classes.
    """
    if positive is not None and (positive not in classes or len(classes) != 2):
        raise BadInput(f"--positive {positive!r}; expected one of two classes, here {', '.join(classes)}")


def _write_run(folder, dataset, strategy, options, start):
    from tlbook.evidence.metrics import score_predictions
    from tlbook.models.classifiers import save_classifier
    from tlbook.models.sources import load_source
    from tlbook.report.record import build_report, write_predictions, write_splits
    from tlbook.run import adapt, list_candidates, predict_split
    from tlbook.runtime import set_seed
    from tlbook.training.options import Training

    set_seed(options.seed)
    source = load_source(options.source, weights=options.weights, image_size=options.image_size, seed=options.seed)
    seconds = {"load": time.perf_counter() - start}
    candidates = [strategy] if strategy else list_candidates(source, epochs=options.epochs)
    training = Training(
        augmentation=find_augmentation(options.modality), cache_activations=not options.no_activation_cache
    )
    run = adapt(dataset, source, candidates, training=training, seed=options.seed, quiet=options.quiet)
    before = time.perf_counter()
    test = dataset.test
    probabilities = predict_split(run, test, quiet=options.quiet)
    groups = test.groups if dataset.has_groups else None
    scores = score_predictions(
        test.labels, probabilities, run.classes, groups=groups, positive=options.positive, seed=options.seed
    )
    seconds |= run.seconds | {"evaluate": time.perf_counter() - before}
    seconds["total"] = time.perf_counter() - start
    report = build_report(run, dataset, scores, seconds=seconds, options=list_options(options))
    write_predictions(folder / "predictions.csv", test, probabilities, run.classes, has_groups=dataset.has_groups)
    write_splits(folder / "splits.csv", dataset)
    save_classifier(run.model, run.classes, folder / "model.keras")
    (folder / "report.html").write_text(_render(report, run, scores, test, probabilities, options), encoding="utf-8")
    (folder / "report.json").write_text(json.dumps(report, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    return report


def list_options(options):
    """List the options of a run by name, without absolute paths.

    Parameters
    ----------
    options : argparse.Namespace

    Returns
    -------
    dict
    """
    kept = ("source", "strategy", "per_class", "image_size", "epochs", "seed", "positive", "exclude")
    kept += ("modality", "no_activation_cache", "no_images")
    listed = {key: getattr(options, key) for key in kept}
    groups = options.groups
    if groups is not None and os.path.isabs(groups) and os.path.isfile(groups):  # an expression may begin with "/"
        groups = Path(groups).name
    weights = options.weights and Path(options.weights).name
    source = options.source.removeprefix("file://")
    listed["source"] = Path(source).name if Path(source).expanduser().is_absolute() else source
    return listed | {"groups": groups, "weights": weights, "folder": name_folder(options.folder)}


def name_folder(folder):
    """Name a folder without its path, in letters that UTF-8 can write.

    Parameters
    ----------
    folder : pathlib.Path

    Returns
    -------
    str
    """
    return folder.resolve().name.encode("utf-8", "backslashreplace").decode()


def _render(report, run, scores, test, probabilities, options):
    from tlbook.report.page import render_report

    samples, wrong = ([], []) if options.no_images else _draw_pictures(run, test, probabilities)
    return render_report(
        report, history=run.history, confusion=scores.confusion, samples=samples, wrong=wrong,
        images=not options.no_images, title=name_folder(options.folder),
    )  # fmt: skip


def _draw_pictures(run, test, probabilities, *, per_class=4, most_wrong=18):
    from tlbook.report.figures import Picture, shrink_picture
    from tlbook.report.page import SAMPLES

    predicted = probabilities.argmax(-1)

    def draw(i):
        names = run.classes[test.labels[i]], run.classes[predicted[i]]
        return Picture(
            test.names[i], shrink_picture(test.images.read(i)), *names, float(probabilities[i, predicted[i]])
        )

    classes = range(len(run.classes))[:SAMPLES]  # a page has room for no more
    shown = [i for label in classes for i in np.flatnonzero(test.labels == label)[:per_class]]
    mistakes = np.flatnonzero(predicted != test.labels)
    order = mistakes[np.argsort(-probabilities[mistakes, predicted[mistakes]], kind="stable")]
    return [draw(i) for i in shown], [draw(i) for i in order[:most_wrong]]


def _say_result(report, out):
    for name in ("balanced_accuracy", "accuracy", "auroc"):
        figure = report[name]
        if figure["value"] is not None:
            low, high = figure["low"], figure["high"]
            print(f"{name.replace('_', ' '):18} {figure['value']:.3f}  (95 % {low:.3f}-{high:.3f}, n {figure['n']})")
    print(f"strategy           {report['strategy_reason']}")
    for warning in report["warnings"]:
        print(f"warning            {warning}")
    print(f"report             {out / 'report.html'}")

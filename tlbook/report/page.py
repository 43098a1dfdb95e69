"""The page of a run: ``report.html``, one file that needs nothing from elsewhere and stays where it is."""

from functools import cache

import jinja2
import numpy as np

from tlbook.evidence.intervals import METHODS
from tlbook.report import words
from tlbook.report.figures import draw_curves, draw_interval, draw_scale, encode_thumbnail

SAMPLES = 60
WRONG = 18
MATRIX = 12  # classes; of more, the most frequent mistakes are listed instead of the matrix
MISTAKES = 15


def render_report(report, *, history=None, confusion=None, samples=(), wrong=(), images=True, title="Report"):
    """Write a run as a self-contained page.

    Parameters
    ----------
    report : dict
        The contents of ``report.json``.
    history : dict of str to sequence of float, optional
        ``loss``, ``accuracy``, ``val_loss``, ``val_accuracy``, one value an epoch; what is missing is not drawn.
    confusion : array_like, optional
        int, (k, k), rows true, in the order of ``report["classes"]``.
    samples : sequence of Picture
        Test images; up to four a class are shown.
    wrong : sequence of Picture
        Mistakes; the most confident are shown.
    images : bool
        False leaves out all pictures of the reader's images.
    title : str
        Heading, the name of the folder for instance.

    Returns
    -------
    str
        HTML, below 2 MB, that makes no request.
    """
    classes = report["classes"]
    matrix = None if confusion is None else np.asarray(confusion)
    tone, sentence = words.verdict(report)
    return _load_template().render(
        report=report,
        units=words.name_units(report),
        title=title,
        tone=tone,
        verdict=sentence,
        data=words.describe_data(report),
        facts=words.list_facts(report),
        measures=_list_measures(report),
        recalls=[(name, estimate, None, True) for name, estimate in report["recall"].items()],
        intervals=words.describe_intervals(report),
        confusion=None if matrix is None else matrix.tolist(),
        mistakes=None if matrix is None or len(classes) <= MATRIX else _list_mistakes(matrix, classes),
        images=images,
        gallery=_choose_samples(classes, samples) if images else [],
        unseen=max(0, len(classes) - SAMPLES),
        wrong=sorted(wrong, key=lambda p: (-p.probability, p.name))[:WRONG] if images else [],
        charts=_draw_history(history or {}),
        split=words.list_split(report),
        left_out=report.get("left_out"),
        making=words.list_making(report),
    )


@cache
def _load_template():
    return make_environment().get_template("templates/report.html.jinja")


def make_environment():
    """Make what loads the templates of pages; it escapes every value but our own pictures."""
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("tlbook.report", "."),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals |= {"draw_interval": draw_interval, "draw_scale": draw_scale}
    environment.filters |= {
        "count": words.format_count,
        "percent": lambda share, digits=1: f"{100 * share:.{digits}f}",
        "value": words.format_value,
        "interval": words.format_interval,
        "method": METHODS.__getitem__,
        "plain": words.format_plain,
        "thumbnail": encode_thumbnail,
    }
    return environment


def _list_measures(report):
    """List (name, estimate, what a guess would reach, whether in per cent)."""
    return [
        ("Accuracy", report["accuracy"], report["majority_baseline"], True),
        ("Balanced accuracy", report["balanced_accuracy"], 1 / len(report["classes"]), True),
        ("AUROC", report["auroc"], 0.5, False),
    ]


def _list_mistakes(confusion, classes):
    """List (true class, predicted class, images, images of the true class), the most frequent first."""
    wrong = confusion - np.diag(np.diag(confusion))
    order = np.argsort(-wrong, axis=None, kind="stable")[:MISTAKES]
    places = zip(*np.unravel_index(order, wrong.shape), strict=True)
    return [(classes[i], classes[j], wrong[i, j], confusion[i].sum()) for i, j in places if wrong[i, j]]


def _choose_samples(classes, samples):
    """Choose up to four pictures of each class, fewer of many classes."""
    shown = classes[:SAMPLES]
    each = min(4, max(1, SAMPLES // len(shown)))
    chosen = [(name, [p for p in samples if p.true == name][:each]) for name in shown]
    return [(name, pictures) for name, pictures in chosen if pictures]


def _draw_history(history):
    """Draw loss and accuracy over epochs, as far as they are there."""
    charts = []
    for key, title in (("loss", "Loss"), ("accuracy", "Accuracy")):
        names = {"training": key, "validation": f"val_{key}"}
        curves = {label: list(map(float, history.get(name, ()))) for label, name in names.items()}
        curves = {label: values for label, values in curves.items() if values}
        if curves:
            charts.append((title, draw_curves(curves, title)))
    return charts

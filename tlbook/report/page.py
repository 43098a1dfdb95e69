"""The page of a run: ``report.html``, one file that needs nothing from elsewhere and stays where it is."""

from html import escape

import numpy as np

from tlbook.report.figures import draw_curves, draw_pictures
from tlbook.report.style import CSS
from tlbook.report.tables import confusion_table, figure_table, pair_table
from tlbook.report.words import (
    describe_cached_activations,
    describe_data,
    describe_intervals,
    describe_strategy,
    format_count,
    format_seconds,
    verdict,
)

SAMPLES = 60
WRONG = 18
_POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"  # the browser itself refuses any request
_PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
{head}
</head>
<body>
<header>
{top}
</header>
<main>
{main}
</main>
{footer}
</body>
</html>
"""


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
    sections = [
        _facts(report),
        _warnings(report["warnings"]),
        _figures(report),
        _confusion(report, confusion),
        _pictures(report["classes"], samples, wrong, images),
        _curves(history or {}),
        _making(report),
        _use(),
    ]
    tone, sentence = verdict(report)
    head = (
        '<meta charset="utf-8">',
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>{escape(title)} · tlbook</title>",
        '<link rel="icon" href="data:,">',
        f"<style>{CSS}</style>",
    )
    top = (
        '<p class="muted">Report of a transfer-learning run · tlbook</p>',
        f"<h1>{escape(title)}</h1>",
        f'<p class="muted">{escape(describe_data(report))}</p>',
        f'<p class="verdict {tone}">{escape(sentence)}</p>',
    )
    return _PAGE.format(
        head="\n".join(head), top="\n".join(top), main="\n".join(filter(None, sections)), footer=_footer(images)
    )


def _facts(report):
    facts = [
        (format_count(report["n_train"]), "training images"),
        (format_count(report["n_val"]), "validation images"),
        (format_count(report["n_test"]), "test images"),
        (format_count(len(report["classes"])), "classes"),
        (report["source"] or "none", "source model"),
        (report["strategy"], "strategy"),
        (format_count(report["trainable_params"]), "trained parameters"),
        (format_seconds(report["seconds"]["total"]), "from folder to report"),
    ]
    items = "".join(f"<li><b>{escape(str(value))}</b>{name}</li>" for value, name in facts)
    return f'<ul class="facts">{items}</ul>'


def _warnings(warnings):
    if not warnings:
        return ""
    items = "".join(f"<li>{escape(str(line))}</li>" for line in warnings)
    head = "<h2>Before you trust a number</h2>"
    return f'<section class="warnings" aria-label="Warnings">{head}<ul>{items}</ul></section>'


def _figures(report):
    chance = 1 / len(report["classes"])
    rows = [
        ("Accuracy", report["accuracy"], report["majority_baseline"], True),
        ("Balanced accuracy", report["balanced_accuracy"], chance, True),
        ("AUROC", report["auroc"], 0.5, False),
    ]
    recall = [(name, figure, None, True) for name, figure in report["recall"].items()]
    baseline = (
        "Dashed line: what needs no model. Accuracy of always answering the most frequent class of the test images "
        f"({100 * report['majority_baseline']:.1f}\u00a0%), balanced accuracy and AUROC of guessing."
    )
    return (
        "<section><h2>How well it does</h2>\n"
        + figure_table(rows, "Figures on the test images: shares in per cent, AUROC from 0 to 1", "Figure")
        + f'<p class="note">{baseline}</p>\n<p>{escape(describe_intervals(report))}</p>\n'
        + "<h3>Class by class</h3>\n"
        + figure_table(recall, "Recall: the share of a class's test images that is recognised, in per cent", "Class")
        + "</section>"
    )


def _confusion(report, confusion):
    if confusion is None:
        return ""
    table = confusion_table(np.asarray(confusion), report["classes"])
    return f"<section><h2>What is taken for what</h2>\n{table}</section>"


def _pictures(classes, samples, wrong, images):
    if not images:
        return "<section><h2>Pictures</h2><p>Left out, as asked for with <code>--no-images</code>.</p></section>"
    parts = []
    if samples:
        shown = classes[:SAMPLES]
        each = min(4, max(1, SAMPLES // len(shown)))
        parts.append("<section><h2>Test images of each class</h2>")
        for name in shown:
            chosen = [p for p in samples if p.true == name][:each]
            parts.append(f"<h3>{escape(name)}</h3>{draw_pictures(chosen)}" if chosen else "")
        if len(classes) > len(shown):
            parts.append(f'<p class="note">{len(classes) - len(shown)} more classes are not shown.</p>')
        parts.append("</section>")
    if wrong:
        worst = sorted(wrong, key=lambda p: (-p.probability, p.name))[:WRONG]
        parts.append(
            "<section><h2>Most confident mistakes</h2><p>Look here first: a wrong label, a duplicate and a shortcut "
            f"all show up among the answers that were sure and wrong.</p>{draw_pictures(worst)}</section>"
        )
    return "\n".join(parts)


def _curves(history):
    panels = []
    for key, title in (("loss", "Loss"), ("accuracy", "Accuracy")):
        curves = {}
        for label, name in (("training", key), ("validation", f"val_{key}")):
            if name in history and len(history[name]):
                curves[label] = [float(value) for value in history[name]]
        if curves:
            panels.append(f"<figure><h3>{title}</h3>{draw_curves(curves, title)}</figure>")
    if not panels:
        return ""
    return f'<section><h2>How training went</h2><div class="charts">{"".join(panels)}</div></section>'


def _making(report):
    seconds = report["seconds"]
    took = ", ".join(
        f"{name} {format_seconds(value)}" for name, value in seconds.items() if name != "total" and value is not None
    )
    made = {
        "Strategy": describe_strategy(report),
        "Why": report["strategy_reason"],
        "Source model": report["source"] or "none",
        "Weights, SHA-256": report["weights_sha256"] or "none",
        "Trained parameters": f"{format_count(report['trainable_params'])} of {format_count(report['total_params'])}",
        "Image size": f"{report['image_size']} × {report['image_size']} pixels",
        "Epochs": report["epochs"],
        "Run once": describe_cached_activations(report["cached_activations"], epochs=report["epochs"]),
        "Seed": report["seed"],
        "Time": f"{format_seconds(seconds['total'])}: {took}",
    }
    blocks = [("Options", report["options"]), ("Versions", report["versions"]), ("Hardware", report["hardware"])]
    return (
        f"<section><h2>How it was made</h2>{pair_table(made)}\n"
        + "\n".join(f"<h3>{name}</h3>{pair_table(pairs)}" for name, pairs in blocks)
        + "</section>"
    )


def _use():
    ask = "python -m tlbook predict RUN IMAGE-OR-FOLDER"
    load = """import keras

model = keras.models.load_model("model.keras")  # needs no tlbook
probabilities = model.predict(images)           # raw pixels 0 to 255, (n, height, width, 3) -> (n, classes)"""
    return (
        "<section><h2>How to use it</h2>\n<p>In a shell, with RUN the folder that holds this page:</p>"
        f"<pre><code>{escape(ask)}</code></pre>\n<p>In Python, with images resized to the size above:</p>"
        f"<pre><code>{escape(load)}</code></pre>\n<p>Beside this page lie <code>report.json</code> (these figures), "
        "<code>predictions.csv</code> (a line for each test image) and <code>splits.csv</code> (which image was used "
        "for what).</p></section>"
    )


def _footer(images):
    holds = "small copies of some of your images" if images else "none of your images"
    return (
        '<footer><p class="note">This page is one file and stays on this machine: nothing was sent anywhere, and '
        f"opening it makes no request. It holds {holds}, and the names of your classes: think before you pass it on."
        "</p></footer>"
    )

"""Tables of a report: figures with their intervals, the confusion matrix, pairs of name and value."""

from html import escape

import numpy as np

from tlbook.report.figures import draw_interval, draw_scale
from tlbook.report.words import METHODS, format_count, format_interval, format_value

MATRIX = 12
PAIRS = 15


def figure_table(rows, caption, heading):
    """Lay out figures as numbers, and as dots on lines.

    Parameters
    ----------
    rows : sequence of (str, dict, float or None, bool)
        Name, figure, the reference that is drawn dashed, and whether numbers are in per cent.
    caption : str
    heading : str
        Of the first column.

    Returns
    -------
    str
        HTML.
    """
    body = []
    for name, figure, reference, percent in rows:
        body.append(
            f'<tr><th scope="row">{escape(name)}</th><td class="value">{format_value(figure, percent)}</td>'
            f'<td>{format_interval(figure, percent)}</td><td class="mark">{draw_interval(figure, reference)}</td>'
            f'<td class="number">{format_count(figure["n"])}</td><td>{METHODS[figure["method"]]}</td></tr>'
        )
    head = (
        f'<th scope="col">{escape(heading)}</th><th scope="col">Value</th><th scope="col">95\u00a0% interval</th>'
        f'<th scope="col" class="mark" aria-label="Picture of the interval">{draw_scale()}</th>'
        '<th scope="col" class="number">Images</th><th scope="col">Method</th>'
    )
    return _table("figures", caption, head, body)


def confusion_table(confusion, classes):
    """Lay out a confusion matrix, or for many classes its largest mistakes.

    Parameters
    ----------
    confusion : numpy.ndarray
        int, (k, k), rows true.
    classes : sequence of str
        (k,).

    Returns
    -------
    str
        HTML.
    """
    return _matrix(confusion, classes) if len(classes) <= MATRIX else _mistakes(confusion, classes)


def _matrix(confusion, classes):
    totals = confusion.sum(axis=1)
    head = "<td></td>" + "".join(f'<th scope="col">{escape(name)}</th>' for name in classes)
    rows = []
    for i, name in enumerate(classes):
        cells = []
        for j, count in enumerate(confusion[i]):
            share = count / totals[i] if totals[i] else 0.0
            kind = ' class="right"' if i == j else ""
            shade = f"background: rgba(var(--cell), {0.6 * share:.2f})"
            part = f"<small>{100 * share:.0f}\u00a0%</small>"
            cells.append(f'<td{kind} style="{shade}">{format_count(count)}{part}</td>')
        rows.append(f'<tr><th scope="row">{escape(name)}</th>{"".join(cells)}</tr>')
    caption = "Rows: the true class; columns: the answer. Test images, and their share of the row; framed: right."
    return _table("confusion", caption, head, rows)


def _mistakes(confusion, classes):
    wrong = confusion - np.diag(np.diag(confusion))
    order = np.argsort(-wrong, axis=None, kind="stable")[:PAIRS]
    rows = []
    for i, j in zip(*np.unravel_index(order, wrong.shape), strict=True):
        if wrong[i, j] == 0:
            break
        rows.append(
            f'<tr><th scope="row">{escape(classes[i])}</th><td>{escape(classes[j])}</td>'
            f'<td class="number">{format_count(wrong[i, j])} of {format_count(confusion[i].sum())}</td></tr>'
        )
    if not rows:
        return "<p>No test image is mistaken.</p>"
    head = '<th scope="col">True class</th><th scope="col">Answer</th><th scope="col" class="number">Test images</th>'
    return _table("figures", "The most frequent mistakes", head, rows)


def _table(kind, caption, head, rows):
    # A region that scrolls must be reachable by keyboard, and named.
    return (
        f'<div class="scroll" tabindex="0" role="region" aria-label="{escape(caption)}">'
        f'<table class="{kind}"><caption>{escape(caption)}</caption>'
        f"<thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table></div>"
    )


def pair_table(pairs):
    """Lay out names and values, of any kind.

    Parameters
    ----------
    pairs : dict

    Returns
    -------
    str
        HTML.
    """
    rows = [f'<tr><th scope="row">{escape(str(k))}</th><td>{escape(_plain(v))}</td></tr>' for k, v in pairs.items()]
    return f'<table class="pairs"><tbody>{"".join(rows)}</tbody></table>'


def _plain(value):
    if value is None:
        return "not set"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value)) or "none"
    return str(value)

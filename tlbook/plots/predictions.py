"""Plots of predictions: the confusion matrix, reliability, and the images themselves."""

import math
from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle
from numpy.typing import ArrayLike

from tlbook.evidence.intervals import wilson_interval
from tlbook.plots.style import COLOURS, DASHES, INK, MUTED, PAPER, PERCENT, new_axes, style


def confusion(matrix: ArrayLike, classes: Sequence[str], *, ax: Axes | None = None) -> Axes:
    """Plot a confusion matrix, shaded by the share of each true class.

    Parameters
    ----------
    matrix : array_like
        int, (k, k); rows are true classes.
    classes : sequence of str
        (k,).
    ax : matplotlib.axes.Axes, optional
        Where to draw; None draws on axes of a new figure.

    Returns
    -------
    matplotlib.axes.Axes

    Examples
    --------
    >>> ax = confusion([[30, 10], [4, 36]], ["broken", "intact"])
    """
    matrix = np.asarray(matrix)
    shares = matrix / np.maximum(matrix.sum(axis=1, keepdims=True), 1)
    inches = min(9.0, 2.4 + 0.55 * len(classes))
    with style():
        ax = new_axes(ax, size=(inches + 0.6, inches))
        ax.imshow(shares, cmap="Blues", vmin=0, vmax=1)
        ax.grid(visible=False)
        for (i, j), count in np.ndenumerate(matrix if len(classes) <= 20 else np.empty((0, 0))):
            ax.text(j, i, str(count), ha="center", va="center", color=PAPER if shares[i, j] > 0.55 else INK, fontsize=9)
        turn = {"rotation": 45, "ha": "right", "rotation_mode": "anchor"} if len(classes) > 3 else {}
        ax.set_xticks(range(len(classes)), classes, **turn)
        ax.set_yticks(range(len(classes)), classes)
        ax.set(xlabel="predicted class", ylabel="true class")
    return ax


def reliability(labels: ArrayLike, probabilities: ArrayLike, *, bins: int = 10, ax: Axes | None = None) -> Axes:
    """Plot accuracy against confidence: a reliability diagram.

    Parameters
    ----------
    labels : array_like
        int, (n,).
    probabilities : array_like
        float, (n, k); the largest is the confidence.
    bins : int
        Of equal width from 1/k to 1; empty ones are left out.
    ax : matplotlib.axes.Axes, optional
        Where to draw; None draws on axes of a new figure.

    Returns
    -------
    matplotlib.axes.Axes
        Dots with Wilson intervals; a calibrated model's lie on the line.

    References
    ----------
    Guo et al. 2017, arXiv:1706.04599.

    Examples
    --------
    >>> ax = reliability([0, 1, 1], [[0.9, 0.1], [0.2, 0.8], [0.6, 0.4]])
    """
    probabilities = np.asarray(probabilities, dtype=float)
    sure, right = probabilities.max(axis=1), probabilities.argmax(axis=1) == np.asarray(labels)
    lowest = 1 / probabilities.shape[1]
    place = np.clip(((sure - lowest) / (1 - lowest) * bins).astype(int), 0, bins - 1)
    with style():
        ax = new_axes(ax, size=(4.6, 4.4))
        ax.plot([lowest, 1], [lowest, 1], color=MUTED, linestyle=DASHES[1], linewidth=1.2)
        for b in np.unique(place):
            inside = place == b
            share, where = wilson_interval(int(right[inside].sum()), int(inside.sum())), sure[inside].mean()
            ax.plot([where, where], [share.low, share.high], color=COLOURS[0], linewidth=2)
            ax.plot([where], [share.value], "o", color=COLOURS[0], markeredgecolor=PAPER)
        for axis in (ax.xaxis, ax.yaxis):
            axis.set_major_formatter(PERCENT)
        ax.set(xlabel="confidence, %", ylabel="accuracy, %", ylim=(-0.02, 1.02))
    return ax


def sample_grid(
    images: ArrayLike,
    titles: Sequence[str] | None = None,
    *,
    marked: Sequence[bool] | None = None,
    framed: bool = False,
    columns: int = 6,
    ax: Axes | None = None,
) -> Axes:
    """Show images in rows.

    Parameters
    ----------
    images : array_like
        uint8, (n, size, size, 3), 0-255.
    titles : sequence of str, optional
        (n,), one above each image.
    marked : sequence of bool, optional
        (n,), True draws the title in another colour and bold (a mistake, say).
    framed : bool
        True draws a dashed frame around each marked image, too.
    columns : int
        Images a row.
    ax : matplotlib.axes.Axes, optional
        Where to draw; None draws on axes of a new figure.

    Returns
    -------
    matplotlib.axes.Axes

    Examples
    --------
    >>> ax = sample_grid(np.zeros((4, 32, 32, 3), np.uint8), ["a", "b", "c", "d"], marked=[False, True, False, False])
    """
    images = np.asarray(images)
    n, size = len(images), images.shape[1]
    columns = min(columns, n)
    rows, gap, head = math.ceil(n / columns), max(2, size // 24), 0 if titles is None else max(10, size // 5)
    sheet = np.full((rows * (size + gap + head), columns * (size + gap) - gap, 3), 255, np.uint8)
    with style():
        ax = new_axes(ax, size=(1.35 * columns, 1.35 * sheet.shape[0] / sheet.shape[1] * columns))
        for i, image in enumerate(images):
            top, left = i // columns * (size + gap + head) + head, i % columns * (size + gap)
            sheet[top : top + size, left : left + size] = image
            wrong = marked is not None and bool(marked[i])
            if wrong and framed:
                look = {"edgecolor": COLOURS[1], "linewidth": 2.4, "linestyle": DASHES[1]}
                ax.add_patch(Rectangle((left - 0.5, top - 0.5), size, size, fill=False, **look))
            if titles is not None:
                look = {"color": COLOURS[1], "weight": "bold"} if wrong else {"color": INK}
                ax.text(left + size / 2, top - head * 0.3, titles[i], ha="center", va="baseline", fontsize=8, **look)
        ax.imshow(sheet, interpolation="nearest")
        ax.set_axis_off()
    return ax

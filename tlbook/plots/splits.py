"""Plots of splits: who stands in which set, and what random labels score."""

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle
from numpy.typing import ArrayLike

from tlbook.plots.style import COLOURS, DASHES, INK, MUTED, PAPER, PERCENT, new_axes, style

FADED = 0.45  # how much of a training image stays visible


def split_picture(images: ArrayLike, tests: Mapping[str, ArrayLike], *, per_row: int) -> Sequence[Axes]:
    """Show the same images under several splits: a row a person, test images framed and training images pale.

    Parameters
    ----------
    images : array_like
        uint8, (n, size, size, 3), 0-255, person by person.
    tests : dict of str to array_like
        Title of each split to bool, (n,): True is a test image.
    per_row : int
        Images a person; divides n.

    Returns
    -------
    sequence of matplotlib.axes.Axes
        One a split, side by side on a new figure.

    Examples
    --------
    >>> images = np.zeros((4, 8, 8, 3), np.uint8)
    >>> axes = split_picture(images, {"by slice": [1, 0, 0, 1], "by person": [1, 1, 0, 0]}, per_row=2)
    """
    images = np.asarray(images)
    rows, size = len(images) // per_row, images.shape[1]
    step = size + max(2, size // 8)
    with style():
        width, height = 4.3 * len(tests), 4.2 * rows / per_row + 0.5
        _, axes = plt.subplots(1, len(tests), figsize=(width, height), squeeze=False)
        for ax, (title, test) in zip(axes[0], tests.items(), strict=True):
            sheet = np.full((rows * step, per_row * step, 3), 255, np.uint8)
            for i, (image, tested) in enumerate(zip(images, np.asarray(test, dtype=bool), strict=True)):
                top, left = i // per_row * step, i % per_row * step
                shown = image if tested else 255 - FADED * (255 - image.astype(float))
                sheet[top : top + size, left : left + size] = shown
                if tested:
                    ax.add_patch(Rectangle((left - 0.5, top - 0.5), size, size, fill=False, ec=COLOURS[1], lw=2.4))
            ax.imshow(sheet, interpolation="nearest")
            ax.set_title(title)
            ax.set_axis_off()
    return axes[0]


def shuffled_scores(
    scores: Mapping[str, float],
    shuffled: Mapping[str, ArrayLike],
    *,
    chance: float | None = None,
    xlabel: str = "accuracy, %",
    ax: Axes | None = None,
) -> Axes:
    """Plot scores with true labels, each above the scores that random labels reach in the same way.

    Parameters
    ----------
    scores : dict of str to float
        Fractions: a diamond a row.
    shuffled : dict of str to array_like
        Of the same names: float, (k,), a dot for each shuffle of the labels.
    chance : float, optional
        Score of guessing: a dashed line.
    xlabel : str
        Under the horizontal axis.
    ax : matplotlib.axes.Axes, optional
        Where to draw; None draws on axes of a new figure.

    Returns
    -------
    matplotlib.axes.Axes

    Examples
    --------
    >>> ax = shuffled_scores({"by person": 0.5}, {"by person": [0.3, 0.4, 0.35]}, chance=1 / 3)
    """
    spread = np.random.default_rng(0)
    with style():
        ax = new_axes(ax, size=(6.4, 1.1 + 0.85 * len(scores)))
        for row, (name, value) in enumerate(scores.items()):
            dots = np.asarray(shuffled[name])
            ax.plot(dots, row + spread.uniform(0, 0.32, len(dots)), "o", color=MUTED, alpha=0.35, markersize=4, mew=0)
            ax.plot([value], [row - 0.16], "D", color=COLOURS[0], markersize=9, markeredgecolor=PAPER)
        if chance is not None:
            ax.axvline(chance, color=INK, linestyle=DASHES[1], linewidth=1.2, zorder=1)
        for look, label in (
            (("D", COLOURS[0], 1), "true labels"),
            (("o", MUTED, 0.6), "random labels, one dot a shuffle"),
        ):
            ax.plot([], [], look[0], color=look[1], alpha=look[2], linestyle="none", label=label)
        ax.set_yticks(range(len(scores)), scores)
        ax.set_ylim(len(scores) - 0.4, -0.5)
        ax.grid(axis="y", visible=False)
        ax.xaxis.set_major_formatter(PERCENT)
        ax.set_xlabel(xlabel)
        ax.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=2)
    return ax

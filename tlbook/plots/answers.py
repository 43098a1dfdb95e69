"""What a search by similarity answered, as images."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle
from numpy.typing import ArrayLike

from tlbook.errors import BadInput
from tlbook.plots.style import COLOURS, DASHES, INK, MUTED, new_axes, style


def answer_grid(
    queries: ArrayLike, answers: ArrayLike, right: ArrayLike | None = None, *, ax: Axes | None = None
) -> Axes:
    """Show queries on the left, and beside each what was found for it, the most similar first.

    A right answer has a solid frame and a tick above it, a wrong one a dashed frame and a cross.

    Parameters
    ----------
    queries : array_like
        uint8, (queries, size, size, 3), 0-255.
    answers : array_like
        uint8, (queries, k, size, size, 3), 0-255.
    right : array_like, optional
        bool, (queries, k); without it nothing is judged.
    ax : matplotlib.axes.Axes, optional
        Where to draw; None draws on axes of a new figure.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    BadInput
        Queries, answers and verdicts of numbers or sizes that do not fit together.

    Examples
    --------
    >>> images = np.zeros((6, 32, 32, 3), np.uint8)
    >>> ax = answer_grid(images[:1], images[None, 1:4], [[True, False, True]])
    """
    queries, answers = np.asarray(queries), np.asarray(answers)
    if answers.ndim != 5 or queries.shape != (len(answers), *answers.shape[2:]):
        raise BadInput(
            f"received `queries` of the shape {queries.shape} and `answers` of {answers.shape}; expected (queries, "
            "size, size, 3) and (queries, k, size, size, 3); images[found.rows] has that shape"
        )
    num, k, size = answers.shape[:3]
    if right is not None and np.shape(right) != (num, k):
        raise BadInput(f"received `right` of the shape {np.shape(right)}; expected {(num, k)}, a verdict an answer")
    gap, head, apart = max(4, size // 12), max(10, size // 5), size // 2
    width, height = size + apart + k * (size + gap) - gap, num * (size + gap + head)
    sheet = np.full((height, width, 3), 255, np.uint8)
    with style():
        ax = new_axes(ax, size=(1.3 * width / size, 1.3 * height / size))
        for i in range(num):
            top = i * (size + gap + head) + head
            sheet[top : top + size, :size] = queries[i]
            _write(ax, size / 2, top - 0.3 * head, "query", INK)
            arrow = {"arrowstyle": "->", "color": MUTED, "lw": 1.4}
            ends = [(x, top + size / 2) for x in (size + 0.85 * apart, size + 0.15 * apart)]
            ax.annotate("", *ends, arrowprops=arrow)
            for j in range(k):
                left = size + apart + j * (size + gap)
                sheet[top : top + size, left : left + size] = answers[i, j]
                judged = None if right is None else bool(np.asarray(right)[i, j])
                _judge(ax, (left, top), size, j + 1, judged)
        ax.imshow(sheet, interpolation="nearest")
        ax.set_axis_off()
    return ax


def _judge(ax, corner, size, number, right):
    """Frame an answer and say above it whether it is right."""
    words = {None: f"{number}", True: f"{number} ✓", False: f"{number} ✗"}[right]
    colour = {None: INK, True: COLOURS[0], False: COLOURS[1]}[right]
    _write(ax, corner[0] + size / 2, corner[1] - 0.06 * size, words, colour)
    if right is not None:
        line = DASHES[0] if right else DASHES[1]
        place = (corner[0] - 0.5, corner[1] - 0.5)
        ax.add_patch(Rectangle(place, size, size, fill=False, edgecolor=colour, linewidth=2.4, linestyle=line))


def _write(ax, x, y, words, colour):
    ax.text(x, y, words, ha="center", va="baseline", fontsize=9, color=colour, weight="bold")

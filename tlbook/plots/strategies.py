"""The map of strategies: which one was best, by data set and number of labels."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from tlbook.errors import BadInput
from tlbook.plots.style import INK, new_axes, style

LIMIT = 0.10  # gains beyond it have the same colour


def strategy_map(
    cells: Sequence[Mapping[str, Any]],
    strategies: Mapping[str, str],
    *,
    rows: str = "set",
    columns: str = "size",
    margin: float = 0.01,
    xlabel: str = "labelled images a class",
    ax: Axes | None = None,
) -> Axes:
    r"""Draw which strategy was best in each cell, and by how much it beat the head.

    Parameters
    ----------
    cells : sequence of dict
        Of each cell its place, and under the name of each strategy its balanced accuracy, 0-1; under ``head`` too.
    strategies : dict of str to str
        Words for the strategies beside the head, by their columns.
    rows, columns : str
        Columns that place a cell; both in the order of appearance.
    margin : float
        Lead over the head from which a strategy is named, fraction; below it the cell says head.
    xlabel : str
        Under the horizontal axis.
    ax : matplotlib.axes.Axes, optional
        Where to draw; None draws on axes of a new figure.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    BadInput
        There is no cell, or two have one place.

    Examples
    --------
    >>> few, many = {"set": "pets", "size": 10, "head": 0.7}, {"set": "pets", "size": 50, "head": 0.8}
    >>> cells = [few | {"full": 0.65}, many | {"full": 0.85}]
    >>> ax = strategy_map(cells, {"full": "everything"})
    >>> [text.get_text() for text in ax.texts]
    ['head\n70 %', 'everything\n80 % +5.0']
    """
    places = [(cell[rows], cell[columns]) for cell in cells]
    if not places or len(set(places)) < len(places):
        raise BadInput(f"received {len(places)} cells of {len(set(places))} places; expected each place once")
    names, sizes = (list(dict.fromkeys(place[i] for place in places)) for i in (0, 1))
    gains = np.full((len(names), len(sizes)), np.nan)
    with style():
        ax = new_axes(ax)
        for cell, (name, size) in zip(cells, places, strict=True):
            best = max(strategies, key=lambda key: cell[key])
            gain = cell[best] - cell["head"]
            i, j = names.index(name), sizes.index(size)
            gains[i, j] = gain
            said = strategies[best] if gain > margin else "head"
            told = f"{said}\n{100 * cell['head']:.0f} %" + (f" {100 * gain:+.1f}" if gain > margin else "")
            ax.text(j, i, told, ha="center", va="center", color=INK, fontsize=8.5)
        ax.imshow(gains, cmap="PuOr_r", vmin=-2 * LIMIT, vmax=2 * LIMIT, aspect="auto")
        ax.set_xticks(range(len(sizes)), [str(size) for size in sizes])
        ax.set_yticks(range(len(names)), [str(name) for name in names])
        ax.set_xlabel(xlabel)
        ax.grid(visible=False)
        ax.tick_params(length=0)
    return ax

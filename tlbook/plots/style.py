"""The look of the book's plots, applied to each plot alone: importing it switches nothing."""

from collections.abc import Iterator
from contextlib import contextmanager

import matplotlib.pyplot as plt
from cycler import cycler
from matplotlib.ticker import FuncFormatter

from tlbook.errors import BadInput
from tlbook.evidence.intervals import Estimate

INK, MUTED, GRID, PAPER = "#1b2430", "#586474", "#d7dde4", "#ffffff"
# Okabe & Ito's colours, told apart with any colour vision; markers and dashes say the same once more.
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#a3558d", "#3a9bd6", "#b97f00")
MARKERS = ("o", "s", "^", "D", "v", "P")
DASHES = ("-", (0, (5, 2)), (0, (1.5, 1.5)), (0, (5, 2, 1.5, 2)), (0, (8, 2)), (0, (3, 1)))

PERCENT = FuncFormatter(lambda value, _: f"{100 * value:.4g}")

_SETTINGS = {
    "figure.figsize": (6.4, 3.8),
    "figure.dpi": 110,
    "figure.facecolor": PAPER,  # not transparent: a dark page would swallow the ink
    "figure.constrained_layout.use": True,
    "axes.facecolor": PAPER,
    "axes.edgecolor": MUTED,
    "axes.labelcolor": INK,
    "axes.titlecolor": INK,
    "axes.titlelocation": "left",
    "axes.titlesize": 11,
    "axes.titleweight": "bold",
    "axes.labelsize": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "axes.prop_cycle": cycler(color=COLOURS),
    "grid.color": GRID,
    "grid.linewidth": 0.8,
    "text.color": INK,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "xtick.labelsize": 9,
    "ytick.labelsize": 9,
    "font.size": 10,
    "font.family": "DejaVu Sans",  # comes with matplotlib: the same picture on every machine
    "legend.frameon": False,
    "legend.fontsize": 9,
    "lines.linewidth": 1.8,
    "lines.markersize": 6,
}


@contextmanager
def style() -> Iterator[None]:
    """Draw in the book's style within the block, and leave matplotlib as it was.

    Yields
    ------
    None

    Examples
    --------
    >>> with style():
    ...     figure, ax = plt.subplots()
    """
    plt.draw_if_interactive()  # loads the backend now: loaded within, its switch to interactive would be undone below
    with plt.rc_context(_SETTINGS):
        yield


def new_axes(ax=None, *, size=None):
    """Return the axes given, or those of a new figure in the current style.

    Parameters
    ----------
    ax : matplotlib.axes.Axes, optional
        Axes that there are already.
    size : (float, float), optional
        Width and height of a new figure in inches.

    Returns
    -------
    matplotlib.axes.Axes

    Examples
    --------
    >>> with style():
    ...     ax = new_axes(size=(4, 3))
    """
    return plt.subplots(figsize=size)[1] if ax is None else ax


def check_estimates(estimates):
    """Refuse what is no dict of estimates by name."""
    if not isinstance(estimates, dict) or not all(isinstance(value, Estimate) for value in estimates.values()):
        raise BadInput(f"received `estimates` {estimates!r:.60}; expected a dict of names to Estimate")


def draw_dots(ax, estimates, *, colours=None):
    """Draw named estimates as dots on their intervals, the first on top; an undefined one keeps its row, empty."""
    colours = colours or [COLOURS[0]] * len(estimates)
    for row, (estimate, colour) in enumerate(zip(estimates.values(), colours, strict=True)):
        if estimate.low is not None:
            ax.plot([estimate.low, estimate.high], [row, row], color=colour, linewidth=2.6, solid_capstyle="round")
        if estimate.value is not None:
            ax.plot([estimate.value], [row], "o", color=colour, markersize=8, markeredgecolor=PAPER)
    ax.set_yticks(range(len(estimates)), estimates)
    ax.set_ylim(len(estimates) - 0.5, -0.5)
    ax.grid(axis="y", visible=False)
    ax.tick_params(axis="y", length=0)

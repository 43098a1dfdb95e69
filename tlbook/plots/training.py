"""Plots of training: the learning-rate finder's search, a history, any quantity along steps or blocks."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes

from tlbook.errors import BadInput
from tlbook.plots.style import COLOURS, DASHES, INK, MARKERS, MUTED, new_axes, style
from tlbook.training.learning_rates import RateSearch


def learning_rate_search(search: RateSearch, *, ax: Axes | None = None) -> Axes:
    """Plot the search of the learning-rate finder: the loss of each batch against its learning rate.

    Parameters
    ----------
    search : RateSearch
        What ``find_learning_rate`` returned.
    ax : matplotlib.axes.Axes, optional
        Where to draw; None draws on axes of a new figure.

    Returns
    -------
    matplotlib.axes.Axes

    Examples
    --------
    >>> from tlbook.training.learning_rates import RateSearch
    >>> losses = np.array([1.0, 0.9, 0.5, 0.4, 3.0])
    >>> ax = learning_rate_search(RateSearch(np.logspace(-4, 0, 5), losses, losses, 1e-2))
    """
    with style():
        ax = new_axes(ax)
        ax.plot(search.rates, search.losses, ".", color=MUTED, label="one batch")
        ax.plot(search.rates, search.smoothed, color=COLOURS[0], label="running average")
        ax.axvline(search.suggestion, color=INK, linestyle="--", label=f"suggestion {search.suggestion:.1e}")
        top = 1.2 * max(search.smoothed[0], np.nanmin(search.smoothed))
        ax.set(xscale="log", xlabel="learning rate", ylabel="loss", ylim=(0, top))
        ax.legend()
    return ax


def training_history(history: Mapping[str, Sequence[float]], *, metric: str = "loss", ax: Axes | None = None) -> Axes:
    """Plot a measure over epochs, for training and validation.

    Parameters
    ----------
    history : dict of str to sequence of float
        As Keras records it; holds ``metric``, and ``val_`` + ``metric`` where there is validation.
    metric : str
        Key of ``history``: ``loss``, ``accuracy``.
    ax : matplotlib.axes.Axes, optional
        Where to draw; None draws on axes of a new figure.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    BadInput
        The history has no such measure.

    Examples
    --------
    >>> ax = training_history({"loss": [0.9, 0.5, 0.4], "val_loss": [1.0, 0.7, 0.6]})
    """
    if metric not in history:
        raise BadInput(f"received `metric` {metric!r}; expected one of {', '.join(history) or 'none: it is empty'}")
    with style():
        ax = new_axes(ax)
        for i, (label, key) in enumerate((("training", metric), ("validation", f"val_{metric}"))):
            if key in history:
                epochs = np.arange(1, len(history[key]) + 1)
                marker = "o" if len(epochs) == 1 else None
                ax.plot(epochs, history[key], color=COLOURS[i], linestyle=DASHES[i], marker=marker, label=label)
        ax.xaxis.get_major_locator().set_params(integer=True)
        ax.set(xlabel="epoch", ylabel=metric.replace("_", " "))
        ax.legend()
    return ax


def lines(
    series: Mapping[str, Sequence[float]],
    *,
    x: Sequence[float] | Sequence[str] | None = None,
    xlabel: str = "",
    ylabel: str = "",
    reference: tuple[str, float] | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Plot named quantities along steps, epochs or blocks, from zero upwards.

    Parameters
    ----------
    series : dict of str to sequence of float
        Of equal length.
    x : sequence of float or str, optional
        Where the values stand, names being written at a slant; without it 1, 2, 3 and so on.
    xlabel, ylabel : str
        Beside the axes; empty by default.
    reference : (str, float), optional
        Name and height of a dotted line.
    ax : matplotlib.axes.Axes, optional
        Where to draw; None draws on axes of a new figure.

    Returns
    -------
    matplotlib.axes.Axes

    Examples
    --------
    >>> ax = lines({"one rate": [3.0, 1.0, 2.0], "by block": [2.0, 1.5, 1.0]}, x=["stem", "stage 1", "top"])
    """
    with style():
        ax = new_axes(ax, size=(6.4, 3.4))
        for i, (name, values) in enumerate(series.items()):
            places = range(1, len(values) + 1) if x is None else x
            ax.plot(places, values, color=COLOURS[i], marker=MARKERS[i], label=name)
        if reference is not None:
            name, height = reference
            ax.axhline(height, color=MUTED, linestyle=DASHES[2], linewidth=1.4, label=name)
        if x is not None and isinstance(x[0], str):
            ax.tick_params(axis="x", rotation=45)
        ax.set(xlabel=xlabel, ylabel=ylabel, ylim=(0, None))
        ax.legend()
    return ax

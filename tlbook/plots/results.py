"""Plots of results: learning curves, intervals, paired differences, the challenge by year."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import ScalarFormatter

from tlbook.evidence.claims import adjust_holm
from tlbook.evidence.economics import CHALLENGE_YEARS, HUMAN_TOP5_ERROR, ChallengeYear
from tlbook.evidence.intervals import Estimate
from tlbook.evidence.learning_curves import PowerLaw
from tlbook.plots.style import (
    COLOURS,
    DASHES,
    INK,
    MARKERS,
    MUTED,
    PERCENT,
    check_estimates,
    draw_dots,
    new_axes,
    style,
)

APART = 0.012  # of an axis, between the intervals of two curves


def learning_curve(
    rows: Sequence[Mapping[str, Any]],
    *,
    x: str = "n",
    y: str = "accuracy",
    by: str = "strategy",
    laws: Mapping[Any, PowerLaw] | None = None,
    xlabel: str = "training images per class",
    log: bool = True,
    ax: Axes | None = None,
) -> Axes:
    """Plot a measure against the number of labels, or against something else that was varied, with intervals.

    Curves without a law are moved a little to the left or right of ``x``, so that no interval hides another.

    Parameters
    ----------
    rows : sequence of dict
        As from ``summarise(rows, [by, x], y)``: under ``y`` an Estimate.
    x, y, by : str
        Columns: labels, measure (a fraction), and what tells the curves apart.
    laws : dict of object to PowerLaw, optional
        For a curve, the law of its error: drawn with its interval where ``y`` is an error.
    xlabel : str
        Under the horizontal axis.
    log : bool
        False spaces ``x`` evenly, for what is no number of labels.
    ax : matplotlib.axes.Axes, optional
        Where to draw; None draws on axes of a new figure.

    Returns
    -------
    matplotlib.axes.Axes

    Examples
    --------
    >>> from tlbook.evidence.comparisons import summarise
    >>> rows = [{"n": n, "strategy": "head", "seed": s, "accuracy": a + s / 100}
    ...         for n, a in [(10, 0.6), (50, 0.7), (200, 0.75)] for s in range(3)]
    >>> ax = learning_curve(summarise(rows, ["strategy", "n"], "accuracy"))
    """
    curves = {}
    for row in rows:
        if row[y].value is not None:
            curves.setdefault(row[by], []).append((row[x], row[y]))
    values = sorted({n for points in curves.values() for n, _ in points})
    with style():
        ax = new_axes(ax)
        for i, (name, points) in enumerate(curves.items()):
            colour, marker = COLOURS[i % len(COLOURS)], MARKERS[i % len(MARKERS)]
            law = (laws or {}).get(name)
            points = sorted(points, key=lambda point: point[0])
            sizes, estimates = [n for n, _ in points], [estimate for _, estimate in points]
            places = sizes if law else _set_apart(sizes, values, i - (len(curves) - 1) / 2, log=log)
            line = "none" if law else DASHES[i % len(DASHES)]
            ax.plot(places, [e.value for e in estimates], marker, linestyle=line, color=colour, label=str(name))
            known = [(place, e) for place, e in zip(places, estimates, strict=True) if e.low is not None]
            ax.vlines([n for n, _ in known], [e.low for _, e in known], [e.high for _, e in known], color=colour, lw=2)
            if law:
                _draw_law(ax, law, sizes, colour)
        _tick_values(ax, values, log=log)
        ax.set(xlabel=xlabel, ylabel=f"{y}, %".replace("_", " "))
        ax.yaxis.set_major_formatter(PERCENT)
        ax.legend()
    return ax


def _set_apart(sizes, values, rank, *, log):
    """Move the points of a curve by so many steps."""
    if values[0] == values[-1]:
        return sizes
    if log:
        return [n * (values[-1] / values[0]) ** (APART * rank) for n in sizes]
    return [n + (values[-1] - values[0]) * APART * rank for n in sizes]


def _draw_law(ax, law, sizes, colour):
    line = np.geomspace(min(sizes), 2 * max(sizes), 60)
    low, high = law.interval(line)
    ax.plot(line, law.predict(line), color=colour)
    ax.fill_between(line, low, high, color=colour, alpha=0.15, linewidth=0)


def _tick_values(ax, values, *, log):
    ax.set_xscale("log" if log else "linear")
    ax.set_xticks(values, minor=False)
    ax.minorticks_off()
    ax.xaxis.set_major_formatter(ScalarFormatter())


def errors_per_year(
    years: Sequence[ChallengeYear] = CHALLENGE_YEARS, *, human: float = HUMAN_TOP5_ERROR, ax: Axes | None = None
) -> Axes:
    """Plot the error of each year's challenge winner.

    Parameters
    ----------
    years : sequence of ChallengeYear
        In order; those of the ImageNet challenge by default.
    human : float
        Error of a trained annotator, 0-1: a dashed line.
    ax : matplotlib.axes.Axes, optional
        Where to draw; None draws on axes of a new figure.

    Returns
    -------
    matplotlib.axes.Axes

    Examples
    --------
    >>> ax = errors_per_year()
    """
    with style():
        ax = new_axes(ax, size=(7.0, 4.0))
        ax.plot([y.year for y in years], [y.top5_error for y in years], color=MUTED, linewidth=1, zorder=1)
        kinds = ((False, "hand-made features", "s", COLOURS[1]), (True, "convolutional network", "o", COLOURS[0]))
        for deep, label, marker, colour in kinds:
            chosen = [y for y in years if y.deep == deep]
            ax.plot([y.year for y in chosen], [y.top5_error for y in chosen], marker, color=colour, label=label, ms=8)
        ax.axhline(human, color=COLOURS[2], linestyle=DASHES[1], linewidth=1.4, zorder=1)
        for y in years:
            name = y.winner.replace(" (", "\n(").replace("Trimps-", "Trimps-\n")
            near = y.top5_error <= human  # then above the line of the human
            place, shift = ((y.year, human), (-3, 4)) if near else ((y.year, y.top5_error), (4, 6))
            text = f"{100 * y.top5_error:.3g}\n{name}"
            ax.annotate(text, place, shift, textcoords="offset points", fontsize=8, ha="left")
        label = f"a trained human: {100 * human:.1f}"
        ax.text(years[0].year - 0.4, human - 0.004, label, color=COLOURS[2], va="top", fontsize=9)
        ax.set(xlabel="year", ylabel="top-5 error of the winner, %", ylim=(0, 0.36))
        ax.set_xlim(years[0].year - 0.5, years[-1].year + 0.5)
        ax.yaxis.set_major_formatter(PERCENT)
        ax.grid(axis="x", visible=False)
        ax.legend(loc="upper right")
    return ax


def intervals(
    estimates: Mapping[str, Estimate],
    *,
    reference: float | None = None,
    xlabel: str = "accuracy, %",
    ax: Axes | None = None,
) -> Axes:
    """Plot named estimates as dots on their 95 % intervals.

    Parameters
    ----------
    estimates : dict of str to Estimate
        Fractions.
    reference : float, optional
        What needs no model (the majority baseline, chance): a dashed line.
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
        Something other than estimates by name.

    Examples
    --------
    >>> from tlbook.evidence.intervals import wilson_interval
    >>> ax = intervals({"head": wilson_interval(68, 80), "full": wilson_interval(75, 80)}, reference=0.5)
    """
    check_estimates(estimates)
    with style():
        ax = new_axes(ax, size=(6.4, 0.9 + 0.42 * len(estimates)))
        draw_dots(ax, estimates)
        if reference is not None:
            ax.axvline(reference, color=MUTED, linestyle=DASHES[1], linewidth=1.4)
        ax.xaxis.set_major_formatter(PERCENT)
        ax.set_xlabel(xlabel)
    return ax


def paired_differences(
    estimates: Mapping[str, Estimate], *, xlabel: str = "difference, points", ax: Axes | None = None
) -> Axes:
    """Plot paired differences on their 95 % intervals; grey are those that may be zero, given how many are compared.

    Each interval stands for itself. A colour is a claim beside others: it needs a p-value of 0.05 or below, adjusted
    for the number of differences (``tlbook.evidence.claims.adjust_holm``), so that in 95 of 100 plots none of
    the coloured differences is due to chance.

    Parameters
    ----------
    estimates : dict of str to Estimate
        Fractions, as from ``paired_difference``.
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
        Something other than estimates by name, or by another method than t.

    Examples
    --------
    >>> from tlbook.evidence.intervals import paired_t_interval
    >>> ax = paired_differences({"pets": paired_t_interval([0.04, 0.05, 0.03])})
    """
    check_estimates(estimates)
    clear = [p <= 0.05 for p in adjust_holm(estimates).values()]
    colours = [
        (COLOURS[0] if e.value > 0 else COLOURS[1]) if c else MUTED
        for e, c in zip(estimates.values(), clear, strict=True)
    ]
    with style():
        ax = new_axes(ax, size=(6.4, 0.9 + 0.42 * len(estimates)))
        ax.axvline(0, color=INK, linewidth=1)
        draw_dots(ax, estimates, colours=colours)
        ax.xaxis.set_major_formatter(PERCENT)
        ax.set_xlabel(xlabel)
    return ax

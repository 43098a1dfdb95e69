"""Sentences and numbers of a report, as plain text (the page escapes them)."""

STRATEGIES = {
    "scratch": "from scratch: every weight trained, none taken over",
    "head": "head only: the source model frozen, a new head trained on its features",
    "partial": "partial unfreezing: the head and the last blocks of the source model trained",
    "gradual": "gradual unfreezing: the head first, then ever deeper blocks of the source model",
    "full": "full fine-tuning: every weight trained, starting from the source model",
    "film": "FiLM only: a scale and a shift per channel trained, with the head",
    "norm": "normalisation only: the batch normalisation's scales, shifts and statistics trained, with the head",
}
METHODS = {"wilson": "Wilson", "bootstrap": "bootstrap", "bootstrap_group": "bootstrap of groups", "t": "t"}


def format_value(figure, percent=True):
    """Write the value of a figure in per cent or as a fraction.

    Parameters
    ----------
    figure : dict
        ``value``, ``low``, ``high``; None where undefined.
    percent : bool
        False writes fractions with three decimals.

    Returns
    -------
    str
    """
    return "undefined" if figure["value"] is None else _number(figure["value"], percent)


def format_interval(figure, percent=True):
    """Write the interval of a figure in per cent or as a fraction.

    Parameters
    ----------
    figure : dict
        ``value``, ``low``, ``high``; None where undefined.
    percent : bool
        False writes fractions with three decimals.

    Returns
    -------
    str
    """
    if figure["low"] is None:
        return "none"
    return f"{_number(figure['low'], percent)} to {_number(figure['high'], percent)}"


def _number(value, percent):
    return f"{100 * value:.1f}" if percent else f"{value:.3f}"


def format_seconds(seconds):
    """Write a time in seconds, or in minutes from two of them on.

    Parameters
    ----------
    seconds : float

    Returns
    -------
    str
        With its unit.
    """
    return f"{seconds:.1f} s" if seconds < 120 else f"{seconds / 60:.1f} min"


def format_count(count):
    """Write a whole number with a thin space between thousands.

    Parameters
    ----------
    count : int

    Returns
    -------
    str
    """
    return f"{int(count):,}".replace(",", "\u202f")


def describe_data(report):
    """Say in a line what was learned from what.

    Parameters
    ----------
    report : dict
        The contents of ``report.json``.

    Returns
    -------
    str
    """
    line = f"A model for {len(report['classes'])} classes, tested on {format_count(report['n_test'])} images"
    if report["groups_disjoint"] is not None:
        line += f"; {format_count(report['n_groups'])} groups, each in one split"
    if report["n_skipped"]:
        line += f"; {format_count(report['n_skipped'])} unreadable images left out"
    return line + "."


def describe_strategy(report):
    """Name the strategy and what it trains.

    Parameters
    ----------
    report : dict
        The contents of ``report.json``.

    Returns
    -------
    str
    """
    return STRATEGIES.get(report["strategy"], report["strategy"])


def describe_intervals(report):
    """Say in a sentence what the intervals mean, and what they rest on.

    Parameters
    ----------
    report : dict
        The contents of ``report.json``.

    Returns
    -------
    str
    """
    who, how = "other images of the same kind", ""
    if report["accuracy"]["method"] == "bootstrap_group":
        who = "other groups (people, say) of the same kind"
        how = " Whole groups were resampled, since images of one group are not independent."
    return (
        f"A 95\u00a0% interval shows how far a figure could move by chance: if the test were repeated with {who}, "
        f"about 95 of 100 intervals made in this way would hold the true figure.{how}"
    )


def verdict(report):
    """Weigh the accuracy against always answering the most frequent class.

    Parameters
    ----------
    report : dict
        The contents of ``report.json``.

    Returns
    -------
    tuple of str
        ``good``, ``unclear`` or ``bad``, and the sentence.
    """
    accuracy, baseline = report["accuracy"], report["majority_baseline"]
    if accuracy["value"] is None or accuracy["low"] is None:
        return "unclear", "There is no interval for the accuracy: nothing can be said about other images."
    found = (
        f"The model is right on {100 * accuracy['value']:.1f}\u00a0% of the test images "
        f"(95\u00a0% interval {100 * accuracy['low']:.1f} to {100 * accuracy['high']:.1f}\u00a0%)"
    )
    always = f"always answering the most frequent class ({100 * baseline:.1f}\u00a0%)"
    if accuracy["low"] > baseline:
        return "good", f"{found}: better than {always}, beyond what chance explains."
    if accuracy["high"] < baseline:
        return "bad", f"{found}: worse than {always}."
    balanced = report["balanced_accuracy"]
    if balanced["low"] is not None and balanced["low"] > 1 / len(report["classes"]):
        return "unclear", (
            f"{found}: that can't be told apart from {always}. Its balanced accuracy of "
            f"{100 * balanced['value']:.1f}\u00a0% is above guessing: with uneven classes, read that, AUROC and recall."
        )
    return "unclear", f"{found}: with this many test images that can't be told apart from {always}."


def describe_cached_activations(cached_activations, *, epochs):
    """Say which part of the network was run once instead of in every epoch.

    Parameters
    ----------
    cached_activations : dict or None
        ``stage``, ``where``, ``bytes`` and ``views``; None where no epoch was spared.
    epochs : int
        That were run; 0 for a head alone.

    Returns
    -------
    str
    """
    if epochs == 0:
        return "the whole source model: each image passed it once, and the head was fitted to its features"
    if cached_activations is None:
        return "nothing; each epoch ran the whole network"
    where = {"ram": "in memory", "disk": "on disk"}[cached_activations["where"]]
    size = f"{cached_activations['bytes'] / 1e6:,.1f} MB of activations kept {where}"
    return f"all up to {cached_activations['stage']}, {size}, views of a training image: {cached_activations['views']}"

"""The intervals of scores, by resampling or Wilson's, no narrower than few units allow; and what weakens them."""

from dataclasses import replace

import numpy as np

from tlbook.evidence.counting import class_totals, ratio, weighted_auroc
from tlbook.evidence.intervals import wilson_interval
from tlbook.evidence.resampling import bootstrap_draws, draws_agree, resampled_estimate

FEW_UNITS = 10


def resample_scores(labels, probabilities, columns, *, groups, seed, num_classes):
    """Resample (accuracy, balanced accuracy, AUROC, recall per class, AUROC per column), class by class."""
    all_of = class_totals(labels, np.ones(len(labels), bool), num_classes)
    right_of = class_totals(labels, probabilities.argmax(axis=1) == labels, num_classes)
    rocs = [weighted_auroc(labels == c, probabilities[:, c]) for c in columns]

    present = np.unique(labels)

    def statistic(weights):
        hits, totals = right_of(weights), all_of(weights)
        recalls = ratio(hits, totals)
        each = np.stack([roc(weights) for roc in rocs], axis=1)
        means = [hits.sum(axis=1) / totals.sum(axis=1), recalls[:, present].mean(axis=1), each.mean(axis=1)]
        return np.column_stack([*means, recalls, each])

    return bootstrap_draws(statistic, len(labels), groups=groups, strata=labels, seed=seed)


def count_units(labels, groups, num_classes):
    """Count independent units: all of them, then those of each class."""
    names = np.arange(len(labels)) if groups is None else groups
    return [len(np.unique(names)), *(len(np.unique(names[labels == c])) for c in range(num_classes))]


def estimate_scores(values, draws, units, *, confusion, grouped):
    """Give each value its interval: (accuracy, balanced accuracy, AUROC, recall per class)."""
    totals, hits, k = confusion.sum(axis=1), np.diag(confusion), len(confusion)
    n, method = int(totals.sum()), "bootstrap_group" if grouped else "bootstrap"
    by_class = np.array(units[1:])
    options = {"n": n, "method": method, "trials": int(by_class[by_class > 0].min())}

    def part(i, images, num_units):
        return _estimate_part(values[i], draws[:, i], int(images), int(num_units), method)

    if grouped:
        recalls = [part(3 + c, totals[c], by_class[c]) for c in range(k)]
    else:
        recalls = [wilson_interval(int(h), int(t)) for h, t in zip(hits, totals, strict=True)]
    rarer = np.minimum(by_class, by_class.sum() - by_class) if len(values) > 4 + k else by_class.min(keepdims=True)
    rocs = [part(3 + k + c, n, count) for c, count in enumerate(rarer)]

    def mean(i, parts, weights):
        return _estimate_mean(values[i], draws[:, i], parts, weights, num_units=units[0], **options)

    accuracy = mean(0, recalls, totals / n) if grouped else wilson_interval(int(hits.sum()), n)
    balanced = mean(1, recalls, (totals > 0) / np.count_nonzero(totals))
    return [accuracy, balanced, mean(2, rocs, np.full(len(rocs), 1 / len(rocs))), *recalls]


def _estimate_part(value, draws, n, num_units, method):
    """Give a recall or an AUROC its interval: few units can't show how much they differ, so Wilson's is the least."""
    estimate = resampled_estimate(value, draws, n, num_units=num_units, trials=num_units, method=method)
    if estimate.value is None or num_units >= FEW_UNITS:
        return estimate
    least = wilson_interval(estimate.value * num_units, num_units)
    return _widen(estimate, least.low, least.high)


def _estimate_mean(value, draws, parts, weights, *, n, num_units, trials, method):
    """Give a weighted mean of parts its interval, at least as wide as follows from the intervals of the parts."""
    estimate = resampled_estimate(value, draws, n, num_units=num_units, trials=trials, method=method)
    if estimate.value is None:
        return estimate
    known = [(weight, part) for weight, part in zip(weights, parts, strict=True) if part.value is not None]
    below = np.sqrt(sum((weight * (part.value - part.low)) ** 2 for weight, part in known))
    above = np.sqrt(sum((weight * (part.high - part.value)) ** 2 for weight, part in known))
    return _widen(estimate, estimate.value - below, estimate.value + above)


def _widen(estimate, low, high):
    """Widen an interval to these ends, where it is narrower."""
    low, high = min(estimate.low, float(low)), max(estimate.high, float(high))
    return replace(estimate, low=max(0.0, low), high=min(1.0, high))


def describe_weaknesses(classes, units, estimates, draws, *, grouped):
    """Say in whole sentences what weakens the estimates."""
    kind = "group" if grouped else "image"
    names = ["accuracy", "balanced accuracy", "AUROC", *(f"recall of {name}" for name in classes)]
    missing = [name for name, u in zip(classes, units[1:], strict=True) if u == 0]
    few = [f"{name} ({u})" for name, u in zip(classes, units[1:], strict=True) if 0 < u < FEW_UNITS]
    agreed = [
        name for name, estimate, resampled in zip(names, estimates, draws.T, strict=True)
        if estimate.method != "wilson" and draws_agree(resampled) and (estimate.low, estimate.high) != (0.0, 1.0)
    ]  # fmt: skip
    found = []
    if missing:
        found.append(
            f"no test image of {name_some(missing)}: recall is undefined there, and balanced accuracy leaves it out"
        )
    if estimates[2].value is None:
        found.append("AUROC is undefined: it needs test images of every class")
    if grouped and units[0] == 1:
        found.append("all test images belong to one group: no interval can be computed, 0 to 1 is shown")
    if few:
        found.append(f"fewer than {FEW_UNITS} test {kind}s of {name_some(few)}: take these numbers as rough")
    if agreed and units[0] > 1:
        found.append(
            f"resamples all agree on {name_some(agreed)}: the interval is Wilson's, with one trial per test {kind}"
        )
    return tuple(found)


def name_some(names):
    """Name the first four, and count the others."""
    return ", ".join(names[:4]) + (f" and {len(names) - 4} more" if len(names) > 4 else "")

"""The intervals of scores: Wilson's, with as many trials as the images, or groups of images, are worth.

Each score is a mean over independent units: images, or groups of them. Its variance v is measured on the units, by the
linear part of the score that each unit adds: of a share the ratio estimator's, of an AUROC DeLong's. A value p is then
worth p (1 - p) / v trials, and Wilson's interval with these keeps within 0 and 1 and has a width at a perfect score.
Where few units differ from the others, v says little; it is then drawn towards one trial for each unit (of an AUROC,
each unit of the rarer class), which counts as two more units that differ. `benchmarks/coverage.py` measures how often
such intervals hold the true value.
"""

from dataclasses import dataclass

import numpy as np
from scipy import special

from tlbook.evidence.counting import place_pairs
from tlbook.evidence.intervals import Estimate, bound_share, wilson_interval

FEW_UNITS = 10
_PRIOR = 2  # units that differ, in favour of one trial for each unit


@dataclass(frozen=True)
class Parts:
    """Several scores by columns (m), each with what the units say of it."""

    values: np.ndarray  # (m,), NaN where undefined
    influence: np.ndarray  # (units, m), what each unit adds to the score above the mean; sums to 0
    variance: np.ndarray  # (m,)
    varied: np.ndarray  # (m,), units that differ from what most say
    units: np.ndarray  # (m,), units of the score; of an AUROC those of the rarer class


def count_units(labels, groups, num_classes):
    """Count independent units: all of them, then those of each class."""
    names = np.arange(len(labels)) if groups is None else groups
    return [len(np.unique(names)), *(len(np.unique(names[labels == c])) for c in range(num_classes))]


def estimate_scores(labels, probabilities, columns, *, groups, confusion):
    """Give each score its interval: accuracy, balanced accuracy, AUROC, recall of each class, an `Estimate` each."""
    totals, hits = confusion.sum(axis=1), np.diag(confusion)
    codes = np.arange(len(labels)) if groups is None else np.unique(groups, return_inverse=True)[1]
    present = totals > 0
    weights = present / np.count_nonzero(present)
    if groups is None:
        accuracy = wilson_interval(int(hits.sum()), int(totals.sum()))
        recalls = [wilson_interval(int(h), int(t)) for h, t in zip(hits, totals, strict=True)]
        balanced = _average(recalls, weights, np.eye(len(totals)), "wilson")
    else:
        shares = measure_shares(labels, probabilities.argmax(axis=1) == labels, codes, len(totals))
        images = [totals.sum(), *totals]
        accuracy, *recalls = _bound_parts(shares, images, _find_reach(codes), "wilson_group")
        members = np.bincount(codes * len(totals) + labels, minlength=(codes.max() + 1) * len(totals))
        members = (members.reshape(-1, len(totals)) > 0).astype(float)
        alike = _correlate(shares.influence[:, 1:], members.T @ members > 0)
        balanced = _average(recalls, weights, alike, "wilson_group")
    method, reach = ("delong", _find_reach()) if groups is None else ("delong_group", _find_reach(codes))
    rocs = measure_rocs(labels, probabilities, columns, codes)
    found = _bound_parts(rocs, [len(labels)] * len(columns), reach, method)
    share = np.full(len(columns), 1 / len(columns))
    auroc = found[0] if len(columns) == 1 else _average(found, share, _correlate(rocs.influence), method, strict=True)
    return [accuracy, balanced, auroc, *recalls]


def measure_shares(labels, right, codes, num_classes):
    """Measure the share of right answers, of all images and of each class (1 + num_classes columns), in groups."""
    cells, size = codes * num_classes + labels, (codes.max() + 1) * num_classes
    totals, hits = (
        np.bincount(cells, weights, size).reshape(-1, num_classes) for weights in (np.ones(len(labels)), right)
    )
    totals, hits = (np.column_stack([part.sum(axis=1), part]) for part in (totals, hits))
    n, units = totals.sum(axis=0), (totals > 0).sum(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        values = hits.sum(axis=0) / n
        influence = np.nan_to_num((hits - values * totals) / n)
        variance = units / (units - 1) * (influence**2).sum(axis=0)
        variance = np.fmax(variance, values * (1 - values) / n)  # groups are worth no more than their images
        varied = np.array([_count_varied(column) for column in (hits / totals).T])
    return Parts(values, influence, variance, varied, units)


def measure_rocs(labels, probabilities, columns, codes):
    """Measure the AUROC of each of these columns, one class against the rest, in groups (DeLong; Obuchowski)."""
    parts = [_measure_roc(labels == c, probabilities[:, c], codes) for c in columns]
    values, influence, variance, varied, units = zip(*parts, strict=True)
    return Parts(np.array(values), np.column_stack(influence), *map(np.array, (variance, varied, units)))


def _measure_roc(is_positive, scores, codes):
    """Measure one AUROC: value, influence (units,), variance, units that differ, units of the rarer class."""
    num_units, sides = codes.max() + 1, []
    beaten = place_pairs(is_positive, scores)
    value = float(beaten[is_positive].mean()) if 0 < is_positive.sum() < len(is_positive) else np.nan
    for side in (is_positive, ~is_positive):
        images = np.bincount(codes[side], minlength=num_units)
        sums = np.bincount(codes[side], beaten[side], num_units)
        has = images > 0
        influence = (sums - value * images) / max(1, images.sum())
        sides.append((influence, _count_varied(sums[has] / images[has]), np.count_nonzero(has)))
    (first, *_), (second, *_) = sides
    variance = 2 * first @ second
    variance += sum(side @ side * units / max(1, units - 1) for side, _, units in sides)
    return value, first + second, variance, min(side[1] for side in sides), min(side[2] for side in sides)


def _count_varied(results):
    """Count the units whose result is not the most frequent one; NaN is no unit."""
    known = results[np.isfinite(results)]
    return len(known) - max(np.unique(known.round(9), return_counts=True)[1], default=0)


def _find_reach(codes=None, level=0.95):
    """Find the quantile of the interval: normal, or Student's t over groups."""
    if codes is None:
        return special.ndtri((1 + level) / 2)
    return special.stdtrit(max(1, codes.max()), (1 + level) / 2)


def _bound_parts(parts, images, reach, method):
    """Give each score Wilson's interval, with the trials that its units are worth; one unit says nothing of others."""
    estimates = []
    for i, value in enumerate(parts.values):
        n, units, varied = int(images[i]), parts.units[i], parts.varied[i]
        if not np.isfinite(value):
            estimates.append(Estimate(None, None, None, n, method))
        elif units < 2:
            estimates.append(Estimate(float(value), 0.0, 1.0, n, method))
        else:
            spread = value * (1 - value)
            found = parts.variance[i] / spread if spread > 0 else 0.0
            trials = (varied + _PRIOR) / (varied * found + _PRIOR / units)
            estimates.append(Estimate(float(value), *bound_share(float(value), trials, reach), n, method))
    return estimates


def _correlate(influence, shared=1.0):
    """Correlate scores by what the units add to them, (m, m), 0 or more; ``shared`` (0 or 1) where no unit tells."""
    products, size = influence.T @ influence, np.sqrt((influence**2).sum(axis=0))
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.clip(np.where(np.outer(size, size) > 0, products / np.outer(size, size), shared), 0, 1)


def _average(estimates, weights, correlation, method, *, strict=False):
    """Give a weighted mean of estimates its interval, from their distances to the ends (Zou & Donner)."""
    n = estimates[0].n if strict else sum(e.n for e in estimates)
    known = [i for i, e in enumerate(estimates) if e.value is not None]
    if strict and len(known) < len(estimates):
        return Estimate(None, None, None, n, method)
    value, low, high = np.array([(estimates[i].value, estimates[i].low, estimates[i].high) for i in known]).T
    weights, correlation = weights[known], correlation[np.ix_(known, known)]
    below, above = (np.sqrt(d @ correlation @ d) for d in (weights * (value - low), weights * (high - value)))
    mean = float(weights @ value)
    return Estimate(mean, max(0.0, float(mean - below)), min(1.0, float(mean + above)), n, method)


def describe_weaknesses(classes, units, auroc, *, grouped):
    """Say in whole sentences what weakens the estimates; ``units`` of the whole and of each class."""
    kind = "group" if grouped else "image"
    missing = [name for name, u in zip(classes, units[1:], strict=True) if u == 0]
    few = [f"{name} ({u})" for name, u in zip(classes, units[1:], strict=True) if 0 < u < FEW_UNITS]
    found = []
    if missing:
        found.append(
            f"no test image of {name_some(missing)}: recall is undefined there, and balanced accuracy leaves it out"
        )
    if auroc.value is None:
        found.append("AUROC is undefined: it needs test images of every class")
    if grouped and units[0] == 1:
        found.append("all test images belong to one group: no interval can be computed, 0 to 1 is shown")
    if few:
        found.append(f"fewer than {FEW_UNITS} test {kind}s of {name_some(few)}: take these numbers as rough")
    return tuple(found)


def name_some(names):
    """Name the first four, and count the others."""
    return ", ".join(names[:4]) + (f" and {len(names) - 4} more" if len(names) > 4 else "")

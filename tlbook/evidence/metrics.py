"""Score predictions: accuracy, balanced accuracy, AUROC and recall, each with its interval."""

from dataclasses import dataclass, replace

import numpy as np

from tlbook.errors import BadInput
from tlbook.evidence.counting import auroc, class_totals, confusion_matrix, ratio, weighted_auroc
from tlbook.evidence.intervals import Estimate, wilson_interval
from tlbook.evidence.resampling import bootstrap_draws, draws_agree, resampled_estimate

FEW_UNITS = 10


@dataclass(frozen=True)
class Scores:
    """What a model did in one split of a data set.

    Attributes
    ----------
    accuracy, balanced_accuracy, auroc : Estimate
        Fractions.
    recall : dict of str to Estimate
        Per class, in the order of the classes.
    majority_baseline : float
        Accuracy of always answering the most frequent class of these labels.
    confusion : numpy.ndarray
        int64, (k, k); rows are true classes, columns predicted ones.
    warnings : tuple of str
        What weakens a figure.
    """

    accuracy: Estimate
    balanced_accuracy: Estimate
    auroc: Estimate
    recall: dict
    majority_baseline: float
    confusion: np.ndarray
    warnings: tuple = ()

    def as_dict(self):
        """Return the scores under the keys of ``report.json``.

        Returns
        -------
        dict
            Of plain dicts, numbers and text.
        """
        return {
            "accuracy": self.accuracy.as_dict(),
            "balanced_accuracy": self.balanced_accuracy.as_dict(),
            "auroc": self.auroc.as_dict(),
            "recall": {name: figure.as_dict() for name, figure in self.recall.items()},
            "majority_baseline": self.majority_baseline,
        }


def balanced_accuracy(labels, probabilities):
    """Balanced accuracy: the mean, over the classes that occur, of the share of their images that is answered right.

    Parameters
    ----------
    labels : numpy.ndarray
        int64, (n,).
    probabilities : numpy.ndarray
        float, (n, classes).

    Returns
    -------
    float
        0-1.

    Examples
    --------
    >>> balanced_accuracy(np.array([0, 0, 1]), np.array([[0.9, 0.1], [0.2, 0.8], [0.1, 0.9]]))
    0.75
    """
    right = probabilities.argmax(-1) == labels
    return float(np.mean([right[labels == c].mean() for c in np.unique(labels)]))


def score_predictions(labels, probabilities, classes, *, groups=None, positive=None, seed=0):
    """Score class probabilities against the truth.

    Without groups, accuracy and recall have Wilson intervals, balanced accuracy and AUROC a bootstrap over images.
    With groups every interval is a bootstrap over whole groups, since images of one person are not independent. Each
    class is resampled by itself. What rests on few units has an interval at least as wide as Wilson's with one trial a
    unit, and a mean over classes at least as wide as follows from the intervals of its parts.
    Where all units agree (a perfect score) a bootstrap interval would have no width; it is then Wilson's, with one
    trial a unit, and a warning says so.

    Parameters
    ----------
    labels : array_like
        int, (n,), 0 to k - 1.
    probabilities : array_like
        float, (n, k); the predicted class is the (first) largest.
    classes : sequence of str
        (k,), at least two.
    groups : array_like, optional
        (n,), who or what each image belongs to.
    positive : str, optional
        With two classes, the one whose probability AUROC ranks; default the last in sorted order.
    seed : int
        Of the resampling.

    Returns
    -------
    Scores
        AUROC with more than two classes is the plain mean of one class against the rest, undefined where a class has
        no image. Balanced accuracy is the mean recall of the classes that have images.

    Raises
    ------
    BadInput
        Shapes that do not match, a label or class that is not there, probabilities that are not finite.

    References
    ----------
    AUROC from ranks: Hanley & McNeil 1982, doi:10.1148/radiology.143.1.7063747. Balanced accuracy: Brodersen et al.
    2010, doi:10.1109/ICPR.2010.764. Means of parts: Zou & Donner 2008, doi:10.1002/sim.3095.
    """
    classes = tuple(classes)
    labels, probabilities, groups = _checked(labels, probabilities, classes, groups)
    column = _positive_column(classes, positive)
    confusion = confusion_matrix(labels, probabilities.argmax(axis=1), len(classes))
    totals, hits = confusion.sum(axis=1), np.diag(confusion)
    recalls = hits / np.where(totals == 0, np.nan, totals)
    columns = range(len(classes)) if column is None else [column]
    rocs = [auroc(labels == c, probabilities[:, c]) for c in columns]
    values = np.array([hits.sum() / totals.sum(), np.nanmean(recalls), np.mean(rocs), *recalls])
    draws = _draws(labels, probabilities, columns, groups=groups, seed=seed, num_classes=len(classes))
    units = _units(labels, groups, len(classes))
    figures = _figures(np.r_[values, rocs], draws, units, confusion=confusion, grouped=groups is not None)
    return Scores(
        *figures[:3],
        recall=dict(zip(classes, figures[3:], strict=True)),
        majority_baseline=float(totals.max() / totals.sum()),
        confusion=confusion,
        warnings=_warnings(classes, units, figures, draws[:, : len(figures)], grouped=groups is not None),
    )


def _draws(labels, probabilities, columns, *, groups, seed, num_classes):
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


def _units(labels, groups, num_classes):
    """Count independent units: all of them, then those of each class."""
    names = np.arange(len(labels)) if groups is None else groups
    return [len(np.unique(names)), *(len(np.unique(names[labels == c])) for c in range(num_classes))]


def _figures(values, draws, units, *, confusion, grouped):
    """Give each value its interval: (accuracy, balanced accuracy, AUROC, recall per class)."""
    totals, hits, k = confusion.sum(axis=1), np.diag(confusion), len(confusion)
    n, method = int(totals.sum()), "bootstrap_group" if grouped else "bootstrap"
    by_class = np.array(units[1:])
    options = {"n": n, "method": method, "trials": int(by_class[by_class > 0].min())}

    def part(i, images, num_units):
        return _part_figure(values[i], draws[:, i], int(images), int(num_units), method)

    if grouped:
        recalls = [part(3 + c, totals[c], by_class[c]) for c in range(k)]
    else:
        recalls = [wilson_interval(int(h), int(t)) for h, t in zip(hits, totals, strict=True)]
    rarer = np.minimum(by_class, by_class.sum() - by_class) if len(values) > 4 + k else by_class.min(keepdims=True)
    rocs = [part(3 + k + c, n, count) for c, count in enumerate(rarer)]

    def mean(i, parts, weights):
        return _mean_figure(values[i], draws[:, i], parts, weights, num_units=units[0], **options)

    accuracy = mean(0, recalls, totals / n) if grouped else wilson_interval(int(hits.sum()), n)
    balanced = mean(1, recalls, (totals > 0) / np.count_nonzero(totals))
    return [accuracy, balanced, mean(2, rocs, np.full(len(rocs), 1 / len(rocs))), *recalls]


def _part_figure(value, draws, n, num_units, method):
    """Give a recall or an AUROC its interval: few units can't show how much they differ, so Wilson's is the least."""
    figure = resampled_estimate(value, draws, n, num_units=num_units, trials=num_units, method=method)
    if figure.value is None or num_units >= FEW_UNITS:
        return figure
    least = wilson_interval(figure.value * num_units, num_units)
    return _widen(figure, least.low, least.high)


def _mean_figure(value, draws, parts, weights, *, n, num_units, trials, method):
    """Give a weighted mean of parts its interval, at least as wide as follows from the intervals of the parts."""
    figure = resampled_estimate(value, draws, n, num_units=num_units, trials=trials, method=method)
    if figure.value is None:
        return figure
    known = [(weight, part) for weight, part in zip(weights, parts, strict=True) if part.value is not None]
    below = np.sqrt(sum((weight * (part.value - part.low)) ** 2 for weight, part in known))
    above = np.sqrt(sum((weight * (part.high - part.value)) ** 2 for weight, part in known))
    return _widen(figure, figure.value - below, figure.value + above)


def _widen(figure, low, high):
    return replace(figure, low=max(0.0, min(figure.low, float(low))), high=min(1.0, max(figure.high, float(high))))


def _warnings(classes, units, figures, draws, *, grouped):
    """Say in whole sentences what weakens the figures."""
    kind = "group" if grouped else "image"
    names = ["accuracy", "balanced accuracy", "AUROC", *(f"recall of {name}" for name in classes)]
    missing = [name for name, u in zip(classes, units[1:], strict=True) if u == 0]
    few = [f"{name} ({u})" for name, u in zip(classes, units[1:], strict=True) if 0 < u < FEW_UNITS]
    agreed = [
        name for name, figure, of_figure in zip(names, figures, draws.T, strict=True)
        if figure.method != "wilson" and draws_agree(of_figure) and (figure.low, figure.high) != (0.0, 1.0)
    ]  # fmt: skip
    found = []
    if missing:
        found.append(
            f"no test image of {_some(missing)}: recall is undefined there, and balanced accuracy leaves it out"
        )
    if figures[2].value is None:
        found.append("AUROC is undefined: it needs test images of every class")
    if grouped and units[0] == 1:
        found.append("all test images belong to one group: no interval can be computed, 0 to 1 is shown")
    if few:
        found.append(f"fewer than {FEW_UNITS} test {kind}s of {_some(few)}: take these figures as rough")
    if agreed and units[0] > 1:
        found.append(
            f"resamples all agree on {_some(agreed)}: the interval is Wilson's, with one trial per test {kind}"
        )
    return tuple(found)


def _some(names):
    return ", ".join(names[:4]) + (f" and {len(names) - 4} more" if len(names) > 4 else "")


def _positive_column(classes, positive):
    if positive is None:
        return classes.index(max(classes)) if len(classes) == 2 else None
    if positive not in classes or len(classes) != 2:
        raise BadInput(f"received the positive class {positive!r}; expected one of two classes, here {_some(classes)}")
    return classes.index(positive)


def _checked(labels, probabilities, classes, groups):
    labels, probabilities = np.asarray(labels), np.asarray(probabilities, dtype=float)
    n, k = len(labels), len(classes)
    if k < 2 or n == 0:
        raise BadInput(f"received {n} labels of {k} classes; expected at least one label and two classes")
    if probabilities.shape != (n, k):
        raise BadInput(
            f"received probabilities of shape {probabilities.shape}; expected {(n, k)}: a row for each label"
        )
    if not np.issubdtype(labels.dtype, np.integer) or labels.min() < 0 or labels.max() >= k:
        raise BadInput(f"received labels other than 0 to {k - 1}; expected whole numbers that index the classes")
    if not np.isfinite(probabilities).all():
        raise BadInput(
            "received probabilities that are not finite; expected numbers from 0 to 1: did training diverge?"
        )
    if groups is not None and len(groups) != n:
        raise BadInput(f"received {len(groups)} groups for {n} labels; expected one for each label")
    return labels.astype(np.int64), probabilities, None if groups is None else np.asarray(groups)

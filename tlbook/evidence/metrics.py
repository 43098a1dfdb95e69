"""Score predictions: accuracy, balanced accuracy, AUROC and recall, each with its interval."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from tlbook.datasets.printing import format_html, format_text
from tlbook.errors import BadInput
from tlbook.evidence.counting import confusion_matrix
from tlbook.evidence.intervals import Estimate, format_estimate
from tlbook.evidence.score_intervals import (
    count_units,
    describe_weaknesses,
    estimate_scores,
    name_some,
)

MOST_CLASSES = 20  # whose recall is printed


@dataclass(frozen=True)
class Scores:
    """What a model did in one split of a data set. It prints as a small table, in a notebook too.

    Attributes
    ----------
    accuracy, balanced_accuracy, auroc : Estimate
        Fractions.
    recall : dict of str to Estimate
        Per class, in the order of the classes.
    majority_baseline : float
        Accuracy of always predicting the most frequent class of these labels.
    confusion : numpy.ndarray
        int64, (k, k); rows are true classes, columns predicted ones.
    warnings : tuple of str
        What weakens an estimate.

    Examples
    --------
    >>> labels = [0] * 20 + [1] * 20
    >>> probabilities = [[0.9, 0.1]] * 17 + [[0.4, 0.6]] * 6 + [[0.2, 0.8]] * 17
    >>> score_predictions(labels, probabilities, ("broken", "intact"))
    measure            value   95 % interval   n  method
    accuracy           0.925  0.801 to 0.974  40  Wilson
    balanced accuracy  0.925  0.792 to 0.974  40  Wilson
    AUROC              0.989  0.896 to 0.999  40  DeLong, Wilson's form
    recall of broken   0.850  0.640 to 0.948  20  Wilson
    recall of intact   1.000  0.839 to 1.000  20  Wilson
    majority baseline  0.500
    """

    accuracy: Estimate
    balanced_accuracy: Estimate
    auroc: Estimate
    recall: dict[str, Estimate]
    majority_baseline: float
    confusion: np.ndarray
    warnings: tuple[str, ...] = ()

    def __repr__(self):
        return "\n".join(filter(None, [format_text(_tabulate(self), left=(0, 4)), *_list_notes(self)]))

    def _repr_html_(self):
        return format_html(_tabulate(self), "", "; ".join(_list_notes(self)))

    def as_dict(self) -> dict[str, Any]:
        """Return the estimates under the keys of ``report.json``.

        Returns
        -------
        dict
            Of plain dicts, numbers and text.
        """
        return {
            "accuracy": self.accuracy.as_dict(),
            "balanced_accuracy": self.balanced_accuracy.as_dict(),
            "auroc": self.auroc.as_dict(),
            "recall": {name: estimate.as_dict() for name, estimate in self.recall.items()},
            "majority_baseline": self.majority_baseline,
        }


def _tabulate(scores):
    """Return the rows of the table that scores print as, the header first."""
    rows = [["measure", "value", "95 % interval", "n", "method"]]
    named = {"accuracy": scores.accuracy, "balanced accuracy": scores.balanced_accuracy, "AUROC": scores.auroc}
    named |= {f"recall of {name}": scores.recall[name] for name in list(scores.recall)[:MOST_CLASSES]}
    rows += [[name, *format_estimate(estimate)] for name, estimate in named.items()]
    return [*rows, ["majority baseline", f"{scores.majority_baseline:.3f}", "", "", ""]]


def _list_notes(scores):
    """List what stands below the table: classes that are not in it, and warnings."""
    hidden = len(scores.recall) - MOST_CLASSES
    more = [f"{hidden} more classes: see .recall"] if hidden > 0 else []
    return [*more, *(f"warning: {line}" for line in scores.warnings)]


def calibration_error(labels, probabilities, *, bins=15):
    """Expected calibration error: how far the highest probability is from the share of right answers, on the mean.

    Images are sorted into bins of equal width by their highest probability; the distance between mean probability and
    share of right answers counts by the images in the bin. Few images in many bins make it too large.

    Parameters
    ----------
    labels : numpy.ndarray
        int64, (n,).
    probabilities : numpy.ndarray
        float, (n, classes), 0-1.
    bins : int
        At least 1.

    Returns
    -------
    float
        0-1.

    References
    ----------
    Guo et al. 2017, arXiv:1706.04599.

    Examples
    --------
    >>> calibration_error(np.array([0, 0, 1, 1]), np.array([[0.75, 0.25]] * 3 + [[0.25, 0.75]]))
    0.0
    """
    highest = probabilities.max(-1).astype(np.float64)
    right = probabilities.argmax(-1) == labels
    places = np.minimum((highest * bins).astype(int), bins - 1)
    gaps = np.bincount(places, highest - right, minlength=bins)
    return float(np.abs(gaps).sum() / len(labels))


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


def score_predictions(labels, probabilities, classes, *, groups=None, positive=None):
    """Score class probabilities against the truth.

    Every interval is Wilson's. Without groups, of accuracy and recall as it is; of AUROC with as many trials as
    DeLong's variance is worth. With groups both rest on the variance between whole groups, since images of one person
    are not independent, and the quantile is Student's t. Where few images (or groups) differ from the others (a
    perfect score, for one), that variance says little, and is drawn towards one trial a unit. A mean over classes has
    its interval from those of its parts. How often such intervals hold the true value is simulated by
    ``benchmarks/coverage.py``.

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
    AUROC from ranks: Hanley & McNeil 1982, doi:10.1148/radiology.143.1.7063747; its variance: DeLong et al. 1988,
    doi:10.2307/2531595, in groups Obuchowski 1997, doi:10.2307/2533958; on the scale of a share: Newcombe 2006,
    doi:10.1002/sim.2323. Shares in groups: Korn & Graubard 1998 and Dean & Pagano 2015, doi:10.1093/jssam/smv024.
    Balanced accuracy: Brodersen et al. 2010, doi:10.1109/ICPR.2010.764. Means of parts: Zou & Donner 2008,
    doi:10.1002/sim.3095.

    Examples
    --------
    >>> scores = score_predictions([0, 0, 1, 1], [[0.9, 0.1], [0.4, 0.6], [0.2, 0.8], [0.3, 0.7]], ["cats", "dogs"])
    >>> print(scores.accuracy)
    0.750 (95 % interval 0.301 to 0.954, n = 4)
    """
    classes = _check_classes(classes)
    labels, probabilities, groups = _check_predictions(labels, probabilities, classes, groups)
    column = _positive_column(classes, positive)
    confusion = confusion_matrix(labels, probabilities.argmax(axis=1), len(classes))
    columns = range(len(classes)) if column is None else [column]
    estimates = estimate_scores(labels, probabilities, columns, groups=groups, confusion=confusion)
    units, totals = count_units(labels, groups, len(classes)), confusion.sum(axis=1)
    return Scores(
        *estimates[:3],
        recall=dict(zip(classes, estimates[3:], strict=True)),
        majority_baseline=float(totals.max() / totals.sum()),
        confusion=confusion,
        warnings=describe_weaknesses(classes, units, estimates[2], grouped=groups is not None),
    )


def _positive_column(classes, positive):
    if positive is None:
        return classes.index(max(classes)) if len(classes) == 2 else None
    if positive not in classes or len(classes) != 2:
        raise BadInput(f"received `positive` {positive!r}; expected one of two classes, here {name_some(classes)}")
    return classes.index(positive)


def _check_classes(classes):
    if isinstance(classes, str) or not hasattr(classes, "__iter__"):
        raise BadInput(f"received `classes` {classes!r}; expected a sequence of class names")
    classes = tuple(classes)
    if len(set(classes)) < max(2, len(classes)):
        raise BadInput(f"received `classes` {name_some(list(map(str, classes)))}; expected two or more different ones")
    return classes


def _check_predictions(labels, probabilities, classes, groups):
    labels, n, k = np.asarray(labels), np.size(labels), len(classes)
    if labels.ndim != 1 or n == 0:
        raise BadInput(f"received `labels` of shape {labels.shape}; expected one for each image, at least one")
    if not np.issubdtype(labels.dtype, np.integer) or labels.min() < 0 or labels.max() >= k:
        raise BadInput(f"received `labels` other than 0 to {k - 1}; expected whole numbers that index the classes")
    try:
        probabilities = np.asarray(probabilities, dtype=float)
    except (TypeError, ValueError):
        raise BadInput(f"received `probabilities` that are no numbers; expected an array of shape {(n, k)}") from None
    if probabilities.shape != (n, k):
        raise BadInput(
            f"received `probabilities` of shape {probabilities.shape}; expected {(n, k)}: a row for each label"
        )
    if not np.isfinite(probabilities).all():
        raise BadInput(
            "received `probabilities` that are not finite; expected numbers from 0 to 1: did training diverge?"
        )
    if groups is not None and np.shape(groups) != (n,):
        raise BadInput(f"received `groups` of shape {np.shape(groups)}; expected ({n},): one for each label")
    return labels.astype(np.int64), probabilities, None if groups is None else np.asarray(groups)

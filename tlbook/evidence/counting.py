"""What is counted to score answers: a confusion matrix, ranked pairs, and both for weighted images."""

import numpy as np


def confusion_matrix(labels, predicted, num_classes):
    """Count true classes (rows) against predicted ones (columns), both int, (n,): int64, (num_classes, num_classes)."""
    cells = np.asarray(labels, np.int64) * num_classes + np.asarray(predicted, np.int64)
    return np.bincount(cells, minlength=num_classes * num_classes).reshape(num_classes, num_classes)


def auroc(is_positive, scores):
    """Chance, 0 to 1, that a positive image (bool, (n,)) scores above a negative one; a tie counts half.

    NaN without a positive or without a negative image. Hanley & McNeil 1982, doi:10.1148/radiology.143.1.7063747.
    """
    is_positive = np.asarray(is_positive, bool)
    positives, negatives = int(is_positive.sum()), int((~is_positive).sum())
    if positives == 0 or negatives == 0:
        return float("nan")
    _, place, ties = np.unique(scores, return_inverse=True, return_counts=True)
    ranks = np.cumsum(ties) - (ties - 1) / 2  # tied scores share the mean of their ranks
    above = ranks[place][is_positive].sum() - positives * (positives + 1) / 2
    return float(above / (positives * negatives))


def _running_sum(weights, order):
    """Sum weights (b, n) along ``order`` (m,): (b, m + 1), from 0."""
    sums = np.zeros((len(weights), len(order) + 1), weights.dtype)
    np.cumsum(np.take(weights, order, axis=1), axis=1, out=sums[:, 1:])
    return sums


def ratio(above, below):
    """Divide two arrays of one shape, with NaN where the divisor is 0."""
    return np.divide(above, below, out=np.full(np.shape(above), np.nan), where=below > 0)


def weighted_auroc(is_positive, scores):
    """Prepare the AUROC of weighted images: from weights, int32, (b, n), to float64, (b,), NaN without a pair.

    For each positive, the weight of the negatives below it is read off one running sum over the sorted negatives.
    """
    positives, negatives = np.flatnonzero(is_positive), np.flatnonzero(~is_positive)
    negatives = negatives[np.argsort(scores[negatives], kind="stable")]
    below = np.searchsorted(scores[negatives], scores[positives], "left")
    up_to = np.searchsorted(scores[negatives], scores[positives], "right")

    def statistic(weights):
        beaten = _running_sum(weights, negatives)
        own = np.take(weights, positives, axis=1).astype(float)
        wins = np.einsum("bp,bp->b", own, np.take(beaten, below, axis=1) + np.take(beaten, up_to, axis=1)) / 2
        return ratio(wins, own.sum(axis=1) * beaten[:, -1])

    return statistic


def class_totals(labels, chosen, num_classes):
    """Prepare the weight of each class's chosen images: from weights, (b, n), to (b, num_classes)."""
    order = np.flatnonzero(chosen)
    order = order[np.argsort(labels[order], kind="stable")]
    edges = np.searchsorted(labels[order], np.arange(num_classes + 1))
    return lambda weights: np.diff(np.take(_running_sum(weights, order), edges, axis=1), axis=1)

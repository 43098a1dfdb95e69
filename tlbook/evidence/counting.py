"""What is counted to score answers: a confusion matrix, and ranked pairs."""

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


def place_pairs(is_positive, scores):
    """Share of the pairs of each image, (n,), that are ranked right: positive above negative; a tie counts half.

    The mean over the positive images is the AUROC, and so is that over the negative ones; 0 without a pair.
    DeLong et al. 1988, doi:10.2307/2531595, call them placements.
    """
    scores, found = np.asarray(scores), np.zeros(len(scores))
    for side, sign in ((is_positive, 1), (~is_positive, -1)):
        others = np.sort(sign * scores[~side])
        own = sign * scores[side]
        below = np.searchsorted(others, own, "left") + np.searchsorted(others, own, "right")
        found[side] = below / (2 * max(1, len(others)))
    return found

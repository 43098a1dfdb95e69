"""Labels that look wrong: heads that have not seen an image disagree with its label."""

import contextlib

import numpy as np

from tlbook.datasets.splits import split_groups
from tlbook.errors import BadInput
from tlbook.models.heads import fit_head
from tlbook.runtime import show_progress

FOLDS = 10
REPEATS = 2
MANY = 3000  # images from which one division into folds has to do
LEAST_GROUPS = FOLDS  # of a class whose labels are judged
DOUBTED = 0.4  # of the probability that guessing gives a class: below it a label looks wrong


def judge_labels(features, labels, groups, *, seed=0, quiet=False):
    """Predict each image by heads that were fitted without its group, averaged over two divisions into ten folds.

    Parameters
    ----------
    features : numpy.ndarray
        float32, (n, channels).
    labels : numpy.ndarray
        int64, (n,).
    groups : numpy.ndarray
        (n,).
    seed : int
        Of the folds.
    quiet : bool
        True shows no progress bar.

    Returns
    -------
    numpy.ndarray
        float32, (n, classes); rows sum to 1, or are NaN for classes of fewer than ten groups, which are not judged, and
        everywhere if fewer than two classes are left.

    Examples
    --------
    >>> labels = np.arange(60) % 2
    >>> features = np.random.default_rng(0).normal(size=(60, 4)).astype("float32") + 6 * labels[:, None]
    >>> bool((judge_labels(features, labels, np.arange(60), quiet=True).argmax(1) == labels).all())
    True
    """
    probabilities = np.full((len(labels), labels.max() + 1), np.nan, np.float32)
    kept = [c for c in np.unique(labels) if len(np.unique(groups[labels == c])) >= LEAST_GROUPS]
    rows = np.flatnonzero(np.isin(labels, kept))
    if len(kept) < 2:
        return probabilities
    x, y, units = features[rows], np.searchsorted(kept, labels[rows]), groups[rows]
    total = np.zeros((len(rows), len(kept)), np.float32)
    divisions = _divide(y, units, REPEATS if len(rows) <= MANY else 1, seed)
    for folds in divisions:
        known, chooses = folds > 1, folds <= 1
        strength = fit_head(x[known], y[known], x[chooses], y[chooses], len(kept)).C
        for fold in show_progress(np.unique(folds), "looking at labels", quiet=quiet):
            asked = folds == fold
            head = fit_head(x[~asked], y[~asked], x[asked], y[asked], len(kept), Cs=(strength,))
            total[asked] += head.predict(x[asked]) / len(divisions)
    if not divisions:
        return probabilities
    probabilities[rows] = 0
    probabilities[np.ix_(rows, kept)] = total
    return probabilities


def _divide(labels, groups, repeats, seed):
    """Divide images into ten folds, each class in each; into five where the groups of several classes overlap much."""
    for count in (FOLDS, FOLDS // 2):
        with contextlib.suppress(BadInput):
            parts = (1 / count,) * count
            return [split_groups(labels, groups, fractions=parts, seed=seed + 100 * i) for i in range(repeats)]
    return []


def find_suspects(probabilities, labels, *, doubted=DOUBTED):
    """Find the images whose label looks wrong: heads give it less than four tenths of what guessing would.

    Parameters
    ----------
    probabilities : numpy.ndarray
        float, (n, classes), from `judge_labels`.
    labels : numpy.ndarray
        int64, (n,).
    doubted : float
        Of ``1 / classes``: the probability of the given class below which it looks wrong.

    Returns
    -------
    suspects, proposed : numpy.ndarray
        int64, (k,): indices, most suspicious first, and the most probable class of each.

    Notes
    -----
    The probability of the given class alone decides, not by how much another one leads: of many classes it is often
    plain that the label is wrong, and not which is right. ``benchmarks/audit.py`` says how many planted errors are
    found and compares with the rules of confident learning, which name two to three times as many images, most of
    which are right.

    References
    ----------
    Northcutt, Jiang and Chuang 2021, on confident learning, doi:10.1613/jair.1.12125.

    Examples
    --------
    >>> suspects, proposed = find_suspects(np.array([[0.9, 0.1], [0.95, 0.05], [0.2, 0.8]]), np.array([0, 1, 1]))
    >>> suspects.tolist(), proposed.tolist()
    ([1], [0])
    """
    judged = np.flatnonzero(np.isfinite(probabilities).all(axis=1))
    found = probabilities[judged]
    own = found[np.arange(len(judged)), labels[judged]] * np.count_nonzero(found.any(axis=0))
    order = np.argsort(own, kind="stable")
    order = order[own[order] < doubted]
    return judged[order], found.argmax(axis=1)[order]

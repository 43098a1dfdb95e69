"""Two classifiers on the same images: which is better, and how sure that is."""

import numpy as np

from tlbook.evidence.intervals import Estimate
from tlbook.evidence.resampling import bootstrap_draws, percentile_interval

METHOD = "bootstrap_paired"


def compare_predictions(labels, probabilities, others, *, groups=None, seed=0):
    """Compare two classifiers by balanced accuracy on the same images, with a bootstrap of whole groups.

    Parameters
    ----------
    labels : numpy.ndarray
        int64, (n,).
    probabilities, others : numpy.ndarray
        float, (n, classes): answers of the one and of the other.
    groups : numpy.ndarray, optional
        str, (n,); None takes each image by itself.
    seed : int
        Of the bootstrap.

    Returns
    -------
    difference : Estimate
        The first minus the other, -1 to 1, with a 95 % interval.
    standard_error : float
        Standard deviation of the bootstrap.

    References
    ----------
    Efron and Tibshirani 1993, doi:10.1201/9780429246593.

    Examples
    --------
    >>> labels = np.array([0, 0, 0, 0, 1, 1, 1, 1])
    >>> right, half = np.eye(2)[labels], np.eye(2)[[0, 0, 1, 1, 1, 1, 0, 0]]
    >>> difference, standard_error = compare_predictions(labels, right, half)
    >>> difference.value, round(standard_error, 2)
    (0.5, 0.18)
    """
    hits = [(answers.argmax(-1) == labels).astype(np.int32) for answers in (probabilities, others)]
    gain = hits[0] - hits[1]
    classes = np.unique(labels)

    def statistic(weights):
        members = [labels == c for c in classes]
        gains = [(weights[:, m] @ gain[m]) / np.maximum(weights[:, m].sum(1), 1) for m in members]
        return np.mean(gains, axis=0)

    value = float(statistic(np.ones((1, len(labels)), np.int32))[0])
    draws = bootstrap_draws(statistic, len(labels), groups=groups, strata=labels, seed=seed)[:, 0]
    units = len(labels) if groups is None else len(np.unique(groups))
    low, high = percentile_interval(draws, units)
    return Estimate(value, low, high, len(labels), METHOD), float(draws.std())

"""Two classifiers on the same images: which is better, and how sure that is."""

import math

import numpy as np
from scipy import special

from tlbook.evidence.intervals import Estimate

METHOD = "paired_t"


def compare_predictions(labels, probabilities, others, *, groups=None):
    """Compare two classifiers by balanced accuracy on the same images; images of one group count as one.

    The difference is a sum over images; its standard error is that of the sums over groups.

    Parameters
    ----------
    labels : numpy.ndarray
        int64, (n,).
    probabilities, others : numpy.ndarray
        float, (n, classes): answers of the one and of the other.
    groups : numpy.ndarray, optional
        str, (n,); None takes each image by itself.

    Returns
    -------
    difference : Estimate
        The first minus the other, -1 to 1, with a 95 % interval (Student's t, as many degrees of freedom as groups
        less one); without an interval where there is one group only.
    standard_error : float
        0 to 1; infinite where there is one group only.

    References
    ----------
    Liang and Zeger 1986, on variances over clusters, doi:10.1093/biomet/73.1.13.

    Examples
    --------
    >>> labels = np.array([0, 0, 0, 0, 1, 1, 1, 1])
    >>> right, half = np.eye(2)[labels], np.eye(2)[[0, 0, 1, 1, 1, 1, 0, 0]]
    >>> difference, standard_error = compare_predictions(labels, right, half)
    >>> difference.value, round(standard_error, 2)
    (0.5, 0.19)
    """
    gain = (probabilities.argmax(-1) == labels).astype(float) - (others.argmax(-1) == labels)
    classes, codes, counts = np.unique(labels, return_inverse=True, return_counts=True)
    means = np.bincount(codes, gain) / counts
    value = float(means.mean())
    influence = (gain - means[codes]) / (counts[codes] * len(classes))
    units = np.arange(len(labels)) if groups is None else np.unique(groups, return_inverse=True)[1]
    sums = np.bincount(units, influence)
    if len(sums) < 2:
        return Estimate(value, None, None, len(labels), METHOD), math.inf
    error = math.sqrt(len(sums) / (len(sums) - 1) * float(sums @ sums))
    reach = float(special.stdtrit(len(sums) - 1, 0.975)) * error
    return Estimate(value, max(-1.0, value - reach), min(1.0, value + reach), len(labels), METHOD), error

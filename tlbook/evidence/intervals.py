"""Estimates, numbers with their 95 % intervals: Wilson's interval, Student's t, and t over re-splits of one pool."""

import math
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from scipy import special

from tlbook.errors import BadInput, is_number, is_whole

RESPLITS = 1 / 3  # test set over training set, where seeds split one pool of images 60/20/20; see `t_interval`


# How an interval was made, in words.
METHODS = {
    "wilson": "Wilson",
    "wilson_group": "Wilson, over groups",
    "delong": "DeLong, Wilson's form",
    "delong_group": "DeLong, over groups",
    "bootstrap": "bootstrap",
    "t": "Student's t",
}


@dataclass(frozen=True)
class Estimate:
    """A number, its interval, and what both rest on.

    Attributes
    ----------
    value : float or None
        None where the number is undefined (a recall without images, say).
    low, high : float or None
        Ends of the 95 % interval; None where there is none.
    n : int
        What the number rests on: test images, or seeds.
    method : str
        Of shares ``wilson``, of AUROC ``delong``, where images share a group ``wilson_group`` and ``delong_group``;
        of means over seeds ``t``, of a learning curve ``bootstrap``.

    Examples
    --------
    >>> Estimate(0.85, 0.756, 0.912, 80, "wilson")
    Estimate(0.850, 95 % interval 0.756 to 0.912, n = 80, method Wilson)
    >>> print(Estimate(0.85, 0.756, 0.912, 80, "wilson"))
    0.850 (95 % interval 0.756 to 0.912, n = 80)
    """

    value: float | None
    low: float | None
    high: float | None
    n: int
    method: str

    def as_dict(self) -> dict[str, Any]:
        """Return the five fields as a plain dict, ready for JSON.

        Returns
        -------
        dict
            ``value``, ``low``, ``high``, ``n`` and ``method``.
        """
        return asdict(self)

    def __str__(self):
        value, known, _ = _describe(self)
        return f"{value} ({known})"

    def __repr__(self):
        return "Estimate({}, {}, method {})".format(*_describe(self))

    def _repr_html_(self):
        return "<b>{}</b> ({}; {})".format(*_describe(self))


def format_estimate(estimate):
    """Write value, interval, n and method as a table has them, a list of str."""
    value = "undefined" if estimate.value is None else f"{estimate.value:.3f}"
    interval = "none" if estimate.low is None else f"{estimate.low:.3f} to {estimate.high:.3f}"
    return [value, interval, f"{estimate.n:,}", METHODS.get(estimate.method, estimate.method)]


def _describe(estimate):
    """Write value, what it rests on, and method."""
    value, interval, _, method = format_estimate(estimate)
    rests = f"n = {estimate.n}" if estimate.value is None else f"no interval, n = {estimate.n}"
    return value, rests if estimate.low is None else f"95 % interval {interval}, n = {estimate.n}", method


def wilson_interval(successes, n, level=0.95):
    """Interval of a share, good for small counts and for shares near 0 and 1.

    Parameters
    ----------
    successes : float
        0 to ``n``; not whole where a share is put down to so many trials.
    n : int
        Number of independent trials; with 0 the share is undefined.
    level : float
        Between 0 and 1.

    Returns
    -------
    Estimate
        A fraction, method ``wilson``.

    Raises
    ------
    BadInput
        No numbers, more successes than trials, or a negative count.

    References
    ----------
    Wilson 1927, doi:10.1080/01621459.1927.10502953.

    Examples
    --------
    >>> print(wilson_interval(68, 80))
    0.850 (95 % interval 0.756 to 0.912, n = 80)
    """
    if not (is_number(successes) and is_whole(n) and 0 <= successes <= n):
        raise BadInput(f"received `successes` {successes!r} of `n` {n!r}; expected numbers, 0 <= successes <= n")
    if n == 0:
        return Estimate(None, None, None, 0, "wilson")
    share = successes / n
    return Estimate(share, *bound_share(share, n, special.ndtri((1 + level) / 2)), int(n), "wilson")


def bound_share(share, trials, reach):
    """Compute Wilson's interval, (low, high), of a share of so many trials, not necessarily whole."""
    widen = reach * reach / trials
    centre = (share + widen / 2) / (1 + widen)
    half = reach / (1 + widen) * math.sqrt(share * (1 - share) / trials + widen / (4 * trials))
    # At the ends the formula gives 0 or 1 up to rounding; the interval must hold its share.
    return float(min(share, max(0.0, centre - half))), float(max(share, min(1.0, centre + half)))


def t_interval(values, level=0.95, *, test_to_train=0.0):
    """Mean of repeated measurements, with Student's t interval.

    Seeds that split one pool of images anew share most of them, so their scores differ less than scores on images of
    their own would. The variance of the mean, s² / n, is then taken as s² (1 / n + test set / training set).

    That ratio is the pool's, 1/3 for 60/20/20, also where only some of the training images are learned from. It stands
    for the correlation of two splits' scores, supposed to be 1/3 / (1 + 1/3) = 0.25, and what correlates them is that
    their test sets (and, all images learned from, their training sets) overlap: fewer images learned from make it
    smaller, while the ratio of the images really learned from would make the interval wider. In simulations
    (``benchmarks/coverage_resplits.py``) the correlation lies between 0 and 0.25: intervals with 1/3 hold the mean over
    pools in 95 to 99.5 % of all cases, on the safe side, and those with 0 in as few as 83 %.

    Parameters
    ----------
    values : array_like
        float, (n,), one per seed.
    level : float
        Between 0 and 1.
    test_to_train : float
        0 where each seed has images of its own; where seeds split one pool, the size of the test set over that of
        the training set (``RESPLITS``).

    Returns
    -------
    Estimate
        Method ``t``; one value has no interval, none has no mean.

    Raises
    ------
    BadInput
        The values are no numbers in one row.

    References
    ----------
    Student 1908, doi:10.1093/biomet/6.1.1; splits of one pool: Nadeau & Bengio 2003, doi:10.1023/A:1024068626366.

    Examples
    --------
    >>> print(t_interval([0.71, 0.74, 0.69, 0.73, 0.72]))
    0.718 (95 % interval 0.694 to 0.742, n = 5)
    >>> print(t_interval([0.71, 0.74, 0.69, 0.73, 0.72], test_to_train=RESPLITS))
    0.718 (95 % interval 0.679 to 0.757, n = 5)
    """
    try:
        values = np.asarray(values, dtype=float)
    except (TypeError, ValueError):
        raise BadInput(f"received `values` {values!r:.60}; expected numbers, one per seed") from None
    if values.ndim != 1:
        raise BadInput(f"received `values` of shape {values.shape}; expected (n,): one number per seed")
    n = values.size
    if n == 0:
        return Estimate(None, None, None, 0, "t")
    mean = float(values.mean())
    if n == 1:
        return Estimate(mean, None, None, 1, "t")
    half = special.stdtrit(n - 1, (1 + level) / 2) * values.std(ddof=1) * math.sqrt(1 / n + test_to_train)
    return Estimate(mean, float(mean - half), float(mean + half), n, "t")


def paired_t_interval(differences, level=0.95, *, test_to_train=0.0):
    """Mean difference of two methods measured on the same seeds.

    What the two share (the split, the images) cancels in each difference, so the interval is narrower than two
    intervals side by side would suggest. An interval without zero is a difference at the 5 % level.

    Parameters
    ----------
    differences : array_like
        float, (n,), first minus second, one per seed.
    level, test_to_train : float
        As for `t_interval`.

    Returns
    -------
    Estimate
        Method ``t``.

    References
    ----------
    As for `t_interval`.

    Examples
    --------
    >>> head, full = np.array([0.71, 0.74, 0.69]), np.array([0.75, 0.79, 0.72])
    >>> print(paired_t_interval(full - head))
    0.040 (95 % interval 0.015 to 0.065, n = 3)
    """
    return t_interval(differences, level, test_to_train=test_to_train)

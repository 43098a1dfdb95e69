"""What may be claimed where many differences stand side by side."""

from scipy import special

from tlbook.errors import BadInput


def adjust_holm(estimates, level=0.95):
    """Compute the p-value of each of many differences, adjusted for their number.

    Of twenty differences that are all zero, one 95 % interval without zero is to be expected. Holm's method takes the
    p-values in rising order, the first times their number, the next times one less, and so on, none below the one
    before it. Whoever calls those at 0.05 or below different is wrong with even one of them in 5 % of such tables at
    most, whatever the differences share.

    Parameters
    ----------
    estimates : dict of object to Estimate
        Of method ``t``, as from `tlbook.evidence.comparisons.paired_differences`.
    level : float
        Of their intervals.

    Returns
    -------
    dict of object to float
        0-1, in the same order; 1 where there is no interval, which then counts as no comparison.

    Raises
    ------
    BadInput
        An estimate of another method.

    References
    ----------
    Holm 1979, https://www.jstor.org/stable/4615733.

    Examples
    --------
    >>> from tlbook.evidence.intervals import paired_t_interval
    >>> gains = {"pets": paired_t_interval([0.04, 0.05, 0.03]), "signs": paired_t_interval([0.01, 0.03, 0.01])}
    >>> {name: round(p, 3) for name, p in adjust_holm(gains).items()}
    {'pets': 0.04, 'signs': 0.13}
    """
    for name, estimate in estimates.items():
        if estimate.low is not None and estimate.method != "t":
            raise BadInput(f"received {name!r} by {estimate.method}; expected estimates of method t")
    alone = {name: _find_p(e, level) for name, e in estimates.items() if e.low is not None}
    found, least = dict.fromkeys(estimates, 1.0), 0.0
    for rank, name in enumerate(sorted(alone, key=alone.get)):
        least = max(least, min(1.0, alone[name] * (len(alone) - rank)))
        found[name] = least
    return found


def _find_p(estimate, level):
    """Find the two-sided p-value of zero, from a t interval."""
    half = (estimate.high - estimate.low) / 2
    if half == 0:
        return float(estimate.value == 0)
    reach = special.stdtrit(estimate.n - 1, (1 + level) / 2)
    return float(2 * special.stdtr(estimate.n - 1, -abs(estimate.value) / half * reach))

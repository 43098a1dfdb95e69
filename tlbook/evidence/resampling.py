"""The bootstrap: how far an estimate would move with other seeds of the same kind."""

import math

import numpy as np
from scipy import special


def percentile_interval(draws, num_units, level=0.95):
    """Read the expanded percentile interval, (low, high), off bootstrap draws of ``num_units`` units; None without any.

    The plain percentile interval is too short for few units: resampling n units underestimates their spread by
    (n - 1) / n and ignores that the spread itself is estimated. The expanded one reads the percentiles further out,
    by the factor of a t interval; from about 50 units on the two agree. Hesterberg 2015,
    doi:10.1080/00031305.2015.1089789.
    """
    draws = np.asarray(draws, dtype=float)
    draws = draws[np.isfinite(draws)]
    if draws.size == 0 or num_units < 2:
        return None, None
    tail = percentile_tail(num_units, level)
    low, high = np.quantile(draws, [tail, 1 - tail])
    return float(low), float(high)


def percentile_tail(num_units, level=0.95):
    """Share of the draws of two or more units that lies beyond each end of the expanded percentile interval."""
    reach = math.sqrt(num_units / (num_units - 1)) * special.stdtrit(num_units - 1, (1 + level) / 2)
    return float(special.ndtr(-reach))

"""Error as a power law of the number of labels, bounded below, and what the next labels would buy."""

from dataclasses import dataclass

import numpy as np

from tlbook.errors import BadInput, check_arguments, is_number
from tlbook.evidence.intervals import Estimate
from tlbook.evidence.resampling import percentile_interval

MAX_EXPONENT = 2.0
_EXPONENTS = np.geomspace(0.01, MAX_EXPONENT, 200)
_SMALLEST_ERROR = 0.005  # an error of 0 in a small test set would otherwise get all the weight


@dataclass(frozen=True)
class PowerLaw:
    """The curve error(n) = floor + scale · n^(-exponent), with refits on resampled seeds.

    Attributes
    ----------
    floor : float
        Error that more labels would not remove, 0 or more.
    scale : float
        0 or more.
    exponent : float
        0.01 to 2; how fast labels pay.
    num_seeds : int
        Learning curves behind the fit.
    draws : numpy.ndarray
        float64, (replicates, 3): floor, scale and exponent of each refit; (0, 3) with one seed.
    """

    floor: float
    scale: float
    exponent: float
    num_seeds: int
    draws: np.ndarray

    def predict(self, sizes):
        """Error at the given numbers of labels.

        Parameters
        ----------
        sizes : array_like
            float, (m,), 1 or more.

        Returns
        -------
        numpy.ndarray
            float64, (m,), 0-1.
        """
        return _errors_at(np.array([[self.floor, self.scale, self.exponent]]), sizes)[0]

    def interval(self, sizes, level=0.95):
        """Interval of the curve at the given numbers of labels.

        Parameters
        ----------
        sizes : array_like
            float, (m,), 1 or more.
        level : float
            Between 0 and 1.

        Returns
        -------
        tuple of numpy.ndarray
            ``(low, high)``, float64, (m,); NaN with one seed.
        """
        if self.num_seeds < 2:
            return (np.full(len(np.atleast_1d(sizes)), np.nan),) * 2
        value, errors = self.predict(sizes), _errors_at(self.draws, sizes)
        ends = np.array([percentile_interval(column, self.num_seeds, level) for column in errors.T])
        return np.minimum(ends[:, 0], value), np.maximum(ends[:, 1], value)


def _errors_at(curves, sizes):
    """Errors, (c, m), of curves (c, 3) at sizes (m,)."""
    sizes = np.atleast_1d(np.asarray(sizes, dtype=float))
    floor, scale, exponent = curves.T[:, :, None]
    return np.clip(floor + scale * sizes ** (-exponent), 0.0, 1.0)


def fit_power_law(sizes, errors, *, replicates=1000, seed=0):
    """Fit a bounded power law to measured learning curves.

    Squared relative deviations are minimised, as on logarithmic axes. For a given exponent the curve is linear in
    floor and scale, so both follow exactly (non-negative least squares) and only the exponent is searched, on a fine
    grid: no starting values, no local minima. The interval refits on resampled seeds, a whole learning curve each,
    since the points of one nested curve share their images. It says how far chance moves the curve, not whether a
    power law holds beyond the sizes measured.

    Parameters
    ----------
    sizes : array_like
        int, (m,), labels per class or in all, three or more different ones.
    errors : array_like
        float, (num_seeds, m) or (m,), 1 - accuracy, 0-1.
    replicates : int
        Refits.
    seed : int
        Of the resampling.

    Returns
    -------
    PowerLaw

    Raises
    ------
    BadInput
        Fewer than three sizes, other shapes, or errors outside 0-1.

    References
    ----------
    Hestness et al. 2017, arXiv:1712.00409.

    Examples
    --------
    >>> law = fit_power_law([10, 40, 160], [0.45, 0.25, 0.15])
    >>> round(law.floor, 2), round(law.exponent, 2)
    (0.05, 0.5)
    """
    try:
        sizes, errors = np.asarray(sizes, dtype=float), np.atleast_2d(np.asarray(errors, dtype=float))
    except (TypeError, ValueError):
        raise BadInput(
            "received `sizes` or `errors` that are no table of numbers; expected (m,) and (seeds, m)"
        ) from None
    if sizes.ndim != 1 or len(np.unique(sizes)) < 3 or sizes.min() < 1:
        raise BadInput(f"received `sizes` {sizes.tolist()}; expected three or more different ones, from 1 on")
    if errors.shape[1:] != sizes.shape or not ((errors >= 0) & (errors <= 1)).all():
        raise BadInput(f"received `errors` of shape {errors.shape}; expected (seeds, {len(sizes)}), each from 0 to 1")
    num_seeds = len(errors)
    floor, scale, exponent = _fit(sizes, errors.mean(axis=0, keepdims=True))[0]
    draws = np.empty((0, 3))
    if num_seeds > 1:
        drawn = np.random.default_rng(seed).integers(0, num_seeds, size=(replicates, num_seeds))
        draws = _fit(sizes, errors[drawn].mean(axis=1))
    return PowerLaw(float(floor), float(scale), float(exponent), num_seeds, draws)


def _fit(sizes, errors):
    """Fit curves (c, m) at once: (c, 3) of floor, scale, exponent."""
    weights = 1 / np.maximum(errors, _SMALLEST_ERROR) ** 2
    best = np.full(len(errors), np.inf)
    curves = np.empty((len(errors), 3))
    for exponent in _EXPONENTS:
        floor, scale = _solve(sizes ** (-exponent), errors, weights)
        misfit = (weights * (floor[:, None] + scale[:, None] * sizes ** (-exponent) - errors) ** 2).sum(axis=1)
        better = misfit < best
        best[better] = misfit[better]
        curves[better] = np.stack([floor, scale, np.full(len(errors), exponent)], axis=1)[better]
    return curves


def _solve(decay, errors, weights):
    """Weighted least squares of errors (c, m) by floor + scale · decay, neither below 0."""
    total, d, dd = weights.sum(axis=1), weights @ decay, weights @ decay**2
    e, de = (weights * errors).sum(axis=1), (weights * errors) @ decay
    scale = (total * de - d * e) / (total * dd - d * d)
    floor = (e - scale * d) / total
    # Where one of the two would be negative, the optimum lies on that bound.
    floor, scale = np.where(scale < 0, e / total, floor), np.maximum(scale, 0)
    return np.maximum(floor, 0), np.where(floor < 0, de / dd, scale)


def next_labels_buy(law, size, extra):
    """Predict by how much the error falls with more labels.

    Parameters
    ----------
    law : PowerLaw
        As ``fit_power_law`` returns it.
    size : int
        Labels now, counted as in the fit.
    extra : int
        Labels to add.

    Returns
    -------
    Estimate
        Fraction of images newly right; method ``bootstrap``, n seeds; no interval with one seed.

    Raises
    ------
    BadInput
        Fewer than one label now, or none added.

    Examples
    --------
    >>> law = fit_power_law([10, 40, 160], [0.45, 0.25, 0.15])
    >>> round(next_labels_buy(law, 160, 160).value, 3)
    0.029
    """
    for name, value in (("size", size), ("extra", extra)):
        check_arguments({name: value}, {name: (is_number(value, 1), "a number of at least 1")})
    now, then = law.predict([size, size + extra])
    value = float(now - then)
    if law.num_seeds < 2:
        return Estimate(value, None, None, law.num_seeds, "bootstrap")
    errors = _errors_at(law.draws, [size, size + extra])
    low, high = percentile_interval(errors[:, 0] - errors[:, 1], law.num_seeds)
    return Estimate(value, min(low, value), max(high, value), law.num_seeds, "bootstrap")

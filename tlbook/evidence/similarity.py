"""How alike two representations of the same images are: linear centred kernel alignment."""

import numpy as np
from numpy.typing import ArrayLike

from tlbook.errors import BadInput

LEAST = 4  # images below which the unbiased estimate is not defined


def linear_cka(features: ArrayLike, others: ArrayLike, *, debiased: bool = True) -> float:
    """Compare two sets of features of the same images by linear centred kernel alignment.

    It asks whether images that are alike for one network are alike for the other. Turning or scaling all features of
    a network changes nothing, and the two may have different numbers of channels.

    Parameters
    ----------
    features, others : array_like
        Float, (n, channels) and (n, other channels): row i of both belongs to image i; n is at least 4.
    debiased : bool
        True estimates without bias (unrelated features give 0 on average). False computes the original, which is too
        high where there are more channels than images.

    Returns
    -------
    float
        1 for the same representation, 0 for unrelated ones. The unbiased estimate may be a little below 0.

    Raises
    ------
    BadInput
        The two do not belong to the same images, or there are fewer than 4.

    References
    ----------
    Kornblith et al. 2019, arXiv:1905.00414; without bias: Song et al. 2012, Journal of Machine Learning Research 13.

    Examples
    --------
    >>> features = np.random.default_rng(0).normal(size=(50, 8))
    >>> turned = 3 * features[:, ::-1]
    >>> round(linear_cka(features, turned), 3)
    1.0
    """
    features, others = np.asarray(features, dtype=float), np.asarray(others, dtype=float)
    if features.ndim != 2 or others.ndim != 2 or len(features) != len(others) or len(features) < LEAST:
        raise BadInput(
            f"received features of shapes {features.shape} and {others.shape}; expected (n, channels) twice, with the "
            f"same n of at least {LEAST}"
        )
    centre = _centre_unbiased if debiased else _centre
    first, second = (centre(x @ x.T) for x in (features - features.mean(axis=0), others - others.mean(axis=0)))
    scale = np.sqrt((first * first).sum() * (second * second).sum())
    return float((first * second).sum() / scale) if scale > 0 else 0.0


def _centre(gram):
    """Take rows' and columns' means from a matrix of inner products."""
    return gram - gram.mean(axis=0) - gram.mean(axis=1)[:, None] + gram.mean()


def _centre_unbiased(gram):
    """Centre a matrix of inner products without its diagonal (U-centring)."""
    n = len(gram)
    gram = gram - np.diag(np.diag(gram))
    means = gram.sum(axis=1) / (n - 2)
    centred = gram - means - means[:, None] + gram.sum() / ((n - 1) * (n - 2))
    np.fill_diagonal(centred, 0)
    return centred

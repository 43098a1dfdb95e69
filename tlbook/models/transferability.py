"""Transferability: how well a source suits a data set, told from its frozen features without training.

Larger is better in every score. Each compares sources on one data set; none compares data sets, for they depend on the
number of classes and of images. Labels are whole numbers, and classes without images count for nothing.
"""

import warnings

import numpy as np
from numpy.typing import ArrayLike

from tlbook.datasets.splits import divide_folds
from tlbook.errors import BadInput, check_whole
from tlbook.models.heads import fit_head
from tlbook.runtime import LARGEST_SEED

NOISE = 1e-5  # LogME's noise has at least this standard deviation, where labels are 0 and 1
SPAN = 1e10  # prior over noise precision, in units of the largest squared singular value: one over this to this
ROUNDING = 1e-14
STARTS = 41  # ratios over that span, of which the best starts LogME's fixed point
STEPS, TOLERANCE = 500, 1e-8  # of the fixed point
ENERGY = 0.8  # share of the variance that N-LEEP's principal components keep
PER_CLASS, PER_COMPONENT = 5, 3  # Gaussians a class, and images a Gaussian at least
PENALTY = 0.01  # the probe's C: in the middle of those that validation chose (data/results/source_probe.csv)


def logme(features: ArrayLike, labels: ArrayLike) -> float:
    """Compute LogME: the log evidence of a Bayesian linear model of the labels, per image, at its best precisions.

    Each class against the others is a target of 0 and 1; a linear model without intercept has a Gaussian prior on its
    weights and Gaussian noise, whose precisions are found by the fixed point of the journal paper. With more channels
    than images there may be several, so that it starts at the best of many places. All classes are worked out side by
    side after one singular value decomposition. Turning or scaling the features changes nothing.

    Parameters
    ----------
    features : array_like
        Float, (n, channels), finite.
    labels : array_like
        Whole numbers, (n,), of two classes or more.

    Returns
    -------
    float
        Mean over classes of the log evidence over n.

    Raises
    ------
    BadInput
        Arrays of other shapes, values that are not finite, or a single class.

    References
    ----------
    You et al. 2021, arXiv:2102.11005; the fixed point: You et al. 2022, arXiv:2110.10545.

    Examples
    --------
    >>> labels = [0, 0, 1, 1]
    >>> good, poor = [[1, 0], [1, 0], [0, 1], [0, 1]], [[1, 0], [0, 1], [1, 0], [0, 1]]
    >>> logme(good, labels) > logme(poor, labels)
    True
    """
    x, y = _check(features, labels)
    n, targets = len(y), np.eye(y.max() + 1)[y]
    left, sizes, _ = _decompose(x)
    s, z = sizes[:, None] ** 2, (left.T @ targets) ** 2
    missed = targets.sum(0) - z.sum(0)  # what no linear model reaches
    missed[missed < ROUNDING * n] = 0
    if not s.size:
        return float(np.mean(-0.5 * (np.log(2 * np.pi * missed / n) + 1)))
    return float(_maximise_evidence(s, z, missed, n).mean() / n)


def leep(probabilities: ArrayLike, labels: ArrayLike) -> float:
    """Compute LEEP: the log likelihood of the labels, per image, told from the classes that the source sees.

    An image's label is predicted by the source's answer, through the empirical chance of each label given each of the
    source's classes. No feature is looked at, so that the source needs its classifier.

    Parameters
    ----------
    probabilities : array_like
        Float, (n, source classes), the source's answer to each image; rows sum to 1.
    labels : array_like
        Whole numbers, (n,), of two classes or more.

    Returns
    -------
    float
        At most 0.

    Raises
    ------
    BadInput
        Arrays of other shapes, rows that are no probabilities, or a single class.

    References
    ----------
    Nguyen et al. 2020, arXiv:2002.12462.

    Examples
    --------
    >>> round(leep([[0.5, 0.5], [0.5, 0.5]], [0, 1]), 4)
    -0.6931
    >>> leep([[1, 0], [0, 1]], [0, 1])
    0.0
    """
    answers, y = _check(probabilities, labels, "probabilities")
    if answers.min(initial=0) < 0 or np.any(abs(answers.sum(1) - 1) > 1e-3):
        raise BadInput("received `probabilities` whose rows do not sum to 1; expected probabilities of source classes")
    joint = np.eye(y.max() + 1)[y].T @ answers
    seen = joint.sum(0)
    given = joint[:, seen > 0] / seen[seen > 0]  # chance of each label where the source says that class
    chances = np.einsum("iz,iz->i", given[y], answers[:, seen > 0])
    return float(np.minimum(np.log(chances), 0).mean())


def nleep(features: ArrayLike, labels: ArrayLike, *, seed: int = 0) -> float:
    """Compute N-LEEP: LEEP with the Gaussians of a mixture in the place of the source's classes.

    The features are reduced to the principal components that keep 80 % of their variance, and a mixture of five
    Gaussians a class is fitted to them, of fewer where that left a Gaussian less than three images. As there are few
    images, covariances are diagonal here.

    Parameters
    ----------
    features : array_like
        Float, (n, channels), finite.
    labels : array_like
        Whole numbers, (n,), of two classes or more.
    seed : int
        Of the mixture's start.

    Returns
    -------
    float
        At most 0.

    Raises
    ------
    BadInput
        Arrays of other shapes, values that are not finite, a single class, or no seed.

    References
    ----------
    Li et al. 2021, arXiv:2011.11200.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> labels = np.arange(60) % 2
    >>> blobs = rng.normal(size=(60, 4))
    >>> nleep(blobs + 9 * labels[:, None], labels) > nleep(blobs, labels)
    True
    """
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.mixture import GaussianMixture

    check_whole("seed", seed, 0, LARGEST_SEED)
    x, y = _check(features, labels)
    left, sizes, _ = _decompose(x - x.mean(0))
    if not sizes.size:
        return leep(np.ones((len(y), 1)), y)
    share = np.cumsum(sizes**2) / np.sum(sizes**2)
    num = int(np.searchsorted(share, ENERGY - 1e-9)) + 1
    reduced = left[:, :num] * sizes[:num] / sizes[0] * np.sqrt(len(y))
    components = max(1, min(PER_CLASS * (y.max() + 1), len(y) // PER_COMPONENT))
    mixture = GaussianMixture(components, covariance_type="diag", random_state=seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # fewer distinct images than Gaussians, or steps at an end
        return leep(mixture.fit(reduced).predict_proba(reduced), y)


def h_score(features: ArrayLike, labels: ArrayLike) -> float:
    """Compute the H-score: how much of the features' variance, each direction alike, lies between the classes.

    It is the trace of the inverse covariance of the features times the covariance of their class means. With few
    images the first is singular, or nearly: it is shrunk after Ledoit and Wolf, and the second by the same share.
    Turning, scaling or shifting the features changes nothing.

    Parameters
    ----------
    features : array_like
        Float, (n, channels), finite.
    labels : array_like
        Whole numbers, (n,), of two classes or more.

    Returns
    -------
    float
        0 to the number of classes - 1.

    Raises
    ------
    BadInput
        Arrays of other shapes, values that are not finite, or a single class.

    References
    ----------
    Bao et al. 2019, doi:10.1109/ICIP.2019.8803726; with shrinkage: Ibrahim et al. 2022, arXiv:2110.06893; Ledoit and
    Wolf 2004, doi:10.1016/S0047-259X(03)00096-4.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> labels = np.arange(60) % 2
    >>> blobs = rng.normal(size=(60, 4))
    >>> h_score(blobs + 9 * labels[:, None], labels) > h_score(blobs, labels)
    True
    """
    x, y = _check(features, labels)
    n, channels = x.shape
    x = x - x.mean(0)
    left, sizes, _ = _decompose(x)
    variances = sizes**2 / n
    shrinkage = _shrink(x, variances)
    if shrinkage == 1:
        return 0.0
    targets = np.eye(y.max() + 1)[y]
    means = (left.T @ targets) / targets.sum(0) * sizes[:, None]  # of the classes, along the principal directions
    between = means**2 @ targets.mean(0)
    whole = (1 - shrinkage) * variances + shrinkage * variances.sum() / channels
    return float((1 - shrinkage) * np.sum(between / whole))


def linear_probe(
    features: ArrayLike, labels: ArrayLike, groups: ArrayLike | None = None, *, folds: int = 5, seed: int = 0
) -> float:
    """Compute the balanced accuracy of a logistic head on folds that it was not fitted on.

    Each fold is predicted by a head that was fitted on the others, at one strength of regularisation for all, and the
    score is taken over all images at once. Folds hold equal shares of each class as far as whole groups allow.

    Parameters
    ----------
    features : array_like
        Float, (n, channels), finite.
    labels : array_like
        Whole numbers, (n,), of two classes or more.
    groups : array_like, optional
        (n,), what a fold keeps together; None takes each image by itself.
    folds : int
        At least 2; fewer are made where a class has fewer images (or groups).
    seed : int
        Of the folds.

    Returns
    -------
    float
        0 to 1.

    Raises
    ------
    BadInput
        Arrays of other shapes, values that are not finite, a single class, a class of one image (or group), less than
        two folds, or no seed.

    References
    ----------
    Alain and Bengio 2016, arXiv:1610.01644.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> labels = np.arange(60) % 2
    >>> linear_probe(rng.normal(size=(60, 4)) + 9 * labels[:, None], labels)
    1.0
    """
    from sklearn.metrics import balanced_accuracy_score

    check_whole("seed", seed, 0, LARGEST_SEED)
    check_whole("folds", folds, 2)
    x, y = _check(features, labels)
    units = check_folds(y, groups)
    x, answers = x.astype(np.float32), np.zeros_like(y)
    for train, held in divide_folds(y, units, folds, seed=seed):
        head = fit_head(x[train], y[train], x[held], y[held], y.max() + 1, Cs=(PENALTY,))
        answers[held] = head.predict(x[held]).argmax(-1)
    return float(balanced_accuracy_score(y, answers))


def check_folds(labels, groups=None):
    """Refuse a class of one image (or group); return the group of each image as a number."""
    labels = np.asarray(labels)
    units = np.arange(len(labels)) if groups is None else _check_groups(groups, labels)
    fewest = int(np.unique(np.unique(np.stack([labels, units]), axis=1)[0], return_counts=True)[1].min())
    if fewest < 2:
        unit = "image" if groups is None else "group"
        raise BadInput(f"received a class of one {unit}; expected two of each class: one to fit on, one to predict")
    return units


def _maximise_evidence(s, z, missed, n):
    """Return the largest log evidence of each class.

    ``s``, (r, 1), holds squared singular values, ``z``, (r, k), the targets' squared coordinates along those axes.
    With more channels than images there may be several maxima, so that the fixed point starts at the best of many
    ratios of the prior's precision over the noise's.
    """
    ends = s[0, 0] / SPAN, s[0, 0] * SPAN
    starts = np.geomspace(*ends, STARTS)
    tried = np.array([_compute_evidence(start, s, z, missed, n) for start in starts])
    ratio = starts[tried.argmax(0)]
    for _ in range(STEPS):
        before, (size, miss, num, lost) = ratio, _weigh(ratio, s, z, missed)
        with np.errstate(divide="ignore"):
            ratio = np.clip(num * miss / (size * (n - len(s) + lost)), *ends)
        if np.all(abs(np.log(ratio / before)) < TOLERANCE):
            break
    return np.maximum(tried.max(0), _compute_evidence(ratio, s, z, missed, n))


def _compute_evidence(ratio, s, z, missed, n):
    """Return the log evidence of each class at a ratio of precisions, the noise's being the best for it."""
    size, miss, _, _ = _weigh(ratio, s, z, missed)
    energy = miss + ratio * size
    noise = np.maximum(energy / n, NOISE**2)
    return -0.5 * (n * np.log(2 * np.pi * noise) + energy / noise + np.log1p(s / ratio).sum(0))


def _weigh(ratio, s, z, missed):
    """Return, per class, squared weights, squared misfit, and how many weights are set by the data and by the prior."""
    below = s + ratio
    misfit = (z * (ratio / below) ** 2).sum(0) + missed
    return (s * z / below**2).sum(0), misfit, (s / below).sum(0), (ratio / below).sum(0)


def _decompose(x):
    """Return the singular value decomposition, largest first, without values that are zero but for rounding."""
    left, sizes, right = np.linalg.svd(x, full_matrices=False)
    kept = sizes > np.finfo(float).eps * max(x.shape) * max(sizes.max(initial=0.0), 1e-300)
    return left[:, kept], sizes[kept], right[kept]


def _shrink(x, variances):
    """Return Ledoit and Wolf's share of the identity, from centred features and the variances along their axes."""
    n, channels = x.shape
    mean = variances.sum() / channels
    apart = np.sum(variances**2) - channels * mean**2  # squared distance of the covariance from a multiple of identity
    if apart <= 1e-12 * max(np.sum(variances**2), 1e-300):
        return 1.0 if mean == 0 else 0.0
    noise = (np.sum(np.sum(x**2, 1) ** 2) / n - np.sum(variances**2)) / n
    return float(np.clip(noise / apart, 0, 1))


def _check(features, labels, name="features"):
    """Return features as float64 and labels as 0, 1, …; refuse what scores can't be computed from."""
    try:
        x, y = np.asarray(features, np.float64), np.asarray(labels)
    except (TypeError, ValueError):
        raise BadInput(f"received `{name}` that are no numbers; expected one row an image, of one length") from None
    if x.ndim != 2 or y.shape != x.shape[:1]:
        raise BadInput(
            f"received `{name}` of shape {x.shape} and `labels` of shape {y.shape}; expected (n, channels) and (n,)"
        )
    if not np.isfinite(x).all():
        raise BadInput(f"received `{name}` that are not finite; expected numbers: are the source's weights whole?")
    if y.size and y.dtype.kind not in "iu":
        raise BadInput(f"received `labels` of type {y.dtype}; expected whole numbers: a class each")
    kinds, y = np.unique(y, return_inverse=True)
    if len(kinds) < 2:
        raise BadInput(f"received `labels` of {len(kinds)} class{'es' * (len(kinds) != 1)}; expected two or more")
    return x, y


def _check_groups(groups, y):
    groups = np.asarray(groups)
    if groups.shape != y.shape:
        raise BadInput(f"received `groups` of shape {groups.shape}; expected one an image, {y.shape}")
    return np.unique(groups, return_inverse=True)[1]

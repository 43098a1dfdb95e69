"""A head on several views of each image: how strongly it is regularised, and which views it learns from.

Both are chosen by cross-validation over whole groups, on all images that may be learned from. The head is then fitted
to all of them.
"""

from dataclasses import dataclass

import numpy as np

from tlbook.datasets.splits import divide_folds
from tlbook.models.heads import CS, balance_weights, fold_scaling, minimise_loss
from tlbook.runtime import show_progress

FOLDS = 5
TOLERANCE = 1e-5  # of fits that are only compared


@dataclass(frozen=True)
class ViewPolicy:
    """Which views of an image a head learns from, and which are averaged where it predicts.

    Attributes
    ----------
    name : str
        In words.
    train, predict : tuple of int
        Places along the axis of views.

    Examples
    --------
    >>> ViewPolicy("mirror", (0, 1), (0, 1)).name
    'mirror'
    """

    name: str
    train: tuple
    predict: tuple


PLAIN = ViewPolicy("none", (0,), (0,))


@dataclass(frozen=True)
class HeadSearch:
    """What cross-validation chose.

    Attributes
    ----------
    policy : ViewPolicy
        The one with the smallest cross-validated loss.
    C : float
        Inverse of the regularisation strength.
    losses : dict of str to float
        Cross-validated loss of each policy at its best strength; classes count alike.
    probabilities : numpy.ndarray
        float32, (n, classes): for each image by the head of the fold that had not seen its group.
    """

    policy: ViewPolicy
    C: float
    losses: dict
    probabilities: np.ndarray


def fit_views(features, labels, num_classes, policy, C):
    """Fit a logistic head at one strength to the views that a policy learns from.

    Parameters
    ----------
    features : numpy.ndarray
        float32, (n, views, features); the first view is the image as it is.
    labels : numpy.ndarray
        int64, (n,).
    num_classes : int
        Of the head's answers.
    policy : ViewPolicy
        Whose ``train`` names the views.
    C : float
        Inverse of the regularisation strength.

    Returns
    -------
    LogisticHead

    Examples
    --------
    >>> features = np.array([[[0.0, 1.0]], [[1.0, 0.0]]] * 4, np.float32)
    >>> head = fit_views(features, np.array([0, 1] * 4), 2, PLAIN, 1.0)
    >>> predict_views(head, features[:2], PLAIN).argmax(1)
    array([0, 1])
    """
    x, labels = _list_rows(features, labels, policy)
    return _fit_path(x, labels, num_classes, [C], len(features))[0]


def predict_views(head, features, policy):
    """Predict from the mean features of the views that a policy averages, float32, (n, classes)."""
    return head.predict(features[:, list(policy.predict)].mean(1))


def search_head(features, labels, groups, num_classes, policies, *, seed=0, quiet=True):
    """Choose the regularisation strength and the views by grouped cross-validation.

    The strength is looked for on the first view alone; each policy is tried at that strength, and the best one at its
    two neighbours as well.

    Parameters
    ----------
    features : numpy.ndarray
        float32, (n, views, features); the first view is the image as it is.
    labels : numpy.ndarray
        int64, (n,).
    groups : numpy.ndarray
        str, (n,); images of one group are never on two sides of a fold.
    num_classes : int
        Of the head's answers.
    policies : sequence of ViewPolicy
        To choose among; at least one.
    seed : int
        Of the folds.
    quiet : bool
        True shows no progress bar.

    Returns
    -------
    HeadSearch

    Examples
    --------
    >>> features = np.random.default_rng(0).normal(size=(20, 1, 3)).astype(np.float32)
    >>> labels = np.arange(20) % 2
    >>> features[labels == 1] += 3
    >>> found = search_head(features, labels, np.arange(20).astype(str), 2, [PLAIN])
    >>> found.policy.name, found.probabilities.shape
    ('none', (20, 2))
    """
    folds = divide_folds(labels, groups, FOLDS, seed=seed)
    start, _ = _cross_validate(features, labels, num_classes, PLAIN, CS, folds)
    best = int(np.argmin(start))
    losses = {}
    for policy in show_progress(policies, "choosing views", quiet=quiet):
        at_best = _cross_validate(features, labels, num_classes, policy, CS[best : best + 1], folds)[0]
        losses[policy] = float(at_best[0])
    policy = min(losses, key=losses.get)
    near = CS[max(best - 1, 0) : best + 2]
    ends, answers = _cross_validate(features, labels, num_classes, policy, near, folds)
    i = int(np.argmin(ends))
    return HeadSearch(policy, near[i], {p.name: loss for p, loss in losses.items()}, answers[i])


def _cross_validate(features, labels, num_classes, policy, Cs, folds):
    """Return the loss of each strength, and the probabilities that it was measured on, (strengths, n, classes)."""
    answers = np.zeros((len(Cs), len(labels), num_classes), np.float32)
    for train, held_out in folds:
        x, y = _list_rows(features[train], labels[train], policy)
        for i, head in enumerate(_fit_path(x, y, num_classes, Cs, len(train), TOLERANCE)):
            answers[i, held_out] = predict_views(head, features[held_out], policy)
    chosen = np.maximum(answers[:, np.arange(len(labels)), labels], 1e-12)
    return -np.log(chosen) @ balance_weights(labels, num_classes), answers


def _list_rows(features, labels, policy):
    """Lay the views that a policy learns from under one another, with the label of each."""
    x = features[:, list(policy.train)]
    return x.reshape(-1, x.shape[-1]), np.repeat(labels, x.shape[1])


def _fit_path(x, labels, num_classes, Cs, num_images, tolerance=1e-7):
    """Fit a head at each strength, the strongest first; each starts from the one before it."""
    mean, scale = x.mean(0), x.std(0) + 1e-6
    x = (x - mean) / scale
    weights, theta = balance_weights(labels, num_classes), np.zeros((x.shape[1] + 1) * num_classes)
    heads = []
    for C in Cs:
        decay = 1.0 / (C * num_images)
        theta = minimise_loss(theta, x, labels, weights, num_classes, decay, tolerance=tolerance)
        heads.append(fold_scaling(theta, mean, scale, C))
    return heads

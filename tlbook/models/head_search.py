"""A head on several views of each image: how strongly it is regularised, and which views it learns from.

Both are chosen by cross-validation over whole groups, on all images that may be learned from. The head is then fitted
to all of them.
"""

import warnings
from dataclasses import dataclass

import numpy as np

from tlbook.models.heads import CS, balance_weights, fold_scaling, minimise_loss
from tlbook.runtime import show_progress

FOLDS = 5
TOLERANCE = 1e-5  # of fits that are only compared


@dataclass(frozen=True)
class ViewPolicy:
    """Which views of an image a head learns from, and which are averaged where it predicts; indices along the axis."""

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
    """Fit a logistic head at one strength to the views that a policy learns from; ``features`` as in `search_head`."""
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
    policies : sequence of ViewPolicy
        To choose among; at least one.
    seed : int
        Of the folds.
    quiet : bool
        True shows no progress bar.

    Returns
    -------
    HeadSearch
    """
    folds = _divide(labels, groups, seed)
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


def _divide(labels, groups, seed):
    """List (training, held out) indices of each fold: stratified, whole groups, as many as the rarest class bears."""
    from sklearn.model_selection import StratifiedGroupKFold

    per_class = [len(set(groups[labels == c])) for c in np.unique(labels)]
    folds = StratifiedGroupKFold(int(np.clip(min(per_class), 2, FOLDS)), shuffle=True, random_state=seed % 2**32)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # a class whose images are fewer than the folds
        return list(folds.split(labels, labels, groups))


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

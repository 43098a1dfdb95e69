"""A logistic head, fitted to convergence by L-BFGS."""

from dataclasses import dataclass

import numpy as np

from tlbook.errors import BadInput
from tlbook.runtime import show_progress

CS = tuple(10.0**k for k in np.arange(-4, 2.5, 0.5))


@dataclass(frozen=True)
class LogisticHead:
    """A linear softmax classifier on pooled features.

    Attributes
    ----------
    kernel : numpy.ndarray
        float32, (features, classes).
    bias : numpy.ndarray
        float32, (classes,).
    C : float
        scikit-learn's C, chosen on validation.
    """

    kernel: np.ndarray
    bias: np.ndarray
    C: float

    def predict(self, features):
        """Return class probabilities, float32, (n, classes)."""
        return softmax(features @ self.kernel + self.bias)


def softmax(logits):
    """Return the softmax over the last axis.

    Parameters
    ----------
    logits : numpy.ndarray

    Returns
    -------
    numpy.ndarray
        Same shape, rows sum to 1.
    """
    odds = np.exp(logits - logits.max(-1, keepdims=True))
    return odds / odds.sum(-1, keepdims=True)


def fit_head(features, labels, val_features, val_labels, num_classes, *, penalties=CS, quiet=True):
    """Fit a logistic head for each penalty and keep the one with the smallest validation loss.

    Classes count alike, whatever their sizes. Features are standardised for the fit, and the standardisation is folded
    into the weights. Each fit starts from the one before it, the strongest penalty first, and the search ends once the
    validation loss has risen twice.

    Parameters
    ----------
    features, val_features : numpy.ndarray
        float32, (n, features).
    labels, val_labels : numpy.ndarray
        int64, (n,).
    num_classes : int
    penalties : sequence of float
        scikit-learn's C, ascending.
    quiet : bool
        True shows no progress bar.

    Returns
    -------
    Head

    Raises
    ------
    BadInput
        Features that are not finite.
    """
    from scipy.optimize import minimize
    from threadpoolctl import threadpool_limits

    mean, scale = features.mean(0), features.std(0) + 1e-6
    x, val_x = ((f - mean) / scale for f in (features, val_features))
    weights, val_weights = (_balance(y, num_classes) for y in (labels, val_labels))
    theta = np.zeros((x.shape[1] + 1) * num_classes)
    best, best_loss, worse = None, np.inf, 0
    for penalty in show_progress(penalties, "fitting the head", quiet=quiet):
        decay = 1.0 / (penalty * len(labels))
        arguments = (x, labels, weights, num_classes, decay)
        with threadpool_limits(1, "blas"):  # its vectors are short: a second thread makes the fit ten times slower
            theta = minimize(_loss, theta, arguments, "L-BFGS-B", jac=True, options={"maxiter": 400, "ftol": 1e-7}).x
        loss = _loss(theta, val_x, val_labels, val_weights, num_classes, 0.0)[0]
        worse = worse + 1 if loss >= best_loss else 0
        if loss < best_loss:
            best, best_loss = (theta, penalty), loss
        if worse == 2:
            break
    if best is None:
        raise BadInput("received features that are not finite; expected numbers: are the source's weights whole?")
    kernel = best[0].reshape(-1, num_classes)
    bias = kernel[-1] - (mean / scale) @ kernel[:-1]
    return LogisticHead((kernel[:-1] / scale[:, None]).astype(np.float32), bias.astype(np.float32), best[1])


def _balance(labels, num_classes):
    counts = np.maximum(np.bincount(labels, minlength=num_classes), 1)
    weights = 1.0 / counts[labels]
    return weights / weights.sum()


def _loss(theta, x, labels, weights, num_classes, decay):
    """Weighted mean cross-entropy plus decay / 2 times the squared kernel, and its gradient."""
    theta = theta.reshape(-1, num_classes)
    logits = (x @ theta[:-1].astype(x.dtype)).astype(np.float64) + theta[-1]
    logits -= logits.max(-1, keepdims=True)
    odds = np.exp(logits)
    total = odds.sum(-1, keepdims=True)
    rows = np.arange(len(labels))
    loss = weights @ (np.log(total[:, 0]) - logits[rows, labels]) + 0.5 * decay * np.sum(theta[:-1] ** 2)
    delta = odds / total
    delta[rows, labels] -= 1
    delta *= weights[:, None]
    kernel = (x.T @ delta.astype(x.dtype)).astype(np.float64) + decay * theta[:-1]
    return loss, np.concatenate([kernel, delta.sum(0, keepdims=True)]).ravel()

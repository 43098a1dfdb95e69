"""The head: pooling and a softmax layer on any backbone, and a logistic fit of its weights by L-BFGS.

A head has a ``kernel``, a ``bias`` and ``predict``: what is fitted in another way (a nearest centroid, say) is one more
such class, and goes into the same layer.
"""

from dataclasses import dataclass

import numpy as np

from tlbook.errors import BadInput
from tlbook.runtime import import_keras, show_progress

CS = tuple(10.0**k for k in np.arange(-4, 2.5, 0.5))


@dataclass(frozen=True)
class LogisticHead:
    """A linear softmax classifier on pooled features, of images or of anything else.

    Attributes
    ----------
    kernel : numpy.ndarray
        float32, (features, classes).
    bias : numpy.ndarray
        float32, (classes,).
    C : float
        Inverse of the regularisation strength, as in scikit-learn; :func:`fit_head` chooses it on validation.

    Examples
    --------
    >>> head = LogisticHead(np.eye(2, dtype=np.float32), np.zeros(2, np.float32), 1.0)
    >>> head.predict(np.array([[0.0, 0.0], [2.0, 0.0]], np.float32)).round(2)
    array([[0.5 , 0.5 ],
           [0.88, 0.12]], dtype=float32)
    """

    kernel: np.ndarray
    bias: np.ndarray
    C: float

    def predict(self, features):
        """Return class probabilities.

        Parameters
        ----------
        features : numpy.ndarray
            float32, (n, features).

        Returns
        -------
        numpy.ndarray
            float32, (n, classes); rows sum to 1.
        """
        return softmax(features @ self.kernel + self.bias)


def add_head(outputs, num_classes=None, *, seed=0):
    """Pool what a backbone gives, and put a softmax head on it; the one place where either is built.

    A feature map, (n, height, width, channels), is averaged over its positions; features, (n, channels), are taken as
    they are. Without ``num_classes`` the features come out. The layers are called ``pool`` and ``head``; the seed is
    that of the head's random kernel.
    """
    keras = import_keras()
    if len(outputs.shape) == 4:
        outputs = keras.layers.GlobalAveragePooling2D(name="pool")(outputs)
    if num_classes is None:
        return outputs
    initializer = keras.initializers.GlorotUniform(seed=seed)
    return keras.layers.Dense(num_classes, activation="softmax", kernel_initializer=initializer, name="head")(outputs)


def softmax(logits):
    """Return the softmax over the last axis, an array of the same shape."""
    odds = np.exp(logits - logits.max(-1, keepdims=True))
    return odds / odds.sum(-1, keepdims=True)


def fit_head(features, labels, val_features, val_labels, num_classes, *, Cs=CS, quiet=True):
    """Fit a logistic head for each regularisation strength and keep the one with the smallest validation loss.

    Classes count alike, whatever their sizes. Features are standardised for the fit, and the standardisation is folded
    into the weights. Each fit starts from the one before it, the strongest regularisation first, and the search ends
    once the validation loss has risen twice.

    Parameters
    ----------
    features : numpy.ndarray
        float32, (n, features).
    labels : numpy.ndarray
        int64, (n,), 0 to ``num_classes`` - 1.
    val_features, val_labels : numpy.ndarray
        Of the validation images.
    num_classes : int
        At least 2.
    Cs : sequence of float
        Inverses of the regularisation strength (scikit-learn's C), ascending.
    quiet : bool
        True shows no progress bar.

    Returns
    -------
    LogisticHead
        The best of them.

    Raises
    ------
    BadInput
        Features that are not finite.

    References
    ----------
    Liu and Nocedal 1989, on L-BFGS, doi:10.1007/BF01589116.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> labels = np.arange(60) % 2
    >>> features = rng.normal(size=(60, 4)).astype("float32") + 6 * labels[:, None]
    >>> head = fit_head(features[:40], labels[:40], features[40:], labels[40:], 2)
    >>> bool((head.predict(features[40:]).argmax(-1) == labels[40:]).all())
    True
    """
    mean, scale = features.mean(0), features.std(0) + 1e-6
    x, val_x = ((f - mean) / scale for f in (features, val_features))
    weights, val_weights = (balance_weights(y, num_classes) for y in (labels, val_labels))
    theta = np.zeros((x.shape[1] + 1) * num_classes)
    best, best_loss, worse = None, np.inf, 0
    for C in show_progress(Cs, "fitting the head", quiet=quiet):
        decay = 1.0 / (C * len(labels))
        theta = minimise_loss(theta, x, labels, weights, num_classes, decay)
        loss = _loss(theta, val_x, val_labels, val_weights, num_classes, 0.0)[0]
        worse = worse + 1 if loss >= best_loss else 0
        if loss < best_loss:
            best, best_loss = (theta, C), loss
        if worse == 2:
            break
    if best is None:
        raise BadInput("received features that are not finite; expected numbers: are the source's weights whole?")
    return fold_scaling(best[0], mean, scale, best[1])


def minimise_loss(theta, x, labels, weights, num_classes, decay, *, tolerance=1e-7):
    """Minimise the loss of a linear softmax by L-BFGS from ``theta``, float64, ((features + 1) * classes,)."""
    from scipy.optimize import minimize
    from threadpoolctl import threadpool_limits

    arguments = (x, labels, weights, num_classes, decay)
    options = {"maxiter": 400, "ftol": tolerance}
    with threadpool_limits(1, "blas"):  # its vectors are short: a second thread makes the fit ten times slower
        return minimize(_loss, theta, arguments, "L-BFGS-B", jac=True, options=options).x


def fold_scaling(theta, mean, scale, C):
    """Return the head that does on features what ``theta`` does on standardised ones."""
    kernel = theta.reshape(len(mean) + 1, -1)
    bias = kernel[-1] - (mean / scale) @ kernel[:-1]
    return LogisticHead((kernel[:-1] / scale[:, None]).astype(np.float32), bias.astype(np.float32), C)


def balance_weights(labels, num_classes):
    """Weigh images so that classes count alike; the weights sum to 1."""
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

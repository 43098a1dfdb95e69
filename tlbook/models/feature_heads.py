"""Heads with names on a matrix of features: one answer an image, or several that are independent of one another."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tlbook.datasets.splits import divide_folds
from tlbook.errors import BadInput
from tlbook.models.head_search import FOLDS, PLAIN, fit_views, search_head
from tlbook.models.heads import LogisticHead, fit_head
from tlbook.runtime import show_progress

MOST_TO_FOLD = 1000  # rows; of more, one fold of five chooses the strength, as in tlbook.run.preparing


def get_values(features):
    """Return a matrix of features, float32, (n, features), of what has one as ``values`` or is one."""
    return np.asarray(getattr(features, "values", features), np.float32)


@dataclass(frozen=True)
class ClassHead:
    """A logistic head with the names of its classes.

    Attributes
    ----------
    classes : tuple of str
        Sorted; the columns of :meth:`predict`.
    head : LogisticHead
        Kernel, bias and the regularisation that was chosen.

    Examples
    --------
    >>> import tlbook as tl
    >>> values = np.random.default_rng(0).normal(size=(20, 4)).astype(np.float32)
    >>> values[::2] += 4
    >>> head = tl.Features(values).fit_head(["cat", "dog"] * 10)
    >>> head.choose(values[:4]).tolist()
    ['cat', 'dog', 'cat', 'dog']
    """

    classes: tuple[str, ...]
    head: LogisticHead

    @property
    def C(self) -> float:
        """Inverse of the regularisation strength."""
        return self.head.C

    def predict(self, features: np.ndarray) -> np.ndarray:
        """Return class probabilities.

        Parameters
        ----------
        features : Features or numpy.ndarray
            float32, (n, channels).

        Returns
        -------
        numpy.ndarray
            float32, (n, classes); rows sum to 1.
        """
        return self.head.predict(get_values(features))

    def choose(self, features: np.ndarray) -> np.ndarray:
        """Return the most probable class of each image.

        Parameters
        ----------
        features : Features or numpy.ndarray
            float32, (n, channels).

        Returns
        -------
        numpy.ndarray
            str, (n,).
        """
        return np.array(self.classes)[self.predict(features).argmax(axis=1)]


@dataclass(frozen=True)
class MultiLabelHead:
    """One yes-or-no head for each attribute, on the same features.

    Attributes
    ----------
    attributes : tuple of str
        The columns of :meth:`predict`.
    kernel : numpy.ndarray
        float32, (features, attributes).
    bias : numpy.ndarray
        float32, (attributes,).
    Cs : tuple of float
        Inverse of the regularisation strength that each attribute was fitted with.

    Examples
    --------
    >>> import tlbook as tl
    >>> values = np.random.default_rng(0).normal(size=(20, 4)).astype(np.float32)
    >>> attributes = (values[:, :2] > 0).astype(int)
    >>> head = tl.Features(values).fit_multilabel(attributes, names=["sits", "night"])
    >>> head.attributes, head.predict(values).shape
    (('sits', 'night'), (20, 2))
    """

    attributes: tuple[str, ...]
    kernel: np.ndarray
    bias: np.ndarray
    Cs: tuple[float, ...]

    def predict(self, features: np.ndarray) -> np.ndarray:
        """Return the probability of each attribute.

        Both answers to an attribute count alike in the fit, so that 0.5 is even evidence, however rare it is.

        Parameters
        ----------
        features : Features or numpy.ndarray
            float32, (n, channels).

        Returns
        -------
        numpy.ndarray
            float32, (n, attributes), 0-1; rows sum to anything.
        """
        from scipy.special import expit

        return expit(get_values(features) @ self.kernel + self.bias)


def fit_class_head(values, labels, groups, *, seed=0, quiet=True):
    """Fit a head to named labels, its strength chosen by cross-validation over whole groups; see `ClassHead`."""
    classes, codes = _number_labels(labels, len(values))
    _check_groups(codes, groups, [f"the class {name!r}" for name in classes])
    return ClassHead(tuple(classes), _fit(values, codes, groups, len(classes), seed=seed, quiet=quiet))


def fit_multilabel_head(values, attributes, groups, names: Sequence[str] | None = None, *, seed=0, quiet=True):
    """Fit a yes-or-no head to each column of a matrix of 0 and 1; see `MultiLabelHead`."""
    matrix, names = _check_attributes(attributes, names, len(values))
    heads = []
    for name, column in show_progress(list(zip(names, matrix.T, strict=True)), "fitting heads", quiet=quiet):
        _check_groups(column, groups, [f"{answer} of the attribute {name!r}" for answer in (0, 1)])
        heads.append(_fit(values, column, groups, 2, seed=seed, quiet=True))
    kernel = np.stack([head.kernel[:, 1] - head.kernel[:, 0] for head in heads], axis=1)
    bias = np.array([head.bias[1] - head.bias[0] for head in heads], np.float32)
    return MultiLabelHead(tuple(names), kernel, bias, tuple(head.C for head in heads))


def _fit(values, codes, groups, num_classes, *, seed, quiet):
    values = np.asarray(values, np.float32)
    if not np.isfinite(values).all():
        raise BadInput("received features that are not finite; expected numbers: are the source's weights whole?")
    if len(values) <= MOST_TO_FOLD:
        found = search_head(values[:, None], codes, groups, num_classes, [PLAIN], seed=seed, quiet=quiet)
        return fit_views(values[:, None], codes, num_classes, PLAIN, found.C)
    train, held = divide_folds(codes, groups, FOLDS, seed=seed)[0]
    chosen = fit_head(values[train], codes[train], values[held], codes[held], num_classes, quiet=quiet)
    return fit_views(values[:, None], codes, num_classes, PLAIN, chosen.C)


def _number_labels(labels, count):
    """Return the sorted names of the classes and the number of each label's class, int64, (n,)."""
    labels = np.asarray(labels)
    if labels.shape != (count,):
        raise BadInput(
            f"received `labels` of the shape {labels.shape} for {count} images; expected one label an image; "
            "fit to a part of the images with features.take(rows).fit_head(labels)"
        )
    classes, codes = np.unique(labels, return_inverse=True)
    if len(classes) < 2:
        raise BadInput(f"received `labels` of {len(classes)} class; expected at least two; add images of another class")
    return [str(name) for name in classes.tolist()], codes.astype(np.int64)


def _check_attributes(attributes, names, count):
    """Return the matrix, int64, (n, attributes), and the names: those of the table's columns where it is one."""
    if names is None:
        names = getattr(attributes, "columns", None)
    matrix = np.asarray(attributes)
    if matrix.ndim != 2 or len(matrix) != count or not matrix.shape[1]:
        raise BadInput(
            f"received `attributes` of the shape {matrix.shape} for {count} images; expected a matrix, (images, "
            "attributes), of 0 and 1; one column alone is attributes[:, None]"
        )
    wrong = [value for value in np.unique(matrix).tolist() if value not in (0, 1)]
    if wrong:
        raise BadInput(f"received `attributes` with {wrong[0]!r}; expected 0 and 1 only; write no as 0 and yes as 1")
    names = [str(name) for name in (range(matrix.shape[1]) if names is None else names)]
    if len(names) != matrix.shape[1] or len(set(names)) < len(names):
        raise BadInput(
            f"received {len(names)} `names` for {matrix.shape[1]} attributes; expected one for each, all new"
        )
    return matrix.astype(np.int64), names


def _check_groups(codes, groups, names):
    """Refuse an answer that one group alone gives, or none: nothing could be held out to choose the strength by."""
    for code, name in enumerate(names):
        found = len(np.unique(groups[codes == code]))
        if found < 2:
            raise BadInput(
                f"received {found} group of images for {name}; expected at least 2 (an image without a group is one), "
                "so that one can be held out; label more of them, or leave it out"
            )

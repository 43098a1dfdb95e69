"""What every strategy starts from: how images may be varied, a head, and what that head says of the validation set."""

import time
from dataclasses import dataclass

import numpy as np

from tlbook.evidence.intervals import Estimate
from tlbook.evidence.metrics import score_predictions
from tlbook.models.head_search import PLAIN as ONE_VIEW
from tlbook.models.head_search import fit_views, search_head
from tlbook.models.heads import LogisticHead, fit_head
from tlbook.training.augmentation import AUTO, Augmentation
from tlbook.training.features import extract_views
from tlbook.training.views import MAX_IMAGES, PLAIN, find_chosen, list_policies, list_views


@dataclass(frozen=True)
class Prepared:
    """A head on the frozen source, and how it was found.

    Attributes
    ----------
    augmentation : Augmentation
        What the head has seen views of, and what gradients are to train with.
    first_head : LogisticHead
        Fitted on training images alone: what deeper training starts from.
    head : LogisticHead
        Fitted on all images that may be learned from.
    mirrors : bool
        True where predictions average an image and its mirror image.
    val_probabilities : numpy.ndarray
        float32, (n, classes), for the validation set by heads that have not seen it.
    score : Estimate
        Balanced accuracy of such heads over all images that cross-validation left out, or over the validation set.
    seconds : dict of str to float
        ``features`` and ``train``.
    """

    augmentation: Augmentation
    first_head: LogisticHead
    head: LogisticHead
    mirrors: bool
    val_probabilities: np.ndarray
    score: Estimate
    seconds: dict


def prepare_head(data, source, training, *, seed=0, cache=True, quiet=False):
    """Compute features, choose regularisation and views, and fit the head.

    Up to 1,000 images, cross-validation over training and validation images chooses; beyond, and where nothing is to be
    fitted on validation images (``training.refit``), the validation set does, and one view of each image is enough.
    """
    start = time.perf_counter()
    few = len(data.train) + len(data.val) <= MAX_IMAGES and training.refit
    views = list_views(training.augmentation, data.classes) if few else (PLAIN,)
    parts = [extract_views(source, split, views, cache=cache, quiet=quiet) for split in (data.train, data.val)]
    computed = time.perf_counter()
    fit = _cross_validate if few else _hold_out
    found = fit(data, parts, training, seed=seed, quiet=quiet)
    seconds = {"features": computed - start, "train": time.perf_counter() - computed}
    return Prepared(*found, seconds=seconds)


def _cross_validate(data, parts, training, *, seed, quiet):
    """Choose by cross-validation, and fit twice: to training images, and to all."""
    features, classes = np.concatenate(parts), len(data.classes)
    labels, groups = (np.concatenate([getattr(s, key) for s in (data.train, data.val)]) for key in ("labels", "groups"))
    policies = list_policies(training.augmentation, data.classes)
    found = search_head(features, labels, groups, classes, policies, seed=seed, quiet=quiet)
    first = fit_views(parts[0], data.train.labels, classes, found.policy, found.C)
    head = fit_views(features, labels, classes, found.policy, found.C)
    augmentation = find_chosen(training.augmentation, found.policy)
    score = score_predictions(labels, found.probabilities, data.classes, groups=groups).balanced_accuracy
    return augmentation, first, head, len(found.policy.predict) > 1, found.probabilities[len(data.train) :], score


def _hold_out(data, parts, training, *, seed, quiet):
    """Let the validation set choose the regularisation; the head has seen one view of each image."""
    (train, val), classes = (part[:, 0] for part in parts), len(data.classes)
    first = head = fit_head(train, data.train.labels, val, data.val.labels, classes, quiet=quiet)
    if training.refit:
        labels = np.concatenate([data.train.labels, data.val.labels])
        head = fit_views(np.concatenate(parts), labels, classes, ONE_VIEW, first.C)
    augmentation = Augmentation() if training.augmentation == AUTO else training.augmentation
    probabilities = first.predict(val)
    score = score_predictions(data.val.labels, probabilities, data.classes, groups=data.val.groups).balanced_accuracy
    return augmentation, first, head, False, probabilities, score

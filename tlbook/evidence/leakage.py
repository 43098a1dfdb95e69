"""What a score is worth when images of one person stand in training and test set, and what others found."""

from dataclasses import dataclass

import numpy as np

from tlbook.datasets.splits import split_groups
from tlbook.errors import BadInput
from tlbook.evidence.metrics import score_predictions
from tlbook.models.heads import fit_head


@dataclass(frozen=True)
class PublishedScore:
    """A score as a paper gives it.

    Attributes
    ----------
    model : str
    accuracy, spread : float
        Fractions: mean over the folds and what stands behind its plus-minus sign.
    folds : int
    split : str
        What was divided: ``slice`` or ``person``.
    """

    model: str
    accuracy: float
    spread: float
    folds: int
    split: str


@dataclass(frozen=True)
class PublishedInflation:
    """By how much a split by slice raised the accuracy on a data set, as a paper gives it.

    Attributes
    ----------
    dataset : str
    inflation : float
        Fraction.
    """

    dataset: str
    inflation: float


# Hon & Khan 2017, arXiv:1711.11117: 6,400 slices of 200 people, any dementia against none; recomputed from the logs of
# the five folds that the authors published (github.com/marciahon29/Ryerson_MRP). The paper's "from scratch" is there a
# VGG16 with random weights whose convolutions are run once and never trained, under the same dense head.
PUBLISHED_SCORES = (
    PublishedScore("VGG16, random and frozen", 0.7412, 0.0155, 5, "slice"),
    PublishedScore("VGG16 transferred", 0.9230, 0.0242, 5, "slice"),
    PublishedScore("Inception V4 transferred", 0.9625, 0.0159, 5, "slice"),
)
# Yagis et al. 2021, doi:10.1038/s41598-021-01681-w.
PUBLISHED_INFLATIONS = (
    PublishedInflation("OASIS", 0.30),
    PublishedInflation("ADNI", 0.29),
    PublishedInflation("PPMI", 0.48),
    PublishedInflation("Versilia", 0.55),
)


def shuffle_labels(labels, groups, *, seed=0):
    """Permute the labels among the groups: what can still be learned is only which group an image belongs to.

    Parameters
    ----------
    labels : array_like
        int, (n,), one label a group.
    groups : array_like
        (n,).
    seed : int
        Of the permutation.

    Returns
    -------
    numpy.ndarray
        int64, (n,); each label belongs to as many groups as before.

    Raises
    ------
    BadInput
        A group has two labels, or not every image has a label and a group.

    Examples
    --------
    >>> shuffle_labels([0, 0, 1, 1, 1, 1], ["a", "a", "b", "b", "c", "c"], seed=0)
    array([1, 1, 1, 1, 0, 0])
    """
    labels = _check_groups(labels, groups)
    _, first, group_of = np.unique(np.asarray(groups), return_index=True, return_inverse=True)
    if (labels[first][group_of] != labels).any():
        raise BadInput("received `groups` with a group of two labels; expected one label a group; name smaller groups")
    return np.random.default_rng([seed, 0x1ABE1]).permutation(labels[first])[group_of]


def divide_images(labels, groups, *, whole_groups, seed=0):
    """Split images 60/20/20, by whole groups or, wrongly, image by image.

    Parameters
    ----------
    labels : array_like
        int, (n,).
    groups : array_like
        (n,).
    whole_groups : bool
        False lets a group stand in several splits.
    seed : int
        Of the split.

    Returns
    -------
    tuple of numpy.ndarray
        Indices of training, validation and test images.

    Raises
    ------
    BadInput
        Not every image has a label and a group.

    Examples
    --------
    >>> train, val, test = divide_images([0, 1] * 10, [f"person {i // 2}" for i in range(20)], whole_groups=True)
    >>> len(train), len(val), len(test)
    (12, 4, 4)
    """
    labels = _check_groups(labels, groups)
    units = np.asarray(groups) if whole_groups else np.arange(len(labels))
    split = split_groups(labels, units, seed=seed)
    return tuple(np.flatnonzero(split == number) for number in range(3))


def _check_groups(labels, groups):
    """Return the labels as an array, int64, (n,), with a group for each."""
    labels = np.asarray(labels)
    if labels.ndim != 1 or not np.issubdtype(labels.dtype, np.integer):
        raise BadInput(f"received `labels` of shape {labels.shape}, {labels.dtype}; expected whole numbers, (n,)")
    if np.shape(groups) != labels.shape:
        raise BadInput(f"received `groups` of shape {np.shape(groups)}; expected {labels.shape}: one for each label")
    return labels.astype(np.int64)


def predict_logistic(features, labels, splits, num_classes):
    """Fit a logistic head, its regularisation strength chosen on validation; predict the test images, (m, classes)."""
    train, val, test = splits
    return fit_head(features[train], labels[train], features[val], labels[val], num_classes).predict(features[test])


def predict_nearest(features, labels, splits, num_classes):
    """Predict the label of the most similar training image, (m, classes): learns nothing, remembers everything."""
    train, _, test = splits
    mean, scale = features[train].mean(axis=0), features[train].std(axis=0) + 1e-6
    known, asked = ((features[split] - mean) / scale for split in (train, test))
    distance = (known**2).sum(axis=1) - 2 * asked @ known.T
    return np.eye(num_classes)[labels[train[distance.argmin(axis=1)]]]


LEARNERS = {"logistic": predict_logistic, "nearest": predict_nearest}


def score_split(features, labels, *, groups, classes, whole_groups, learner="logistic", seed=0):
    """Score a learner on features under a split by group or by image.

    Parameters
    ----------
    features : numpy.ndarray
        float32, (n, channels).
    labels : numpy.ndarray
        int64, (n,).
    groups : numpy.ndarray
        (n,), the person of each image.
    classes : sequence of str
        What the labels stand for.
    whole_groups : bool
        Split by person (True) or by image.
    learner : str
        ``logistic``: a logistic head, its regularisation strength chosen on validation; ``nearest``: the label of the
        most similar training image.
    seed : int
        Of the split.

    Returns
    -------
    Scores
        Of the test set; intervals over whole people, however the images were split.

    Raises
    ------
    BadInput
        No such learner, or not every image has a label and a group.

    Examples
    --------
    Features that tell who it is, and nothing else: split by image, the learner seems to know the answer.

    >>> rng = np.random.default_rng(0)
    >>> person = np.repeat(np.arange(40), 5)
    >>> features = rng.normal(size=(40, 16))[person] + 0.1 * rng.normal(size=(200, 16))
    >>> options = {"groups": person, "classes": ("healthy", "ill"), "learner": "nearest"}
    >>> for whole in (False, True):
    ...     print(score_split(features, person % 2, whole_groups=whole, **options).accuracy.value)
    1.0
    0.475
    """
    if learner not in LEARNERS:
        raise BadInput(f"received `learner` {learner!r}; expected one of {', '.join(LEARNERS)}")
    labels = _check_groups(labels, groups)
    splits = divide_images(labels, groups, whole_groups=whole_groups, seed=seed)
    probabilities = LEARNERS[learner](features, labels, splits, len(classes))
    test = splits[2]
    return score_predictions(labels[test], probabilities, classes, groups=np.asarray(groups)[test])

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
    """Deal the groups' labels out among the groups at random: what can still be learned is who is who.

    Parameters
    ----------
    labels : array_like
        int, (n,), one label a group.
    groups : array_like
        (n,).
    seed : int

    Returns
    -------
    numpy.ndarray
        int64, (n,); each label belongs to as many groups as before.

    Raises
    ------
    BadInput
        A group has two labels.
    """
    labels = np.asarray(labels, np.int64)
    _, first, group_of = np.unique(np.asarray(groups), return_index=True, return_inverse=True)
    if (labels[first][group_of] != labels).any():
        raise BadInput("received a group with two labels; expected one label a group; name smaller groups")
    return np.random.default_rng([seed, 0x1ABE1]).permutation(labels[first])[group_of]


def divide_images(labels, groups, *, whole_groups, seed=0):
    """Divide images 60/20/20, by whole groups or, wrongly, image by image.

    Parameters
    ----------
    labels : array_like
        int, (n,).
    groups : array_like
        (n,).
    whole_groups : bool
        False lets a group stand in several splits.
    seed : int

    Returns
    -------
    tuple of numpy.ndarray
        Indices of training, validation and test images.
    """
    units = np.asarray(groups) if whole_groups else np.arange(len(labels))
    split = split_groups(labels, units, seed=seed)
    return tuple(np.flatnonzero(split == number) for number in range(3))


def predict_logistic(features, labels, splits, num_classes):
    """Fit a logistic head, its regularisation strength chosen on validation, and predict the test images.

    Parameters
    ----------
    features : numpy.ndarray
        float32, (n, channels).
    labels : numpy.ndarray
        int64, (n,).
    splits : tuple of numpy.ndarray
        Indices of training, validation and test images.
    num_classes : int

    Returns
    -------
    numpy.ndarray
        float32, (test images, classes).
    """
    train, val, test = splits
    return fit_head(features[train], labels[train], features[val], labels[val], num_classes).predict(features[test])


def predict_nearest(features, labels, splits, num_classes):
    """Answer with the label of the most similar training image: learns nothing, remembers everything.

    Parameters
    ----------
    features, labels, splits, num_classes
        As for `predict_logistic`; the validation images are not used.

    Returns
    -------
    numpy.ndarray
        float64, (test images, classes), 0 or 1.
    """
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
    whole_groups : bool
        Split by person (True) or by image.
    learner : str
        ``logistic`` or ``nearest``.
    seed : int
        Of the split.

    Returns
    -------
    Scores
        Of the test set; intervals by resampling people, however the images were split.
    """
    splits = divide_images(labels, groups, whole_groups=whole_groups, seed=seed)
    probabilities = LEARNERS[learner](features, labels, splits, len(classes))
    test = splits[2]
    return score_predictions(labels[test], probabilities, classes, groups=np.asarray(groups)[test], seed=seed)

"""Train, validation and test: stratified by class, whole groups in one split, nested subsets of the training set."""

import warnings
from bisect import bisect_right
from itertools import accumulate

import numpy as np

from tlbook.errors import BadInput

FRACTIONS = (0.6, 0.2, 0.2)
NUM_TRIES = 10
MAX_GROUPS_TO_TRY = 5000


def split_groups(labels, groups, *, fractions=FRACTIONS, seed=0):
    """Divide images into splits at random, by class and by whole groups; return the split of each, int64, (n,).

    Group after group, largest first, falls to a split with probability proportional to what that split still
    needs of the group's classes; a class whose groups are running out goes to the splits that lack it. So groups of
    equal size give exact shares, large groups have their fair chance of every split, and each class is in each split.
    Of ten such divisions (one, beyond 5,000 groups) the most even is kept.
    """
    group_of, counts = _count_by_group(np.asarray(labels), np.asarray(groups))
    targets = _set_targets(counts.sum(axis=0), fractions)
    rng = np.random.default_rng([seed, len(fractions)])
    if len(counts) == len(group_of):  # every image is a group of its own: one exact draw
        return _deal_images(counts.argmax(axis=1), targets, rng)[group_of]
    num_tries = NUM_TRIES if len(counts) <= MAX_GROUPS_TO_TRY else 1
    best, least = None, np.inf
    for attempt in range(10 * num_tries):
        splits = _draw_splits(counts, targets, rng)
        got = np.stack([counts[splits == split].sum(axis=0) for split in range(len(fractions))])
        imbalance = float((((got - targets) ** 2) / targets).sum())
        if (got > 0).all() and imbalance < least:
            best, least = splits, imbalance
        if best is not None and (attempt + 1 >= num_tries or least == 0):
            return best[group_of]
    raise BadInput(
        f"the groups overlap so that no division into {len(fractions)} splits was found with each class in each split; "
        f"expected {len(fractions)} groups a class, independent of the other classes' groups; leave a class out with "
        "`exclude`"
    )


def nested_subset(labels, groups, per_class, *, seed=0):
    """Choose at most so many images of each class; a smaller choice lies within a larger one.

    Groups are taken in one random order, the same for all classes, and images in a random order within their group.

    Parameters
    ----------
    labels : array_like
        int, (n,).
    groups : array_like
        str, (n,).
    per_class : int
        At least 1. A class with fewer images gives all.
    seed : int
        Any non-negative number.

    Returns
    -------
    numpy.ndarray
        int64, sorted indices.

    Examples
    --------
    >>> labels, patients = [0, 0, 0, 1, 1, 1], ["a", "b", "c", "d", "e", "f"]
    >>> few, more = (set(nested_subset(labels, patients, number).tolist()) for number in (1, 2))
    >>> len(few), len(more), few < more
    (2, 4, True)
    """
    labels, groups = np.asarray(labels, dtype=np.int64), np.asarray(groups)
    rng = np.random.default_rng([seed, 0x5EED])
    unique, group_of = np.unique(groups, return_inverse=True)
    rank_of_group = rng.permutation(len(unique))[group_of]
    order = np.lexsort((rng.permutation(len(labels)), rank_of_group))
    chosen = [order[labels[order] == label][:per_class] for label in np.unique(labels)]
    return np.sort(np.concatenate(chosen)) if chosen else np.empty(0, np.int64)


def divide_folds(labels, groups, most, *, seed=0):
    """List (training, held out) indices of each fold: stratified, whole groups, as many as the rarest class bears.

    At least two folds, at most ``most``; seeds from 0 to 2**32 - 1.
    """
    from sklearn.model_selection import StratifiedGroupKFold

    labels, groups = np.asarray(labels), np.asarray(groups)
    fewest = min(len(np.unique(groups[labels == c])) for c in np.unique(labels))
    folds = StratifiedGroupKFold(int(np.clip(fewest, 2, most)), shuffle=True, random_state=seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # a class whose images are fewer than the folds
        return list(folds.split(labels, labels, groups))


def _count_by_group(labels, groups):
    """Return the index of each image's group and the images of each class in each group, (groups, classes)."""
    unique, group_of = np.unique(groups, return_inverse=True)
    _, label_of = np.unique(labels, return_inverse=True)
    counts = np.zeros((len(unique), label_of.max(initial=-1) + 1), np.int64)
    np.add.at(counts, (group_of, label_of), 1)
    return group_of, counts


def _set_targets(per_class, fractions):
    """Return the number of images of each class wanted in each split, (splits, classes); the first takes the rest."""
    targets = np.maximum(1, np.rint(np.outer(fractions, per_class)))
    targets[0] = np.maximum(1, per_class - targets[1:].sum(axis=0))
    return targets


def _deal_images(labels, targets, rng):
    """Deal single images to the splits, exactly to the targets."""
    splits = np.empty(len(labels), np.int64)
    for label in range(targets.shape[1]):
        members = rng.permutation(np.flatnonzero(labels == label))
        bounds = np.cumsum(targets[::-1, label])[:-1].astype(np.int64)
        for index, part in enumerate(np.split(members, bounds)):
            splits[part] = len(targets) - 1 - index
    return splits


def _draw_splits(counts, targets, rng):
    """Draw a split for each group: one attempt of `split_groups`. Plain lists: rows of one to three numbers."""
    need, lacking = targets.tolist(), [set(range(targets.shape[1])) for _ in targets]
    unplaced = (counts > 0).sum(axis=0).tolist()  # groups of each class that are still to be placed
    rows = [[(label, row[label]) for label in np.flatnonzero(row).tolist()] for row in counts]
    order = rng.permutation(len(counts))
    order = order[np.argsort(-counts.sum(axis=1)[order], kind="stable")].tolist()
    splits = np.empty(len(counts), np.int64)
    for group, draw in zip(order, rng.random(len(counts)).tolist(), strict=True):
        row = rows[group]
        scarce = [label for label, _ in row if sum(label in split for split in lacking) >= unplaced[label]]
        weights = _weigh_lack(lacking, scarce) if scarce else _weigh_need(need, row)
        bounds = list(accumulate(weights))
        splits[group] = split = bisect_right(bounds, draw * bounds[-1])
        for label, size in row:
            need[split][label] -= size
            lacking[split].discard(label)
            unplaced[label] -= 1
    return splits


def _weigh_lack(lacking, labels):
    """Weigh the splits equally that lack most of these classes."""
    numbers = [sum(label in split for label in labels) for split in lacking]
    return [float(number == max(numbers)) for number in numbers]


def _weigh_need(need, row):
    """Weigh the splits by their need, where at least half of the group fits; else the neediest alone."""
    weights = [
        sum(max(split[label], 0.0) for label, _ in row) if all(split[label] >= size / 2 for label, size in row) else 0.0
        for split in need
    ]
    if any(weights):
        return weights
    left = [sum(split[label] - size for label, size in row) for split in need]
    return [float(value == max(left)) for value in left]

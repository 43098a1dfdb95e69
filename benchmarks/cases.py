"""The data sets that benchmarks measure on: nine real sets, whole, and the splits that a seed makes of them."""

from functools import lru_cache

import numpy as np

from tlbook.cases import load_case
from tlbook.datasets.cards import load_card
from tlbook.datasets.dataset import Dataset, Split, drop_classes
from tlbook.datasets.splits import nested_subset, split_groups
from tlbook.datasets.stores import ArrayStore
from tlbook.runtime import mirror_dir

# In the order of the tables; a set that gets a card later is not measured before it is named here.
SETS = ("fractures", "brains", "dogs", "pets", "signs", "textures", "flowers", "characters", "objects")
EVERY = {"characters": 3}  # of many classes alike, every third is measured on


def find_archive(name):
    """Return the path of a real set's archive in the mirror, by the name on its card."""
    return mirror_dir() / f"{load_card(name).facts['real']['stem']}.zip"


def load_whole(name, image_size=96):
    """Read a real set as one split, all images of all splits in the order of their names; and name its classes."""
    data = load_case(name, variant="real")
    data = drop_classes(data, [c for i, c in enumerate(data.classes) if i % EVERY.get(name, 1)])
    splits = (data.train, data.val, data.test)
    names = [n for split in splits for n in split.names]
    labels = np.concatenate([split.labels for split in splits])
    groups = np.concatenate([split.groups for split in splits])
    images = np.concatenate([split.load(image_size, quiet=True) for split in splits])
    order = np.argsort(names)
    whole = Split(ArrayStore(images), labels, tuple(names), groups)
    return whole.take(order), data.classes


@lru_cache(maxsize=1)
def _keep_whole(name, image_size):
    return load_whole(name, image_size)


@lru_cache(maxsize=2)
def load_splits(name, variant, per_class, seed, *, image_size=96):
    """Load one set as one seed splits or makes it, its images in memory.

    A real set: whole groups in one split, 60/20/20, at most as many validation images a class as training images, all
    test images. A synthetic case has splits of its own. ``per_class`` counts training images, or people where the
    card counts people.
    """
    if variant == "synthetic":
        return load_case(name, per_class=per_class, seed=seed)
    whole, classes = _keep_whole(name, image_size)
    return divide(whole, classes, per_class * count_images(name), seed=seed)


def count_images(name):
    """Return how many images one of a real set's units has: those of a person where the card counts people, else 1."""
    facts = load_card(name).facts["real"]
    return facts["num_images"] // facts["num_groups"] if facts["per_class"] == "people" else 1


def divide(whole, classes, per_class, *, seed):
    """Divide a real set: whole groups in one split, at most so many training and validation images a class."""
    split = split_groups(whole.labels, whole.groups, seed=seed)
    train, val, test = (np.flatnonzero(split == s) for s in range(3))
    train, val = (s[nested_subset(whole.labels[s], whole.groups[s], per_class, seed=seed)] for s in (train, val))
    return Dataset("divided", tuple(classes), *(whole.take(s) for s in (train, val, test)))

"""The data sets that benchmarks measure on: nine real sets, whole, and the splits that a seed makes of them."""

import zipfile
from functools import lru_cache
from pathlib import Path

import numpy as np

from tlbook.cases import load_case
from tlbook.datasets.dataset import Dataset, Split
from tlbook.datasets.folders import from_folder
from tlbook.datasets.splits import nested_subset, split_groups
from tlbook.datasets.stores import ArrayStore
from tlbook.runtime import mirror_dir

SETS = {
    "fractures": "fracatlas_xray_subset",
    "brains": "alzheimer_mri_by_subject",
    "dogs": "stanford_dogs_20breeds",
    "pets": "cats_vs_dogs",
    "signs": "gtsrb_14signs",
    "textures": "dtd_10textures",
    "flowers": "flowers_5",
    "characters": "omniglot_characters",
    "objects": "tiny_imagenet_20",
}
SLICES = 32  # of a person in the Alzheimer set


def load_whole(name, image_size=96):
    """Read a real set as one split: all images of all splits in a fixed order.

    Parameters
    ----------
    name : str
        Key of ``SETS``.
    image_size : int
        Pixels a side.

    Returns
    -------
    Split
    int
        Number of classes.
    """
    path = mirror_dir() / f"{SETS[name]}.zip"
    exclude = ("ModerateDemented",) if name == "brains" else ()
    if name == "characters":
        classes = sorted({Path(member).parent.name for member in list_members(path)})
        exclude = tuple(c for i, c in enumerate(classes) if i % 3)
    data = from_folder(path, groups="metadata.csv", exclude=exclude, quiet=True)
    splits = (data.train, data.val, data.test)
    names = [n for split in splits for n in split.names]
    labels = np.concatenate([split.labels for split in splits])
    groups = np.concatenate([split.groups for split in splits])
    images = np.concatenate([split.load(image_size, quiet=True) for split in splits])
    order = np.argsort(names)
    whole = Split(ArrayStore(images), labels, tuple(names), groups)
    return whole.take(order), len(data.classes)


def list_members(path):
    """List the image members of a zip file with their class folders."""
    with zipfile.ZipFile(path) as archive:
        return [n for n in archive.namelist() if "/" in n and not n.endswith("/")]


@lru_cache(maxsize=1)
def _keep_whole(name, image_size):
    return load_whole(name, image_size)


@lru_cache(maxsize=2)
def load_splits(name, variant, per_class, seed, *, image_size=96):
    """Load one set as one seed splits or draws it, its images in memory.

    A real set: whole groups in one split, 60/20/20, at most as many validation images a class as training images, all
    test images. A synthetic case has splits of its own.

    Parameters
    ----------
    name : str
        Key of ``SETS``.
    variant : str
        ``real`` or ``synthetic``.
    per_class : int
        Training images, or people where the case counts people.
    seed : int
    image_size : int
        Pixels a side.

    Returns
    -------
    Dataset
    """
    if variant == "synthetic":
        return load_case(name, per_class=per_class, seed=seed)
    whole, num_classes = _keep_whole(name, image_size)
    return divide(whole, num_classes, per_class * (SLICES if name == "brains" else 1), seed=seed)


def divide(whole, num_classes, per_class, *, seed):
    """Divide a real set: whole groups in one split, at most so many training and validation images a class.

    Parameters
    ----------
    whole : Split
    num_classes, per_class, seed : int

    Returns
    -------
    Dataset
    """
    split = split_groups(whole.labels, whole.groups, seed=seed)
    train, val, test = (np.flatnonzero(split == s) for s in range(3))
    train, val = (s[nested_subset(whole.labels[s], whole.groups[s], per_class, seed=seed)] for s in (train, val))
    classes = tuple(f"class_{c}" for c in range(num_classes))
    return Dataset("divided", classes, *(whole.take(s) for s in (train, val, test)))

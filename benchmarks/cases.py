"""The data sets that benchmarks measure on: nine real sets, whole, and the sides that a seed makes of them."""

import zipfile
from functools import lru_cache
from pathlib import Path

import numpy as np

from tlbook.datasets.dataset import Dataset, Split
from tlbook.datasets.folders import from_folder
from tlbook.datasets.load import load_case
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
    """Read a real set as one side: all images of all sides in a fixed order.

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
    sides = (data.train, data.val, data.test)
    names = [n for side in sides for n in side.names]
    labels = np.concatenate([side.labels for side in sides])
    groups = np.concatenate([side.groups for side in sides])
    images = np.concatenate([side.load(image_size, quiet=True) for side in sides])
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
def load_sides(name, variant, per_class, seed, *, image_size=96):
    """Load one set as one seed splits or draws it, its images in memory.

    A real set: whole groups on one side, 60/20/20, at most as many validation images a class as training images, all
    test images. A synthetic case has sides of its own.

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
    """Divide a real set: whole groups on one side, at most so many training and validation images a class.

    Parameters
    ----------
    whole : Split
    num_classes, per_class, seed : int

    Returns
    -------
    Dataset
    """
    side = split_groups(whole.labels, whole.groups, seed=seed)
    train, val, test = (np.flatnonzero(side == s) for s in range(3))
    train, val = (s[nested_subset(whole.labels[s], whole.groups[s], per_class, seed=seed)] for s in (train, val))
    classes = tuple(f"class_{c}" for c in range(num_classes))
    return Dataset("divided", classes, *(whole.take(s) for s in (train, val, test)))

"""Case ``brains``: stages of atrophy in phantoms of brain MRI, 32 slices a person.

Everything is made by formula; nothing was learned from, or copied out of, a scan. A person's head shape, folds, tissue
contrast, scanner gain and bias run through all slices: whoever splits by slice and not by person lets a model
recognise people instead of atrophy.
"""

import numpy as np

from tlbook.datasets.dataset import Dataset
from tlbook.errors import check_number, check_whole
from tlbook.synthetic.brain_slices import draw_slices
from tlbook.synthetic.fields import SPLITS, make_generator, make_split

CLASSES = ("mild_demented", "non_demented", "very_mild_demented")
STAGES = (1.0, 0.0, 0.5)
CASE_KEY = 12


def draw_atrophy(rng, stage, difficulty):
    """Draw what atrophy changes: ventricles, sulci, cortex, fissures, hippocampus."""
    effect = stage * (1.5 - 1.2 * difficulty)
    age = rng.normal(0, 0.5)  # shrinks every brain a little, whatever its stage

    def size(mean, change, spread):
        return mean * np.exp(change * (effect + 0.5 * age) + rng.normal(0, spread))

    return {
        "ventricle": size(1.0, 0.45, 0.2),
        "sulcus_width": size(0.0062, 0.5, 0.14),
        "sulcus_depth": size(0.105, 0.12, 0.08),
        "cortex": size(0.021, -0.22, 0.07),
        "cleft_width": size(0.005, 0.4, 0.2),
        "sylvian_width": size(0.007, 0.6, 0.25),
        "hippocampus": min(1.05, size(0.88, -0.3, 0.08)),
        "nuclei": size(1.0, -0.05, 0.05),
    }


def draw_head(rng):
    """Draw what a person and a scan look like at any stage."""
    n, u = rng.normal, rng.uniform
    return {
        "head": n(0.95, 0.022),
        "width": n(0.385, 0.012),
        "outline_wobble": np.stack([n(0, 0.012, 5), u(0, 6.3, 5)], axis=1),
        "x": n(0, 0.006),
        "y": n(0, 0.006),
        "tilt": n(0, 0.03),
        "z_from": n(0.02, 0.05),
        "z_span": u(0.85, 1.0),
        "fold_count": u(10, 17),
        "fold_radial": u(0.6, 1.2),
        "fold_phase": u(0, 6.3, 2),
        "fold_grid": rng.standard_normal((10, 18, 18), np.float32),
        "reach_grid": rng.standard_normal((7, 9, 9), np.float32),
        "texture_grid": rng.standard_normal((16, 40, 40), np.float32),
        "texture": u(0.008, 0.02),
        "midline": n(0, 0.004),
        "cleft_from": n(0.2, 0.015),
        "sylvian_at": n(-0.03, 0.015),
        "asymmetry": n(0, 0.08),
        "ventricle_reach": n(0.52, 0.03),
        "ventricle_length": n(0.2, 0.012),
        "horn_spread": n(0.9, 0.15),
        "horn_x": n(0.195, 0.008),
        "horn_y": n(0.1, 0.01),
        "grey": n(0.5, 0.03),
        "white": n(0.82, 0.03),
        "csf": n(0.14, 0.02),
        "gain": n(1.0, 0.07),
        "bias": n(0, (0.15, 0.15, 0.35)),
        "blur": u(0.004, 0.007),
        "noise": u(0.012, 0.03),
    }


def draw_person(split, cls, number, *, seed, slices, size, difficulty):
    """Draw all slices of a person: uint8, (slices, size, size, 3), from below upwards."""
    rng = make_generator(CASE_KEY, seed, split, cls, number)
    drawn = draw_head(rng) | draw_atrophy(rng, STAGES[cls], difficulty)
    person = {key: np.float32(value) for key, value in drawn.items()}
    noise = rng.standard_normal((slices, size, size), np.float32)
    return draw_slices(person, slices, size, noise)


def make_people(per_class, *, split="train", seed=0, slices=32, size=96, difficulty=0.5):
    """Draw people slice by slice, for a reader who wants to split them in some way of their own.

    Parameters
    ----------
    per_class : int
        People a class, at least 1. The first n of a larger draw are the draw of n.
    split : str
        "train", "val" or "test": each has people of its own.
    seed : int
        At least 0.
    slices : int
        Slices a person, 1 to 64.
    size : int
        Pixels a side, 32 to 512.
    difficulty : float
        0 (stages far apart) to 1 (stages small beside the differences between people).

    Returns
    -------
    images : numpy.ndarray
        uint8, (3 * per_class * slices, size, size, 3), class by class, person by person, from below upwards.
    people : numpy.ndarray
        int64: the person's number, from 0, unique over the classes.
    levels : numpy.ndarray
        int64: the slice's number, from 1.
    labels : numpy.ndarray
        int64: index into ``CLASSES``.

    Raises
    ------
    BadInput
        A number is out of range.
    """
    limits = {"per_class": (1, 10_000), "seed": (0, 2**32 - 1), "slices": (1, 64), "size": (32, 512)}
    given = {"per_class": per_class, "seed": seed, "slices": slices, "size": size}
    for name, (low, high) in limits.items():
        check_whole(name, given[name], low, high)
    check_number("difficulty", difficulty, 0, 1)
    num_people = len(CLASSES) * per_class
    images = np.empty((num_people * slices, size, size, 3), np.uint8)
    options = {"seed": seed, "slices": slices, "size": size, "difficulty": difficulty}
    for person in range(num_people):
        cls, number = divmod(person, per_class)
        images[person * slices : (person + 1) * slices] = draw_person(SPLITS.index(split), cls, number, **options)
    people = np.repeat(np.arange(num_people), slices)
    return images, people, np.tile(np.arange(1, slices + 1), num_people), people // per_class


def draw_split(split, per_class, **options):
    """Draw one split of the case; its groups are people.

    Parameters
    ----------
    split : str
        "train", "val" or "test": each has people of its own.
    per_class : int
        People a class, at least 1.
    **options
        As for ``make_people``.

    Returns
    -------
    Split
        uint8 images; names as in "train/mild/003_slice07.png".

    Examples
    --------
    >>> draw_split("train", 2, slices=4, size=32)
    Split(24 images of 3 classes, 6 groups)
    """
    images, people, levels, labels = make_people(per_class, split=split, **options)
    groups = [f"{split}/{CLASSES[c]}/{i % per_class:03d}" for c, i in zip(labels, people, strict=True)]
    names = [f"{group}_slice{level:02d}.png" for group, level in zip(groups, levels, strict=True)]
    return make_split(images, labels, names, groups)


def make_case(*, per_class=10, seed=0, test_per_class=15, val_per_class=5, slices=32, size=96, difficulty=0.5):
    """Make the case ``brains``: three stages, whole people in one split each.

    Parameters
    ----------
    per_class : int
        PEOPLE a class to train on, at least 1. The first n of a larger draw are the draw of n.
    seed : int
        At least 0; another one draws other people for all splits.
    test_per_class, val_per_class : int
        People a class in the other splits, at least 1.
    slices : int
        Slices a person, 1 to 64.
    size : int
        Pixels a side, 32 to 512.
    difficulty : float
        0 (stages far apart) to 1 (stages small beside the differences between people).

    Returns
    -------
    Dataset
        uint8 images, (size, size, 3); a group is a person.

    Raises
    ------
    BadInput
        A number is out of range.

    Examples
    --------
    >>> case = make_case(per_class=1, val_per_class=1, test_per_class=1, slices=4)
    >>> len(case.train), case.train.names[4], str(case.train.groups[4])
    (12, 'train/non_demented/000_slice01.png', 'train/non_demented/000')
    """
    options = {"seed": seed, "slices": slices, "size": size, "difficulty": difficulty}
    counts = {"train": per_class, "val": val_per_class, "test": test_per_class}
    splits = {split: draw_split(split, count, **options) for split, count in counts.items()}
    return Dataset(name="brains", classes=CLASSES, has_groups=True, **splits)

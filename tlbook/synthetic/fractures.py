"""Case ``fractures``: is the long bone in this x-ray phantom fractured? Two views of each patient.

Everything is made by formula; nothing was learned from, or copied out of, a radiograph. The pictures carry what makes a
radiograph hard (pose, projection, exposure, overlap, lines that are no fracture) and only a sketch of anatomy.
"""

import numpy as np

from tlbook.datasets.dataset import Dataset
from tlbook.errors import check_number, check_whole
from tlbook.synthetic.fields import (
    ARGUMENTS,
    SPLITS,
    chunk_length,
    make_generator,
    make_split,
    stack_parameters,
)
from tlbook.synthetic.patients import draw_bone, draw_fracture, draw_view, project_view
from tlbook.synthetic.radiographs import draw_radiographs

CLASSES = ("fractured", "intact")
CASE_KEY = 11
VIEWS = 2


def draw_picture(split, cls, number, view, *, seed, difficulty):
    """Draw the parameters of one view of one patient, and the generator that goes on to draw the detector's noise."""
    key = (CASE_KEY, seed, split, cls, number)
    rng = make_generator(*key, 0)  # anatomy and fracture: the same for both views
    bone, fracture = draw_bone(rng), draw_fracture(rng, difficulty)
    if CLASSES[cls] == "intact":
        fracture = {**fracture, "depth": 0.0, "gap": 0.0, "splinters": 0.0, "offset_size": 0.0, "angulation_size": 0.0}
    rng = make_generator(*key, 1 + view)
    return project_view(bone, fracture, draw_view(rng, view, difficulty), rng), rng


def draw_split(split, per_class, *, seed, size, difficulty):
    """Draw one split of the case.

    Parameters
    ----------
    split : str
        "train", "val" or "test".
    per_class : int
        Pictures a class; an odd number leaves out the last patient's second view.
    seed, size : int
    difficulty : float

    Returns
    -------
    tlbook.datasets.dataset.Split
    """
    plan = [(c, i // VIEWS, i % VIEWS) for c in range(len(CLASSES)) for i in range(per_class)]
    images = np.empty((len(plan), size, size, 3), np.uint8)
    for start in range(0, len(plan), chunk_length(size)):
        chunk = plan[start : start + chunk_length(size)]
        rows = [draw_picture(SPLITS.index(split), *which, seed=seed, difficulty=difficulty) for which in chunk]
        noise = np.stack([rng.standard_normal((size, size), np.float32) for _, rng in rows])
        stacked = stack_parameters([row for row, _ in rows])
        images[start : start + len(chunk)] = draw_radiographs(stacked, size, noise)
    names = [f"{split}/{CLASSES[c]}/{number:04d}_view{view + 1}.png" for c, number, view in plan]
    groups = [f"{split}/{CLASSES[c]}/{number:04d}" for c, number, _ in plan]
    return make_split(images, [c for c, _, _ in plan], names, groups)


def make_case(*, per_class=200, seed=0, test_per_class=200, val_per_class=60, size=96, difficulty=0.1):
    """Make the case ``fractures``: patients with two views each, half of them with a fractured bone.

    Parameters
    ----------
    per_class, test_per_class, val_per_class : int
        Pictures a class in each split, at least 1. The first n of a larger draw are the draw of n.
    seed : int
        At least 0; another seed draws other patients on all splits.
    size : int
        Pixels a side, 32 to 512; the same anatomy and geometry at any size, and detector noise of one strength.
    difficulty : float
        0 (wide, displaced fractures, little noise) to 1 (hairlines among strong harmless lines).

    Returns
    -------
    tlbook.datasets.dataset.Dataset
        uint8 images, (size, size, 3); a group is a patient.

    Raises
    ------
    BadInput
        A number is out of range.

    Examples
    --------
    >>> case = make_case(per_class=4, val_per_class=2, test_per_class=2)
    >>> case.train.names[:2], len(set(case.train.groups))
    (('train/fractured/0000_view1.png', 'train/fractured/0000_view2.png'), 4)
    """
    check_whole("seed", seed, 0, 2**32 - 1)
    check_whole("size", size, 32, 512)
    check_number("difficulty", difficulty, 0, 1)
    counts = {"train": per_class, "val": val_per_class, "test": test_per_class}
    for split, count in counts.items():
        check_whole(ARGUMENTS[split], count, 1, 100_000)
    splits = {s: draw_split(s, n, seed=seed, size=size, difficulty=difficulty) for s, n in counts.items()}
    return Dataset(name="fractures", classes=CLASSES, has_groups=True, **splits)

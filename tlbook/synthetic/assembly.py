"""How a drawn case is put together: one random stream an image, three splits."""

import zlib

import numpy as np

from tlbook.datasets.dataset import Dataset, Split
from tlbook.datasets.stores import ArrayStore
from tlbook.errors import check_number, check_whole
from tlbook.runtime import show_progress
from tlbook.synthetic.fields import ARGUMENTS

SPLITS = ("test", "train", "val")


def make_rng(case, *keys):
    """Return the random generator of one image (or one thing) of a case; other keys, from 0, give another."""
    return np.random.default_rng([zlib.crc32(case.encode()), *keys])


def assemble_case(name, classes, draw, counts, *, seed, size, difficulty):
    """Draw three splits, image by image: ``draw((seed, split, class, number), size, difficulty)``: image, group."""
    _check_request(counts, seed, size, difficulty)
    splits, grouped = {}, False
    for split in ("train", "val", "test"):
        # An image depends on case, seed, split, class and number only: more images are added at the end.
        jobs = [(label, k) for label in range(len(classes)) for k in range(counts[split])]
        images, names, groups = np.empty((len(jobs), size, size, 3), np.uint8), [], []
        for i, (label, k) in enumerate(show_progress(jobs, f"drawing {name}, {split}")):
            images[i], group = draw((seed, SPLITS.index(split), label, k), size, difficulty)
            names.append(f"{split}/{classes[label]}/{k:04d}.png")
            groups.append(names[-1] if group is None else f"{split}/{classes[label]}/{group}")
            grouped = grouped or group is not None
        labels = np.array([label for label, _ in jobs], np.int64)
        splits[split] = Split(ArrayStore(images), labels, tuple(names), np.array(groups, dtype=str))
    return Dataset(name, tuple(classes), splits["train"], splits["val"], splits["test"], has_groups=grouped)


def _check_request(counts, seed, size, difficulty):
    for split, count in counts.items():
        check_whole(ARGUMENTS[split], count, 1)
    check_whole("seed", seed, 0)
    check_whole("size", size, 16, 512)
    check_number("difficulty", difficulty, 0, 1)

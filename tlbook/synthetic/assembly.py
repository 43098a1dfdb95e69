"""How a drawn case is put together: one random stream an image, three splits."""

import zlib

import numpy as np

from tlbook.datasets.dataset import Dataset, Split
from tlbook.datasets.stores import ArrayStore
from tlbook.errors import BadInput
from tlbook.runtime import show_progress

SPLITS = ("test", "train", "val")


def make_rng(case, *keys):
    """Return the random generator of one image (or one thing) of a case.

    Parameters
    ----------
    case : str
        Name of the case.
    *keys : int
        Seed, split, class, number …, each at least 0: other keys give an independent stream.

    Returns
    -------
    numpy.random.Generator
    """
    return np.random.default_rng([zlib.crc32(case.encode()), *keys])


def assemble_case(name, classes, draw, counts, *, seed, size, difficulty):
    """Draw the three splits of a case, image by image.

    An image depends on its case, seed, split, class and number only: asking for more images adds to the end.

    Parameters
    ----------
    name : str
    classes : tuple of str
        Sorted.
    draw : callable
        ``draw(key, size, difficulty)`` returns (image, group): uint8, (size, size, 3), and a str or None;
        ``key`` is the tuple (seed, split, class, number) of ints.
    counts : dict of str to int
        Images a class for ``train``, ``val`` and ``test``.
    seed, size : int
    difficulty : float
        0 (easy) to 1 (hard).

    Returns
    -------
    Dataset

    Raises
    ------
    BadInput
        A count, the seed, the size or the difficulty is out of range.
    """
    _check_request(counts, seed, size, difficulty)
    splits, grouped = {}, False
    for split in ("train", "val", "test"):
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
        if int(count) != count or count < 1:
            raise BadInput(f"received {count!r} {split} images a class; expected a whole number; ask for 1 or more")
    if int(seed) != seed or seed < 0:
        raise BadInput(f"received seed {seed!r}; expected a whole number; pass 0 or more")
    if int(size) != size or not 16 <= size <= 512:
        raise BadInput(f"received size {size!r}; expected pixels a side; pass a whole number from 16 to 512")
    if not 0 <= difficulty <= 1:
        raise BadInput(f"received difficulty {difficulty!r}; expected a fraction; pass a number from 0 to 1")

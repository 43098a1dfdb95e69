"""What a data set is: three sides of labelled images, whole groups on one side each."""

from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from tlbook.datasets.images import resize_image
from tlbook.runtime import show_progress


class ImageStore(Protocol):
    """Images that can be read one by one."""

    def __len__(self):
        """Return the number of images."""

    def read(self, index):
        """Return image ``index`` as uint8, (height, width, 3), 0-255."""

    def take(self, indices):
        """Return a store of these images, in this order."""

    def fingerprint(self, index):
        """Return bytes that are equal only for equal content (a SHA-256 digest)."""


@dataclass(frozen=True)
class Split:
    """One side of a data set.

    Attributes
    ----------
    images : ImageStore
    labels : numpy.ndarray
        int64, (n,), index into the data set's classes.
    names : tuple of str
        POSIX path of each image relative to its folder (invented for synthetic images).
    groups : numpy.ndarray
        str, (n,); images that share a group must stay on one side. An image without a group has its own name here.
    """

    images: ImageStore
    labels: np.ndarray
    names: tuple
    groups: np.ndarray

    def __len__(self):
        return len(self.labels)

    def take(self, indices):
        """Return the split of these images, in this order."""
        indices = np.asarray(indices, dtype=np.int64)
        names = tuple(self.names[i] for i in indices)
        return Split(self.images.take(indices), self.labels[indices], names, self.groups[indices])

    def batches(self, size, batch_size=64):
        """Yield the images in order as uint8, (batch, size, size, 3), 0-255."""
        for start in range(0, len(self), batch_size):
            stop = min(start + batch_size, len(self))
            yield np.stack([resize_image(self.images.read(i), size) for i in range(start, stop)])

    def load(self, size, *, label="reading images", quiet=False):
        """Return all images as one array, uint8, (n, size, size, 3), 0-255."""
        out = np.empty((len(self), size, size, 3), np.uint8)
        for i in show_progress(range(len(self)), label, quiet=quiet):
            out[i] = resize_image(self.images.read(i), size)
        return out


@dataclass(frozen=True)
class Dataset:
    """A case or a reader's folder, split for training, choosing and testing.

    Attributes
    ----------
    name : str
    classes : tuple of str
        Sorted.
    train, val, test : Split
    has_groups : bool
        True where groups were given, so that ``Split.groups`` says more than the names.
    skipped : tuple of str
        One line per image that could not be read.
    warnings : tuple of str
        What the reader ought to know before trusting a number.
    ignored : dict of str to int
        Number of files that were passed over, by kind ("metadata.csv", "hidden file", ".txt file", …).
    origin : str
        Where the images come from, in one line; empty for a reader's own folder.
    """

    name: str
    classes: tuple
    train: Split
    val: Split
    test: Split
    has_groups: bool = False
    skipped: tuple = ()
    warnings: tuple = ()
    ignored: dict = field(default_factory=dict)
    origin: str = ""

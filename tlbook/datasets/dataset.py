"""What a data set is: three splits of labelled images, whole groups in one split each."""

from dataclasses import dataclass, field, replace
from typing import Protocol

import numpy as np

from tlbook.datasets.images import resize_image
from tlbook.datasets.parallel import map_in_threads
from tlbook.errors import BadInput


class ImageStore(Protocol):
    """Images that can be read one by one."""

    def __len__(self):
        """Return the number of images."""

    def read(self, index):
        """Read one image.

        Parameters
        ----------
        index : int

        Returns
        -------
        numpy.ndarray
            uint8, (height, width, 3), 0-255.
        """

    def take(self, indices):
        """Choose images.

        Parameters
        ----------
        indices : sequence of int

        Returns
        -------
        ImageStore
            Of these images, in this order.
        """

    def fingerprint(self, index):
        """Identify the content of an image.

        Parameters
        ----------
        index : int

        Returns
        -------
        bytes
            SHA-256 digest, equal only for equal content.
        """


@dataclass(frozen=True)
class Split:
    """One split of a data set.

    Attributes
    ----------
    images : ImageStore
    labels : numpy.ndarray
        int64, (n,), index into the data set's classes.
    names : tuple of str
        POSIX path of each image relative to its folder (invented for synthetic images).
    groups : numpy.ndarray
        str, (n,); images that share a group must stay in one split. An image without a group has its own name here.
    """

    images: ImageStore
    labels: np.ndarray
    names: tuple
    groups: np.ndarray

    def __len__(self):
        return len(self.labels)

    def __repr__(self):
        labels, groups = len(np.unique(self.labels)), len(np.unique(self.groups))
        return f"Split({len(self)} images of {labels} classes, {groups} groups)"

    def take(self, indices):
        """Choose images.

        Parameters
        ----------
        indices : sequence of int

        Returns
        -------
        Split
            Of these images, in this order.
        """
        indices = np.asarray(indices, dtype=np.int64)
        names = tuple(self.names[i] for i in indices)
        return Split(self.images.take(indices), self.labels[indices], names, self.groups[indices])

    def batches(self, size, batch_size=64):
        """Read the images in order, a batch at a time.

        Parameters
        ----------
        size : int
            Pixels a side.
        batch_size : int
            At least 1; the last batch may be smaller.

        Yields
        ------
        numpy.ndarray
            uint8, (batch, size, size, 3), 0-255.
        """
        for start in range(0, len(self), batch_size):
            stop = min(start + batch_size, len(self))
            yield np.stack([resize_image(self.images.read(i), size) for i in range(start, stop)])

    def load(self, size, *, label="reading images", quiet=False):
        """Read all images into memory.

        Parameters
        ----------
        size : int
            Pixels a side.
        label : str
            What the progress bar says.
        quiet : bool
            True shows no progress bar.

        Returns
        -------
        numpy.ndarray
            uint8, (n, size, size, 3), 0-255.
        """
        out = np.empty((len(self), size, size, 3), np.uint8)

        def fill(index):
            out[index] = resize_image(self.images.read(index), size)

        map_in_threads(fill, len(self), label, quiet=quiet)
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

    def __repr__(self):
        splits = ", ".join(f"{split}={getattr(self, split)!r}" for split in ("train", "val", "test"))
        return f"Dataset({self.name!r}, {len(self.classes)} classes, {splits}, {len(self.warnings)} warnings)"


def drop_classes(case, exclude):
    """Leave classes out of a data set.

    Parameters
    ----------
    case : Dataset
    exclude : sequence of str

    Returns
    -------
    Dataset

    Raises
    ------
    BadInput
        There is no such class, or fewer than two are left.
    """
    exclude = (exclude,) if isinstance(exclude, str) else tuple(exclude)
    unknown = [name for name in exclude if name not in case.classes]
    if unknown:
        raise BadInput(f"received `exclude` {unknown[0]!r}; expected one of the classes: {', '.join(case.classes)}")
    if not exclude:
        return case
    kept = [label for label, name in enumerate(case.classes) if name not in exclude]
    if len(kept) < 2:
        raise BadInput(
            f"{len(kept)} classes are left without {', '.join(exclude)}; expected two or more; exclude fewer"
        )
    splits = {split: _keep_labels(getattr(case, split), kept) for split in ("train", "val", "test")}
    return replace(case, classes=tuple(case.classes[label] for label in kept), **splits)


def _keep_labels(split, kept):
    """Return the images of these labels, the labels counted anew."""
    part = split.take(np.flatnonzero(np.isin(split.labels, kept)))
    return Split(part.images, np.searchsorted(kept, part.labels), part.names, part.groups)

"""What a data set is: three splits of labelled images, whole groups in one split each."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike

from tlbook.datasets.images import resize_image
from tlbook.datasets.parallel import map_in_threads
from tlbook.datasets.printing import format_html, format_text, tabulate_splits, title_dataset
from tlbook.datasets.provenance import describe_excluded
from tlbook.datasets.textstore import TextStore
from tlbook.errors import BadInput
from tlbook.files import make_array


class ImageStore(Protocol):
    """Images that can be read one by one."""

    def __len__(self) -> int:
        """Return the number of images."""

    def read(self, index: int) -> np.ndarray:
        """Return one image, uint8, (height, width, 3), 0-255."""

    def inspect(self, index):
        """Return one image as a small grey square, uint8, (32, 32), 0-255, and its `Traits`."""

    def take(self, indices: np.ndarray) -> "ImageStore":
        """Return a store of these images, in this order."""

    def fingerprint(self, index: int) -> bytes:
        """Return bytes that are equal only for equal content: a SHA-256 digest."""


@dataclass(frozen=True)
class Split:
    """One split of a data set.

    Attributes
    ----------
    images : ImageStore
        Read one by one, when they are needed; :meth:`load` reads all.
    labels : numpy.ndarray
        int64, (n,), index into the data set's classes.
    names : tuple of str
        POSIX path of each image relative to its folder (invented for synthetic images).
    groups : numpy.ndarray
        str, (n,); images that share a group must stay in one split. An image without a group has its own name here.

    Examples
    --------
    >>> import tlbook as tl
    >>> split = tl.load_case("signs", per_class=5, size=32).train
    >>> split
    Split(70 images of 14 classes, 14 groups)
    >>> split.take([0, 1]).load(32, quiet=True).shape
    (2, 32, 32, 3)
    """

    images: ImageStore
    labels: np.ndarray
    names: tuple[str, ...]
    groups: np.ndarray

    def __len__(self) -> int:
        return len(self.labels)

    def __repr__(self):
        labels, groups = len(np.unique(self.labels)), len(np.unique(self.groups))
        return f"Split({len(self)} {self.unit}s of {labels} classes, {groups} groups)"

    @property
    def unit(self) -> str:
        """What one row is: image or text."""
        return "text" if isinstance(self.images, TextStore) else "image"

    @property
    def texts(self) -> tuple[str, ...]:
        """The texts, where the data set is one of texts (`tlbook.from_table` with ``text``)."""
        if not isinstance(self.images, TextStore):
            raise BadInput("received a split of images; expected one of texts, as from_table with `text` makes it")
        return self.images.texts

    def _check_images(self):
        if isinstance(self.images, TextStore):
            raise BadInput("received a split of texts; expected one of images: a text has no pixels")

    def take(self, indices: ArrayLike) -> "Split":
        """Choose images.

        Parameters
        ----------
        indices : sequence of int
            Places in this split, from 0.

        Returns
        -------
        Split
            Of these images, in this order.
        """
        indices = np.asarray(indices, dtype=np.int64)
        names = tuple(self.names[i] for i in indices)
        return Split(self.images.take(indices), self.labels[indices], names, self.groups[indices])

    def batches(self, size: int, batch_size: int = 64) -> Iterator[np.ndarray]:
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
        self._check_images()
        for start in range(0, len(self), batch_size):
            stop = min(start + batch_size, len(self))
            yield np.stack([resize_image(self.images.read(i), size) for i in range(start, stop)])

    def load(self, size: int, *, label: str = "reading images", quiet: bool = False) -> np.ndarray:
        """Read all images into memory; beyond 1 GiB into a file without a name, which vanishes with the process.

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
        self._check_images()
        out = make_array((len(self), size, size, 3), np.uint8)

        def fill(index):
            out[index] = resize_image(self.images.read(index), size)

        map_in_threads(fill, len(self), label, quiet=quiet)
        return out


@dataclass(frozen=True)
class Dataset:
    """A case or a reader's own images, split for training, choosing and testing. It prints as a small table.

    Attributes
    ----------
    name : str
        Of the case, or of the folder.
    classes : tuple of str
        Sorted.
    train, val, test : Split
        To learn from, to choose by, and to be looked at once.
    has_groups : bool
        True where groups were given, so that ``Split.groups`` says more than the names.
    unreadable : dict of str to str
        Why an image could not be read, by its path; these were skipped.
    warnings : tuple of str
        What the reader ought to know before trusting a number.
    ignored : dict of str to int
        Number of files that were passed over, by kind ("metadata.csv", "hidden file", ".txt file", …).
    origin : str
        Where the images come from, in one line; empty for a reader's own.
    split_origin : str
        How the splits came about, in one sentence: "60/20/20 by class and whole groups, seed 0".
    groups_origin : str
        Where the groups stand ("metadata.csv, column group"); empty without groups.
    left_out : tuple of str
        What was left out and why, one line each: excluded classes, unreadable images, files passed over, training
        images beyond ``per_class``.
    value_range : tuple of float or None
        What became 0 and 255 of images of more than 8 bits; None where all have 8.

    Examples
    --------
    >>> import tlbook as tl
    >>> tl.load_case("fractures", per_class=4, size=32)
    fractures: 2 classes, made split by split
    split       images  groups  fractured  intact
    training         8       4          4       4
    validation     120      60         60      60
    test           400     200        200     200
    """

    name: str
    classes: tuple[str, ...]
    train: Split
    val: Split
    test: Split
    has_groups: bool = False
    unreadable: dict[str, str] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    ignored: dict[str, int] = field(default_factory=dict)
    origin: str = ""
    split_origin: str = ""
    groups_origin: str = ""
    left_out: tuple[str, ...] = ()
    value_range: tuple[float, float] | None = None

    @property
    def skipped(self) -> tuple[str, ...]:
        """One line per image that could not be read."""
        return tuple(f"{name}: {reason}" for name, reason in self.unreadable.items())

    def __repr__(self):
        above, below = title_dataset(self)
        return "\n".join(filter(None, (above, format_text(tabulate_splits(self)), below)))

    def _repr_html_(self):
        return format_html(tabulate_splits(self), *title_dataset(self))


def drop_classes(case, exclude):
    """Leave classes out of a data set that has been put together already."""
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
    labels = np.concatenate([case.train.labels, case.val.labels, case.test.labels])
    line = describe_excluded(np.array(case.classes)[labels], exclude)
    splits = {split: _keep_labels(getattr(case, split), kept) for split in ("train", "val", "test")}
    left_out = (*case.left_out, *line)
    return replace(case, classes=tuple(case.classes[label] for label in kept), left_out=left_out, **splits)


def _keep_labels(split, kept):
    """Return the images of these labels, the labels counted anew."""
    part = split.take(np.flatnonzero(np.isin(split.labels, kept)))
    return Split(part.images, np.searchsorted(kept, part.labels), part.names, part.groups)

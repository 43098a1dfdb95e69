"""Where images come from: arrays in memory, or files in a folder or a zip file."""

import contextlib
import hashlib
from dataclasses import dataclass, replace

import numpy as np

from tlbook.datasets.containers import Archive, Folder
from tlbook.datasets.images import decode_image, inspect_image, shrink_image
from tlbook.datasets.limits import MOST_NOISE, NO_MEMORY, UnreadableImage
from tlbook.datasets.traits import Traits
from tlbook.errors import BadInput


@dataclass(frozen=True)
class ArrayStore:
    """Images in memory.

    Attributes
    ----------
    array : numpy.ndarray
        uint8, (n, height, width, 3), 0-255; or object, (n,), of such images that differ in size.

    Examples
    --------
    >>> store = ArrayStore(np.zeros((3, 8, 8, 3), np.uint8))
    >>> len(store.take([0, 2])), store.read(1).shape
    (2, (8, 8, 3))
    """

    array: np.ndarray

    def __len__(self):
        return len(self.array)

    def read(self, index):
        """Return one image.

        Parameters
        ----------
        index : int
            Its place, from 0.

        Returns
        -------
        numpy.ndarray
            uint8, (height, width, 3), 0-255.
        """
        return self.array[index]

    def inspect(self, index):
        """Return one image as a small grey square, and what else is known of it.

        Parameters
        ----------
        index : int
            Its place, from 0.

        Returns
        -------
        numpy.ndarray
            uint8, (32, 32), 0-255.
        Traits
            What a reader of folders warns of.
        """
        image = self.array[index]
        return shrink_image(image), Traits(flat=int(image.max()) - int(image.min()) <= MOST_NOISE)

    def take(self, indices):
        """Choose images.

        Parameters
        ----------
        indices : array_like
            int, (k,), places from 0.

        Returns
        -------
        ArrayStore
            Of these images, in this order.
        """
        return ArrayStore(self.array[indices])

    def fingerprint(self, index):
        """Digest the shape and the pixels of one image.

        Parameters
        ----------
        index : int
            Its place, from 0.

        Returns
        -------
        bytes
            SHA-256, equal only for equal images.
        """
        image = np.ascontiguousarray(self.array[index])
        return hashlib.sha256(str(image.shape).encode() + image.tobytes()).digest()


@dataclass(frozen=True)
class FileStore:
    """Image files of a folder or a zip file, decoded when read.

    Attributes
    ----------
    container : Folder or Archive
    names : tuple of str
        POSIX paths relative to it.
    checked : bool
        True where each image has been read once, so that one that is unreadable has changed since and is bad input.
    value_range : tuple of float or None
        What becomes 0 and 255 of images of more than 8 bits; None scales each from its own values.
    """

    container: Folder | Archive
    names: tuple
    checked: bool = False
    value_range: tuple | None = None

    def __len__(self):
        return len(self.names)

    def read_bytes(self, index):
        """Return the bytes of one image file; raise UnreadableImage where it is gone or damaged."""
        with self._blame(index):
            return self._read(index)

    def read(self, index):
        """Return one image, uint8, (height, width, 3); raise UnreadableImage where it is gone, damaged or none."""
        with self._blame(index):
            return decode_image(self._read(index), self.value_range)

    def inspect(self, index):
        """Return one image as a small grey square, uint8, (32, 32), and its `Traits`; every byte of it is read."""
        with self._blame(index):
            return inspect_image(self._read(index))

    def take(self, indices):
        """Choose images."""
        return replace(self, names=tuple(self.names[i] for i in indices))

    def fingerprint(self, index):
        """Return the SHA-256 of the file's bytes, and of the range if there is one; packing it does not change it."""
        scale = b"" if self.value_range is None else repr(self.value_range).encode()
        return hashlib.sha256(self.read_bytes(index) + scale).digest()

    def _read(self, index):
        try:
            return self.container.read(self.names[index])
        except UnreadableImage:
            raise
        except MemoryError as error:
            raise UnreadableImage(NO_MEMORY) from error
        except OSError as error:
            raise UnreadableImage(error.strerror or str(error) or type(error).__name__) from error
        except Exception as error:  # zipfile raises RuntimeError, BadZipFile, zlib.error, … on damaged members
            raise UnreadableImage(" ".join(str(error).split()) or type(error).__name__) from error

    @contextlib.contextmanager
    def _blame(self, index):
        """Turn an unreadable image into bad input where it could be read before."""
        try:
            yield
        except UnreadableImage as error:
            if not self.checked:
                raise
            mend = "free memory, or leave it out," if str(error) == NO_MEMORY else "put it back"
            raise BadInput(
                f"the image {self.names[index]!r} was read when the data set was checked and cannot be read now "
                f"({error}); expected images that stay as they are; {mend} and start again"
            ) from error

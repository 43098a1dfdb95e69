"""Where images come from: an array in memory, or files in a folder or a zip file."""

import hashlib
from dataclasses import dataclass

import numpy as np

from tlbook.datasets.containers import Archive, Folder
from tlbook.datasets.images import UnreadableImage, decode_image


@dataclass(frozen=True)
class ArrayStore:
    """Images in memory.

    Attributes
    ----------
    array : numpy.ndarray
        uint8, (n, height, width, 3), 0-255.
    """

    array: np.ndarray

    def __len__(self):
        return len(self.array)

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
        return self.array[index]

    def take(self, indices):
        """Choose images.

        Parameters
        ----------
        indices : sequence of int

        Returns
        -------
        ArrayStore
            Of these images, in this order.
        """
        return ArrayStore(self.array[indices])

    def fingerprint(self, index):
        """Identify the content of an image.

        Parameters
        ----------
        index : int

        Returns
        -------
        bytes
            SHA-256 digest of the shape and the pixels.
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
    """

    container: Folder | Archive
    names: tuple

    def __len__(self):
        return len(self.names)

    def read_bytes(self, index):
        """Read the bytes of one image file.

        Parameters
        ----------
        index : int

        Returns
        -------
        bytes

        Raises
        ------
        UnreadableImage
            The file is gone or damaged.
        """
        try:
            return self.container.read(self.names[index])
        except MemoryError:
            raise
        except OSError as error:
            raise UnreadableImage(error.strerror or str(error) or type(error).__name__) from error
        except Exception as error:  # zipfile raises RuntimeError, BadZipFile, zlib.error, … on damaged members
            raise UnreadableImage(" ".join(str(error).split()) or type(error).__name__) from error

    def read(self, index):
        """Read one image.

        Parameters
        ----------
        index : int

        Returns
        -------
        numpy.ndarray
            uint8, (height, width, 3), 0-255.

        Raises
        ------
        UnreadableImage
            The file is gone, damaged or no image.
        """
        return decode_image(self.read_bytes(index))

    def take(self, indices):
        """Choose images.

        Parameters
        ----------
        indices : sequence of int

        Returns
        -------
        FileStore
            Of these images, in this order.
        """
        return FileStore(self.container, tuple(self.names[i] for i in indices))

    def fingerprint(self, index):
        """Identify the content of an image.

        Parameters
        ----------
        index : int

        Returns
        -------
        bytes
            SHA-256 digest of the file's bytes; packing the file into an archive does not change it.
        """
        return hashlib.sha256(self.read_bytes(index)).digest()

"""Where images come from: an array in memory, a folder, a zip file."""

import hashlib
from dataclasses import dataclass

import numpy as np


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
        """Return image ``index`` as uint8, (height, width, 3), 0-255."""
        return self.array[index]

    def take(self, indices):
        """Return a store of these images, in this order."""
        return ArrayStore(self.array[indices])

    def fingerprint(self, index):
        """Return the SHA-256 digest of the pixels."""
        return hashlib.sha256(np.ascontiguousarray(self.array[index])).digest()

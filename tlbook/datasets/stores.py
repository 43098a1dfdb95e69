"""Where images come from: an array in memory, a folder, a zip file."""

import hashlib
import os
import threading
import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

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
        """Return image ``index`` as uint8, (height, width, 3), 0-255."""
        return self.array[index]

    def take(self, indices):
        """Return a store of these images, in this order."""
        return ArrayStore(self.array[indices])

    def fingerprint(self, index):
        """Return the SHA-256 digest of the pixels."""
        return hashlib.sha256(np.ascontiguousarray(self.array[index])).digest()


@dataclass(frozen=True)
class FileStore:
    """Image files below a folder, decoded when read.

    Attributes
    ----------
    root : pathlib.Path
    names : tuple of str
        POSIX paths relative to ``root``.
    """

    root: Path
    names: tuple

    def __len__(self):
        return len(self.names)

    def read_bytes(self, index):
        """Return the bytes of file ``index``; raise UnreadableImage where it cannot be read."""
        try:
            return (self.root / self.names[index]).read_bytes()
        except OSError as error:
            raise UnreadableImage(error.strerror or type(error).__name__) from error

    def read_file(self, name):
        """Return the bytes of any file below ``root``, or None where there is no such file."""
        path = self.root / name
        return path.read_bytes() if path.is_file() else None

    def read(self, index):
        """Return image ``index`` as uint8, (height, width, 3), 0-255."""
        return decode_image(self.read_bytes(index))

    def take(self, indices):
        """Return a store of these images, in this order."""
        return FileStore(self.root, tuple(self.names[i] for i in indices))

    def fingerprint(self, index):
        """Return the SHA-256 digest of the file's bytes."""
        return hashlib.sha256(self.read_bytes(index)).digest()


class Archive:
    """An open zip file that several threads may read, and a forked process too.

    Parameters
    ----------
    path : pathlib.Path
    """

    def __init__(self, path):
        self.path = Path(path)
        self._lock = threading.Lock()
        self._file, self._owner = None, None

    def _open(self):
        if self._owner != os.getpid():  # a forked process would share the file position with its parent
            self._file, self._owner = zipfile.ZipFile(self.path), os.getpid()
        return self._file

    def members(self):
        """Return the list of ``zipfile.ZipInfo`` of this archive."""
        with self._lock:
            return self._open().infolist()

    def read(self, member):
        """Return the bytes of ``member`` (checked against its CRC)."""
        with self._lock:
            return self._open().read(member)


@dataclass(frozen=True)
class ZipStore:
    """Image files in a zip file, read without extracting it.

    Attributes
    ----------
    archive : Archive
    prefix : str
        Folder inside the archive that the names are relative to, with its trailing slash, or empty.
    names : tuple of str
        POSIX paths relative to ``prefix``.
    """

    archive: Archive
    prefix: str
    names: tuple

    def __len__(self):
        return len(self.names)

    def read_bytes(self, index):
        """Return the bytes of file ``index``; raise UnreadableImage where it cannot be read."""
        try:
            return self.archive.read(self.prefix + self.names[index])
        except MemoryError:
            raise
        except Exception as error:  # zipfile raises RuntimeError, BadZipFile, zlib.error, … on damaged members
            raise UnreadableImage(" ".join(str(error).split()) or type(error).__name__) from error

    def read_file(self, name):
        """Return the bytes of a member, looked for below ``prefix`` and then at the root; None where there is none."""
        present = {member.filename for member in self.archive.members()}
        found = [member for member in (self.prefix + name, name) if member in present]
        return self.archive.read(found[0]) if found else None

    def read(self, index):
        """Return image ``index`` as uint8, (height, width, 3), 0-255."""
        return decode_image(self.read_bytes(index))

    def take(self, indices):
        """Return a store of these images, in this order."""
        return ZipStore(self.archive, self.prefix, tuple(self.names[i] for i in indices))

    def fingerprint(self, index):
        """Return the SHA-256 digest of the file's bytes, equal to that of the extracted file."""
        return hashlib.sha256(self.read_bytes(index)).digest()

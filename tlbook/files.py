"""Files: their checksums, writing that leaves the old file or the new one, and one writer at a time."""

import contextlib
import hashlib
import math
import os
import tempfile
from pathlib import Path

import numpy as np

MEMORY_LIMIT = 2**30  # bytes of an array in memory; a larger one lies in a file


def hash_file(path, kind="sha256"):
    """Return a file's checksum in hexadecimal digits, SHA-256 (64 of them) unless told otherwise."""
    with Path(path).open("rb") as file:
        return hashlib.file_digest(file, kind).hexdigest()


@contextlib.contextmanager
def replace_file(path):
    """Give a binary file that takes the place of ``path`` at the end, or vanishes on any error.

    Whenever the process or the machine dies, ``path`` is the old file or the new one, whole.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, part = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".part")
    try:
        with os.fdopen(handle, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.chmod(part, allow_by_umask(0o666))
        os.replace(part, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(part)
        raise


def lock_file(file, *, wait=False):
    """Keep other processes from an open file or folder as long as it is open; False where one has it already."""
    try:
        import fcntl
    except ImportError:  # a system without such locks
        return True
    try:
        fcntl.flock(file, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
    except OSError:
        return False
    return True


def allow_by_umask(mode):
    """Return a mode as the user's umask leaves it: temporary files and folders are closed to everybody else."""
    mask = os.umask(0)
    os.umask(mask)
    return mode & ~mask


def make_array(shape, kind, *, on_disk=None):
    """Make an array to be filled; a large one in a file without a name, which vanishes with the process."""
    if on_disk is None:
        on_disk = math.prod(shape) * np.dtype(kind).itemsize > MEMORY_LIMIT
    if not on_disk:
        return np.empty(shape, kind)
    with tempfile.TemporaryFile() as file:
        return np.memmap(file, kind, "w+", shape=shape)

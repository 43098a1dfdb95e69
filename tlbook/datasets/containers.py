"""What holds image files: a folder, or a zip file that stays packed."""

import os
import threading
import zipfile
from dataclasses import dataclass
from pathlib import Path


def read_if_there(path):
    """Read a file, if it is one.

    Parameters
    ----------
    path : pathlib.Path
        Anything, also what could be no path.

    Returns
    -------
    bytes or None
    """
    try:
        return path.read_bytes() if path.is_file() else None
    except (OSError, ValueError):  # too long for a name, a null byte, no right to look
        return None


@dataclass(frozen=True)
class Folder:
    """A folder of files.

    Attributes
    ----------
    root : pathlib.Path
    """

    root: Path

    def read(self, name):
        """Read an image file.

        Parameters
        ----------
        name : str
            POSIX path relative to the folder.

        Returns
        -------
        bytes

        Raises
        ------
        OSError
            The file is gone or cannot be opened.
        """
        return (self.root / name).read_bytes()

    def find(self, name):
        """Read any file of the folder, if there is one of that name.

        Parameters
        ----------
        name : str

        Returns
        -------
        bytes or None
        """
        return read_if_there(self.root / name)


class Archive:
    """A zip file that several threads may read, and a forked process too.

    Parameters
    ----------
    path : pathlib.Path
    prefix : str
        Folder inside that names are relative to, with its trailing slash; empty for the archive's root.

    Raises
    ------
    zipfile.BadZipFile
        It is none, or a damaged one (this appears with the first reading).
    """

    def __init__(self, path, prefix=""):
        self.path = Path(path)
        self.prefix = prefix
        self._lock = threading.Lock()
        self._file, self._owner = None, None

    def _open(self):
        if self._owner != os.getpid():  # a forked process would share the file position with its parent
            self._file, self._owner = zipfile.ZipFile(self.path), os.getpid()
        return self._file

    def list_members(self):
        """List the members.

        Returns
        -------
        list of str
            Paths from the archive's root; those of folders end with a slash.
        """
        with self._lock:
            return self._open().namelist()

    def read(self, name):
        """Read an image file, checked against its CRC.

        Parameters
        ----------
        name : str
            POSIX path relative to ``prefix``.

        Returns
        -------
        bytes

        Raises
        ------
        Exception
            Of several types, as zipfile and zlib raise them: the member is damaged, encrypted or not there.
        """
        with self._lock:
            return self._open().read(self.prefix + name)

    def find(self, name):
        """Read any member, looked for below ``prefix`` and then at the archive's root.

        Parameters
        ----------
        name : str

        Returns
        -------
        bytes or None
            None where there is no such member.
        """
        present = set(self.list_members())
        found = [member for member in (self.prefix + name, name) if member in present]
        if not found:
            return None
        with self._lock:
            return self._open().read(found[0])

"""What holds image files: a folder, or a zip file that stays packed."""

import os
import threading
import zipfile
from dataclasses import dataclass
from pathlib import Path

from tlbook.errors import BadInput


def read_if_there(path):
    """Read a file, if it is one.

    Parameters
    ----------
    path : pathlib.Path
        Anything, also what could be no path.

    Returns
    -------
    bytes or None
        None where there is no such file.

    Raises
    ------
    BadInput
        There is one, and it cannot be read.
    """
    try:
        there = path.is_file()
    except (OSError, ValueError):  # too long for a name, a null byte, no right to look
        there = False
    if not there:
        return None
    try:
        return path.read_bytes()
    except OSError as error:
        raise BadInput(
            f"the file {path.name!r} cannot be read ({error.strerror}); expected one that you may read; mend that"
        ) from error


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
        path = self.root / name
        if path.exists() and not path.is_file():  # a pipe would be waited for, for ever
            raise OSError("no regular file")
        return path.read_bytes()

    def find(self, name):
        """Read any file of the folder, if there is one of that name.

        Parameters
        ----------
        name : str

        Returns
        -------
        bytes or None
            None where there is no such file.

        Raises
        ------
        BadInput
            There is one, and it cannot be read.
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
        self._file, self._members, self._owner = None, {}, None

    def _open(self):
        if self._owner != os.getpid():  # a forked process would share the file position with its parent
            self._file, self._owner = zipfile.ZipFile(self.path), os.getpid()
            self._members = {_normalise(member): member for member in self._file.namelist()}
        return self._file

    def list_members(self):
        """List the members.

        Returns
        -------
        list of str
            POSIX paths from the archive's root, however they are written in it; those of folders end with a slash.
        """
        with self._lock:
            self._open()
            return list(self._members)

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
            file = self._open()
            return file.read(self._members[self.prefix + name])

    def find(self, name):
        """Read any member, looked for below ``prefix`` and then at the archive's root.

        Parameters
        ----------
        name : str

        Returns
        -------
        bytes or None
            None where there is no such member.

        Raises
        ------
        BadInput
            It is damaged or encrypted.
        """
        self.list_members()
        name = _normalise(name)
        member = self._members.get(self.prefix + name, self._members.get(name))
        if member is None:
            return None
        try:
            with self._lock:
                return self._open().read(member)
        except Exception as error:  # zipfile and zlib raise several types
            raise BadInput(
                f"{name!r} in the zip file {self.path.name!r} cannot be read ({error}); pack it anew, unencrypted"
            ) from error


def _normalise(member):
    """Write a member's path as a POSIX path: some packers write ``./`` before it, or backslashes."""
    member = member.replace("\\", "/")
    while member.startswith("./"):
        member = member[2:]
    return member

"""What holds image files: a folder, or a zip file that stays packed."""

import os
import threading
import zipfile
from dataclasses import dataclass
from pathlib import Path

from tlbook.datasets.limits import check_image_size, check_table_size
from tlbook.errors import BadInput


def read_if_there(path):
    """Return a file's bytes, None where there is no such file (the name may be anything); refuse an unreadable one."""
    try:
        there = path.is_file()
    except (OSError, ValueError):  # too long for a name, a null byte, no right to look
        there = False
    if not there:
        return None
    try:
        check_table_size(path.name, path.stat().st_size)
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
        """Return the bytes of an image file; raise OSError where it is gone or cannot be opened."""
        path = self.root / name
        if path.exists() and not path.is_file():  # a pipe would be waited for, for ever
            raise OSError("no regular file")
        check_image_size(path.stat().st_size)
        return path.read_bytes()

    def peek(self, name, size):
        """Return the first bytes of a file, none where it cannot be read."""
        try:
            path = self.root / name
            if not path.is_file():
                return b""
            with path.open("rb") as file:
                return file.read(size)
        except OSError:
            return b""

    def find(self, name):
        """Return the bytes of any file of the folder, None where there is none of that name."""
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
        self.num_replaced = 0  # files of a name that a later one has too: the last counts

    def _open(self):
        if self._owner != os.getpid():  # a forked process would share the file position with its parent
            self._file, self._owner = zipfile.ZipFile(self.path), os.getpid()
            listed = [(_normalise(member), member) for member in self._file.namelist()]
            self._members = dict(listed)
            self.num_replaced = sum(not name.endswith("/") for name, _ in listed) - sum(
                not name.endswith("/") for name in self._members
            )
        return self._file

    def list_members(self):
        """Return the members' POSIX paths from the root, however they are written; folders end with a slash."""
        with self._lock:
            self._open()
            return list(self._members)

    def read(self, name):
        """Return the bytes of an image file, checked against its CRC; zipfile and zlib raise several types."""
        with self._lock:
            file, member = self._open(), self._members[self.prefix + name]
            check_image_size(file.getinfo(member).file_size)
            return file.read(member)

    def peek(self, name, size):
        """Return the first bytes of a member by its path from the root, none where it cannot be read."""
        try:
            with self._lock, self._open().open(self._members[name]) as member:
                return member.read(size)
        except Exception:  # zipfile and zlib raise several types
            return b""

    def find(self, name):
        """Return the bytes of any member, looked for below ``prefix``, then at the root; None where there is none."""
        self.list_members()
        name = _normalise(name)
        member = self._members.get(self.prefix + name, self._members.get(name))
        if member is None:
            return None
        try:
            with self._lock:
                file = self._open()
                check_table_size(name, file.getinfo(member).file_size)
                return file.read(member)
        except BadInput:
            raise
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

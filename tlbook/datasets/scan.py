"""What a folder or a zip file holds: its images, and what is passed over."""

import contextlib
import os
import struct
import sys
import zipfile
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from posixpath import splitext

import numpy as np

from tlbook.datasets.containers import Archive, Folder
from tlbook.datasets.dicom import DIRECTORY, HEAD, can_read_dicom, is_dicom
from tlbook.datasets.formats import OTHER_FORMATS, list_extensions
from tlbook.datasets.images import THUMBNAIL_SIZE
from tlbook.datasets.limits import UnreadableImage
from tlbook.datasets.parallel import map_in_threads
from tlbook.datasets.stores import FileStore
from tlbook.errors import BadInput
from tlbook.runtime import quiet_stderr

NOT_LISTED = ("hidden file", "__MACOSX")
# Pictures that are not read here: a folder of them is a class that must not vanish unnoticed.
OTHER_PICTURES = frozenset(f"{suffix} file" for suffix in OTHER_FORMATS)


@dataclass(frozen=True)
class Listing:
    """The images of a folder, a zip file or a single file.

    Attributes
    ----------
    store : FileStore
        The images, in the order of ``names``.
    names : tuple of str
        POSIX paths relative to the folder, sorted.
    folders : frozenset of str
        POSIX paths of the folders that hold pictures (also of a kind that is not read), or nothing at all; not of
        those that hold other files only.
    ignored : dict of str to int
        Number of files passed over, by kind.
    tables : tuple of str
        POSIX paths of the CSV files, sorted, the uppermost first.
    """

    store: FileStore
    names: tuple
    folders: frozenset
    ignored: dict
    tables: tuple = ()


def scan_folder(path):
    """List the images of a folder, of a zip file (left unextracted), or one image.

    In a zip file a single top folder without images of its own is looked through. The order does not depend on
    the file system, and a folder lists as its zip does.
    """
    path = Path(path)
    if path.is_dir():
        paths = list(_walk(path))
        names, folders, ignored = _sort_out(paths, Folder(path))
        return Listing(FileStore(Folder(path), names), names, folders, ignored, _find_tables(paths))
    if not path.is_file():
        raise BadInput(f"received {str(path)!r}; expected a folder, a zip file or an image; there is no such folder")
    if path.suffix.lower() in list_extensions() or path.name in _find_unnamed([path.name], Folder(path.parent)):
        return Listing(FileStore(Folder(path.parent), (path.name,)), (path.name,), frozenset(), {})
    if not zipfile.is_zipfile(path):
        raise BadInput(f"received the file {path.name!r}; expected a folder of images or a (whole) zip file of one")
    return _scan_zip(path)


def check_images(store, *, quiet=False):
    """Decode every image once, small; return the reason of each unreadable one by index, thumbnails and traits.

    Thumbnails are uint8, (n, 32, 32), grey; black where unreadable. A kilobyte an image. Traits are a list of `Traits`,
    None where unreadable.
    """
    thumbnails = np.zeros((len(store), THUMBNAIL_SIZE, THUMBNAIL_SIZE), np.uint8)
    traits = [None] * len(store)

    def check(index):
        try:
            thumbnails[index], traits[index] = store.inspect(index)
        except UnreadableImage as error:
            return str(error)
        return None

    # libtiff writes its own complaints; on a terminal they may stand, where the progress bar needs standard error
    with contextlib.nullcontext() if sys.stderr.isatty() else quiet_stderr():
        verdicts = map_in_threads(check, len(store), "checking images", quiet=quiet)
    return {index: reason for index, reason in enumerate(verdicts) if reason is not None}, thumbnails, traits


def _walk(root):
    """Yield the POSIX paths below a folder, folders with a slash; links are followed, but not in circles."""

    def refuse(error):
        folder = Path(error.filename)
        if folder != root and _classify(folder.relative_to(root).as_posix()) in NOT_LISTED:  # passed over anyway
            return
        raise BadInput(
            f"the folder {folder.name!r} cannot be opened ({error.strerror}); expected one to read; mend that"
        )

    above = {str(root): frozenset()}  # the folders on the way to one: a link to any of them closes a circle
    for folder, below, files in os.walk(root, onerror=refuse, followlinks=True):
        state = os.stat(folder)
        place, way = (state.st_dev, state.st_ino), above.pop(folder)
        if place in way:
            below.clear()
            continue
        above |= {os.path.join(folder, name): way | {place} for name in below}
        inner = Path(folder).relative_to(root)
        yield from ((inner / name).as_posix() + "/" for name in below)
        yield from ((inner / name).as_posix() for name in files)


def _scan_zip(path):
    """List a zip file, looking through a single top folder."""
    try:
        archive = Archive(path)
        members = archive.list_members()
    except (OSError, zipfile.BadZipFile, NotImplementedError, ValueError, struct.error) as error:  # of odd headers
        raise BadInput(
            f"the zip file {path.name!r} cannot be read ({error}); expected a whole one; copy it again"
        ) from error
    for member in members:
        parts = member.split("/")
        if member.startswith("/") or ".." in parts or any(part[1:2] == ":" and part[0].isalpha() for part in parts):
            raise BadInput(
                f"the zip file {path.name!r} has the member {member!r}, which points outside it; pack it anew"
            )
    names, folders, ignored = _sort_out(members, archive)
    if archive.num_replaced:
        ignored["file that a later one of the same name replaces"] = archive.num_replaced
    prefix = _find_top(names, folders)
    if prefix:
        stray = sum(not name.startswith(prefix) for name in names)
        ignored |= {"image outside the top folder": stray} if stray else {}
        names = tuple(name[len(prefix) :] for name in names if name.startswith(prefix))
        folders = frozenset(folder[len(prefix) :] for folder in folders if folder.startswith(prefix))
    tables = _find_tables([member.removeprefix(prefix) for member in members])
    return Listing(FileStore(Archive(path, prefix), names), names, folders, ignored, tables)


def _find_top(names, folders):
    """Return the single top folder of an archive with its slash, or "" where it is none to look through."""
    tops = {folder.split("/")[0] for folder in folders}
    inner = {name.split("/")[1] for name in names if name.count("/") > 1}
    # a stray picture beside the classes is no reason to take their folder for a class
    if len(tops) != 1 or not inner or (len(inner) == 1 and any(name.count("/") < 2 for name in names)):
        return ""
    return f"{tops.pop()}/"


def _sort_out(paths, container):
    """Split paths into sorted images, the folders that may be classes, and counts of what is passed over."""
    names, folders, plain, empty, ignored = set(), set(), set(), set(), Counter()
    extensions, unnamed = list_extensions(), _find_unnamed(paths, container)
    for path in paths:
        kind = unnamed.get(path) or _classify(path, extensions)
        if kind in NOT_LISTED:
            ignored[kind] += not path.endswith("/")
            continue
        if path.endswith("/"):
            empty.add(path.rstrip("/"))
            continue
        if kind == "image":
            names.add(path)
        else:
            ignored[kind] += 1
        likely = splitext(path)[1].lower() in extensions  # whatever keeps it from use
        pictures = kind == "image" or kind in OTHER_PICTURES or likely
        _add_parents(path, folders if pictures else plain)
    folders |= empty - plain
    return tuple(sorted(names)), frozenset(folders), {kind: count for kind, count in sorted(ignored.items()) if count}


def _find_unnamed(paths, container):
    """Return the kind of DICOM files whose names do not say what they are, by path: as hospitals' archives give them.

    Few files have no ending or a number as one (of an id, "1.2.840.7"): only these are opened, for 132 bytes.
    """
    kind, found = "image" if can_read_dicom() else ".dcm file", {}
    for path in paths:
        name = path.rpartition("/")[2]
        ending = splitext(name)[1][1:]
        likely = name and name.lower() != DIRECTORY and (not ending or ending.isdigit())
        if likely and _classify(path) not in NOT_LISTED and is_dicom(container.peek(path, HEAD)):
            found[path] = kind
    return found


def _find_tables(paths):
    """Return the paths of CSV files, the uppermost first."""
    tables = [p for p in paths if p.lower().endswith((".csv", ".tsv")) and _classify(p) not in NOT_LISTED]
    return tuple(sorted(tables, key=lambda path: (path.count("/"), path)))


def _add_parents(path, folders):
    """Add every folder above a path to a set."""
    folder = path.rpartition("/")[0]
    while folder and folder not in folders:
        folders.add(folder)
        folder = folder.rpartition("/")[0]


def _classify(path, extensions=frozenset()):
    """Name the kind of a path: an image by its ending, or why it is passed over."""
    if "__MACOSX" in path.split("/"):
        return "__MACOSX"
    if path.startswith(".") or "/." in path:
        return "hidden file"
    if path.rpartition("/")[2].lower() == "metadata.csv":
        return "metadata.csv"
    if not path.isascii() and any("\ud800" <= letter <= "\udfff" for letter in path):
        return "file with a name that is not UTF-8"
    suffix = ".nii.gz" if path.lower().endswith(".nii.gz") else splitext(path)[1].lower()
    if suffix in extensions:
        return "image"
    return f"{suffix} file" if suffix else "file without extension"

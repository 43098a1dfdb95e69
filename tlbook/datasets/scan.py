"""What a folder or a zip file holds: its images, and what is passed over."""

import os
import zipfile
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from tlbook.datasets.containers import Archive, Folder
from tlbook.datasets.images import EXTENSIONS, UnreadableImage, verify_image
from tlbook.datasets.stores import FileStore
from tlbook.errors import BadInput
from tlbook.runtime import show_progress

NOT_LISTED = ("hidden file", "__MACOSX")


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
        Every folder, by its POSIX path, with or without images.
    ignored : dict of str to int
        Number of files passed over, by kind.
    """

    store: FileStore
    names: tuple
    folders: frozenset
    ignored: dict


def scan_folder(path):
    """List the images of a folder, of a zip file (left unextracted), or one image.

    In a zip file a single top folder without images of its own is looked through. The order does not depend on
    the file system, and a folder lists as its zip does.

    Parameters
    ----------
    path : str or pathlib.Path

    Returns
    -------
    Listing
        Its store and its names are empty where there is no image.

    Raises
    ------
    BadInput
        There is no such folder, the file is neither a zip nor an image, or a zip member points outside the zip.
    """
    path = Path(path)
    if path.is_dir():
        names, folders, ignored = _sort_out(_walk(path))
        return Listing(FileStore(Folder(path), names), names, folders, ignored)
    if not path.is_file():
        raise BadInput(f"received {str(path)!r}; expected a folder, a zip file or an image; there is no such folder")
    if path.suffix.lower() in EXTENSIONS:
        return Listing(FileStore(Folder(path.parent), (path.name,)), (path.name,), frozenset(), {})
    if not zipfile.is_zipfile(path):
        raise BadInput(f"received the file {path.name!r}; expected a folder of images or a (whole) zip file of one")
    return _scan_zip(path)


def find_unreadable(store, *, quiet=False):
    """Find the images that do not decode to their last byte.

    Parameters
    ----------
    store : FileStore
    quiet : bool
        True shows no progress bar.

    Returns
    -------
    dict of int to str
        Reason by index.
    """

    def check(index):
        try:
            verify_image(store.read_bytes(index))
        except UnreadableImage as error:
            return str(error)
        return None

    pool = ThreadPoolExecutor(max_workers=len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 2)
    try:
        verdicts = show_progress(pool.map(check, range(len(store))), "checking images", total=len(store), quiet=quiet)
        return {index: reason for index, reason in enumerate(verdicts) if reason is not None}
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _walk(root):
    """Yield the POSIX paths below a folder, folders with a slash; links are followed, but not in circles."""
    seen = set()
    for folder, below, files in os.walk(root, followlinks=True):
        place = os.stat(folder)
        if (place.st_dev, place.st_ino) in seen:
            below.clear()
            continue
        seen.add((place.st_dev, place.st_ino))
        inner = Path(folder).relative_to(root)
        yield from ((inner / name).as_posix() + "/" for name in below)
        yield from ((inner / name).as_posix() for name in files)


def _scan_zip(path):
    """List a zip file, looking through a single top folder."""
    try:
        members = Archive(path).list_members()
    except (OSError, zipfile.BadZipFile) as error:
        raise BadInput(
            f"the zip file {path.name!r} cannot be read ({error}); expected a whole one; copy it again"
        ) from error
    for member in members:
        parts = member.replace("\\", "/").split("/")
        if member.startswith(("/", "\\")) or ".." in parts or ":" in parts[0]:
            raise BadInput(
                f"the zip file {path.name!r} has the member {member!r}, which points outside it; pack it anew"
            )
    names, folders, ignored = _sort_out(members)
    prefix = _find_top(names, folders)
    if prefix:
        names = tuple(name[len(prefix) :] for name in names)
        folders = frozenset(folder[len(prefix) :] for folder in folders if folder.startswith(prefix))
    return Listing(FileStore(Archive(path, prefix), names), names, folders, ignored)


def _find_top(names, folders):
    """Return the single top folder of an archive with its slash, or "" where it is none to look through."""
    tops = {folder.split("/")[0] for folder in folders}
    if len(tops) != 1 or not names or any(name.count("/") < 2 for name in names):
        return ""
    return f"{tops.pop()}/"


def _sort_out(paths):
    """Split paths into sorted images, all their folders, and counts of what is passed over."""
    names, folders, ignored = set(), set(), Counter()
    for path in paths:
        kind = _classify(path)
        if kind in NOT_LISTED:
            ignored[kind] += not path.endswith("/")
            continue
        parts = PurePosixPath(path).parts
        folders.update("/".join(parts[:depth]) for depth in range(1, len(parts)))
        if path.endswith("/"):
            folders.add(path.rstrip("/"))
        elif kind == "image":
            names.add(path)
        else:
            ignored[kind] += 1
    return tuple(sorted(names)), frozenset(folders), {kind: count for kind, count in sorted(ignored.items()) if count}


def _classify(path):
    """Name the kind of a path: an image, or why it is passed over."""
    parts = PurePosixPath(path).parts
    if "__MACOSX" in parts:
        return "__MACOSX"
    if any(part.startswith(".") for part in parts):
        return "hidden file"
    if parts and parts[-1].lower() == "metadata.csv":
        return "metadata.csv"
    if any("\ud800" <= letter <= "\udfff" for letter in path):
        return "file with a name that is not UTF-8"
    suffix = PurePosixPath(path).suffix.lower()
    if suffix in EXTENSIONS:
        return "image"
    return f"{suffix} file" if suffix else "file without extension"

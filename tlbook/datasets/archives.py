"""Unpack zip and tar files whose members must stay inside the target folder."""

import errno
import lzma
import shutil
import stat
import struct
import tarfile
import tempfile
import zipfile
import zlib
from pathlib import Path, PurePosixPath

from tlbook.errors import BadInput
from tlbook.runtime import show_progress

# zipfile raises NotImplementedError for a compression or an encryption that it does not know
DAMAGED = (zipfile.BadZipFile, tarfile.TarError, zlib.error, lzma.LZMAError, EOFError, NotImplementedError)
DAMAGED += (UnicodeDecodeError, struct.error)  # of odd headers


def extract_archives(archives, folder):
    """Unpack zip or tar files into a new folder, all of them or nothing; refuse members that would leave it."""
    folder = Path(folder)
    if folder.exists():
        raise BadInput(f"{folder} exists already; move it away to unpack anew")
    folder.parent.mkdir(parents=True, exist_ok=True)
    unfinished = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        for archive in archives:
            _extract(Path(archive), unfinished)
        unfinished.chmod(0o755)  # mkdtemp gives 0o700
        unfinished.replace(folder)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
    return folder


def _extract(archive, folder):
    try:
        if zipfile.is_zipfile(archive):
            with zipfile.ZipFile(archive) as opened:
                _copy_members(archive, [_read_zip_member(info) for info in opened.infolist()], opened.open, folder)
        else:
            with tarfile.open(archive) as opened:
                _copy_members(archive, [_read_tar_member(info) for info in opened], opened.extractfile, folder)
    except DAMAGED as error:
        raise BadInput(f"{archive.name} is no whole zip or tar file ({error}); get it again") from error
    except OSError as error:
        reason = "no space left" if error.errno == errno.ENOSPC else error.strerror or str(error)
        raise BadInput(
            f"cannot unpack {archive.name} into {folder.parent} ({reason}); make room and try again"
        ) from error


def _copy_members(archive, members, open_member, folder):
    """Check every member first, then write the files; times, owners and rights are left behind."""
    for name, kind, _ in members:
        path = PurePosixPath(name)
        outside = path.is_absolute() or ".." in path.parts or "\\" in name or ":" in name.partition("/")[0]
        if outside or kind == "link":
            fault = "lies outside of it" if outside else "is a link or a device"
            raise BadInput(f"{archive.name} was not unpacked: its member {name!r} {fault}; get the archive elsewhere")
    for name, kind, info in show_progress(members, f"unpacking {archive.name}"):
        target = folder / name
        if kind == "file":
            target.parent.mkdir(parents=True, exist_ok=True)
            with open_member(info) as source, target.open("wb") as out:
                shutil.copyfileobj(source, out)


def _read_zip_member(info):
    mode = info.external_attr >> 16
    if info.is_dir():
        return info.filename, "folder", info
    # zip files made on Windows carry no Unix mode
    return info.filename, "file" if stat.S_IFMT(mode) in (0, stat.S_IFREG) else "link", info


def _read_tar_member(info):
    return info.name, "folder" if info.isdir() else "file" if info.isreg() else "link", info

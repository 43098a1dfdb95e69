"""Fetch the official files of a case, and list what ``data/`` ships with its checksums.

Nothing here runs unless it is asked to by name.
"""

from pathlib import Path

from tlbook.datasets.archives import extract_archives
from tlbook.datasets.cards import load_card
from tlbook.datasets.download import download_file
from tlbook.errors import BadInput
from tlbook.files import hash_file
from tlbook.runtime import cache_dir, data_dir, mirror_dir

REGISTRY = "registry.txt"


def fetch(name, *, quiet=False):
    """Download and unpack the official files of a case, as its card lists them.

    A file of that name and checksum in ``TLBOOK_DATA_DIR`` is taken instead of a download.

    Parameters
    ----------
    name : str
        Of a card, such as ``"textures"``.
    quiet : bool
        True shows no progress bars.

    Returns
    -------
    pathlib.Path
        Folder with the unpacked files, in the cache (``TLBOOK_CACHE_DIR``). What is there already is not fetched anew.

    Raises
    ------
    BadInput
        There is no such card, its files cannot be downloaded by anyone (the message says where to ask), or a download
        failed (the message says which file to put where by hand).
    """
    facts = load_card(name).facts.get("real", {})
    folder = cache_dir() / "datasets" / name
    if folder.is_dir():
        return folder
    downloads = facts.get("downloads") or ()
    if not downloads:
        ask = " ".join(str(facts.get("ask", "it has no real data")).split())
        raise BadInput(f"received {name!r}, of which no file can be downloaded directly; {ask}")
    kept = cache_dir() / "downloads" / name
    archives = [_obtain(download, kept, quiet=quiet) for download in downloads]
    extract_archives(archives, folder)
    for archive in archives:
        if archive.parent == kept:  # never a file of the mirror
            archive.unlink()
    return folder


def _obtain(download, folder, *, quiet):
    """Return the path of one of a card's files, from the mirror or downloaded."""
    file, digest = download["url"].rsplit("/", 1)[1], download.get("sha256")
    if digest is None and "md5" in download:  # of some sets no better checksum is on record
        digest = f"md5:{download['md5']}"
    mirrored = mirror_dir() / file if mirror_dir() else None
    if mirrored is not None and mirrored.is_file() and _has_digest(mirrored, digest):
        return mirrored
    return download_file(download["url"], folder / file, digest=digest, num_bytes=download.get("bytes"), quiet=quiet)


def _has_digest(path, digest):
    """True where a file has a SHA-256, or an MD5 that says so before its colon; or where none is known."""
    if digest is None:
        return True
    kind, _, wanted = digest.rpartition(":")
    return hash_file(path, kind or "sha256") == wanted


def write_registry(folder=None):
    """Write the checksums of all that ``data/`` ships to its registry, and return its path."""
    folder = Path(folder or data_dir())
    (folder / REGISTRY).write_text(list_checksums(folder), encoding="utf-8")
    return folder / REGISTRY


def list_checksums(folder):
    """List every shipped file with its SHA-256, one a line; the registry and Python's own files are left out."""
    files = [p for p in sorted(folder.rglob("*")) if p.is_file() and p.suffix not in (".py", ".pyc")]
    names = {path.relative_to(folder).as_posix(): path for path in files if not path.name.startswith(".")}
    return "".join(f"{name} {hash_file(path)}\n" for name, path in names.items() if name != REGISTRY)

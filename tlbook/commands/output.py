"""Folders that appear whole or not at all."""

import contextlib
import os
import shutil
import signal
import sys
import tempfile
from pathlib import Path

from tlbook.errors import BadInput

MARK = "report.json"
INTERRUPTED = 130


def check_out(out, *, overwrite):
    """Check that a run may be written to a folder.

    Parameters
    ----------
    out : pathlib.Path
    overwrite : bool
        True allows a folder that holds an earlier run, and no other.

    Raises
    ------
    BadInput
        The folder exists and is not empty, or its parent is not there.
    """
    if out.is_file():
        raise BadInput(f"--out {str(out)!r} is a file; give a folder that does not exist")
    if out.is_dir() and any(out.iterdir()):
        if not overwrite:
            raise BadInput(f"--out {str(out)!r} exists and is not empty; give another folder, or --overwrite")
        if not (out / MARK).is_file():
            raise BadInput(f"--out {str(out)!r} is not empty and holds no earlier run ({MARK}); give another folder")
    parent = out.resolve().parent
    if not parent.is_dir():
        raise BadInput(f"--out {str(out)!r}: there is no folder {str(out.parent)!r}; make it first")
    if not os.access(parent, os.W_OK):
        raise BadInput(f"--out {str(out)!r}: no permission to write in {str(out.parent)!r}; give another folder")


@contextlib.contextmanager
def write_folder(out):
    """Give a temporary folder beside ``out`` that takes its place at the end, or vanishes on any error.

    Parameters
    ----------
    out : pathlib.Path

    Yields
    ------
    pathlib.Path
        The folder to write into.
    """
    out = out.resolve()
    partial = Path(tempfile.mkdtemp(prefix=f".{out.name}.", suffix=".partial", dir=out.parent))
    try:
        with _clean_on_interrupt(partial):
            yield partial
        partial.chmod(0o755)
        earlier = None
        if out.is_dir() and any(out.iterdir()):
            earlier = partial.with_suffix(".earlier")
            os.rename(out, earlier)
        os.rename(partial, out)
        if earlier is not None:
            shutil.rmtree(earlier)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


@contextlib.contextmanager
def _clean_on_interrupt(folder):
    """Remove a folder and leave at once on SIGINT or SIGTERM.

    Raising KeyboardInterrupt is not enough: raised inside TensorFlow's import or tracing it may be swallowed there.
    """

    def leave(number, frame):
        shutil.rmtree(folder, ignore_errors=True)
        print("tlbook: interrupted; nothing was written", file=sys.stderr, flush=True)
        os._exit(INTERRUPTED)

    earlier = {number: signal.signal(number, leave) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in earlier.items():
            signal.signal(number, handler)

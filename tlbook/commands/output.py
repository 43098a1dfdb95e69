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
SIGNALS = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]


def catch_signals(handler):
    """Let a function handle SIGINT, SIGTERM and SIGHUP, where they are not ignored (as ``nohup`` has it).

    Parameters
    ----------
    handler : callable
        Takes the number and the frame.

    Returns
    -------
    dict of int to callable
        The handlers before, by number.
    """
    numbers = [number for number in SIGNALS if signal.getsignal(number) is not signal.SIG_IGN]
    return {number: signal.signal(number, handler) for number in numbers}


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
        The folder exists and is not empty, it cannot be replaced, or its parent is not there.
    """
    if os.path.ismount(out) or out.resolve() == Path.cwd():  # a rename could not take its place, or under the shell
        raise BadInput(f"--out {str(out)!r} is the working directory or a mount point; give a new folder inside it")
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
        _take_place(partial, out)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def _take_place(partial, out):
    """Put a folder where an earlier one may be, which is back in its place if that fails."""
    if not (out.is_dir() and any(out.iterdir())):
        os.rename(partial, out)
        return
    earlier = partial.with_suffix(".earlier")
    os.rename(out, earlier)
    try:
        os.rename(partial, out)
    except BaseException:
        os.rename(earlier, out)
        raise
    shutil.rmtree(earlier)


@contextlib.contextmanager
def _clean_on_interrupt(folder):
    """Remove a folder and leave at once on SIGINT, SIGTERM or SIGHUP.

    Raising KeyboardInterrupt is not enough: raised inside TensorFlow's import or tracing it may be swallowed there.
    """

    def leave(number, frame):
        shutil.rmtree(folder, ignore_errors=True)
        print("tlbook: interrupted; nothing was written", file=sys.stderr, flush=True)
        os._exit(INTERRUPTED)

    earlier = catch_signals(leave)
    try:
        yield
    finally:
        for number, handler in earlier.items():
            signal.signal(number, handler)

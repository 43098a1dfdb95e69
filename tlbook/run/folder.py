"""Run folders that appear whole or not at all, and take nobody else's place."""

import contextlib
import errno
import json
import os
import shutil
import signal
import tempfile
from pathlib import Path

from tlbook.errors import BadInput
from tlbook.files import allow_by_umask, lock_file

REPORT, MODEL = "report.json", "model.keras"
UNREADABLE = "unreadable.csv"  # where images were skipped
RUN_FILES = frozenset({REPORT, MODEL, "report.html", "predictions.csv", "splits.csv", UNREADABLE})
PARTIAL, EARLIER = ".partial", ".earlier"
TAKEN = frozenset({errno.ENOTEMPTY, errno.EEXIST, errno.ENOTDIR, errno.EISDIR})


def is_run(folder):
    """Tell a run from any other folder by what it holds: its two chief files, and a report with a schema."""
    try:
        report = json.loads((folder / REPORT).read_bytes())
    except (OSError, ValueError):
        return False
    return isinstance(report, dict) and "schema" in report and (folder / MODEL).is_file()


def check_out(out, *, overwrite, inputs=()):
    """Refuse a folder that a run can't be written to.

    Parameters
    ----------
    out : pathlib.Path
    overwrite : bool
        True allows a folder that holds an earlier run and nothing else.
    inputs : sequence of pathlib.Path
        Folders or files that were read: ``out`` may neither hold one nor lie in one.
    """
    shown = f"received `out` {str(out)!r}"
    if os.path.ismount(out) or out.resolve() == Path.cwd():  # a rename could not take its place, or under the shell
        raise BadInput(f"{shown}, the working directory or a mount point; expected a new folder; give one inside it")
    if out.is_file():
        raise BadInput(f"{shown}, which is a file; expected a folder that does not exist; give another name")
    for path in map(Path.resolve, inputs):
        if out.resolve() == path or out.resolve() in path.parents or path in out.resolve().parents:
            raise BadInput(f"{shown}, which holds the images or lies among them; expected another place; give one")
    if out.is_dir() and any(out.iterdir()):
        _check_earlier(out, shown, overwrite)
    parent = next(p for p in out.resolve().parents if p.exists())
    if not parent.is_dir():
        raise BadInput(f"{shown}: {parent.name!r} above it is a file; expected folders; give another place")
    if not os.access(parent, os.W_OK):
        raise BadInput(f"{shown}: no permission to write in {parent.name!r}; expected a folder of yours; give another")


def _check_earlier(out, shown, overwrite):
    if not overwrite:
        raise BadInput(f"{shown}, which exists and is not empty; expected a new folder; give another, or `overwrite`")
    if not is_run(out):
        raise BadInput(f"{shown}, which is not empty and holds no earlier run; expected one to replace; give another")
    others = sorted(path.name for path in out.iterdir() if path.name not in RUN_FILES)
    if others:
        raise BadInput(
            f"{shown}, a run with files that are not its own ({', '.join(others[:3])}); expected nothing but a run to "
            "replace; move them, or give another folder"
        )


@contextlib.contextmanager
def write_folder(out, *, overwrite=False):
    """Give a temporary folder beside ``out`` that takes its place at the end, or vanishes on any error.

    What came to be at ``out`` meanwhile stays: the finished folder is then kept beside it, and BadInput says where.
    """
    out = Path(os.path.abspath(out))
    out.parent.mkdir(parents=True, exist_ok=True)
    clean_leftovers(out)
    with contextlib.ExitStack() as held:
        with _hold(out.parent):
            partial = Path(tempfile.mkdtemp(prefix=f".{out.name}.", suffix=PARTIAL, dir=out.parent))
            held.callback(shutil.rmtree, partial, ignore_errors=True)
            held.enter_context(_hold(partial))  # as long as this process lives, nobody takes it for a leftover
        try:
            yield partial
            partial.chmod(allow_by_umask(0o777))
            _sync(partial)
            _take_place(partial, out, overwrite)
        except FileNotFoundError as error:
            if partial.is_dir():
                raise
            raise BadInput(
                f"received `out` {out.name!r}, whose place was deleted while the run was made; expected it to stay; "
                "run again"
            ) from error


def clean_leftovers(out):
    """Remove what killed runs left beside ``out``, and put back an earlier run whose replacement was cut short."""
    out = Path(os.path.abspath(out))
    if not any(_list_leftovers(out)):
        return
    with _hold(out.parent):  # so that no run is just taking its place
        for path in sorted(_list_leftovers(out)):
            with contextlib.suppress(FileNotFoundError), _hold(path, wait=False) as ours:
                if ours and path.suffix == EARLIER and not out.exists() and is_run(path):
                    os.rename(path, out)
                elif ours:
                    shutil.rmtree(path, ignore_errors=True)


def _list_leftovers(out):
    beside = out.parent.iterdir() if out.parent.is_dir() else ()
    return (path for path in beside if path.name.startswith(f".{out.name}.") and path.suffix in (PARTIAL, EARLIER))


def _take_place(partial, out, overwrite):
    """Put a folder where nothing is or, if told to, where an earlier run is; signals wait until that is done."""
    with _signals_waiting(), _hold(out.parent):
        earlier = None
        if out.is_dir() and any(out.iterdir()):
            if not (overwrite and is_run(out) and {path.name for path in out.iterdir()} <= RUN_FILES):
                raise _keep_beside(partial, out)
            earlier = partial.with_suffix(EARLIER)
            os.rename(out, earlier)
        try:
            os.rename(partial, out)
        except OSError as error:
            if earlier is not None:
                os.rename(earlier, out)
            if error.errno in TAKEN:
                raise _keep_beside(partial, out) from error
            raise
        _sync(out.parent)
        if earlier is not None:
            shutil.rmtree(earlier, ignore_errors=True)


def _keep_beside(partial, out):
    """Keep a finished run under the next free name, and return the error that says so."""
    for number in range(2, 1000):
        kept = out.with_name(f"{out.name}-{number}")
        with contextlib.suppress(OSError):
            kept.mkdir()  # fails where anything is, and so reserves the name
            os.rename(partial, kept)
            break
    return BadInput(
        f"received `out` {out.name!r}, at which something came to be while the run was made; expected a free name; "
        f"the finished run is kept as {kept.name!r} beside it"
    )


@contextlib.contextmanager
def _hold(folder, *, wait=True):
    """Lock a folder; give False where another process has it and there is no waiting."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        yield lock_file(handle, wait=wait)
    finally:
        os.close(handle)


@contextlib.contextmanager
def _signals_waiting():
    """Let signals wait: between two renames there is neither the old run nor the new one."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM, signal.SIGHUP})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _sync(folder):
    """Bring a folder and the files in it to the disk."""
    for path in [*(p for p in folder.iterdir() if p.is_file() and folder.suffix == PARTIAL), folder]:
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)

"""What the machine offers: paths, seeds, versions, progress and a quiet TensorFlow."""

import contextlib
import importlib.metadata
import logging
import os
import platform
import subprocess
import sys
from pathlib import Path

from tlbook.errors import BadInput

PACKAGES = ("tlbook", "tensorflow", "keras", "numpy", "scipy", "scikit-learn", "pillow")


def data_dir():
    """Folder with the shipped cards, weights and results.

    Returns
    -------
    pathlib.Path
        ``data/`` of a clone, or its installed copy (the package ``tlbook_data``).
    """
    clone = Path(__file__).resolve().parents[1] / "data"
    if clone.is_dir():
        return clone
    from importlib.resources import files

    return Path(str(files("tlbook_data")))


def mirror_dir():
    """Folder named by ``TLBOOK_DATA_DIR``: real data sets and weights, looked in before any download.

    Returns
    -------
    pathlib.Path or None
        None where the variable is unset or empty.

    Raises
    ------
    BadInput
        The variable names something that is no folder.
    """
    name = os.environ.get("TLBOOK_DATA_DIR", "")
    if not name:
        return None
    folder = Path(os.path.expanduser(name))
    if not os.path.isdir(folder):
        raise BadInput(f"TLBOOK_DATA_DIR is {name!r}, which is no folder; point it at one or unset it")
    return folder


def cache_dir():
    """Folder for downloads and cached features (``TLBOOK_CACHE_DIR``, else the user's cache).

    Returns
    -------
    pathlib.Path
        Not created by this call.
    """
    if os.environ.get("TLBOOK_CACHE_DIR"):
        return Path(os.path.expanduser(os.environ["TLBOOK_CACHE_DIR"]))
    root = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(root) / "tlbook"


@contextlib.contextmanager
def quiet_stderr():
    """Send file descriptor 2 to nowhere: TensorFlow's C++ start-up lines know no log level."""
    sys.stderr.flush()
    saved, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    try:
        yield
    finally:
        sys.stderr.flush()
        os.dup2(saved, 2)
        os.close(saved)
        os.close(nowhere)


def import_keras():
    """Import Keras without TensorFlow's start-up lines.

    Returns
    -------
    module
        ``keras``; the backend is the one that Keras is configured for.
    """
    logging.getLogger("tensorflow").addFilter(_tells_news)
    if "keras" in sys.modules:
        return sys.modules["keras"]
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")  # off by default without AVX-512; convolutions twice as fast
    with quiet_stderr():
        import keras

        if keras.backend.backend() == "tensorflow":
            import tensorflow as tf

            tf.constant(0)  # the device start-up lines appear with the first operation
    return keras


def _tells_news(record):
    """Drop TensorFlow's advice on retracing: several models in one session are traced once each, as they must be."""
    return "triggered tf.function retracing" not in record.getMessage()


def set_seed(seed):
    """Seed Python, NumPy and the backend, and ask TensorFlow for deterministic operations.

    Parameters
    ----------
    seed : int
        0 to 2**32 - 1.
    """
    keras = import_keras()
    keras.utils.set_random_seed(seed)
    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        tf.config.experimental.enable_op_determinism()


def versions():
    """Versions of Python and of the packages that a result depends on.

    Returns
    -------
    dict of str to str
        Packages that are not installed are left out.
    """
    found = {"python": platform.python_version()}
    for name in PACKAGES:
        with contextlib.suppress(importlib.metadata.PackageNotFoundError):
            found[name] = importlib.metadata.version(name)
    return found


def count_cores():
    """Count the processor cores that this process may use.

    Returns
    -------
    int
        At least 1.
    """
    if hasattr(os, "sched_getaffinity"):  # not on macOS
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def hardware():
    """Name the machine's compute: processor kind, cores and accelerators.

    Returns
    -------
    dict
        ``machine``, ``cores`` and ``accelerators`` (list of str, empty on a CPU).
    """
    accelerators = []
    if "tensorflow" in sys.modules:
        tf = sys.modules["tensorflow"]
        accelerators = [d.device_type for d in tf.config.list_physical_devices() if d.device_type != "CPU"]
    return {"machine": platform.machine(), "cores": count_cores(), "accelerators": accelerators}


def show_progress(items, label, *, total=None, quiet=False):
    """Iterate with a progress bar on standard error, if that is a terminal.

    Parameters
    ----------
    items : iterable
    label : str
        What is going on, in a word or two.
    total : int, optional
        Number of items where ``items`` does not know it.
    quiet : bool
        True shows no bar.

    Returns
    -------
    iterable
        The same items.
    """
    from tqdm import tqdm

    disable = quiet or not sys.stderr.isatty()
    return tqdm(items, desc=label, total=total, disable=disable, leave=False, file=sys.stderr)


def describe_code(folder):
    """Name the state of the code that a folder belongs to.

    Parameters
    ----------
    folder : pathlib.Path

    Returns
    -------
    str
        Twelve digits of the commit, ``+changes`` where files of the package or the benchmarks differ or are new, and
        ``unknown`` outside a repository.
    """

    def git(*words):
        return subprocess.run(["git", *words], cwd=folder, capture_output=True, text=True, check=True).stdout.strip()

    try:
        changes = git("status", "--porcelain", "--", ":/tlbook", ":/benchmarks")
        return git("rev-parse", "--short=12", "HEAD") + ("+changes" if changes else "")
    except (OSError, subprocess.CalledProcessError):
        return "unknown"

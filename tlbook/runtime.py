"""What the machine offers: paths, seeds, versions, progress and a quiet TensorFlow."""

import contextlib
import functools
import importlib.metadata
import logging
import os
import platform
import subprocess
import sys
from pathlib import Path

from tlbook.errors import BadInput, check_whole

LARGEST_SEED = 2**32 - 1
PACKAGES = ("tlbook", "tensorflow", "keras", "numpy", "scipy", "scikit-learn", "pillow")
BACKEND_PACKAGES = {"jax": ("jax", "jaxlib"), "torch": ("torch",), "openvino": ("openvino",)}


def data_dir():
    """Folder with the shipped cards, weights and results: ``data/`` of a clone, or its installed copy."""
    clone = Path(__file__).resolve().parents[1] / "data"
    if clone.is_dir():
        return clone
    from importlib.resources import files

    return Path(str(files("tlbook_data")))


def mirror_dir():
    """Folder named by ``TLBOOK_DATA_DIR``: data sets and weights, looked in before any download; None where unset."""
    name = os.environ.get("TLBOOK_DATA_DIR", "")
    if not name:
        return None
    folder = Path(os.path.expanduser(name))
    if not os.path.isdir(folder):
        raise BadInput(f"received TLBOOK_DATA_DIR {name!r}; expected a folder; point it at one or unset it")
    return folder


def cache_dir():
    """Folder for downloads and cached features (``TLBOOK_CACHE_DIR``, else the user's cache); it may not exist yet."""
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

    Examples
    --------
    >>> keras = import_keras()
    >>> keras.backend.backend() in ("tensorflow", "jax", "torch")
    True
    """
    logging.getLogger("tensorflow").addFilter(_tells_news)
    if "keras" in sys.modules:
        return sys.modules["keras"]
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")  # off by default without AVX-512; convolutions twice as fast
    try:
        with quiet_stderr():
            import keras
    except ModuleNotFoundError as error:
        raise BadInput(
            f"received no package {error.name.split('.')[0]!r}; expected Keras and its backend; install them: pip "
            "install 'tlbook[tensorflow]', or set KERAS_BACKEND to a backend that is installed"
        ) from None
    if keras.config.backend() == "tensorflow":
        import_tensorflow()
    return keras


@functools.cache
def import_tensorflow():
    """Import TensorFlow, which feeds the batches to every backend, without its start-up lines.

    Where another backend computes, TensorFlow keeps its hands off the GPU: it would take most of the memory.
    """
    backend = import_keras().config.backend()
    try:
        with quiet_stderr():
            import tensorflow as tf

            if backend != "tensorflow":
                with contextlib.suppress(RuntimeError):  # the reader's own code has begun to use it
                    tf.config.set_visible_devices([], "GPU")
            tf.constant(0)  # the device start-up lines appear with the first operation
    except ModuleNotFoundError:
        raise BadInput(
            f"received no TensorFlow beside Keras on {backend}; expected it on every backend, for it feeds the batches "
            "that a network trains on; install it: pip install tensorflow"
        ) from None
    return tf


def _tells_news(record):
    """Drop TensorFlow's advice on retracing: several models in one session are traced once each, as they must be."""
    return "triggered tf.function retracing" not in record.getMessage()


def set_seed(seed: int) -> None:
    """Seed Python, NumPy and the backend, and ask TensorFlow for deterministic operations.

    Parameters
    ----------
    seed : int
        0 to 2**32 - 1.

    Raises
    ------
    BadInput
        ``seed`` is no such number.

    Examples
    --------
    >>> import numpy as np
    >>> set_seed(3)
    >>> first = np.random.rand()
    >>> set_seed(3)
    >>> np.random.rand() == first
    True
    """
    check_whole("seed", seed, 0, LARGEST_SEED)
    keras = import_keras()
    with contextlib.suppress(BadInput):  # Keras seeds TensorFlow wherever it is, and would import it with its noise
        import_tensorflow()
    keras.utils.set_random_seed(int(seed))
    if keras.config.backend() == "tensorflow":
        import_tensorflow().config.experimental.enable_op_determinism()


def name_backend():
    """Name Keras's backend with its version, such as ``tensorflow 2.21.0``."""
    name = import_keras().config.backend()
    return " ".join([name, *_list_versions([name]).values()])  # of tensorflow-cpu, say, the name alone


def versions():
    """Versions by name: Python, the installed packages that a result depends on, the backend where Keras is loaded."""
    backend = sys.modules["keras"].config.backend() if "keras" in sys.modules else ""
    found = {"python": platform.python_version(), **_list_versions(PACKAGES + BACKEND_PACKAGES.get(backend, ()))}
    return found | ({"backend": backend} if backend else {})


def _list_versions(names):
    found = {}
    for name in names:
        with contextlib.suppress(importlib.metadata.PackageNotFoundError):
            found[name] = importlib.metadata.version(name)
    return found


def count_cores():
    """Count the processor cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):  # not on macOS
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def count_memory():
    """Count the bytes of memory that this machine has, or a container's limit below that; None where it is not told."""
    try:
        there = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):  # not on Windows
        return None
    for file in ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"):
        with contextlib.suppress(OSError, ValueError):  # "max"
            there = min(there, int(Path(file).read_text()))
    return there if there > 0 else None


def hardware():
    """Name the machine's compute: ``machine``, ``cores``, and ``accelerators`` once Keras is loaded (none on a CPU)."""
    accelerators = list_accelerators() if "keras" in sys.modules else []
    return {"machine": platform.machine(), "cores": count_cores(), "accelerators": accelerators}


def list_accelerators():
    """List the accelerators that Keras's backend computes on, by kind: ``["GPU"]``, say."""
    backend = import_keras().config.backend()
    if backend == "jax":
        import jax

        return [device.platform.upper() for device in jax.devices() if device.platform != "cpu"]
    if backend == "torch":
        import torch

        return ["GPU"] * torch.cuda.device_count()
    if backend == "tensorflow":
        devices = import_tensorflow().config.list_physical_devices()
        return [device.device_type for device in devices if device.device_type != "CPU"]
    return []


def choose_compilation():
    """Choose whether Keras compiles a model's steps, its ``jit_compile``.

    XLA on a CPU ran small convolutional networks ten times slower than TensorFlow's default path; JAX without it goes
    operation by operation.
    """
    return False if import_keras().config.backend() == "tensorflow" else "auto"


def show_progress(items, label, *, total=None, quiet=False):
    """Iterate over the same items with a progress bar on standard error, if that is a terminal and not ``quiet``."""
    from tqdm import tqdm

    disable = quiet or not sys.stderr.isatty()
    return tqdm(items, desc=label, total=total, disable=disable, leave=False, file=sys.stderr)


def describe_code(folder):
    """Name the state of the code that a folder belongs to: 12 digits of the commit, ``+changes``, or ``unknown``."""

    def git(*words):
        return subprocess.run(["git", *words], cwd=folder, capture_output=True, text=True, check=True).stdout.strip()

    try:  # changes of the package or the benchmarks
        changes = git("status", "--porcelain", "--", ":/tlbook", ":/benchmarks")
        return git("rev-parse", "--short=12", "HEAD") + ("+changes" if changes else "")
    except (OSError, subprocess.CalledProcessError):
        return "unknown"

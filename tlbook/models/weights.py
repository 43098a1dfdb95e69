"""Files of weights: where they lie, what they fit and their checksums, without TensorFlow."""

import contextlib
import io
import os
import zipfile
from pathlib import Path

import numpy as np

from tlbook.errors import BadInput
from tlbook.models.catalogue import COMPACT_PARAMETERS, list_applications
from tlbook.runtime import mirror_dir

# a classifier is at most this many layers with weights on top of the last feature map (VGG: three dense ones)
MOST_TOP_LAYERS = 3
# EfficientNet's input normalisation holds 3 + 3 + 1 numbers that some files of the same network leave out
SLACK = 7


def keras_models_dir():
    """Keras's own folder for weights.

    Returns
    -------
    pathlib.Path
        ``KERAS_HOME/models`` or ``~/.keras/models``, not necessarily there.
    """
    return Path(os.environ.get("KERAS_HOME") or Path.home() / ".keras").expanduser() / "models"


def find_weights(application):
    """Find the ImageNet weights of a ``keras.applications`` model on this machine.

    Parameters
    ----------
    application : tlbook.models.catalogue.Application

    Returns
    -------
    pathlib.Path or None
        In ``TLBOOK_DATA_DIR/weights``, else in Keras's cache, under Keras's own file name; None where it is in neither.
    """
    mirror = mirror_dir()
    folders = ([mirror / "weights"] if mirror else []) + [keras_models_dir()]
    return next((folder / application.file for folder in folders if (folder / application.file).is_file()), None)


def check_weights(path, application):
    """Make sure, from names and shapes alone, that a file holds the weights of a model.

    Parameters
    ----------
    path : pathlib.Path
        ``.h5``, with the classifier or without; ``.weights.h5`` or ``.keras``, without.
    application : tlbook.models.catalogue.Application

    Returns
    -------
    int
        Layers of a classifier at the file's end, 0 to 3, which are not loaded.

    Raises
    ------
    BadInput
        There is no such file, it holds no weights, or they are another model's (which is named).
    """
    sizes = count_layer_weights(path)
    fits = {}
    for num_top in range(min(MOST_TOP_LAYERS, len(sizes) - 1), -1, -1):
        total = sum(sizes[: len(sizes) - num_top])
        for name, known in list_applications().items():
            if abs(total - known.parameters) <= SLACK:
                fits[name] = num_top
    if application.name in fits:
        return fits[application.name]
    if fits:
        other = min(fits, key=fits.get)
        raise BadInput(f"{path} holds the weights of {other}, not of {application.name}; it fits `source` {other}")
    raise BadInput(
        f"{path} holds {sum(sizes):,} weights, which fit no known source; {application.name} has "
        f"{application.parameters:,}: give the file that Keras calls {application.file}"
    )


def check_compact_weights(path, name):
    """Make sure, from shapes alone, that a file holds weights of the embedded sources' network.

    Parameters
    ----------
    path : pathlib.Path
    name : str
        Of the source, for the message.

    Raises
    ------
    BadInput
        There is no such file, or it holds other things.
    """
    if not path.is_file():
        raise BadInput(f"no weights of {name} at {path}; give the path of a file that tlbook pretrain wrote")
    try:
        with np.load(path) as stored:
            total = sum(stored[member].size for member in stored.files)
    except (OSError, ValueError, EOFError, AttributeError, zipfile.BadZipFile) as error:
        raise BadInput(f"{path} cannot be read as weights of {name}; give a file that tlbook pretrain wrote") from error
    if total != COMPACT_PARAMETERS:
        raise BadInput(f"{path} holds {total:,} weights, but {name} has {COMPACT_PARAMETERS:,}; give another file")


def count_layer_weights(path):
    """Count the weights of every layer that a file holds, in the file's order.

    Parameters
    ----------
    path : pathlib.Path
        ``.h5`` (Keras 1 and 2), ``.weights.h5`` or ``.keras`` (Keras 3).

    Returns
    -------
    list of int
        Layers without weights are left out; the files of Keras 3 keep no order and give one number for all.

    Raises
    ------
    BadInput
        There is no such file or it holds no weights of a Keras model.
    """
    if not path.is_file():
        raise BadInput(
            f"weights file {str(path)!r} does not exist; give the path of a .h5 or .keras file, or 'imagenet'"
        )
    try:
        with _open_hdf5(path) as file:
            group = file.get("model_weights", file)
            sizes = _count_keras2(group) if _is_keras2(group) else _count_keras3(group)
    except (OSError, KeyError, zipfile.BadZipFile) as error:
        raise BadInput(
            f"{path} cannot be read as Keras weights ({_first_line(error)}); give a whole .h5 or .keras file"
        ) from error
    if not sizes:
        raise BadInput(f"{path} holds no weights of a Keras model; give a .h5 or .keras file that Keras wrote")
    return sizes


@contextlib.contextmanager
def strip_top(path, num_top):
    """Give a file of weights without the classifier at its end.

    Parameters
    ----------
    path : pathlib.Path
        ``.h5`` in Keras 2's layout.
    num_top : int
        Layers with weights to leave out; 0 gives ``path`` itself.

    Yields
    ------
    pathlib.Path
        Gone when the context ends.
    """
    if not num_top:
        yield path
        return
    import tempfile

    import h5py

    with tempfile.TemporaryDirectory() as folder, h5py.File(path) as file:
        group = file.get("model_weights", file)
        names = [n for n in _read_names(group, "layer_names") if len(group[n].attrs.get("weight_names", ()))]
        stripped = Path(folder) / "no_top.h5"
        with h5py.File(stripped, "w") as out:
            for name in names[:-num_top]:
                group.copy(group[name], out, name)
            out.attrs["layer_names"] = np.array(names[:-num_top], dtype="S")
            for key in {"keras_version", "backend"} & set(group.attrs):
                out.attrs[key] = group.attrs[key]
        yield stripped


@contextlib.contextmanager
def _open_hdf5(path):
    import h5py

    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive, h5py.File(io.BytesIO(archive.read("model.weights.h5"))) as file:
            yield file
    else:
        with h5py.File(path) as file:
            yield file


def _is_keras2(group):
    return "layer_names" in group.attrs or "layer_names0" in group.attrs


def _count_keras2(group):
    sizes = []
    for name in _read_names(group, "layer_names"):
        sizes.append(sum(group[name][weight].size for weight in _read_names(group[name], "weight_names")))
    return [size for size in sizes if size]


def _count_keras3(group):
    import h5py

    layers = {}

    def count(name, item):
        if isinstance(item, h5py.Dataset) and "/vars/" in f"/{name}" and not name.startswith("optimizer"):
            layer = name.rsplit("/vars/", 1)[0]
            layers[layer] = layers.get(layer, 0) + item.size

    group.visititems(count)
    # in the order of the alphabet, so that no classifier can be told at the end: one number for all
    return [sum(layers.values())] if layers else []


def _read_names(group, key):
    """Read a list of names that HDF5 may have cut into several attributes."""
    if key in group.attrs:
        names = list(group.attrs[key])
    else:
        parts = sorted((k for k in group.attrs if k.startswith(key)), key=lambda k: int(k[len(key) :]))
        names = [name for part in parts for name in group.attrs[part]]
    return [name.decode() if isinstance(name, bytes) else name for name in names]


def _first_line(error):
    return str(error).splitlines()[0] if str(error) else type(error).__name__

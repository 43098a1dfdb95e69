"""Check what source model is asked for, before TensorFlow is imported."""

import os
from dataclasses import dataclass
from pathlib import Path

from tlbook.datasets.cards import load_card
from tlbook.datasets.download import download_file
from tlbook.errors import BadInput, check_arguments, is_flag, is_whole
from tlbook.files import hash_file
from tlbook.models import hub
from tlbook.models.catalogue import (
    COMPACT_SIZE,
    COMPACT_SMALLEST,
    RANDOM,
    Application,
    find_application,
    list_embedded,
)
from tlbook.models.weights import check_compact_weights, check_weights, find_weights, keras_models_dir
from tlbook.runtime import data_dir

LARGEST = 2048


@dataclass(frozen=True)
class SourceChoice:
    """A source model that was checked and can be built.

    Attributes
    ----------
    name : str
    application : tlbook.models.catalogue.Application or None
        None for the compact network and for modules.
    image_size : int or None
        None leaves it to a module.
    weights : pathlib.Path or None
        File, or a module's folder; None for random weights.
    num_top : int
        Layers of a classifier at the end of the file, which are left out.
    is_module : bool
        Whether ``name`` is a TensorFlow Hub module's handle, folder or archive.
    """

    name: str
    application: Application | None
    image_size: int | None
    weights: Path | None
    num_top: int = 0
    is_module: bool = False


def check_source(name, weights=None, *, image_size=None, trust=False):
    """Check what :func:`tlbook.load_source` is given, without TensorFlow; download what it names on the network."""
    arguments = {"source": name, "weights": weights, "image_size": image_size, "trust": trust}
    checks = {
        "source": (isinstance(name, str | os.PathLike), "a name, or the path or handle of a TensorFlow Hub module"),
        "weights": (weights is None or isinstance(weights, str | os.PathLike), "a path, 'imagenet', 'random' or None"),
        "image_size": (image_size is None or is_whole(image_size), "a whole number of pixels, or None"),
        "trust": (is_flag(trust), "True or False"),
    }
    check_arguments(arguments, checks)
    name = str(name)
    if name in (RANDOM, *list_embedded()):
        size = _check_size(name, image_size, COMPACT_SIZE, COMPACT_SMALLEST)
        return SourceChoice(name, None, size, _find_compact(name, weights))
    if hub.names_module(name):
        return _check_module(name, weights, image_size, trust)
    application = find_application(name)
    size = _check_size(application.name, image_size, application.image_size, application.smallest)
    if weights == RANDOM:
        return SourceChoice(application.name, application, size, None)
    if weights in (None, "imagenet"):
        path = _find_application_file(application, download=weights == "imagenet")
    else:
        path = Path(weights).expanduser()
    return SourceChoice(application.name, application, size, path, check_weights(path, application))


def _check_module(name, weights, image_size, trust):
    if weights is not None:
        raise BadInput(f"received `weights` {str(weights)!r} for the module {name}, which has its own; expected none")
    size = None if image_size is None else _check_size(name, image_size, None, 1)
    if "://" in name or os.path.exists(os.path.expanduser(name)):
        hub.check_trust(name, trust)
    return SourceChoice(name, None, size, hub.find_module(name), is_module=True)


def _find_compact(name, weights):
    """Return the file of the compact network's weights, None for random ones; an embedded one is what its card says."""
    if RANDOM in (name, weights):
        return None
    facts = None if weights else load_card(name).facts["weights"]
    path = Path(weights).expanduser() if weights else data_dir() / facts["file"]
    check_compact_weights(path, name)
    if facts and hash_file(path) != facts["sha256"]:
        raise BadInput(f"{path} is not the file on the card of {name} (its sha256 differs); restore it")
    return path


def _check_size(name, image_size, default, smallest):
    size = default if image_size is None else image_size
    if not smallest <= size <= LARGEST:
        raise BadInput(f"received `image_size` {size}; expected {smallest} to {LARGEST} pixels for {name}")
    return size


def _find_application_file(application, download):
    path = find_weights(application)
    if path is None and download:
        path, digest = keras_models_dir() / application.file, application.digest
        download_file(application.url, path, digest=(f"md5:{digest}" if len(digest) == 32 else digest) or None)
        try:
            check_weights(path, application)
        except BadInput:
            path.unlink()  # Keras would take it from its cache
            raise
    if path is None:
        raise BadInput(
            f"no weights of {application.name} on this machine; put {application.file} into TLBOOK_DATA_DIR/weights or "
            f"{keras_models_dir()}, give `weights` PATH, or let `weights` imagenet download it"
        )
    return path

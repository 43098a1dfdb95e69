"""Source models: a backbone that takes raw pixels, its stages and the checksum of its weights."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from tlbook.datasets.cards import load_card
from tlbook.datasets.download import download_file
from tlbook.errors import BadInput
from tlbook.models import hub
from tlbook.models.backbones import build_application, draw_weights
from tlbook.models.catalogue import (
    COMPACT_SIZE,
    COMPACT_SMALLEST,
    EMBEDDED,
    RANDOM,
    Application,
    find_application,
)
from tlbook.models.listing import SourceInfo, sources
from tlbook.models.networks import build_compact_resnet, load_weights
from tlbook.models.stages import cut_stages
from tlbook.models.weights import check_weights, find_weights, hash_file, keras_models_dir, strip_top
from tlbook.runtime import data_dir

__all__ = ["SourceChoice", "SourceInfo", "SourceModel", "check_source", "load_source", "sources"]

COMPACT = (*EMBEDDED, RANDOM)
LARGEST = 2048


@dataclass(frozen=True)
class SourceModel:
    """A pre-trained network without its classifier.

    Attributes
    ----------
    name : str
    backbone : keras.Model
        Raw pixels, uint8 or float32, (n, image_size, image_size, 3), 0-255, to the last feature map, float32,
        (n, height, width, channels). The preprocessing is inside, in stock layers. Strategies work on a copy.
    stages : tuple of (str, tuple of str)
        Name and layer names of each block, from the stem to the top; one tensor alone goes from each to the next.
    image_size : int
        Pixels a side.
    weights_sha256 : str
        Of the file of weights, or of the drawn values for random weights.
    origin : str
        Where the weights come from, in a few words.
    """

    name: str
    backbone: object
    stages: tuple
    image_size: int
    weights_sha256: str
    origin: str


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


def check_source(name, weights=None, *, image_size=None):
    """Check a source's name, its weights file and the image size, without importing TensorFlow.

    Parameters
    ----------
    name, weights, image_size
        As for :func:`load_source`. What they name on the network is downloaded here.

    Returns
    -------
    SourceChoice

    Raises
    ------
    BadInput
        As for :func:`load_source`.
    """
    name = str(name)
    if name in COMPACT:
        size = _check_size(name, image_size, COMPACT_SIZE, COMPACT_SMALLEST)
        return SourceChoice(name, None, size, _find_compact(name, weights))
    if hub.names_module(name):
        return _check_module(name, weights, image_size)
    application = find_application(name)
    size = _check_size(application.name, image_size, application.image_size, application.smallest)
    if weights == RANDOM:
        return SourceChoice(application.name, application, size, None)
    if weights in (None, "imagenet"):
        path = _find_application_file(application, download=weights == "imagenet")
    else:
        path = Path(weights).expanduser()
    return SourceChoice(application.name, application, size, path, check_weights(path, application))


def load_source(name, *, weights=None, image_size=None, seed=0):
    """Load a source model: a network without its classifier, and its weights.

    Every BatchNormalization has momentum 0.9 here, where Keras's MobileNets keep 0.999: that changes no prediction,
    only how fast the statistics follow when they are trained (see :mod:`tlbook.models.backbones`).

    Parameters
    ----------
    name : str
        ``"photos"`` or ``"worlds"`` (embedded), ``"random"`` (the embedded network with random weights), or a model of
        ``keras.applications`` in snake case (``"mobilenet_v2"``, ``"mobilenet_v2_035"``, ``"resnet50"`` …), or the
        handle (``"https://…"``), folder or ``.tar.gz`` of a TensorFlow Hub module, which stays frozen.
    weights : str or pathlib.Path, optional
        A file of weights, ``"random"``, or ``"imagenet"``, which may download. None takes the embedded weights, or
        looks for the ImageNet file in ``TLBOOK_DATA_DIR/weights`` and then in Keras's cache.
    image_size : int, optional
        Pixels a side, 32 (for some networks 71 or 75) to 2048; None takes the source's own.
    seed : int
        Of random weights.

    Returns
    -------
    SourceModel

    Raises
    ------
    BadInput
        Unknown name (similar ones are named), no such file, a file that fits another source (which is named) or none,
        weights that are not on this machine, or a size out of range.

    Examples
    --------
    >>> source = load_source("random", image_size=64)
    >>> source.backbone.output_shape
    (None, 2, 2, 768)
    """
    choice = check_source(name, weights, image_size=image_size)
    if choice.is_module:
        return _load_module(choice)
    with draw_weights(seed):
        backbone = _build(choice)
    if choice.weights is None:
        digest, origin = _hash_values(backbone), f"random weights, seed {seed}"
    else:
        _fill(backbone, choice)
        digest, origin = hash_file(choice.weights), f"pre-trained weights, file {choice.weights.name}"
    return SourceModel(choice.name, backbone, cut_stages(backbone), choice.image_size, digest, origin)


def _build(choice):
    if choice.application is None:
        return build_compact_resnet(choice.image_size)
    return build_application(choice.application, choice.image_size)


def _fill(backbone, choice):
    if choice.application is None:
        load_weights(backbone, choice.weights)
        return
    try:
        with strip_top(choice.weights, choice.num_top) as path:
            backbone.load_weights(path)
    except ValueError as error:
        raise BadInput(
            f"{choice.weights} does not fit {choice.name} ({str(error).splitlines()[0]}); "
            f"give the file that Keras calls {choice.application.file}"
        ) from error


def _load_module(choice):
    backbone = hub.build_module(choice.weights, choice.image_size)
    origin = f"TensorFlow Hub module {choice.name.rstrip('/').rsplit('/', 1)[-1]}"
    stages = (("module", ("module",)),)
    size = backbone.input_shape[1]
    return SourceModel(choice.name, backbone, stages, size, hub.hash_module(choice.weights), origin)


def _check_module(name, weights, image_size):
    if weights is not None:
        raise BadInput(f"received weights {str(weights)!r} for the module {name}, which has its own; leave them out")
    size = None if image_size is None else _check_size(name, image_size, None, 1)
    return SourceChoice(name, None, size, hub.find_module(name), is_module=True)


def _find_compact(name, weights):
    """Return the file of the compact network's weights, None for random ones; an embedded one is what its card says."""
    if RANDOM in (name, weights):
        return None
    facts = None if weights else load_card(name).facts["weights"]
    path = Path(weights).expanduser() if weights else data_dir() / facts["file"]
    if not path.is_file():
        raise BadInput(f"no weights of {name} at {path}; give the path of a file that tlbook pretrain wrote")
    if facts and hash_file(path) != facts["sha256"]:
        raise BadInput(f"{path} is not the file on the card of {name} (its sha256 differs); restore it")
    return path


def _check_size(name, image_size, default, smallest):
    size = default if image_size is None else image_size
    if not smallest <= size <= LARGEST:
        raise BadInput(f"image size {size} is out of range for {name}; give {smallest} to {LARGEST} pixels")
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
            f"{keras_models_dir()}, give --weights PATH, or let --weights imagenet download it"
        )
    return path


def _hash_values(model):
    digest = hashlib.sha256()
    for value in model.get_weights():
        digest.update(value.tobytes())
    return digest.hexdigest()

"""Source models: a backbone that takes raw pixels, its stages and the checksum of its weights."""

import hashlib
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tlbook.errors import BadInput, check_whole, first_line, shorten
from tlbook.files import hash_file
from tlbook.models import hub
from tlbook.models.adapters import hides_batch_norm
from tlbook.models.backbones import build_application, draw_weights
from tlbook.models.choice import SourceChoice, check_source
from tlbook.models.listing import SourceInfo, sources
from tlbook.models.networks import build_compact_resnet, load_weights
from tlbook.models.stages import cut_stages
from tlbook.models.weights import READ_ERRORS, strip_top
from tlbook.models.words import WORDS, WordVectors, load_words
from tlbook.runtime import LARGEST_SEED

if TYPE_CHECKING:
    import os

    import keras

__all__ = ["SourceChoice", "SourceInfo", "SourceModel", "as_source", "check_source", "load_source", "sources"]


@dataclass(frozen=True)
class SourceModel:
    """A pre-trained network without its classifier.

    Attributes
    ----------
    name : str
        What the report calls it.
    backbone : keras.Model
        Raw pixels, uint8 or float32, (n, image_size, image_size, 3), 0-255, to the last feature map, float32,
        (n, height, width, channels). The preprocessing is inside, in stock layers. Strategies work on a copy.
    stages : tuple of (str, tuple of str)
        Name and layer names of each block, from the stem to the top; one tensor alone goes from each to the next.
    image_size : int
        Pixels a side.
    weights_sha256 : str
        Of the file of weights, or of the values themselves.
    origin : str
        Where the weights come from, in a few words.
    learning_rate : float
        Peak that training starts from unless told otherwise. Networks with ImageNet's weights want a tenth of what the
        embedded ones do: at 1e-3 they lose on few images what they brought (``data/results/strategies_real.csv``).

    Examples
    --------
    >>> source = load_source("random", image_size=64)
    >>> source.name, source.image_size, len(source.stages)
    ('random', 64, 10)
    """

    name: str
    backbone: "keras.Model"
    stages: tuple[tuple[str, tuple[str, ...]], ...]
    image_size: int
    weights_sha256: str
    origin: str
    learning_rate: float = 1e-4

    def __post_init__(self):
        hidden = [layer.name for layer in self.backbone.layers if hides_batch_norm(layer)]
        if hidden:
            raise BadInput(
                f"received a `backbone` whose layer {hidden[0]} has BatchNormalization inside, where no strategy "
                f"reaches it; expected plain layers: source_from_keras(model, name={self.name!r}) takes a model apart"
            )


def load_source(
    name: str = "photos",
    *,
    weights: "str | os.PathLike[str] | None" = None,
    image_size: int | None = None,
    seed: int = 0,
    trust: bool = False,
) -> SourceModel | WordVectors:
    """Load a source model: a network without its classifier, and its weights; or word vectors, the source of texts.

    Every BatchNormalization has momentum 0.9 here, where Keras's MobileNets keep 0.999: that changes no prediction,
    only how fast the statistics follow when they are trained.

    Parameters
    ----------
    name : str
        ``"photos"`` or ``"worlds"`` (embedded), ``"random"`` (the embedded network with random weights), or a model of
        ``keras.applications`` in snake case (``"mobilenet_v2"``, ``"mobilenet_v2_035"``, ``"resnet50"`` …), or the
        handle (``"https://…"``), folder (``"./module"``) or ``.tar.gz`` of a TensorFlow Hub module, which stays frozen.
        ``"words"`` is the embedded source of texts, for which ``image_size``, ``seed`` and ``trust`` mean nothing.
    weights : str or pathlib.Path, optional
        A file of weights, ``"random"``, or ``"imagenet"``, which may download. None takes the embedded weights, or
        looks for the ImageNet file in ``TLBOOK_DATA_DIR/weights`` and then in Keras's cache.
    image_size : int, optional
        Pixels a side, 32 (for some networks 71 or 75) to 2048; None takes the source's own.
    seed : int
        Of random weights, 0 to 2**32 - 1.
    trust : bool
        True loads a TensorFlow Hub module from anywhere; False only by a https handle of tfhub.dev or kaggle.com. A
        module is a program: its graph can read and write your files.

    Returns
    -------
    SourceModel or WordVectors
        Random weights have the checksum of their values, a module that of its graph and variables.

    Raises
    ------
    BadInput
        Unknown name (similar ones are named), no such file, a file that fits another source (which is named) or none,
        weights that are not on this machine, a size out of range, or a module that is not trusted.

    Examples
    --------
    >>> source = load_source("random", image_size=64)
    >>> source.backbone.output_shape
    (None, 2, 2, 768)
    """
    check_whole("seed", seed, 0, LARGEST_SEED)
    if name == WORDS:
        return load_words(weights)
    choice = check_source(name, weights, image_size=image_size, trust=trust)
    if choice.is_module:
        return _load_module(choice)
    with draw_weights(seed):
        backbone = _build(choice)
    if choice.weights is None:
        digest, origin = _hash_values(backbone), f"random weights, seed {seed}"
    else:
        _fill(backbone, choice)
        digest, origin = hash_file(choice.weights), f"pre-trained weights, file {choice.weights.name}"
    rate = 1e-3 if choice.application is None else 1e-4
    return SourceModel(choice.name, backbone, cut_stages(backbone), choice.image_size, digest, origin, rate)


def as_source(value):
    """Return a source as it is, and load one by its name (``photos`` for None); anything else is bad input."""
    if value is None:
        return load_source()
    if isinstance(value, str):
        return load_source(value)
    if isinstance(value, SourceModel | WordVectors):
        return value
    keras = sys.modules.get("keras")  # whoever has a model has imported it
    if keras and isinstance(value, keras.Model):
        raise BadInput(
            f"received `source` as the Keras model {value.name!r}; expected a source: "
            'wrap it, source_from_keras(model, name="mine")'
        )
    raise BadInput(
        f"received `source` {shorten(value)}; expected a name (photos, worlds, mobilenet_v2, …) or "
        "what load_source or source_from_keras returns"
    )


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
    except READ_ERRORS as error:
        raise BadInput(
            f"{choice.weights} does not fit {choice.name} ({first_line(error)}); "
            f"give the file that Keras calls {choice.application.file}"
        ) from error


def _load_module(choice):
    backbone = hub.build_module(choice.weights, choice.image_size)
    on_network = choice.name.startswith(("http://", "https://"))
    name = choice.name if on_network else choice.name.rstrip("/").rsplit("/", 1)[-1]  # no paths of this machine
    stages = (("module", ("module",)),)
    size = backbone.input_shape[1]
    return SourceModel(name, backbone, stages, size, hub.hash_module(choice.weights), f"TensorFlow Hub module {name}")


def _hash_values(model):
    digest = hashlib.sha256()
    for value in model.get_weights():
        digest.update(value.tobytes())
    return digest.hexdigest()

"""List the source models and whether they are on this machine, without TensorFlow."""

from dataclasses import dataclass

from tlbook.datasets.cards import load_cards
from tlbook.models.catalogue import COMPACT_PARAMETERS, COMPACT_SIZE, RANDOM, list_applications
from tlbook.models.weights import find_weights, keras_models_dir
from tlbook.runtime import data_dir

APPLICATION_LICENCE = "as Keras states with each model; learned from ImageNet (images for non-commercial research)"


@dataclass(frozen=True)
class SourceInfo:
    """What there is to know about a source model before it is loaded.

    Attributes
    ----------
    name, title, origin, licence : str
    parameters : int
        Without a classifier.
    image_size : int
        Pixels a side where none is asked for.
    on_this_machine : bool
    where : str
        Where the weights lie, or the file to get and where to put it.
    """

    name: str
    title: str
    origin: str
    licence: str
    parameters: int
    image_size: int
    on_this_machine: bool
    where: str


def sources():
    """List the source models: the embedded ones, random weights, and ``keras.applications``.

    The source ``template``, which serves one strategy, is left out. TensorFlow Hub modules are sources too, by handle
    or folder, and cannot be listed. They are programs, which can read and write files.

    Returns
    -------
    list of SourceInfo

    Examples
    --------
    >>> [info.name for info in sources()][:3]
    ['photos', 'worlds', 'random']
    """
    cards = [card for card in load_cards("source") if "weights" in card.facts and card.facts.get("listed", True)]
    embedded = [_describe_embedded(card) for card in cards]
    title, licence = "The embedded network with random weights: a baseline", "BSD-3-Clause, like the package"
    drawn = SourceInfo(
        RANDOM, title, "random weights, by seed", licence, COMPACT_PARAMETERS, COMPACT_SIZE, True, "nothing needed"
    )
    return [*embedded, drawn, *map(_describe_application, list_applications().values())]


def _describe_embedded(card):
    path = data_dir() / card.facts["weights"]["file"]
    return SourceInfo(
        name=card.name,
        title=card.title,
        origin=card.facts["origin"],
        licence=card.facts["licence"],
        parameters=card.facts.get("parameters", COMPACT_PARAMETERS),
        image_size=card.facts.get("image_size", COMPACT_SIZE),
        on_this_machine=path.is_file(),
        where=f"embedded: data/weights/{path.name}",
    )


def _describe_application(application):
    path = find_weights(application)
    if path is None:
        where = f"put {application.file} into TLBOOK_DATA_DIR/weights, or `weights` imagenet downloads it"
    else:
        cached = path.parent == keras_models_dir()
        where = f"{'Keras cache' if cached else 'TLBOOK_DATA_DIR/weights'}: {application.file}"
    width = "" if application.alpha is None else f", width {application.alpha:g}"
    return SourceInfo(
        name=application.name,
        title=f"{application.constructor}{width}, ImageNet",
        origin="keras.applications",
        licence=APPLICATION_LICENCE,
        parameters=application.parameters,
        image_size=application.image_size,
        on_this_machine=path is not None,
        where=where,
    )

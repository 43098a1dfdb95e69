"""The strategy that learns a data set from a universal template: scale and shift, from a blend of the domains' own."""

from dataclasses import dataclass
from typing import ClassVar

from tlbook.datasets.cards import load_card
from tlbook.errors import BadInput, check_arguments, is_number, is_whole
from tlbook.models.adapters import list_batch_norm
from tlbook.models.strategy_base import EXPECTED_RATE, Strategy
from tlbook.models.template import NAME
from tlbook.runtime import import_keras


@dataclass(frozen=True)
class TemplateAdapt(Strategy):
    """Blend the scales and shifts of a template's source domains, take a few steps on them, and classify by centroids.

    This is FLUTE's way to a new task. The source must be ``template``. Nothing is chosen on validation images: they
    score what came out. Where there are more than 512 training images, each step takes 512 of them.

    Attributes
    ----------
    start : str
        ``"blend"`` of all domains' sets, ``"domain"`` (the one that the blender puts first), a domain's name, or
        ``"scratch"`` (scale 1, shift 0).
    steps : int
        Of Adam on scale and shift, 0 to 1000.
    learning_rate : float
        Of these steps.

    References
    ----------
    Triantafillou et al. 2021, FLUTE, arXiv:2105.07029.

    Examples
    --------
    >>> import tlbook as tl
    >>> from tlbook.models.classifiers import count_parameters
    >>> source = tl.load_source("template", image_size=32)
    >>> count_parameters(TemplateAdapt().build(source, ("cats", "dogs"), seed=0))  # trainable, all
    (3936, 806256)
    """

    start: str = "blend"
    steps: int = 6
    learning_rate: float = 0.005
    name: ClassVar[str] = "template"
    summary: ClassVar[str] = "template (FLUTE): blended scales and shifts, six steps on them, nearest centroids"
    needs_batch_norm: ClassVar[bool] = True
    learns_task: ClassVar[bool] = True

    def __post_init__(self):
        known = ["blend", "domain", "scratch", *load_card(NAME).facts["domains"]]
        rate = self.learning_rate
        check_arguments(
            vars(self),
            {
                "start": (self.start in known, f"one of {', '.join(known)}"),
                "steps": (is_whole(self.steps, 0, 1000), "a whole number from 0 to 1000"),
                "learning_rate": (is_number(rate) and 0 < rate < 10, EXPECTED_RATE),
            },
        )

    def choose_layers(self, source):
        """Name the layers of BatchNormalization; see :meth:`Strategy.choose_layers`."""
        return {layer.name for layer in list_batch_norm(source.backbone)}

    def build(self, source, classes, *, seed):
        """Return a classifier by cosine similarity; see :meth:`Strategy.build`."""
        if source.weights_sha256 != load_card(NAME).facts["weights"]["sha256"]:
            raise BadInput(
                f"strategy {self.name} needs the source {NAME}, whose domains have scales and shifts of their own, and "
                f"received {source.name}; give the source {NAME}, or use film, which takes any source"
            )
        keras = import_keras()
        model = super().build(source, classes, seed=seed)
        pooled = model.get_layer("head").input
        unit = keras.layers.UnitNormalization(name="unit_length")(pooled)
        head = keras.layers.Dense(len(classes), activation="softmax", use_bias=False, name="head")
        model = keras.Model(model.input, head(unit), name="classifier")
        self.set_trainable(model, source)
        return model

    def set_trainable(self, model, source):
        """Set what trains: scale and shift alone, for centroids are computed; see :meth:`Strategy.set_trainable`."""
        super().set_trainable(model, source)
        model.get_layer("head").trainable = False

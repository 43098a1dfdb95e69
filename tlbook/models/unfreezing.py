"""Strategies that unfreeze the source from the top: so many of its blocks, at once or phase by phase."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from tlbook.errors import BadInput, check_arguments, is_number, is_whole
from tlbook.models.adapters import list_batch_norm
from tlbook.models.stages import list_blocks
from tlbook.models.strategy_base import TrainedStrategy

if TYPE_CHECKING:
    from tlbook.models.sources import SourceModel

BATCH_NORM = ("frozen", "trained")


def check_batch_norm(strategy):
    """Refuse a strategy whose ``batch_norm`` is neither frozen nor trained."""
    fits = isinstance(strategy.batch_norm, str) and strategy.batch_norm in BATCH_NORM
    check_arguments(vars(strategy), {"batch_norm": (fits, "'frozen' or 'trained'")})


def name_layers(source, batch_norm):
    """Name all layers of the backbone, those of BatchNormalization only where they train."""
    frozen = set() if batch_norm == "trained" else {layer.name for layer in list_batch_norm(source.backbone)}
    return {layer.name for layer in source.backbone.layers} - frozen


@dataclass(frozen=True)
class PartialUnfreeze(TrainedStrategy):
    """Train the last blocks of the source and the head; the blocks below stay frozen.

    Depth is counted in the source's own blocks (:func:`tlbook.models.stages.list_blocks`), never in layers. Without
    ``stages`` and ``fraction`` it is the last third of the blocks: later blocks are the more specific to the source's
    task, and what lies below them runs only once, when its output is cached.
    BatchNormalization stays frozen in all blocks, each layer by ``layer.trainable = False``, statistics, scale and
    shift alike: a few batches of a small target estimate statistics worse than the source knew them.

    Attributes
    ----------
    stages : int, optional
        Blocks that train, counted from the top, 1 up to all; not together with ``fraction``.
    fraction : float, optional
        Share of the blocks that train, 0-1, rounded to whole blocks, at least one; not together with ``stages``.
    batch_norm : str
        ``"frozen"``, or ``"trained"``: in the blocks that train, statistics included.
    epochs, learning_rate, batch_size, mirror
        As in :class:`tlbook.TrainedStrategy`.

    References
    ----------
    Yosinski et al. 2014, on how features grow specific with depth, arXiv:1411.1792.

    Examples
    --------
    >>> import tlbook as tl
    >>> source = tl.load_source("random", image_size=32)
    >>> [name for name, _ in source.stages][-2:]
    ['stage4_block2', 'top']
    >>> sorted(PartialUnfreeze(stages=1).choose_layers(source))
    ['expand_conv', 'expand_relu']
    """

    stages: int | None = None
    fraction: float | None = None
    batch_norm: str = "frozen"
    name: ClassVar[str] = "partial"
    summary: ClassVar[str] = "partial unfreezing: the head and the last blocks of the source model trained"
    head_first: ClassVar[bool] = True

    def __post_init__(self):
        super().__post_init__()
        check_batch_norm(self)
        stages, fraction = self.stages, self.fraction
        whole = stages is None or (is_whole(stages) and stages >= 1)
        share = fraction is None or (is_number(fraction) and 0 < fraction <= 1)
        checks = {
            "stages": (whole, "a whole number of at least 1 (blocks, counted from the top), or None"),
            "fraction": (share, "a number above 0 and at most 1 (share of the blocks), or None"),
        }
        check_arguments(vars(self), checks)
        if stages is not None and fraction is not None:
            raise BadInput(f"received `stages` {stages}, `fraction` {fraction}; expected one of the two")

    def count_blocks(self, source: "SourceModel") -> int:
        """Count the blocks that train.

        Parameters
        ----------
        source : SourceModel
            Whose blocks are counted.

        Returns
        -------
        int

        Raises
        ------
        BadInput
            The source has fewer than ``stages``.
        """
        total = len(list_blocks(source.backbone, source.stages))
        if self.stages is None:
            return max(1, int((self.fraction or 1 / 3) * total + 0.5))
        if self.stages > total:
            raise BadInput(
                f"received `stages` {self.stages}; expected 1 to {total}, the blocks of {source.name}, or a `fraction`"
            )
        return self.stages

    def choose_layers(self, source):
        """Name the layers of the last blocks; see :meth:`Strategy.choose_layers`."""
        blocks = list_blocks(source.backbone, source.stages)[-self.count_blocks(source) :]
        return {name for _, layers in blocks for name in layers} & name_layers(source, self.batch_norm)


@dataclass(frozen=True)
class GradualUnfreeze(TrainedStrategy):
    """Unfreeze from the top, phase by phase: a schedule of :class:`PartialUnfreeze` of growing depth.

    The head comes first, fitted; then each phase trains deeper, on from the weights of the phase before, with a warm-up
    and a cosine of its own. BatchNormalization stays frozen.

    Attributes
    ----------
    fractions : tuple of float
        Shares of the blocks that train, growing, 0-1; one a phase.
    epochs : int, optional
        Of all phases together, split evenly; what is left over goes to the last ones. At least one a phase.
    learning_rate, batch_size, mirror
        As in :class:`tlbook.TrainedStrategy`.

    References
    ----------
    Howard and Ruder 2018, arXiv:1801.06146, who unfreeze one layer an epoch.

    Examples
    --------
    >>> [(f"{phase.fraction:.2f}", phase.epochs) for phase in GradualUnfreeze(epochs=10).list_phases()]
    [('0.33', 3), ('0.67', 3), ('1.00', 4)]
    """

    fractions: tuple[float, ...] = (1 / 3, 2 / 3, 1.0)
    name: ClassVar[str] = "gradual"
    summary: ClassVar[str] = "gradual unfreezing: the head first, then ever deeper blocks of the source model"
    head_first: ClassVar[bool] = True

    def __post_init__(self):
        super().__post_init__()
        fractions = self.fractions
        fits = isinstance(fractions, tuple) and len(fractions) > 0 and all(map(is_number, fractions))
        fits = fits and all(low < high for low, high in zip((0, *fractions), fractions, strict=False))
        fits = fits and fractions[-1] <= 1
        check_arguments(vars(self), {"fractions": (fits, "a tuple of numbers that grow, above 0 and at most 1")})
        num = len(fractions)
        if self.epochs is not None and self.epochs < num:
            raise BadInput(f"received `epochs` {self.epochs}; expected at least {num}, one for each of {num} phases")

    def list_phases(self):
        """List the phases; their epochs add up to ``epochs``."""
        num = len(self.fractions)
        epochs = [((self.epochs or num) + i) // num for i in range(num)]
        rest = {"learning_rate": self.learning_rate, "batch_size": self.batch_size, "mirror": self.mirror}
        return tuple(PartialUnfreeze(e, fraction=f, **rest) for e, f in zip(epochs, self.fractions, strict=True))

    def choose_layers(self, source):
        """Name the layers that the first phase trains; see :meth:`Strategy.choose_layers`."""
        return self.list_phases()[0].choose_layers(source)

"""What trains: one frozen dataclass a strategy, applied to a copy of the source before the only compile."""

import difflib
import reprlib
from dataclasses import dataclass
from typing import ClassVar

from tlbook.errors import BadInput, check_arguments, is_number, is_whole
from tlbook.models.adapters import list_batch_norm
from tlbook.models.norm_strategies import FiLMOnly, NormOnly
from tlbook.models.stages import list_blocks
from tlbook.models.strategy_base import Strategy, TrainedStrategy

__all__ = [
    "STRATEGIES", "FiLMOnly", "FromScratch", "FullFineTune", "GradualUnfreeze", "HeadOnly", "NormOnly",
    "PartialUnfreeze", "Strategy", "TrainedStrategy", "as_strategy", "find_strategy",
]  # fmt: skip

BATCH_NORM = ("frozen", "trained")


def _check_batch_norm(strategy):
    fits = isinstance(strategy.batch_norm, str) and strategy.batch_norm in BATCH_NORM
    check_arguments(vars(strategy), {"batch_norm": (fits, "'frozen' or 'trained'")})


def _name_layers(source, batch_norm):
    """Name all layers of the backbone, those of BatchNormalization only where they train."""
    frozen = set() if batch_norm == "trained" else {layer.name for layer in list_batch_norm(source.backbone)}
    return {layer.name for layer in source.backbone.layers} - frozen


@dataclass(frozen=True)
class HeadOnly(Strategy):
    """Freeze the source and fit a logistic head on its pooled features.

    The head is fitted to convergence by L-BFGS; its regularisation is chosen on validation.
    """

    name: ClassVar[str] = "head"
    summary: ClassVar[str] = "head only: the source model frozen, a new head trained on its features"
    keeps_backbone: ClassVar[bool] = True

    def choose_layers(self, source):
        """Name no layer: the head alone trains."""
        return set()


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
        As in :class:`tlbook.models.strategy_base.TrainedStrategy`.

    References
    ----------
    Yosinski et al. 2014, on how features grow specific with depth, arXiv:1411.1792.
    """

    stages: int | None = None
    fraction: float | None = None
    batch_norm: str = "frozen"
    name: ClassVar[str] = "partial"
    summary: ClassVar[str] = "partial unfreezing: the head and the last blocks of the source model trained"
    head_first: ClassVar[bool] = True

    def __post_init__(self):
        super().__post_init__()
        _check_batch_norm(self)
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

    def count_blocks(self, source):
        """Count the blocks that train.

        Parameters
        ----------
        source : SourceModel

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
        return {name for _, layers in blocks for name in layers} & _name_layers(source, self.batch_norm)


@dataclass(frozen=True)
class GradualUnfreeze(TrainedStrategy):
    """Unfreeze from the top, phase by phase: a schedule of :class:`PartialUnfreeze` of growing depth.

    The head comes first, fitted; then each phase trains deeper, on from the weights of the phase before, with a warm-up
    and a cosine of its own. BatchNormalization stays frozen.

    Attributes
    ----------
    fractions : tuple of float
        Shares of the blocks that train, growing, 0-1; one a phase.
    epochs : int
        Of all phases together, split evenly; what is left over goes to the last ones. At least one a phase.
    learning_rate, batch_size, mirror
        As in :class:`tlbook.models.strategy_base.TrainedStrategy`.

    References
    ----------
    Howard and Ruder 2018, arXiv:1801.06146, who unfreeze one layer an epoch.
    """

    fractions: tuple = (1 / 3, 2 / 3, 1.0)
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
        if self.epochs < num:
            raise BadInput(f"received `epochs` {self.epochs}; expected at least {num}, one for each of {num} phases")

    def list_phases(self):
        """List the phases; their epochs add up to ``epochs``."""
        num = len(self.fractions)
        epochs = [(self.epochs + i) // num for i in range(num)]
        rest = {"learning_rate": self.learning_rate, "batch_size": self.batch_size, "mirror": self.mirror}
        return tuple(PartialUnfreeze(e, fraction=f, **rest) for e, f in zip(epochs, self.fractions, strict=True))

    def choose_layers(self, source):
        """Name the layers that the first phase trains; see :meth:`Strategy.choose_layers`."""
        return self.list_phases()[0].choose_layers(source)


@dataclass(frozen=True)
class FullFineTune(TrainedStrategy):
    """Train every weight, from the source's weights and a head that was fitted first.

    Batch normalisation stays as in the source unless told otherwise: the head was fitted to features in use mode, an
    epoch is a third shorter, and small batches do no harm (``data/results/batch_norm.csv``). Which of the two scores
    better, five seeds on real sets leave open (``data/results/strategies_real.csv``).

    Attributes
    ----------
    batch_norm : str
        ``"frozen"``: statistics, scale and shift of every BatchNormalization as in the source; ``"trained"`` trains
        them too (momentum 0.9, which :func:`tlbook.load_source` sees to).
    epochs, learning_rate, batch_size, mirror
        As in :class:`tlbook.models.strategy_base.TrainedStrategy`.
    """

    batch_norm: str = "frozen"
    name: ClassVar[str] = "full"
    summary: ClassVar[str] = "full fine-tuning: every weight trained, starting from the source model"
    head_first: ClassVar[bool] = True

    def __post_init__(self):
        super().__post_init__()
        _check_batch_norm(self)

    def choose_layers(self, source):
        """Name all layers; see :meth:`Strategy.choose_layers`."""
        return _name_layers(source, self.batch_norm)


@dataclass(frozen=True)
class FromScratch(TrainedStrategy):
    """Train the same network from random weights: what transfer is compared against.

    Attributes
    ----------
    epochs, learning_rate, batch_size, mirror
        As in :class:`tlbook.models.strategy_base.TrainedStrategy`.
    """

    epochs: int = 40
    learning_rate: float = 3e-3
    name: ClassVar[str] = "scratch"
    summary: ClassVar[str] = "from scratch: every weight trained, none taken over"
    keeps_weights: ClassVar[bool] = False

    def choose_layers(self, source):
        """Name all layers; see :meth:`Strategy.choose_layers`."""
        return _name_layers(source, "trained")


STRATEGIES = {
    strategy.name: strategy
    for strategy in (FromScratch, HeadOnly, PartialUnfreeze, GradualUnfreeze, FullFineTune, FiLMOnly, NormOnly)
}


def find_strategy(name, *, epochs=None):
    """Look a strategy up by its name, ``head`` say; ``epochs`` takes the place of its own (a head alone has none)."""
    if not isinstance(name, str) or name not in STRATEGIES:
        known = ["auto", *STRATEGIES]
        close = difflib.get_close_matches(name.lower(), known, n=1) if isinstance(name, str) else []
        meant = f"; did you mean {close[0]}?" if close else ""
        raise BadInput(f"received `strategy` {name!r}; expected {', '.join(known[:-1])} or {known[-1]}{meant}")
    kind = STRATEGIES[name]
    return kind() if epochs is None or kind is HeadOnly else kind(epochs=epochs)


def as_strategy(value):
    """Return a strategy as it is, and find one by its name; anything else is bad input."""
    if isinstance(value, str):
        return find_strategy(value)
    if isinstance(value, type) and issubclass(value, Strategy):
        raise BadInput(f"received `strategy` as the class {value.__name__}; expected an instance: {value.__name__}()")
    if not isinstance(value, Strategy):
        raise BadInput(
            f"received `strategy` {reprlib.repr(value)}; "
            f"expected a name ({', '.join(STRATEGIES)}) or an instance, such as HeadOnly()"
        )
    if not isinstance(getattr(value, "name", None), str):
        raise BadInput(
            f"received a `strategy` {type(value).__name__} without a name; expected a class attribute `name`"
        )
    if not value.keeps_backbone and not isinstance(value, TrainedStrategy):
        raise BadInput(
            f"received the `strategy` {value.name}, which has no epochs to train for; expected "
            f"{type(value).__name__} to be derived from TrainedStrategy"
        )
    return value

"""What trains: one frozen dataclass a strategy, applied to a copy of the source before the only compile."""

import difflib
from dataclasses import dataclass
from typing import ClassVar

from tlbook.errors import BadInput, shorten
from tlbook.models.norm_strategies import FiLMOnly, NormOnly
from tlbook.models.strategy_base import Strategy, TrainedStrategy
from tlbook.models.template_strategy import TemplateAdapt
from tlbook.models.unfreezing import GradualUnfreeze, PartialUnfreeze, check_batch_norm, name_layers

__all__ = [
    "STRATEGIES", "FiLMOnly", "FromScratch", "FullFineTune", "GradualUnfreeze", "HeadOnly", "NormOnly",
    "PartialUnfreeze", "Strategy", "TemplateAdapt", "TrainedStrategy", "as_strategy", "find_strategy",
]  # fmt: skip


@dataclass(frozen=True)
class HeadOnly(Strategy):
    """Freeze the source and fit a logistic head on its pooled features.

    The head is fitted to convergence by L-BFGS; its regularisation is chosen on validation.

    Examples
    --------
    >>> import tlbook as tl
    >>> from tlbook.models.classifiers import count_parameters
    >>> source = tl.load_source("random", image_size=32)
    >>> count_parameters(HeadOnly().build(source, ("cats", "dogs"), seed=0))  # trainable, all
    (1538, 806258)
    """

    name: ClassVar[str] = "head"
    summary: ClassVar[str] = "head only: the source model frozen, a new head trained on its features"
    keeps_backbone: ClassVar[bool] = True

    def choose_layers(self, source):
        """Name no layer: the head alone trains."""
        return set()


@dataclass(frozen=True)
class FullFineTune(TrainedStrategy):
    """Train every weight, from the source's weights and a head that was fitted first.

    Batch normalisation stays as in the source unless told otherwise: the head was fitted to features in inference mode,
    an epoch is a third shorter, and small batches do no harm (``data/results/batch_norm.csv``). Which of the two scores
    better, five seeds on real sets leave open (``data/results/strategies_real.csv``).

    Attributes
    ----------
    batch_norm : str
        ``"frozen"``: statistics, scale and shift of every BatchNormalization as in the source; ``"trained"`` trains
        them too (momentum 0.9, which :func:`tlbook.load_source` sees to).
    epochs, learning_rate, batch_size, mirror
        As in :class:`tlbook.TrainedStrategy`.

    Examples
    --------
    >>> import tlbook as tl
    >>> from tlbook.models.classifiers import count_parameters
    >>> source = tl.load_source("random", image_size=32)
    >>> count_parameters(FullFineTune(epochs=5).build(source, ("cats", "dogs"), seed=0))  # trainable, all
    (798386, 806258)
    """

    batch_norm: str = "frozen"
    name: ClassVar[str] = "full"
    summary: ClassVar[str] = "full fine-tuning: every weight trained, starting from the source model"
    head_first: ClassVar[bool] = True

    def __post_init__(self):
        super().__post_init__()
        check_batch_norm(self)

    def choose_layers(self, source):
        """Name all layers; see :meth:`Strategy.choose_layers`."""
        return name_layers(source, self.batch_norm)


@dataclass(frozen=True)
class FromScratch(TrainedStrategy):
    """Train the same network from random weights: what transfer is compared against.

    Attributes
    ----------
    epochs, learning_rate, batch_size, mirror
        As in :class:`tlbook.TrainedStrategy`.

    Examples
    --------
    >>> import tlbook as tl
    >>> from tlbook.models.classifiers import count_parameters
    >>> source = tl.load_source("random", image_size=32)
    >>> count_parameters(FromScratch().build(source, ("cats", "dogs"), seed=0))  # trainable, all
    (802322, 806258)
    """

    epochs: int = 40
    learning_rate: float = 3e-3
    name: ClassVar[str] = "scratch"
    summary: ClassVar[str] = "from scratch: every weight trained, none taken over"
    keeps_weights: ClassVar[bool] = False

    def choose_layers(self, source):
        """Name all layers; see :meth:`Strategy.choose_layers`."""
        return name_layers(source, "trained")


STRATEGIES = {
    strategy.name: strategy
    for strategy in (
        FromScratch,
        HeadOnly,
        PartialUnfreeze,
        GradualUnfreeze,
        FullFineTune,
        FiLMOnly,
        NormOnly,
        TemplateAdapt,
    )
}


def find_strategy(name, *, epochs=None):
    """Look a strategy up by its name, ``head`` say; ``epochs`` takes the place of its own, where it has any."""
    if not isinstance(name, str) or name not in STRATEGIES:
        known = ["auto", *STRATEGIES]
        close = difflib.get_close_matches(name.lower(), known, n=1) if isinstance(name, str) else []
        meant = f"; did you mean {close[0]}?" if close else ""
        raise BadInput(f"received `strategy` {name!r}; expected {', '.join(known[:-1])} or {known[-1]}{meant}")
    kind = STRATEGIES[name]
    return kind(epochs=epochs) if epochs is not None and issubclass(kind, TrainedStrategy) else kind()


def as_strategy(value):
    """Return a strategy as it is, and find one by its name; anything else is bad input."""
    if isinstance(value, str):
        return find_strategy(value)
    if isinstance(value, type) and issubclass(value, Strategy):
        raise BadInput(f"received `strategy` as the class {value.__name__}; expected an instance: {value.__name__}()")
    if not isinstance(value, Strategy):
        raise BadInput(
            f"received `strategy` {shorten(value)}; "
            f"expected a name ({', '.join(STRATEGIES)}) or an instance, such as HeadOnly()"
        )
    if not isinstance(getattr(value, "name", None), str):
        raise BadInput(
            f"received a `strategy` {type(value).__name__} without a name; expected a class attribute `name`"
        )
    if not (value.keeps_backbone or value.learns_task) and not isinstance(value, TrainedStrategy):
        raise BadInput(
            f"received the `strategy` {value.name}, which has no epochs to train for; expected "
            f"{type(value).__name__} to be derived from TrainedStrategy"
        )
    return value

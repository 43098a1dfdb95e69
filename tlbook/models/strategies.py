"""What trains: one frozen dataclass a strategy, applied to a copy of the source before the only compile."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar

from tlbook.errors import BadInput
from tlbook.models.classifiers import build_classifier


def _check_schedule(epochs, learning_rate, batch_size):
    if epochs < 1 or batch_size < 1 or not 0 < learning_rate < 10:
        raise BadInput(
            f"epochs {epochs}, learning rate {learning_rate}, batch size {batch_size}; "
            "expected epochs and batch size of at least 1 and a learning rate between 0 and 10"
        )


def _check_open(source, word):
    if not source.backbone.trainable_weights:
        raise BadInput(f"strategy {word} cannot train {source.name}: a TensorFlow Hub module stays frozen; use head")


@dataclass(frozen=True)
class Strategy(ABC):
    """What of a source model trains on a target.

    Attributes
    ----------
    word : str
        The command's word for it.
    keeps_backbone : bool
        True where the backbone is frozen: features are then computed once and the head alone is fitted.
    head_first : bool
        True where training starts from a fitted head, so that its first gradients do not wreck what was transferred.
    """

    word: ClassVar[str]
    keeps_backbone: ClassVar[bool] = False
    head_first: ClassVar[bool] = False

    @abstractmethod
    def build(self, source, classes, *, seed):
        """Return a classifier with its trainable weights set; the source stays as it is.

        Parameters
        ----------
        source : SourceModel
        classes : tuple of str
        seed : int
            Of weights that are drawn.

        Returns
        -------
        keras.Model
            Raw pixels to probabilities, not compiled.
        """


@dataclass(frozen=True)
class HeadOnly(Strategy):
    """Freeze the source and fit a logistic head on its pooled features.

    The head is fitted to convergence by L-BFGS; its regularisation is chosen on validation.
    """

    word: ClassVar[str] = "head"
    keeps_backbone: ClassVar[bool] = True

    def build(self, source, classes, *, seed):
        """Return a frozen copy of the source under a new head; see :meth:`Strategy.build`."""
        return build_classifier(source.backbone, classes, trainable=False, seed=seed)


@dataclass(frozen=True)
class FullFineTune(Strategy):
    """Train every weight, from the source's weights and a head that was fitted first.

    Batch normalisation trains too, statistics included (momentum 0.9, which :func:`tlbook.load_source` sees to).

    Attributes
    ----------
    epochs : int
    learning_rate : float
        Peak of a warm-up and a half cosine.
    batch_size : int
    mirror : bool
        True mirrors half of the training images; leave it False where left and right differ.

    References
    ----------
    Kumar et al. 2022, on fitting the head first, arXiv:2202.10054.
    """

    epochs: int = 20
    learning_rate: float = 1e-3
    batch_size: int = 32
    mirror: bool = False
    word: ClassVar[str] = "full"
    head_first: ClassVar[bool] = True

    def __post_init__(self):
        _check_schedule(self.epochs, self.learning_rate, self.batch_size)

    def build(self, source, classes, *, seed):
        """Return a trainable copy of the source under a new head; see :meth:`Strategy.build`."""
        _check_open(source, self.word)
        return build_classifier(source.backbone, classes, trainable=True, seed=seed)


@dataclass(frozen=True)
class FromScratch(Strategy):
    """Train the same network from random weights: what transfer is compared against.

    Attributes
    ----------
    epochs : int
    learning_rate : float
        Peak of a warm-up and a half cosine.
    batch_size : int
    mirror : bool
        True mirrors half of the training images; leave it False where left and right differ.
    """

    epochs: int = 40
    learning_rate: float = 3e-3
    batch_size: int = 32
    mirror: bool = False
    word: ClassVar[str] = "scratch"

    def __post_init__(self):
        _check_schedule(self.epochs, self.learning_rate, self.batch_size)

    def build(self, source, classes, *, seed):
        """Return the source's architecture with fresh weights under a new head; see :meth:`Strategy.build`."""
        _check_open(source, self.word)
        return build_classifier(source.backbone, classes, trainable=True, seed=seed, keep_weights=False)


STRATEGIES = {strategy.word: strategy for strategy in (FromScratch, HeadOnly, FullFineTune)}
PLANNED = ("partial", "film", "norm")


def find_strategy(word, *, epochs=None):
    """Look a strategy up by the command's word.

    Parameters
    ----------
    word : str
        ``scratch``, ``head`` or ``full``.
    epochs : int, optional
        Instead of the strategy's own; ignored by ``head``, which has none.

    Returns
    -------
    Strategy

    Raises
    ------
    BadInput
        There is no such strategy, or it is not built yet.
    """
    if word in PLANNED:
        raise BadInput(f"strategy {word!r} is not built yet; expected auto, {', '.join(STRATEGIES)}")
    if word not in STRATEGIES:
        raise BadInput(f"no strategy {word!r}; expected auto, {', '.join(STRATEGIES)}")
    kind = STRATEGIES[word]
    return kind() if epochs is None or kind is HeadOnly else kind(epochs=epochs)

"""Strategies that train at the normalisations only: a few weights a channel, convolutions frozen."""

from dataclasses import dataclass
from typing import ClassVar

from tlbook.models.adapters import list_batch_norm, name_film
from tlbook.models.strategy_base import TrainedStrategy


@dataclass(frozen=True)
class FiLMOnly(TrainedStrategy):
    """Train a scale and a shift per channel after every BatchNormalization, and the head.

    All that comes from the source stays frozen, the statistics of BatchNormalization too: a channel is normalised as on
    the source, in training and afterwards, and then scaled and shifted for the target. The added layers start as the
    identity and have two weights a channel; they are what FLUTE keeps for each data set.

    Attributes
    ----------
    epochs, learning_rate, batch_size, mirror
        As in :class:`tlbook.TrainedStrategy`.

    References
    ----------
    Perez et al. 2018, FiLM, arXiv:1709.07871; Triantafillou et al. 2021, FLUTE, arXiv:2105.07029.

    Examples
    --------
    >>> import tlbook as tl
    >>> from tlbook.models.classifiers import count_parameters
    >>> source = tl.load_source("random", image_size=32)
    >>> count_parameters(FiLMOnly().build(source, ("cats", "dogs"), seed=0))  # trainable, all
    (5474, 810194)
    """

    learning_rate: float = 1e-3
    name: ClassVar[str] = "film"
    summary: ClassVar[str] = "scale-and-shift adaptation (FiLM): a scale and a shift per channel trained, with the head"
    head_first: ClassVar[bool] = True
    adds_film: ClassVar[bool] = True
    needs_batch_norm: ClassVar[bool] = True

    def choose_layers(self, source):
        """Name the added layers; see :meth:`Strategy.choose_layers`."""
        return {name_film(layer) for layer in list_batch_norm(source.backbone)}


@dataclass(frozen=True)
class NormOnly(TrainedStrategy):
    """Train BatchNormalization as it is, scale, shift and statistics, and the head; all else stays frozen.

    Unlike :class:`FiLMOnly` it lets the statistics go to the target's: in training a channel is normalised by its
    batch, and the moving averages that the finished model normalises by follow. No layer is added, and a
    BatchNormalization without a scale (as in Inception) has a shift to train only.

    Attributes
    ----------
    epochs, learning_rate, batch_size, mirror
        As in :class:`tlbook.TrainedStrategy`.

    References
    ----------
    Frankle, Schwab and Morcos 2021, on training batch normalisation alone, arXiv:2003.00152; Li et al. 2016, on
    statistics of the target (AdaBN), arXiv:1603.04779.

    Examples
    --------
    >>> import tlbook as tl
    >>> from tlbook.models.classifiers import count_parameters
    >>> source = tl.load_source("random", image_size=32)
    >>> count_parameters(NormOnly().build(source, ("cats", "dogs"), seed=0))  # trainable, all
    (5474, 806258)
    """

    learning_rate: float = 1e-3
    name: ClassVar[str] = "norm"
    summary: ClassVar[str] = (
        "normalisation only: the batch normalisation's scales, shifts and statistics trained, with the head"
    )
    head_first: ClassVar[bool] = True
    needs_batch_norm: ClassVar[bool] = True

    def choose_layers(self, source):
        """Name the layers of BatchNormalization; see :meth:`Strategy.choose_layers`."""
        return {layer.name for layer in list_batch_norm(source.backbone)}

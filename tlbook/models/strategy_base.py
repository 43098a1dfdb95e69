"""What every strategy promises: a classifier on a copy of the source, with what trains set before the only compile."""

from abc import ABC, abstractmethod
from dataclasses import dataclass, replace
from typing import ClassVar

from tlbook.errors import BadInput
from tlbook.models.adapters import list_batch_norm
from tlbook.models.classifiers import build_classifier


@dataclass(frozen=True)
class Strategy(ABC):
    """What of a source model trains on a target.

    Attributes
    ----------
    name : str
        The command's and the report's name for it.
    keeps_backbone : bool
        True where the backbone is frozen: features are then computed once and the head alone is fitted.
    head_first : bool
        True where training starts from a fitted head, so that its first gradients do not wreck what was transferred.
    keeps_weights : bool
        False where the source's weights are drawn anew.
    adds_film : bool
        True where a scale and a shift per channel are put after every BatchNormalization.
    needs_batch_norm : bool
        True where a source without BatchNormalization is bad input.

    References
    ----------
    Kumar et al. 2022, on fitting the head first, arXiv:2202.10054.
    """

    name: ClassVar[str]
    keeps_backbone: ClassVar[bool] = False
    head_first: ClassVar[bool] = False
    keeps_weights: ClassVar[bool] = True
    adds_film: ClassVar[bool] = False
    needs_batch_norm: ClassVar[bool] = False

    @abstractmethod
    def choose_layers(self, source):
        """Name the layers between the input and the head that train.

        Parameters
        ----------
        source : SourceModel

        Returns
        -------
        set of str
        """

    def list_phases(self):
        """List the strategies to train by, one after the other, on one model; most have one phase, themselves."""
        return (self,)

    def take_rate(self, source):
        """Fill in the source's learning rate where the strategy has none of its own.

        Parameters
        ----------
        source : SourceModel

        Returns
        -------
        Strategy
        """
        return self

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

        Raises
        ------
        BadInput
            The strategy does not fit the source; the message names some that do.
        """
        if not self.keeps_backbone and not source.backbone.trainable_weights:
            raise BadInput(
                f"strategy {self.name} cannot train {source.name}: a TensorFlow Hub module stays frozen; use head"
            )
        if self.needs_batch_norm and not list_batch_norm(source.backbone):
            raise BadInput(
                f"strategy {self.name} needs BatchNormalization, and {source.name} has none; "
                "use head, partial, gradual, full or scratch"
            )
        model = build_classifier(
            source.backbone, classes, seed=seed, keep_weights=self.keeps_weights, film=self.adds_film
        )
        self.set_trainable(model, source)
        return model

    def set_trainable(self, model, source):
        """Set what trains, layer by layer; a model that is compiled already must be compiled again.

        A layer that does not train is frozen by ``layer.trainable = False``, which alone keeps the statistics of
        BatchNormalization still in every version of Keras.

        Parameters
        ----------
        model : keras.Model
            That :meth:`build` gave; changed in place.
        source : SourceModel
        """
        chosen = self.choose_layers(source) | {"head"}
        for layer in model.layers:
            layer.trainable = layer.name in chosen


@dataclass(frozen=True)
class TrainedStrategy(Strategy):
    """A strategy that trains by gradients, over epochs.

    Attributes
    ----------
    epochs : int
    learning_rate : float, optional
        Peak of a warm-up and a half cosine; None takes the source's, ``source.learning_rate``.
    batch_size : int
    mirror : bool
        True mirrors half of the training images; leave it False where left and right differ.
    """

    epochs: int = 20
    learning_rate: float | None = None
    batch_size: int = 32
    mirror: bool = False

    def __post_init__(self):
        rate = 1.0 if self.learning_rate is None else self.learning_rate
        if self.epochs < 1 or self.batch_size < 1 or not 0 < rate < 10:
            raise BadInput(
                f"epochs {self.epochs}, learning rate {self.learning_rate}, batch size {self.batch_size}; "
                "expected epochs and batch size of at least 1 and a learning rate between 0 and 10"
            )

    def take_rate(self, source):
        """Fill in the source's learning rate; see :meth:`Strategy.take_rate`."""
        return self if self.learning_rate is not None else replace(self, learning_rate=source.learning_rate)

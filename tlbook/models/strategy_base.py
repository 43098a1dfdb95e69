"""What every strategy promises: a classifier on a copy of the source, with what trains set before the only compile."""

from abc import ABC, abstractmethod
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar

from tlbook.errors import BadInput, check_arguments, is_flag, is_number, is_whole
from tlbook.models.adapters import list_batch_norm
from tlbook.models.classifiers import build_classifier

if TYPE_CHECKING:
    import keras

    from tlbook.models.sources import SourceModel

EXPECTED_WHOLE = "a whole number of at least 1"
EXPECTED_RATE = "a number between 0 and 10"
PASSES, LEAST_STEPS, MOST_STEPS = 10, 100, 300  # of training where no epochs are given


def choose_epochs(num_images, batch_size):
    """Take ten passes over the images, more where that is under 100 steps, fewer where over 300, and one at least."""
    steps_a_pass = -(-num_images // batch_size)
    steps = min(max(PASSES * steps_a_pass, LEAST_STEPS), MOST_STEPS)
    return max(1, round(steps / steps_a_pass))


@dataclass(frozen=True)
class Strategy(ABC):
    """What of a source model trains on a target.

    A strategy of your own is a frozen dataclass with a ``name`` and one method, :meth:`choose_layers`. Derive it from
    :class:`TrainedStrategy`, which brings what training needs: epochs, learning rate, batch size and mirroring.
    What is not named stays frozen, bit for bit.

    Attributes
    ----------
    name : str
        The command's and the report's name for it.
    summary : str
        What it trains, in a line; for help and report.
    keeps_backbone : bool
        True where the backbone is frozen: features are then computed once and the head alone is fitted.
    head_first : bool
        True where training starts from a fitted head, so that its first gradients do not wreck what was transferred.
    keeps_weights : bool
        False where the source's weights are replaced by random ones.
    adds_film : bool
        True where a scale and a shift per channel are put after every BatchNormalization.
    needs_batch_norm : bool
        True where a source without BatchNormalization is bad input.
    learns_task : bool
        True where there are no epochs: the training images are learned as one task, from a universal template.

    References
    ----------
    Kumar et al. 2022, on fitting the head first, arXiv:2202.10054.

    Examples
    --------
    A strategy that trains the last convolution and the head:

    >>> import tlbook as tl
    >>> @dataclass(frozen=True)
    ... class TopConvolution(TrainedStrategy):
    ...     epochs: int = 5
    ...     name: ClassVar[str] = "top"
    ...     summary: ClassVar[str] = "top convolution: the last convolution and the head trained"
    ...     head_first: ClassVar[bool] = True
    ...
    ...     def choose_layers(self, source):
    ...         return {[layer.name for layer in source.backbone.layers if "conv" in layer.name][-1]}

    It is given to :func:`tlbook.adapt` like any other. What it trains can be seen before:

    >>> source = tl.load_source("random", image_size=32)
    >>> model = TopConvolution().build(source, ("across", "down"), seed=0)
    >>> [layer.name for layer in model.layers if layer.trainable and layer.weights]
    ['expand_conv', 'head']
    """

    name: ClassVar[str]
    summary: ClassVar[str] = ""
    keeps_backbone: ClassVar[bool] = False
    head_first: ClassVar[bool] = False
    keeps_weights: ClassVar[bool] = True
    adds_film: ClassVar[bool] = False
    needs_batch_norm: ClassVar[bool] = False
    learns_task: ClassVar[bool] = False

    @abstractmethod
    def choose_layers(self, source: "SourceModel") -> set[str]:
        """Name the layers between the input and the head that train.

        Parameters
        ----------
        source : SourceModel
            What is adapted; it stays as it is.

        Returns
        -------
        set of str
            Names of layers of ``source.backbone`` (:meth:`keras.Model.summary` shows them).
        """

    def list_phases(self) -> "tuple[Strategy, ...]":
        """List the strategies to train by, one after the other, on one model; most have one phase, themselves.

        Returns
        -------
        tuple of Strategy
        """
        return (self,)

    def take_rate(self, source: "SourceModel") -> "Strategy":
        """Fill in the source's learning rate where the strategy has none of its own.

        Parameters
        ----------
        source : SourceModel
            What is adapted; it stays as it is.

        Returns
        -------
        Strategy
        """
        return self

    def take_epochs(self, num_images: int) -> "Strategy":
        """Fill in the epochs where the strategy trains by gradients and has none of its own.

        Parameters
        ----------
        num_images : int
            In the training set.

        Returns
        -------
        Strategy
        """
        return self

    def build(self, source: "SourceModel", classes: tuple[str, ...], *, seed: int) -> "keras.Model":
        """Return a classifier with its trainable weights set; the source stays as it is.

        Parameters
        ----------
        source : SourceModel
            What is adapted.
        classes : tuple of str
            At least two; in the order of the outputs.
        seed : int
            Of the weights that start at random.

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

    def set_trainable(self, model: "keras.Model", source: "SourceModel") -> None:
        """Set what trains, layer by layer; a model that is compiled already must be compiled again.

        A layer that does not train is frozen by ``layer.trainable = False``, which alone keeps the statistics of
        BatchNormalization still in every version of Keras.

        Parameters
        ----------
        model : keras.Model
            That :meth:`build` gave; changed in place.
        source : SourceModel
            What is adapted; it stays as it is.

        Raises
        ------
        BadInput
            :meth:`choose_layers` names a layer that the model does not have.
        """
        chosen = set(self.choose_layers(source))
        unknown = sorted(chosen - {layer.name for part in (model, source.backbone) for layer in part.layers})
        if unknown:
            raise BadInput(
                f"received layer {unknown[0]!r} to train from strategy {self.name}; expected names of layers of "
                f"{source.name}: source.backbone.summary() shows them"
            )
        for layer in model.layers:
            layer.trainable = layer.name in chosen | {"head"}


@dataclass(frozen=True)
class TrainedStrategy(Strategy):
    """A strategy that trains by gradients, over epochs.

    Attributes
    ----------
    epochs : int, optional
        Passes over the training images, at least 1; None takes ten, or as many as make 100 steps or 300 at most.
    learning_rate : float, optional
        Peak of a warm-up and a half cosine; None takes the source's, ``source.learning_rate``.
    batch_size : int
        Images whose gradients make one step, at least 1.
    mirror : bool
        True mirrors half of the training images; leave it False where left and right differ.

    Examples
    --------
    :class:`Strategy` has one of a class that is derived from this one. All that do take these options:

    >>> import tlbook as tl
    >>> tl.FullFineTune(epochs=5, learning_rate=1e-4, mirror=True)
    FullFineTune(epochs=5, learning_rate=0.0001, batch_size=32, mirror=True, batch_norm='frozen')
    """

    epochs: int | None = None
    learning_rate: float | None = None
    batch_size: int = 32
    mirror: bool = False

    def __post_init__(self):
        rate, epochs = self.learning_rate, self.epochs
        check_arguments(
            vars(self),
            {
                "epochs": (epochs is None or is_whole(epochs, 1), f"{EXPECTED_WHOLE}, or None"),
                "learning_rate": (rate is None or (is_number(rate) and 0 < rate < 10), f"{EXPECTED_RATE}, or None"),
                "batch_size": (is_whole(self.batch_size, 1), EXPECTED_WHOLE),
                "mirror": (is_flag(self.mirror), "True or False"),
            },
        )

    def take_rate(self, source):
        """Fill in the source's learning rate; see :meth:`Strategy.take_rate`."""
        return self if self.learning_rate is not None else replace(self, learning_rate=source.learning_rate)

    def take_epochs(self, num_images):
        """Fill in the epochs that make the budget of steps, where the strategy has none of its own."""
        if self.epochs is not None:
            return self
        return replace(self, epochs=choose_epochs(num_images, self.batch_size))

"""How gradients are taken, beyond what a strategy says: one frozen dataclass, all of it off by default."""

import os
from dataclasses import dataclass
from pathlib import Path

from tlbook.errors import check_arguments, is_flag, is_number, is_path, is_whole
from tlbook.training.augmentation import AUGMENTATIONS, AUTO, Augmentation, find_augmentation


@dataclass(frozen=True)
class Training:
    """Options of training; the defaults are the recipe of the book.

    Attributes
    ----------
    augmentation : Augmentation or str, optional
        How images are varied: what the head sees several views of, and what gradients train with (on top of the
        strategy's own ``mirror``). ``"auto"`` tries none, mirroring, small moves, and both, and takes what is best by
        cross-validation of the head; it mirrors nothing where a class is named after a side (``turn_left``), and of
        more than 1,000 images it varies nothing. A kind of image (``"photographs"``,
        ``"radiographs"``, ``"slices"``, ``"signs"``) stands for what ``tlbook.training.augmentation.find_augmentation``
        gives for it, and None for no variation.
    refit : bool
        True fits a head alone on training and validation images together, once its settings are chosen; and what
        was chosen among several strategies too, where no patience asks for validation images.
    label_smoothing : float
        Share of each label that is spread over all classes, 0 to less than 1. The loss on validation is smoothed too.
    mixup : float
        Parameter of the Beta distribution that pairs of images are mixed by, 0 to 10; 0 mixes none, 0.2 is usual.
    stage_decay : float
        Learning rate of a stage, as a share of that of the stage above it, above 0 to 1. The top trains at the full
        rate. With k stages the stem trains at ``stage_decay ** (k - 1)`` of it.
    accumulate : int
        Batches whose gradients are averaged for one update, at least 1 and at most the steps of a run; what is left
        over at its end is dropped.
    patience : int, optional
        Epochs without a better one on validation after which training stops, and the best is kept; None trains to the
        end, and keeps the last.
    mixed_precision : bool
        True computes in 16 bits and keeps weights in 32: for accelerators; most CPUs get slower.
    cache_activations : bool
        True runs what is frozen once and keeps its output, where that saves work.
    checkpoint : str or os.PathLike, optional
        Folder for the state after each epoch: a run that was killed goes on from there.

    Raises
    ------
    BadInput
        An argument is of another type or out of its range.

    References
    ----------
    Szegedy et al. 2016, label smoothing, doi:10.1109/CVPR.2016.308; Zhang et al. 2018, mixup, arXiv:1710.09412;
    Howard and Ruder 2018, discriminative learning rates, arXiv:1801.06146; Micikevicius et al. 2018, mixed precision,
    arXiv:1710.03740.

    Examples
    --------
    >>> training = Training(augmentation="photographs", patience=5, checkpoint="state")
    >>> training.augmentation.mirror, training.checkpoint.name
    (True, 'state')
    """

    augmentation: Augmentation | str | None = AUTO
    refit: bool = True
    label_smoothing: float = 0.0
    mixup: float = 0.0
    stage_decay: float = 1.0
    accumulate: int = 1
    patience: int | None = None
    mixed_precision: bool = False
    cache_activations: bool = True
    checkpoint: str | os.PathLike | None = None

    def __post_init__(self):
        augmentation, patience, checkpoint = self.augmentation, self.patience, self.checkpoint
        smoothing = self.label_smoothing
        named = augmentation is None or (isinstance(augmentation, str) and augmentation in AUGMENTATIONS)
        known = named or augmentation == AUTO or isinstance(augmentation, Augmentation)
        kinds = ", ".join(map(repr, (AUTO, *AUGMENTATIONS)))
        checks = {
            "augmentation": (known, f"an Augmentation, None or one of {kinds}"),
            "refit": (is_flag(self.refit), "True or False"),
            "label_smoothing": (is_number(smoothing, 0) and smoothing < 1, "a number, 0 to less than 1"),
            "mixup": (is_number(self.mixup, 0, 10), "a number from 0 to 10"),
            "stage_decay": (is_number(self.stage_decay, 0, 1) and self.stage_decay > 0, "a number above 0, at most 1"),
            "accumulate": (is_whole(self.accumulate, 1), "a whole number of at least 1"),
            "patience": (patience is None or is_whole(patience, 1), "a whole number of at least 1, or None"),
            "mixed_precision": (is_flag(self.mixed_precision), "True or False"),
            "cache_activations": (is_flag(self.cache_activations), "True or False"),
            "checkpoint": (checkpoint is None or is_path(checkpoint), "the path of a folder, or None"),
        }
        check_arguments(vars(self), checks)
        if named:
            object.__setattr__(self, "augmentation", find_augmentation(augmentation))
        if checkpoint is not None:
            object.__setattr__(self, "checkpoint", Path(checkpoint))

    @property
    def variation(self) -> Augmentation:
        """What gradients train with; none where it is still to be chosen."""
        return Augmentation() if self.augmentation == AUTO else self.augmentation

    @property
    def is_soft(self) -> bool:
        """True where labels are distributions over classes."""
        return self.label_smoothing > 0 or self.mixup > 0

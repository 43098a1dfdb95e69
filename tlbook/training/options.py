"""How gradients are taken, beyond what a strategy says: one frozen dataclass, all of it off by default."""

from dataclasses import dataclass
from pathlib import Path

from tlbook.errors import BadInput
from tlbook.training.augmentation import Augmentation


@dataclass(frozen=True)
class Training:
    """Options of gradient training; the defaults are plain Adam under a warm-up and a half cosine.

    Attributes
    ----------
    augmentation : Augmentation
        On top of the strategy's own ``mirror``.
    label_smoothing : float
        Share of each label that is spread over all classes, 0 to less than 1. The loss on validation is smoothed too.
    mixup : float
        Parameter of the Beta distribution that pairs of images are mixed by; 0 mixes none, 0.2 is usual.
    stage_decay : float
        Learning rate of a stage, as a share of that of the stage above it, above 0 to 1. The top trains at the full
        rate. With k stages the stem trains at ``stage_decay ** (k - 1)`` of it.
    accumulate : int
        Batches whose gradients are averaged for one update, at least 1 and at most the steps of a run; what is left
        over at its end is dropped.
    patience : int, optional
        Epochs without a better one on validation after which training stops; None never stops early.
    mixed_precision : bool
        True computes in 16 bits and keeps weights in 32: for accelerators; most CPUs get slower.
    cache_activations : bool
        True runs what is frozen once and keeps its output, where that saves work; see :mod:`activation_cache
        <tlbook.training.activation_cache>`.
    checkpoint : pathlib.Path, optional
        Folder for the state after each epoch: a run that was killed goes on from there.

    References
    ----------
    Szegedy et al. 2016, label smoothing, doi:10.1109/CVPR.2016.308; Zhang et al. 2018, mixup, arXiv:1710.09412;
    Howard and Ruder 2018, discriminative learning rates, arXiv:1801.06146; Micikevicius et al. 2018, mixed precision,
    arXiv:1710.03740.
    """

    augmentation: Augmentation = Augmentation()
    label_smoothing: float = 0.0
    mixup: float = 0.0
    stage_decay: float = 1.0
    accumulate: int = 1
    patience: int | None = None
    mixed_precision: bool = False
    cache_activations: bool = True
    checkpoint: Path | None = None

    def __post_init__(self):
        ranges = {
            "label_smoothing": (0 <= self.label_smoothing < 1, "0 to less than 1"),
            "mixup": (0 <= self.mixup <= 10, "0 to 10"),
            "stage_decay": (0 < self.stage_decay <= 1, "above 0 to 1"),
            "accumulate": (self.accumulate >= 1, "at least 1"),
            "patience": (self.patience is None or self.patience >= 1, "at least 1, or None"),
        }
        for name, (fits, expected) in ranges.items():
            if not fits:
                raise BadInput(f"{name} {getattr(self, name)}; expected {expected}")

    @property
    def is_soft(self):
        """True where labels are distributions over classes."""
        return self.label_smoothing > 0 or self.mixup > 0

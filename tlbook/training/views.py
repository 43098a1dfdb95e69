"""Views of an image: what it may look like and keep its label; and the choice of them that a folder's images bear."""

from dataclasses import dataclass, replace

import numpy as np

from tlbook.models.head_search import ViewPolicy
from tlbook.training.augmentation import AUTO, DRAWS, Augmentation, augment_images

MOVES = Augmentation(shift=0.1, zoom=0.1, turn=10)  # what is tried where the kind of image is not known
NUM_MOVES = 1  # varied views beside the image as it is; three gained nothing more
MAX_IMAGES = 1000  # of more, a head learns from one view: views gain less, and cost as much an image


@dataclass(frozen=True)
class View:
    """One way to show every image of a split: mirrored or not, and varied by the numbers of one draw, or not."""

    mirror: bool = False
    augmentation: Augmentation | None = None
    draw: int = 0

    def show(self, images, first):
        """Show a batch, uint8, (batch, size, size, 3), whose first image is the split's number ``first``."""
        images = images[:, :, ::-1] if self.mirror else images
        if self.augmentation is None:
            return images
        numbers = np.random.default_rng((self.draw, 0)).random((first + len(images), DRAWS), np.float32)[first:]
        return np.asarray(augment_images(self.augmentation, images, numbers))


PLAIN = View()


def list_views(augmentation):
    """List the views that stand for an augmentation, the image as it is first; for ``"auto"`` those of all choices."""
    chosen = replace(MOVES, mirror=True) if augmentation == AUTO else augmentation
    still = replace(chosen, mirror=False)
    draws = range(1, NUM_MOVES + 1) if still != Augmentation() else ()
    half = [PLAIN, *(View(False, still, draw) for draw in draws)]
    return (*half, *(replace(view, mirror=True) for view in half)) if chosen.mirror else tuple(half)


def list_policies(augmentation):
    """List which of those views a head may learn from: one choice, or four for ``"auto"``."""
    count = len(list_views(augmentation))
    if augmentation != AUTO:
        ends = (0, count // 2) if augmentation.mirror else (0,)
        return (ViewPolicy(_name(augmentation), tuple(range(count)), ends),)
    half = count // 2
    moved = tuple(range(half))
    return (
        ViewPolicy("none", (0,), (0,)), ViewPolicy("mirror", (0, half), (0, half)), ViewPolicy("moves", moved, (0,)),
        ViewPolicy("mirror and moves", tuple(range(count)), (0, half)),
    )  # fmt: skip


def find_chosen(augmentation, policy):
    """Return the augmentation that a policy stands for: what gradients train with."""
    if augmentation != AUTO:
        return augmentation
    moves = MOVES if "moves" in policy.name else Augmentation()
    return replace(moves, mirror="mirror" in policy.name)


def _name(augmentation):
    moves = replace(augmentation, mirror=False) != Augmentation()
    return {(False, False): "none", (True, False): "mirror", (False, True): "moves"}.get(
        (augmentation.mirror, moves), "mirror and moves"
    )

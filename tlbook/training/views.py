"""Views of an image: what it may look like and keep its label; and the choice of them that a folder's images bear."""

import re
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
# In the name of a class: the mirror image of a left arrow is a right one, and no score of a head shows that reliably.
SIDES = frozenset(
    ["left", "right", "links", "rechts", "gauche", "droite", "izquierda", "derecha", "sinistra", "destra"]
)
WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+")


def find_sided(classes):
    """Find the classes that are named after a side, whose mirror image may belong to another class.

    Parameters
    ----------
    classes : sequence of str

    Returns
    -------
    list of str

    Examples
    --------
    >>> find_sided(["turn_left", "turnRight", "stop", "leftover"])
    ['turn_left', 'turnRight']
    """
    return [name for name in classes if SIDES & {word.lower() for word in WORD.findall(name)}]


def list_views(augmentation, classes=()):
    """List the views that stand for an augmentation, the image as it is first.

    Parameters
    ----------
    augmentation : Augmentation or "auto"
        ``"auto"`` stands for those of all choices.
    classes : sequence of str
        Where one is named after a side, ``"auto"`` mirrors nothing.

    Returns
    -------
    tuple of View

    Examples
    --------
    >>> len(list_views(Augmentation())), len(list_views(Augmentation(mirror=True)))
    (1, 2)
    """
    chosen = replace(MOVES, mirror=not find_sided(classes)) if augmentation == AUTO else augmentation
    still = replace(chosen, mirror=False)
    draws = range(1, NUM_MOVES + 1) if still != Augmentation() else ()
    half = [PLAIN, *(View(False, still, draw) for draw in draws)]
    return (*half, *(replace(view, mirror=True) for view in half)) if chosen.mirror else tuple(half)


def list_policies(augmentation, classes=()):
    """List which of those views a head may learn from.

    Parameters
    ----------
    augmentation : Augmentation or "auto"
    classes : sequence of str
        Both as for `list_views`.

    Returns
    -------
    tuple of ViewPolicy
        One; for ``"auto"`` four, or two where a class is named after a side.

    Examples
    --------
    >>> [policy.name for policy in list_policies("auto")]
    ['none', 'mirror', 'moves', 'mirror and moves']
    >>> [policy.name for policy in list_policies("auto", ["turn_left", "turn_right"])]
    ['none', 'moves']
    """
    count = len(list_views(augmentation, classes))
    if augmentation != AUTO:
        ends = (0, count // 2) if augmentation.mirror else (0,)
        return (ViewPolicy(_name(augmentation), tuple(range(count)), ends),)
    if find_sided(classes):
        return ViewPolicy("none", (0,), (0,)), ViewPolicy("moves", tuple(range(count)), (0,))
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

"""The pre-training recipes: every number that decides what the embedded weights are."""

import math
from dataclasses import dataclass, replace
from itertools import pairwise

from tlbook.errors import BadInput, check_arguments, is_whole
from tlbook.runtime import LARGEST_SEED


@dataclass(frozen=True)
class Recipe:
    """How a source model is pre-trained; schedules count steps, never seconds.

    Attributes
    ----------
    name : str
        ``photos``, ``worlds`` or ``template``.
    steps : int
        Optimiser steps.
    num_photos, num_worlds : int
        Photographs and synthetic images in one batch.
    worlds_per_class : int
        Synthetic images a class that are made beforehand.
    num_views : int
        Fixed crops a photograph for which the teachers' features are computed.
    sizes : tuple of (float, int)
        Image sizes in pixels, each up to that share of the steps.
    cycles : tuple of (float, float)
        Peak learning rates, each up to that share of the steps: a warm-up and a half cosine to zero, then the next.
    weight_decay, label_smoothing : float
    warmup_steps : int
        Of each cycle.
    teacher_features : int
        Principal components kept of each teacher.
    teacher_weight, soft_label_weight, worlds_weight : float
        Weights of the losses beside the photographs' labels.
    seed : int
    """

    name: str
    steps: int
    num_photos: int
    num_worlds: int
    worlds_per_class: int = 240
    num_views: int = 2
    sizes: tuple = ((0.55, 48), (0.88, 64), (1.0, 96))
    cycles: tuple = ((1.0, 3e-3),)
    weight_decay: float = 0.02
    label_smoothing: float = 0.1
    warmup_steps: int = 300
    teacher_features: int = 256
    teacher_weight: float = 2.0
    soft_label_weight: float = 1.0
    worlds_weight: float = 0.5
    seed: int = 0

    def size_at(self, step):
        """Return the image size in pixels of one step (0-based)."""
        return next(size for share, size in self.sizes if step < round(share * self.steps) or share == 1.0)

    def cycle_at(self, step):
        """Return the cycle of one step (0-based): first step, step after the last, peak learning rate."""
        first = 0
        for share, peak in self.cycles:
            stop = round(share * self.steps)
            if step < stop or share == 1.0:
                return first, stop, peak
            first = stop
        raise BadInput(f"the last cycle of {self.name} ends at {share} of the steps; expected 1.0")

    def learning_rate_at(self, step):
        """Return the learning rate of one step (0-based): in each cycle a warm-up, then a half cosine to zero."""
        first, stop, peak = self.cycle_at(step)
        warmup = min(1.0, (step - first + 1) / self.warmup_steps)
        return peak * warmup * 0.5 * (1 + math.cos(math.pi * (step - first) / (stop - first)))

    def list_stretches(self, longest):
        """Cut the steps into stretches of one image size: (first step, step after the last), ``longest`` at most."""
        bounds, stretches = [0, *(round(share * self.steps) for share, _ in self.sizes)], []
        for first, stop in pairwise(bounds):
            stretches += [(start, min(start + longest, stop)) for start in range(first, stop, longest)]
        return stretches


RECIPES = {
    "photos": Recipe(
        "photos",
        steps=20000,
        num_photos=128,
        num_worlds=48,
        num_views=3,
        cycles=((0.6, 3e-3), (1.0, 1.5e-3)),
        sizes=((0.33, 48), (0.528, 64), (0.6, 96), (0.8, 64), (1.0, 96)),
    ),
    "worlds": Recipe(
        "worlds", steps=4000, num_photos=0, num_worlds=128, worlds_weight=1.0, sizes=((0.4, 48), (0.8, 64), (1.0, 96))
    ),
    "template": Recipe(  # from the weights of worlds; 20 images of each of the six domains a step
        "template",
        steps=800,
        num_photos=0,
        num_worlds=120,
        worlds_per_class=120,
        sizes=((0.5, 48), (1.0, 64)),
        cycles=((1.0, 1e-3),),
        warmup_steps=100,
        label_smoothing=0.0,
    ),
}


def find_recipe(source: str, *, steps: int | None = None, seed: int | None = None) -> Recipe:
    """Look up the recipe of an embedded source model, shortened where asked.

    Parameters
    ----------
    source : {"photos", "worlds", "template"}
    steps : int, optional
        Instead of the recipe's own, at least 1.
    seed : int, optional
        Instead of the recipe's own, 0 to 2**32 - 1.

    Returns
    -------
    Recipe

    Raises
    ------
    BadInput
        There is no such recipe, or a number is out of its range.

    Examples
    --------
    >>> find_recipe("worlds", steps=200).steps
    200
    """
    checks = {
        "source": (isinstance(source, str) and source in RECIPES, f"one that is pre-trained: {', '.join(RECIPES)}"),
        "steps": (steps is None or is_whole(steps, 1), "a whole number of at least 1"),
        "seed": (seed is None or is_whole(seed, 0, LARGEST_SEED), f"a whole number from 0 to {LARGEST_SEED}"),
    }
    check_arguments(locals(), checks)
    changes = {"steps": steps, "seed": seed}
    return replace(RECIPES[source], **{key: value for key, value in changes.items() if value is not None})

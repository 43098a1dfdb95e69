"""The shape of a four-legged animal and what it is doing, as numbers."""

from dataclasses import dataclass, fields, replace

import numpy as np

EARS = ("pointed", "wide", "round", "folded", "drop", "long")


@dataclass(frozen=True)
class Build:
    """The shape of an animal; lengths in units of a middling body, from hip to shoulder.

    Attributes
    ----------
    body, leg, neck, tail : float
        Lengths.
    chest, waist, leg_width, neck_width, tail_width : float
        Radii.
    head : float
        Radius of the skull.
    muzzle, muzzle_width, ear : float
        Length and radius of the muzzle, length of the ears, as shares of ``head``.
    ears : str
        One of ``EARS``.
    tail_up, tail_curl : float
        Degrees: direction at the root (0 is straight back, 90 up), and how far it bends upwards to the tip.
    plume : float
        How much the tail widens, as a share of its width.
    fluff : float
        Unevenness of the outline, as a share of each radius.
    """

    body: float = 1.0
    leg: float = 0.55
    chest: float = 0.27
    waist: float = 0.21
    leg_width: float = 0.062
    neck: float = 0.3
    neck_width: float = 0.15
    head: float = 0.2
    muzzle: float = 0.9
    muzzle_width: float = 0.5
    ears: str = "pointed"
    ear: float = 1.0
    tail: float = 0.6
    tail_width: float = 0.06
    tail_up: float = 20.0
    tail_curl: float = 40.0
    plume: float = 0.0
    fluff: float = 0.0


_NUMBERS = tuple(field.name for field in fields(Build) if field.name != "ears")


@dataclass(frozen=True)
class Pose:
    """What the animal is doing.

    Attributes
    ----------
    stance : str
        ``"stand"``, ``"sit"`` or ``"lie"``.
    stride : float
        Radians by which the legs swing.
    neck, nod, turn : float
        Radians: the neck above the horizontal, the head below it, the head towards the camera's side.
    wag : float
        Radians by which the tail bends to the side.
    """

    stance: str = "stand"
    stride: float = 0.2
    neck: float = 0.7
    nod: float = 0.1
    turn: float = 0.3
    wag: float = 0.0


def mix_builds(build, other, share):
    """Return ``build`` moved towards ``other``; the ears' kind stays."""
    return replace(build, **{n: (1 - share) * getattr(build, n) + share * getattr(other, n) for n in _NUMBERS})


def vary_build(build, rng, spread):
    """Return one individual: every number of ``build`` times a random factor."""
    factors = np.exp(rng.normal(0, spread, len(_NUMBERS)))
    return replace(build, **{n: float(getattr(build, n) * f) for n, f in zip(_NUMBERS, factors, strict=True)})


def draw_pose(rng, difficulty, stances=(0.6, 0.27, 0.13)):
    """Return a random pose."""
    free = 0.5 + difficulty
    stance = ("stand", "sit", "lie")[rng.choice(3, p=stances)]
    return Pose(
        stance,
        stride=rng.uniform(-0.45, 0.45),
        neck=rng.normal(0.75, 0.25 * free),
        nod=rng.normal(0.12, 0.22 * free),
        turn=rng.normal(0.35, 0.6 * free),
        wag=rng.normal(0, 0.6 * free),
    )

"""Cats and dogs, drawn: two classes that differ in shape, never in colour or background."""

from dataclasses import replace

from tlbook.synthetic.assembly import assemble_case, make_rng
from tlbook.synthetic.builds import Build, draw_pose, mix_builds, vary_build
from tlbook.synthetic.portraits import draw_coat, draw_portrait

_CAT = Build(
    body=0.98, leg=0.46, chest=0.215, waist=0.19, leg_width=0.05, neck=0.17, neck_width=0.13, head=0.235,
    muzzle=0.12, muzzle_width=0.42, ears="pointed", ear=0.95, tail=0.95, tail_width=0.05, tail_up=35, tail_curl=70,
)  # fmt: skip
_DOG = Build(
    body=1.0, leg=0.55, chest=0.27, waist=0.2, leg_width=0.066, neck=0.27, neck_width=0.15, head=0.22,
    muzzle=0.95, muzzle_width=0.52, ears="drop", ear=1.0, tail=0.6, tail_width=0.06, tail_up=25, tail_curl=60,
)  # fmt: skip
# Each row changes a few things of the middling cat or dog, so that no single part settles the question:
# there are cats with folded ears or hardly a tail, and dogs with pointed ears, flat faces or long tails.
_CATS = (
    {},
    dict(body=1.08, leg=0.54, chest=0.18, waist=0.155, head=0.21, muzzle=0.26, ears="wide", ear=1.2),
    dict(leg=0.38, chest=0.26, waist=0.25, head=0.27, muzzle=0.05, ear=0.7, plume=0.9, fluff=0.22),
    dict(leg=0.42, chest=0.24, waist=0.22, head=0.26, ears="folded", ear=0.6),
    dict(leg=0.48, chest=0.24, waist=0.21, tail=0.15),
    dict(body=1.1, leg_width=0.06, chest=0.26, waist=0.24, muzzle=0.22, ear=1.25, plume=1.3, fluff=0.16),
)
_DOGS = (
    {},
    dict(muzzle=0.9, ears="pointed", ear=1.05, tail=0.7, plume=0.7, fluff=0.1),
    dict(body=0.85, leg=0.42, chest=0.22, head=0.25, muzzle=0.6, muzzle_width=0.42, ears="wide", tail=0.7),
    dict(leg=0.38, chest=0.3, waist=0.26, head=0.27, muzzle=0.5, muzzle_width=0.64, ears="folded", ear=0.7, tail=0.25),
    dict(leg=0.68, chest=0.25, waist=0.16, neck=0.36, muzzle=1.25, ears="folded", tail=0.95, tail_width=0.045),
    dict(body=1.25, leg=0.28, muzzle=1.05, ears="long", tail=0.8, tail_width=0.05),
    dict(chest=0.3, waist=0.29, muzzle=0.7, tail_up=80, plume=1.0, fluff=0.26),
)
BUILDS = {"cats": tuple(replace(_CAT, **change) for change in _CATS)}
BUILDS["dogs"] = tuple(replace(_DOG, **change) for change in _DOGS)
CLASSES = tuple(sorted(BUILDS))


def _draw_pet(key, size, difficulty):
    name = CLASSES[key[2]]
    rng = make_rng("pets", *key)
    breeds = BUILDS[name]
    breed = rng.integers(1, len(breeds)) if rng.random() < difficulty else 0
    build = mix_builds(breeds[breed], _DOG if name == "cats" else _CAT, 0.16 * difficulty)
    build = vary_build(build, rng, 0.03 + 0.06 * difficulty)
    coat = draw_coat(rng, grain=rng.uniform(0.04, 0.2), curl=int(rng.integers(1, 3)))
    return draw_portrait(build, coat, draw_pose(rng, difficulty), rng, size, difficulty, 0.3), None


def make_case(*, per_class=200, seed=0, test_per_class=200, val_per_class=50, size=96, difficulty=0.3):
    """Draw cats and dogs of several breeds each.

    They differ in muzzle, skull, ears, neck, trunk and tail, no one of which decides; coats come from one pool for
    both. Pose, place, size, side, light, background and what is in the way vary, and none of it depends on the class.

    Parameters
    ----------
    per_class : int, default 200
        Training images a class; the first of more are the same images.
    seed : int, default 0
    test_per_class, val_per_class : int, default 200 and 50
    size : int, default 96
        Pixels a side.
    difficulty : float, default 0.3
        0 (middling cats and dogs, calm pictures) to 1 (all breeds, cats more like dogs, wild pictures); the share of
        breeds off the middle.

    Returns
    -------
    Dataset
        uint8 images; no groups.

    Raises
    ------
    BadInput
        A number is out of range.

    Examples
    --------
    >>> case = make_case(per_class=3, val_per_class=1, test_per_class=1)
    >>> len(case.train), case.classes
    (6, ('cats', 'dogs'))
    """
    counts = {"train": per_class, "val": val_per_class, "test": test_per_class}
    return assemble_case("pets", CLASSES, _draw_pet, counts, seed=seed, size=size, difficulty=difficulty)

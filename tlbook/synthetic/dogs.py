"""Twenty invented breeds of dog, drawn: the task of telling many similar things apart from a few images of each.

The breeds, their names and their looks are made up; no real breed is meant.
"""

from tlbook.synthetic.assembly import assemble_case, make_rng
from tlbook.synthetic.builds import EARS, Build, draw_pose, mix_builds, vary_build
from tlbook.synthetic.portraits import PATTERNS, draw_coat, draw_portrait

# One breed a row: its name, the numbers of its build in the order of Build, and the usual patterns of its coat.
_TABLE = """
arvo       1 .72 .25 .15 .045 .42  .1 .16 1.35  .4 folded    .8  .8 .035 -50   60   0   0 plain,stripes
bolmet   .95 .38 .31 .29 .085 .16  .2 .26   .4 .62 folded    .6  .2  .05  20   40   0   0 patches,points
cindral    1 .56 .29 .26 .075 .26 .21 .21   .8 .46 pointed   .8 .75  .08  95  190  .5 .16 saddle,belly
dovrek     1 .62 .28 .19  .06 .36 .14 .19 1.15 .45 pointed 1.35 .25  .04  60   20   0   0 socks,saddle
elmin     .8 .42 .22 .18 .045 .24 .12 .24  .45 .38 wide     1.5  .6  .04  70   60   0   0 plain,belly
furzel   .85  .5 .31 .31  .08  .2 .22 .25   .5  .5 round     .8  .5   .1  80   90  .7 .34 plain,patches
gantu   1.35 .24 .24 .21 .065 .28 .14 .21  1.2 .42 long     1.1  .7 .045  10   40   0   0 plain,socks
hobrin   1.3 .26 .28 .25  .08 .22 .19 .24  .85 .55 pointed  1.4 .15  .05  40   20   0  .1 socks,patches
ilvar    1.1  .6 .29 .25  .07  .3 .21 .19  1.4  .4 folded    .9  .8  .08 -35   50   1 .22 saddle,patches
jopple    .9 .58 .28 .24  .07  .3 .18 .23  .75 .45 drop     1.2  .4  .07  75   20 1.2  .3 plain,spots
kestrun 1.05 .66 .28 .19 .055 .36 .13 .19  1.1  .5 drop       1  .8  .04  40   30   0   0 spots,patches
lomby   1.05  .5 .34 .33   .1  .2 .25 .29   .6 .66 drop      .8  .7  .08   0   50  .4 .08 patches,belly
murvet    .9 .64 .24 .18  .05 .38 .13 .19    1 .38 long      .9  .5  .04  70   60  .9 .24 plain,points
nubbet   .75 .44 .27 .25  .06  .2 .17 .27   .3 .48 drop      .7 .55  .06 110  210   0   0 points,plain
orvain   1.1 .58 .27 .21  .06  .3 .16  .2 1.05 .46 long      .8 .85  .05  15   20 1.5 .12 plain,socks
pildor   .95 .46 .25 .22 .065 .26 .16 .23    1  .6 folded    .7 .45  .05  85   10   0  .2 saddle,points
quenby   .95  .7  .3 .17  .05  .4 .15 .18  1.5 .36 long       1  .9  .05  60 -120   1 .26 plain,saddle
rustal     1 .48  .3 .25  .08 .24 .18 .24   .6 .56 pointed   .7 .65  .05  35   80   0   0 stripes,spots
sorvik  1.05 .54 .29 .24  .07 .28 .19  .2  .95 .42 wide       1 .75  .07  50   70   1 .14 belly,points
tembrel 1.15 .34 .28 .27  .08  .2  .2 .25   .8 .62 round     .9  .6  .06  60   70  .4 .28 stripes,saddle
"""


def _read_table():
    builds, patterns = {}, {}
    for line in _TABLE.strip().splitlines():
        name, *cells, coats = line.split()
        builds[name] = Build(*(cell if cell in EARS else float(cell) for cell in cells))
        patterns[name] = tuple(coats.split(","))
    return builds, patterns


BUILDS, _PATTERNS = _read_table()
CLASSES = tuple(sorted(BUILDS))


def _draw_dog(key, size, difficulty):
    name = CLASSES[key[2]]
    rng = make_rng("dogs", *key)
    build = mix_builds(BUILDS[name], Build(), 0.25 * difficulty)
    build = vary_build(build, rng, 0.025 + 0.06 * difficulty)
    patterns = _PATTERNS[name] if rng.random() > 0.8 * difficulty else PATTERNS
    grain, curl = 0.06 + 0.5 * BUILDS[name].fluff, 1 + int(round(6 * BUILDS[name].fluff))
    coat = draw_coat(rng, patterns, grain, curl)
    return draw_portrait(build, coat, draw_pose(rng, difficulty), rng, size, difficulty, 0.15), None


def make_case(*, per_class=20, seed=0, test_per_class=15, val_per_class=10, size=96, difficulty=0.3):
    """Draw dogs of twenty invented breeds.

    A breed has its own build (legs, body, neck, skull, muzzle, ears, tail, fluff) and usual patterns of coat; colours
    are anybody's. Every image is another animal: its proportions, pose, place, size, side, light, background and what
    is in the way vary, and none of it depends on the breed.

    Parameters
    ----------
    per_class : int, default 20
        Training images a breed; the first of more are the same images.
    seed : int, default 0
    test_per_class, val_per_class : int, default 15 and 10
    size : int, default 96
        Pixels a side.
    difficulty : float, default 0.3
        0 (breeds far apart, calm pictures) to 1 (breeds alike, wild pictures).

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
    >>> case = make_case(per_class=2, val_per_class=1, test_per_class=1)
    >>> len(case.train), len(case.classes)
    (40, 20)
    """
    counts = {"train": per_class, "val": val_per_class, "test": test_per_class}
    return assemble_case("dogs", CLASSES, _draw_dog, counts, seed=seed, size=size, difficulty=difficulty)

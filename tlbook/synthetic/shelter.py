"""Photographs of an invented animal shelter that answer five questions at once."""

from dataclasses import dataclass, replace

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from tlbook.errors import check_number, check_whole
from tlbook.runtime import show_progress
from tlbook.synthetic import dogs, pets
from tlbook.synthetic.assembly import make_rng
from tlbook.synthetic.builds import Build, draw_pose, vary_build
from tlbook.synthetic.places import PLACES, draw_place
from tlbook.synthetic.portraits import PATTERNS, Coat, draw_coat, draw_cutout, place_animal
from tlbook.synthetic.scenes import add_occluders, draw_smooth_noise, take_photograph

ATTRIBUTES = ("sits", "two_coloured", "long_fur", "night", "bars")
# Breed: species and build; the names of the cats' breeds are invented here, those of the dogs in tlbook.synthetic.dogs.
BREEDS = {
    "ashka": ("cat", pets.BUILDS["cats"][1]),
    "brindo": ("cat", pets.BUILDS["cats"][2]),
    "corvi": ("cat", pets.BUILDS["cats"][3]),
    "dunlo": ("cat", pets.BUILDS["cats"][4]),
    **{name: ("dog", dogs.BUILDS[name]) for name in ("bolmet", "gantu", "kestrun", "rustal")},
}


@dataclass(frozen=True)
class _Animal:
    breed: str
    build: Build
    coat: Coat
    long_fur: bool


def make_shelter(num_animals, *, photos=4, seed=0, size=96, difficulty=0.2):
    """Draw photographs of cats and dogs, each with labels of five kinds.

    The breeds take turns. Long fur and a second colour belong to the animal, whatever its breed; place, pose, light and
    bars in front of it belong to the photograph. Each is as likely as not, and none depends on another.

    Parameters
    ----------
    num_animals : int
        At least 1; the first of more are the same animals.
    photos : int, default 4
        Of each animal.
    seed : int, default 0
        At least 0.
    size : int, default 96
        Pixels a side, 32 to 512.
    difficulty : float, default 0.2
        0 (calm pictures) to 1 (wild ones).

    Returns
    -------
    images : numpy.ndarray
        uint8, (num_animals * photos, size, size, 3), 0-255.
    table : pandas.DataFrame
        A row for each image: ``species`` (the class), ``breed`` (the fine-grained kind), ``place`` (the scene), the
        attributes ``sits``, ``two_coloured``, ``long_fur``, ``night`` and ``bars`` (0 or 1), and ``animal``, which the
        photographs of one animal share.

    Raises
    ------
    BadInput
        A number is out of range.

    Examples
    --------
    >>> images, table = make_shelter(2, photos=2, size=32)
    >>> images.shape, list(table["animal"])
    ((4, 32, 32, 3), ['animal_0000', 'animal_0000', 'animal_0001', 'animal_0001'])
    """
    import pandas as pd

    check_whole("num_animals", num_animals, 1)
    check_whole("photos", photos, 1)
    check_whole("seed", seed, 0)
    check_whole("size", size, 32, 512)
    check_number("difficulty", difficulty, 0, 1)
    images, rows = np.empty((num_animals * photos, size, size, 3), np.uint8), []
    for i in show_progress(range(len(images)), "drawing the shelter"):
        number, photo = divmod(i, photos)
        animal = _draw_animal(make_rng("shelter", seed, number), number)
        images[i], about = _photograph(animal, make_rng("shelter", seed, number, photo + 1), size, difficulty)
        species = BREEDS[animal.breed][0]
        rows.append({"species": species, "breed": animal.breed, **about, "animal": f"animal_{number:04d}"})
    return images, pd.DataFrame(rows)


def _draw_animal(rng, number):
    breed = list(BREEDS)[number % len(BREEDS)]
    long_fur, two = rng.random(2) < 0.5
    build = vary_build(BREEDS[breed][1], rng, 0.04)
    build = replace(build, fluff=0.22, plume=0.8) if long_fur else replace(build, fluff=0.0, plume=0.0)
    patterns = [name for name in PATTERNS if (name != "plain") == two]
    coat = draw_coat(rng, patterns, 0.2 if long_fur else 0.06, 3 if long_fur else 1)
    return _Animal(breed, build, coat, bool(long_fur))


def _photograph(animal, rng, size, difficulty):
    """Return one photograph of an animal, uint8, (size, size, 3), and what belongs to it alone, and to its coat."""
    place = PLACES[rng.integers(len(PLACES))]
    sits, night, bars = rng.random(3) < (0.5, 0.35, 0.35)
    pose = draw_pose(rng, difficulty, (0, 1, 0) if sits else (1, 0, 0))
    cutout, alpha, feet = draw_cutout(animal.build, animal.coat, pose, rng, size, (difficulty, 0.1))
    background = draw_place(place, rng, size, feet - size * abs(rng.normal(0.1, 0.1)))
    image = place_animal(background, cutout, alpha, feet, rng)
    image = add_occluders(image, rng, 0.5 * difficulty)
    if bars:
        image = _draw_bars(image, rng)
    if night:
        image = _darken(image, rng)
    about = {
        "place": place, "sits": int(sits), "two_coloured": int(animal.coat.pattern != "plain"),
        "long_fur": int(animal.long_fur), "night": int(night), "bars": int(bars),
    }  # fmt: skip
    return take_photograph(image, rng, difficulty), about


def _draw_bars(image, rng):
    """Put the bars of a kennel in front."""
    size = len(image)
    mask = Image.new("L", (size, size))
    step, width = size * rng.uniform(0.13, 0.22), max(1, round(size * rng.uniform(0.012, 0.03)))
    for x in np.arange(rng.uniform(0, step), size, step):
        ImageDraw.Draw(mask).line([x, 0, x, size], fill=255, width=width)
    alpha = np.asarray(mask.filter(ImageFilter.GaussianBlur(size / 192))).astype(np.float32)[..., None] / 255
    return image * (1 - alpha) + alpha * rng.uniform(30, 200)


def _darken(image, rng):
    """Take the daylight away: a lamp's warm cone in the dark."""
    size = len(image)
    across = np.linspace(0, 1, size, dtype=np.float32)
    x, y = rng.uniform(0.2, 0.8, 2)
    lamp = np.exp(-((across[None, :] - x) ** 2 + (across[:, None] - y) ** 2) / rng.uniform(0.08, 0.3))
    light = rng.uniform(0.2, 0.32) + rng.uniform(0.5, 0.7) * lamp
    tint = np.array([1.05, 0.95, 0.8], np.float32) * lamp[..., None] + np.array([0.8, 0.9, 1.1]) * (1 - lamp[..., None])
    return image * light[..., None] * tint + 4 * draw_smooth_noise(rng, size, size // 3)[..., None]

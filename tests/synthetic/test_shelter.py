"""The shelter: labels of five kinds that do not tell one another, and pictures that show them."""

import numpy as np
import pytest

from tlbook.errors import BadInput
from tlbook.synthetic.places import PLACES, draw_place
from tlbook.synthetic.shelter import ATTRIBUTES, BREEDS, make_shelter


@pytest.fixture(scope="module")
def shelter():
    return make_shelter(64, photos=4, size=32)


def test_the_same_seed_gives_the_same_pixels_and_more_animals_keep_the_first_ones():
    images, table = make_shelter(3, photos=2, size=32)
    again, more = make_shelter(3, photos=2, size=32), make_shelter(5, photos=2, size=32)
    assert (images == again[0]).all() and table.equals(again[1])
    assert (images == more[0][:6]).all() and table.equals(more[1][:6])
    assert (images != make_shelter(3, photos=2, size=32, seed=1)[0]).any()
    assert images.shape == (6, 32, 32, 3) and images.dtype == np.uint8


def test_every_image_has_labels_of_five_kinds(shelter):
    _, table = shelter
    assert set(table["species"]) == {"cat", "dog"} and set(table["breed"]) == set(BREEDS)
    assert set(table["place"]) == set(PLACES)
    assert all(set(table[name]) == {0, 1} for name in ATTRIBUTES)
    assert (table["animal"].value_counts() == 4).all()
    assert (table["breed"].value_counts() == 32).all()


def test_what_belongs_to_the_animal_stays_and_what_belongs_to_the_photograph_does_not(shelter):
    _, table = shelter
    kinds = table.groupby("animal").nunique()
    assert (kinds[["species", "breed", "long_fur", "two_coloured"]] == 1).all().all()
    assert (kinds[["place", "sits", "night", "bars"]] > 1).any().all()


def test_no_label_tells_another(shelter):
    table = make_shelter(160, photos=1, size=32)[1]
    numbers = table[list(ATTRIBUTES)].assign(dog=(table["species"] == "dog") * 1, beach=(table["place"] == "beach") * 1)
    alike = np.corrcoef(numbers.to_numpy(float).T) - np.eye(len(numbers.columns))
    assert np.abs(alike).max() < 0.3  # 160 pairs of coins: a standard deviation is 0.08


def test_nights_are_dark_and_bars_stand_upright(shelter):
    images, table = shelter
    light = images.mean(axis=(1, 2, 3))
    assert light[table["night"] == 1].mean() < 0.7 * light[table["night"] == 0].mean()
    across = np.abs(np.diff(images.mean(axis=(1, 3)), axis=1)).mean(axis=1) / light
    assert across[table["bars"] == 1].mean() > 1.2 * across[table["bars"] == 0].mean()


@pytest.mark.parametrize("place", PLACES)
def test_a_place_fills_the_picture_wherever_its_horizon_is(place):
    for horizon in (-10, 20, 90):
        image = draw_place(place, np.random.default_rng(0), 48, horizon)
        assert image.shape == (48, 48, 3) and np.isfinite(image).all() and image.std() > 5


@pytest.mark.parametrize(("argument", "value"), [("num_animals", 0), ("photos", 0), ("size", 8), ("difficulty", 2)])
def test_a_number_out_of_range(argument, value):
    with pytest.raises(BadInput, match=f"`{argument}` {value}"):
        make_shelter(**{"num_animals": 1, argument: value})

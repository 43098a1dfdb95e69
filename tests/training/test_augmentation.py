"""Variations of images: what each does, and that the same key gives the same."""

import numpy as np
import pytest

from tlbook.errors import BadInput
from tlbook.training.augmentation import (
    AUGMENTATIONS,
    DRAWS,
    Augmentation,
    augment_images,
    choose_views,
    draw_numbers,
    draw_view,
    find_augmentation,
    mix_pairs,
)

IMAGES = np.random.default_rng(0).integers(0, 256, (4, 8, 8, 3), dtype=np.uint8)


def still(**columns):
    numbers = np.full((4, DRAWS), 0.5, np.float32)
    numbers[:, 0] = 0.0
    for column, value in columns.items():
        numbers[:, int(column[1:])] = value
    return numbers


def test_numbers_in_the_middle_change_nothing():
    whole = Augmentation(shift=0.2, zoom=0.3, turn=10, brightness=0.2, contrast=0.2)
    assert np.allclose(augment_images(whole, IMAGES, still()), IMAGES, atol=1e-2)


def test_mirroring_keeps_pixels_and_type():
    numbers = still()
    numbers[2:, 0] = 0.7
    mirrored = np.asarray(augment_images(Augmentation(mirror=True), IMAGES, numbers))
    assert mirrored.dtype == np.uint8
    assert np.array_equal(mirrored[:2], IMAGES[:2])
    assert np.array_equal(mirrored[2:], IMAGES[2:, :, ::-1])


def test_a_shift_of_two_pixels_and_a_quarter_turn():
    moved = np.asarray(augment_images(Augmentation(shift=0.25), IMAGES, still(_2=1.0)))
    assert np.allclose(moved[:, :, :6], IMAGES[:, :, 2:], atol=1e-2)
    assert np.allclose(moved[:, :, 6:], IMAGES[:, :, -1:], atol=1e-2)  # the edge fills
    turned = np.asarray(augment_images(Augmentation(turn=90), IMAGES, still(_6=1.0)))
    assert np.allclose(turned, np.rot90(IMAGES, 1, (1, 2)), atol=1e-2)


def test_brightness_is_added_and_clipped():
    brighter = np.asarray(augment_images(Augmentation(brightness=0.2), IMAGES, still(_5=1.0)))
    assert np.allclose(brighter, np.minimum(IMAGES + 51.0, 255), atol=1e-3)


def test_keys_and_seeds_tell_numbers_apart():
    first = np.asarray(draw_numbers(4, 0, 5))
    assert np.array_equal(first, draw_numbers(4, 0, 5))
    assert not np.array_equal(first, draw_numbers(4, 0, 6))
    assert not np.array_equal(first, draw_numbers(4, 1, 5))
    assert np.isfinite(draw_numbers(4, 2**32 - 1, 5)).all()


def test_views_mirror_as_the_numbers_do():
    numbers = np.asarray(draw_numbers(50, 0, 1))
    for num_views in (2, 4):
        views = np.asarray(choose_views(numbers, num_views))
        mirrored = np.array([draw_view(1, 0, v, num_views)[0, 0] >= 0.5 for v in range(num_views)])
        assert np.array_equal(mirrored[views], numbers[:, 0] >= 0.5)


def test_mixed_pairs_share_images_and_labels_alike():
    labels = np.eye(4, dtype=np.float32)
    images, mixed = (np.asarray(part) for part in mix_pairs(IMAGES, labels, 0.4, 7))
    share = mixed[0, 0]
    assert 0 < share < 1
    assert np.allclose(mixed, share * labels + (1 - share) * labels[::-1])
    assert np.allclose(images, share * IMAGES + (1 - share) * IMAGES[::-1].astype(np.float32), atol=1e-3)
    assert np.array_equal(images, mix_pairs(IMAGES, labels, 0.4, 7)[0])
    assert np.isfinite(mix_pairs(IMAGES, labels, 1e-3, 8)[1]).all()


def test_organs_and_signs_keep_their_sides():
    assert {name for name, augmentation in AUGMENTATIONS.items() if augmentation.mirror} == {"photographs"}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"zoom": 0.9}, "received `zoom` 0.9; expected a number from 0 to 0.5"),
        ({"mirror": "yes", "zoom": "a"}, "received `mirror` 'yes'; expected True or False"),
        ({"zoom": "a"}, "received `zoom` 'a'; expected a number from 0 to 0.5"),
        ({"turn": True}, "received `turn` True; expected a number from 0 to 180"),
        ({"contrast": float("nan")}, "received `contrast` nan; expected a number from 0 to 1"),
        ({"shift": None}, "received `shift` None; expected a number from 0 to 0.5"),
    ],
)
def test_a_variation_of_another_type_or_range_is_refused(options, message):
    with pytest.raises(BadInput) as caught:
        Augmentation(**options)
    assert str(caught.value) == message


def test_numbers_and_flags_of_numpy_are_accepted():
    assert Augmentation(mirror=np.True_, turn=np.int64(5), zoom=np.float32(0.25)).num_views == 4


@pytest.mark.parametrize("modality", ["no_such", 3, ["photographs"]])
def test_a_kind_of_image_that_is_not_known_is_refused(modality):
    with pytest.raises(BadInput, match="received `modality` .*; expected one of photographs, radiographs, slices, sig"):
        find_augmentation(modality)

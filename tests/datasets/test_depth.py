"""Images of more than 8 bits share one range of values: that of their set."""

import numpy as np
import pytest
from PIL import Image

from tlbook.datasets.depth import find_value_range, scale_to_8_bits
from tlbook.datasets.folders import from_folder
from tlbook.errors import BadInput

VALUES = np.random.default_rng(0).uniform(0, 1, 50_000)


@pytest.mark.parametrize("depth", [8, 10, 12, 14, 16])
def test_the_range_is_the_bits_used(depth):
    assert find_value_range(np.rint(VALUES * (2**depth - 1))) == (0, 2**depth - 1)


def test_a_few_odd_pixels_do_not_change_the_range():
    values = np.rint(VALUES * 4095)
    values[:20] = 65535
    assert find_value_range(values) == (0, 4095)


@pytest.mark.parametrize(("low", "high"), [(51_300, 51_500), (-1000, 3000), (100_000, 900_000)])
def test_values_close_together_negative_or_wide_take_percentiles(low, high):
    found = find_value_range(low + VALUES * (high - low))
    assert np.allclose(found, np.percentile(low + VALUES * (high - low), (0.5, 99.5)))


@pytest.mark.parametrize(("top", "expected"), [(1, (0, 1)), (255, (0, 255))])
def test_floats_within_one_or_255_keep_that(top, expected):
    assert find_value_range(VALUES * top, floating=True) == expected


def test_equal_values_have_a_range_that_divides():
    low, high = find_value_range(np.full(9, 70_000.0))
    assert high > low
    assert scale_to_8_bits(np.full((2, 2), 70_000, np.int32), (low, high)).max() == 0


@pytest.mark.parametrize("kind", [np.uint16, np.int32, np.float32])
def test_values_outside_a_range_are_cut_off(kind):
    values = np.array([[0, 100, 210, 300, 60_000]], kind)
    assert scale_to_8_bits(values, (100, 300)).tolist() == [[0, 0, 140, 255, 255]]


def save(path, pixels, **options):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path, **options)


def test_one_range_serves_all_images_of_a_set(tmp_path):
    rng = np.random.default_rng(0)
    for i in range(10):
        save(tmp_path / f"dark/{i}.png", rng.integers(0, 400, (40, 40)).astype(np.uint16))
        save(tmp_path / f"light/{i}.png", rng.integers(0, 4000, (40, 40)).astype(np.uint16))
    data = from_folder(tmp_path, quiet=True)
    assert data.value_range == (0, 4095)
    means = [image.mean() for image in data.test.load(32, quiet=True)]
    assert max(means[:2]) < 20 and min(means[2:]) > 100
    assert from_folder(tmp_path, quiet=True, range=(0, 400)).value_range == (0, 400)


def test_the_range_is_found_on_training_images(tmp_path):
    rng = np.random.default_rng(0)
    for split, top in (("train", 4095), ("test", 60_000)):
        for name in ("a", "b"):
            for i in range(5):
                save(tmp_path / f"{split}/{name}/{i}.png", rng.integers(0, top, (40, 40)).astype(np.uint16))
    assert from_folder(tmp_path, quiet=True).value_range == (0, 4095)


def test_kept_features_know_the_range(tmp_path):
    for i in range(5):
        save(tmp_path / f"a/{i}.png", np.full((8, 8), i * 900, np.uint16))
        save(tmp_path / f"b/{i}.png", np.full((8, 8), i * 800 + 10, np.uint16))
    one, other = (from_folder(tmp_path, quiet=True, range=r).train.images for r in ((0, 100), (0, 200)))
    assert one.fingerprint(0) != other.fingerprint(0)


def test_images_of_8_bits_have_no_range_and_refuse_one(stripes):
    assert from_folder(stripes, quiet=True).value_range is None
    with pytest.raises(BadInput, match="received `range` 0 4095, and all images have 8 bits"):
        from_folder(stripes, quiet=True, range=(0, 4095))


@pytest.mark.parametrize("bad", [5, (1,), (3, 2), (0, float("nan")), ("0", "1"), "ab"])
def test_what_is_no_range_is_refused(stripes, bad):
    with pytest.raises(BadInput, match="received `range`"):
        from_folder(stripes, quiet=True, range=bad)


def test_mixed_depths_are_warned_of_by_count_and_name(tmp_path):
    rng = np.random.default_rng(0)
    for i in range(6):
        save(tmp_path / f"a/{i}.png", rng.integers(0, 255, (20, 20)).astype(np.uint8))
        save(tmp_path / f"b/{i}.png", rng.integers(0, 255, (20, 20)).astype(np.uint8))
    save(tmp_path / "b/deep.png", rng.integers(0, 4095, (20, 20)).astype(np.uint16))
    warnings = " ".join(from_folder(tmp_path, quiet=True).warnings)
    assert "1 of 13 images have more than 8 bits" in warnings and "b/deep.png" in warnings

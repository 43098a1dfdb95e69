"""Hand-made features count what they say."""

import numpy as np
import pytest

from tlbook.datasets.descriptors import count_colours, count_gradients, describe_images


def draw_stripes(direction):
    """Stripes 8 pixels apart, (1, 64, 64, 3), uint8."""
    rows, columns = np.mgrid[:64, :64]
    wave = 127 + 100 * np.sin(2 * np.pi * (rows if direction == "down" else columns) / 8)
    return np.repeat(wave[None, :, :, None], 3, -1).astype(np.uint8)


@pytest.mark.parametrize(("direction", "winner"), [("right", 0), ("down", 4)])
def test_gradients_fall_into_the_bin_of_their_direction(direction, winner):
    counts = count_gradients(draw_stripes(direction)).reshape(64, 8)
    assert (counts.argmax(-1) == winner).all()
    assert counts[:, winner].min() > 0.8


def test_a_turned_image_has_other_gradients_and_the_same_colours():
    image = np.random.default_rng(0).integers(0, 256, (1, 64, 64, 3), dtype=np.uint8)
    image[:, :32] //= 2
    turned = np.rot90(image, axes=(1, 2))
    assert np.array_equal(count_colours(image), count_colours(turned))
    assert not np.allclose(count_gradients(image), count_gradients(turned), atol=0.01)


def test_colours_are_counted_where_they_belong():
    image = np.zeros((1, 64, 64, 3), np.uint8)
    image[:, :16] = (255, 0, 0)
    counts = count_colours(image)[0]
    assert counts[48] == pytest.approx(0.5)
    assert counts[0] == pytest.approx(np.sqrt(0.75))
    assert np.count_nonzero(counts) == 2


def test_a_description_is_both_side_by_side():
    images = np.random.default_rng(1).integers(0, 256, (3, 96, 96, 3), dtype=np.uint8)
    described = describe_images(images)
    assert described.shape == (3, 576)
    assert described.dtype == np.float32
    assert np.allclose(described[:, :512], count_gradients(images))

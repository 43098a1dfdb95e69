"""Slices are chosen by the entropy of their grey levels."""

import numpy as np
import pytest

from tlbook.datasets.slices import choose_slices, measure_entropy
from tlbook.errors import BadInput


def test_entropy_of_known_pictures():
    flat = np.full((1, 16, 16, 3), 9, np.uint8)
    halves = np.zeros((1, 16, 16, 3), np.uint8)
    halves[:, 8:] = 200
    every = np.arange(256, dtype=np.uint8).reshape(1, 16, 16, 1).repeat(3, axis=-1)
    assert measure_entropy(np.concatenate([flat, halves, every])) == pytest.approx([0, 1, 8])


def test_the_best_slices_of_each_person_in_their_order():
    entropy = [1, 3, 2, 9, 5, 5, 5]
    assert choose_slices(entropy, ["b", "b", "b", "a", "a", "a", "a"], 2).tolist() == [1, 2, 3, 4]
    assert choose_slices(entropy, [0, 1, 0, 1, 0, 1, 1], 3).tolist() == [0, 2, 3, 4, 5, 6]


@pytest.mark.parametrize("num_slices", [0, 4])
def test_too_many_or_none(num_slices):
    with pytest.raises(BadInput, match=rf"received {num_slices} slices to choose of people with 3 or more"):
        choose_slices(np.arange(7), [0, 0, 0, 1, 1, 1, 1], num_slices)

"""Splits keep groups whole and classes even; subsets nest."""

import numpy as np
import pytest

from tlbook.datasets.splits import nested_subset, split_groups
from tlbook.errors import BadInput


def draw_case(rng):
    """Draw labels and groups: single images, people of one class, or people across classes."""
    num_classes, num_groups = rng.integers(2, 5), rng.integers(20, 40)
    kind = rng.integers(3)
    sizes = np.ones(num_groups, int) if kind == 0 else rng.integers(1, 12, num_groups)
    groups = np.repeat(np.arange(num_groups), sizes).astype(str)
    of_group = np.repeat(np.arange(num_groups) % num_classes, sizes)
    labels = rng.integers(num_classes, size=len(groups)) if kind == 2 else of_group
    return labels, groups, sizes.max()


def test_random_cases_are_split_whole_and_even():
    rng = np.random.default_rng(0)
    for seed in range(200):
        labels, groups, largest = draw_case(rng)
        splits = split_groups(labels, groups, seed=seed)
        assert len(np.unique(np.stack([groups, splits.astype(str)], 1), axis=0)) == len(np.unique(groups))
        for label in np.unique(labels):
            counts = np.bincount(splits[labels == label], minlength=3)
            share = counts / counts.sum()
            assert counts.min() >= 1
            assert np.abs(share - (0.6, 0.2, 0.2)).max() <= (largest + 1) / counts.sum()


def test_one_seed_is_one_split():
    labels, groups, _ = draw_case(np.random.default_rng(5))
    assert (split_groups(labels, groups, seed=7) == split_groups(labels, groups, seed=7)).all()


def test_single_images_are_split_exactly():
    labels = np.repeat([0, 1, 2], [100, 50, 3])
    splits = split_groups(labels, np.arange(153).astype(str), seed=3)
    counts = [np.bincount(splits[labels == label], minlength=3).tolist() for label in range(3)]
    assert counts == [[60, 20, 20], [30, 10, 10], [1, 1, 1]]


def test_three_groups_a_class_give_each_side_one():
    labels, groups = np.repeat([0, 0, 0, 1, 1, 1], 4), np.repeat(list("abcdef"), 4)
    for seed in range(20):
        splits = split_groups(labels, groups, seed=seed)
        assert all(np.bincount(splits[labels == label]).tolist() == [4, 4, 4] for label in (0, 1))


def test_people_across_classes_stay_whole_when_there_are_three():
    labels, groups = np.tile([0, 1], 6), np.repeat(list("abc"), 4)
    splits = split_groups(labels, groups)
    assert sorted(np.unique(splits[groups == group]).tolist() for group in "abc") == [[0], [1], [2]]


def test_other_seeds_split_otherwise():
    labels, groups = np.repeat([0, 1], 50), np.arange(100).astype(str)
    assert (split_groups(labels, groups, seed=0) != split_groups(labels, groups, seed=1)).any()


def test_a_large_group_may_land_on_any_split():
    labels, groups = np.zeros(40, int), np.array(["large"] * 8 + [str(k) for k in range(32)])
    splits = [split_groups(labels, groups, seed=seed)[0] for seed in range(60)]
    counts = np.bincount(splits, minlength=3)
    assert counts.min() >= 3
    assert counts[0] > counts[1:].max()


def test_fractions_of_two_splits():
    splits = split_groups(np.zeros(50, int), np.arange(50).astype(str), fractions=(0.8, 0.2))
    assert np.bincount(splits).tolist() == [40, 10]


def test_groups_that_cannot_be_divided_are_refused():
    # Four groups, each class in three of them: two groups share a split, and some class has both of them.
    labels = np.repeat([0, 1, 2, 3], 3)
    groups = np.array(list("abcabdacdbcd"))
    with pytest.raises(BadInput, match="expected 3 groups a class"):
        split_groups(labels, groups)


def test_many_images_are_split_quickly():
    labels = np.arange(100_000) % 100
    splits = split_groups(labels, np.arange(100_000).astype(str))
    assert np.bincount(splits).tolist() == [60_000, 20_000, 20_000]


def test_random_subsets_nest():
    rng = np.random.default_rng(1)
    for seed in range(200):
        labels, groups, _ = draw_case(rng)
        previous = np.empty(0, int)
        for per_class in (1, 2, 5, 10, 1000):
            chosen = nested_subset(labels, groups, per_class, seed=seed)
            assert set(previous) <= set(chosen)
            expected = np.minimum(np.bincount(labels), per_class)
            assert (np.bincount(labels[chosen], minlength=len(expected)) == expected).all()
            previous = chosen
        assert len(previous) == len(labels)


def test_subsets_take_whole_groups_as_far_as_they_go():
    labels, groups = np.zeros(100, int), np.repeat(np.arange(20), 5).astype(str)
    for seed in range(10):
        chosen = nested_subset(labels, groups, 15, seed=seed)
        assert len(np.unique(groups[chosen])) == 3


def test_subsets_follow_one_order_of_groups_in_all_classes():
    labels, groups = np.tile([0, 1], 40), np.repeat(np.arange(20), 4).astype(str)
    chosen = nested_subset(labels, groups, 10, seed=0)
    assert len(np.unique(groups[chosen])) == 5


def test_other_seeds_choose_otherwise():
    labels, groups = np.zeros(100, int), np.arange(100).astype(str)
    assert set(nested_subset(labels, groups, 10, seed=0)) != set(nested_subset(labels, groups, 10, seed=1))

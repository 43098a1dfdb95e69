import numpy as np
import pytest

from tlbook.errors import BadInput
from tlbook.evidence.intervals import wilson_interval
from tlbook.evidence.resampling import (
    bootstrap_draws,
    percentile_interval,
    resampled_estimate,
)


def mean_of(values):
    return lambda weights: weights @ values / weights.sum(axis=1)


def test_draws_spread_like_the_standard_error():
    values = np.random.default_rng(0).normal(size=400)
    draws = bootstrap_draws(mean_of(values), 400, replicates=4000)
    assert draws.shape == (4000, 1)
    assert draws.std() == pytest.approx(values.std() / 20, rel=0.05)


def test_a_resample_draws_as_many_images_as_there_are():
    draws = bootstrap_draws(lambda w: np.stack([w.sum(axis=1), (w < 0).sum(axis=1)], axis=1), 37, replicates=1000)
    assert (draws == [37, 0]).all()


def test_groups_are_drawn_whole():
    groups = np.array(["b", "a", "b", "c", "a", "b"])

    def split_groups(weights):
        return (weights[:, 0] != weights[:, 2]) | (weights[:, 0] != weights[:, 5]) | (weights[:, 1] != weights[:, 4])

    assert not bootstrap_draws(split_groups, 6, groups=groups, replicates=1000).any()


def test_one_seed_gives_one_answer():
    values = np.arange(50.0)
    first, again, other = (bootstrap_draws(mean_of(values), 50, seed=s) for s in (3, 3, 4))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_too_few_replicates_are_bad_input():
    with pytest.raises(BadInput, match="replicates"):
        bootstrap_draws(mean_of(np.ones(3)), 3, replicates=10)


def test_group_bootstrap_covers_where_wilson_does_not():
    # 40 people with 4 images each, all of a person right or wrong together more often than not.
    rng, groups, share = np.random.default_rng(0), np.repeat(np.arange(40), 4), 0.75
    held = {"group": 0, "wilson": 0}
    for trial in range(100):
        skill = rng.beta(0.75, 0.25, 40)
        right = (rng.random((40, 4)) < skill[:, None]).ravel()
        draws = bootstrap_draws(mean_of(right), 160, groups=groups, replicates=1000, seed=trial)
        low, high = percentile_interval(draws[:, 0], 40)
        plain = wilson_interval(int(right.sum()), 160)
        held["group"] += low <= share <= high
        held["wilson"] += plain.low <= share <= plain.high
    assert held["group"] / 100 > 0.90
    assert held["wilson"] / 100 < 0.85


def test_the_expanded_interval_is_wider_for_few_units_only():
    draws = np.random.default_rng(0).normal(size=100_000)
    few, many = percentile_interval(draws, 6), percentile_interval(draws, 2000)
    assert many == pytest.approx((-1.96, 1.96), abs=0.03)
    assert few[0] < -2.5
    assert few[1] > 2.5


def test_undefined_draws_are_left_out():
    draws = np.array([np.nan] * 500 + [0.5] * 500)
    assert percentile_interval(draws, 100) == (0.5, 0.5)
    assert percentile_interval([np.nan], 100) == (None, None)


def test_a_perfect_share_keeps_a_width():
    estimate = resampled_estimate(1.0, np.ones(1000), 60, num_units=30, trials=30, method="bootstrap_group")
    assert (estimate.low, estimate.high) == (wilson_interval(30, 30).low, 1.0)
    assert estimate.method == "bootstrap_group"


def test_one_unit_says_nothing():
    estimate = resampled_estimate(0.5, np.full(1000, 0.5), 8, num_units=1, trials=1, method="bootstrap_group")
    assert (estimate.low, estimate.high) == (0.0, 1.0)


def test_each_stratum_is_drawn_from_by_itself():
    strata = np.array([0] * 30 + [1] * 2 + [2] * 8)
    draws = bootstrap_draws(
        lambda w: np.stack([w[:, strata == s].sum(axis=1) for s in range(3)], axis=1),
        40,
        strata=strata,
        replicates=1000,
    )
    assert (draws == [30, 2, 8]).all()


def test_a_group_of_several_classes_counts_as_the_rarer_one():
    groups, strata = np.array([0, 0, 1, 2, 3, 3, 4]), np.array([0, 1, 0, 0, 0, 1, 0])
    draws = bootstrap_draws(lambda w: (w * [1, 0, 0, 0, 1, 0, 0]).sum(axis=1), 7, groups=groups, strata=strata)
    assert (draws == 2).all(), "groups 0 and 3 are replaced by one another"

import numpy as np
import pytest

from tlbook.evidence.resampling import percentile_interval


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

import numpy as np
import pytest
from scipy.optimize import least_squares

from tlbook.errors import BadInput
from tlbook.evidence.learning_curves import fit_power_law, next_labels_buy

SIZES = np.array([10, 20, 50, 100, 200, 500])


def make_curves(floor, scale, exponent, *, seeds=5, noise=0.03, seed=0):
    truth = floor + scale * SIZES**-exponent
    return truth * np.exp(noise * np.random.default_rng(seed).normal(size=(seeds, len(SIZES))))


@pytest.mark.parametrize(("floor", "scale", "exponent"), [(0.05, 1.2, 0.5), (0.0, 0.9, 0.3), (0.2, 0.8, 1.0)])
def test_an_exact_curve_is_found_again(floor, scale, exponent):
    law = fit_power_law(SIZES, floor + scale * SIZES**-exponent)
    assert law.predict(SIZES) == pytest.approx(floor + scale * SIZES**-exponent, abs=1e-3)
    assert (law.floor, law.exponent) == pytest.approx((floor, exponent), abs=0.02)


def test_the_fit_is_no_worse_than_scipy_from_many_starts():
    mean = make_curves(0.08, 1.0, 0.45, noise=0.1).mean(axis=0)

    def residuals(p):
        return (p[0] + p[1] * SIZES ** -p[2] - mean) / mean

    starts = [(0.0, 1.0, b) for b in (0.1, 0.3, 0.6, 1.2)]
    theirs = min(least_squares(residuals, s, bounds=([0, 0, 0.01], [1, 20, 2])).cost for s in starts)
    law = fit_power_law(SIZES, mean)
    ours = (residuals((law.floor, law.scale, law.exponent)) ** 2).sum() / 2
    assert ours <= theirs * 1.01


def test_the_floor_never_falls_below_zero():
    law = fit_power_law(SIZES, 0.9 - 0.14 * np.log(SIZES))  # straight in log n: an unbounded fit has a negative floor
    assert law.floor == 0.0
    assert (law.predict([1, 1e9]) >= 0).all()


def test_a_rising_curve_is_fitted_flat():
    law = fit_power_law(SIZES, np.linspace(0.2, 0.4, len(SIZES)))
    assert law.scale == 0.0
    assert next_labels_buy(law, 100, 100).value == 0.0


def test_a_perfect_score_does_not_break_the_fit():
    law = fit_power_law(SIZES, [0.4, 0.2, 0.1, 0.03, 0.0, 0.0])
    assert np.isfinite([law.floor, law.scale, law.exponent]).all()


def test_the_interval_holds_the_truth_about_95_percent_of_the_time():
    truth, held = 0.05 + 1.0 * 300**-0.5, 0
    for seed in range(30):
        curves = make_curves(0.05, 1.0, 0.5, noise=0.1, seed=seed)
        low, high = fit_power_law(SIZES, curves, replicates=400).interval([300])
        held += low[0] <= truth <= high[0]
    assert held >= 26


def test_next_labels_buy_less_and_less():
    law = fit_power_law(SIZES, make_curves(0.05, 1.2, 0.5))
    gains = [next_labels_buy(law, n, 100) for n in (50, 200, 800)]
    assert gains[0].value > gains[1].value > gains[2].value > 0
    assert all(g.low <= g.value <= g.high and g.n == 5 for g in gains)
    assert gains[1].value == pytest.approx(1.2 * (200**-0.5 - 300**-0.5), abs=0.005)


def test_one_seed_has_no_interval():
    law = fit_power_law(SIZES, make_curves(0.05, 1.2, 0.5, seeds=1))
    assert np.isnan(law.interval([100, 200])).all()
    assert next_labels_buy(law, 100, 100).low is None


@pytest.mark.parametrize(
    ("sizes", "errors", "message"),
    [
        ([10, 20], [0.5, 0.4], "three or more"),
        ([10, 10, 20], [0.5, 0.5, 0.4], "three or more"),
        ([0, 10, 20], [0.5, 0.5, 0.4], "from 1 on"),
        ([10, 20, 30], [0.5, 0.4], r"expected \(seeds, 3\)"),
        ([10, 20, 30], [50, 40, 30], "from 0 to 1"),
        ([10, 20, 30], [0.5, np.nan, 0.3], "from 0 to 1"),
    ],
)
def test_bad_input(sizes, errors, message):
    with pytest.raises(BadInput, match=message):
        fit_power_law(sizes, errors)


def test_no_more_labels_are_bad_input():
    with pytest.raises(BadInput, match="at least 1"):
        next_labels_buy(fit_power_law(SIZES, make_curves(0.05, 1.2, 0.5)), 100, 0)

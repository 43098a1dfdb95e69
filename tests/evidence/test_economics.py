import pytest

from tlbook.errors import BadInput
from tlbook.evidence.economics import (
    CHALLENGE_YEARS,
    COMPUTE_PRICES,
    HUMAN_TOP5_ERROR,
    crowd_cost,
    label_cost,
)


def test_a_radiologist_labels_ten_thousand_images():
    assert label_cost(10_000, hourly_rate=150, per_hour=4) == 375_000
    assert label_cost(10_000, hourly_rate=150, per_hour=4, passes=3) == 1_125_000


def test_a_crowd_costs_a_range():
    assert crowd_cost(1_200_000) == pytest.approx((24_000, 60_000))
    assert crowd_cost(9_000_000) == pytest.approx((180_000, 450_000))


@pytest.mark.parametrize(
    "wrong", [{"num_images": -1}, {"per_hour": 0}, {"passes": 0}, {"hourly_rate": -5}], ids=lambda w: next(iter(w))
)
def test_numbers_out_of_range_are_bad_input(wrong):
    given = {"num_images": 10, "hourly_rate": 150, "per_hour": 4, **wrong}
    with pytest.raises(BadInput, match=f"`{next(iter(wrong))}`.*expected a number"):
        label_cost(given.pop("num_images"), **given)


def test_crowd_prices_come_in_order():
    with pytest.raises(BadInput, match="the lower one first"):
        crowd_cost(10, prices=(0.05, 0.02))


def test_challenge_errors_fall_and_pass_below_the_human_in_2015():
    errors = [year.top5_error for year in CHALLENGE_YEARS]
    assert [year.year for year in CHALLENGE_YEARS] == list(range(2010, 2018))
    assert errors == sorted(errors, reverse=True)
    assert next(y.year for y in CHALLENGE_YEARS if y.top5_error < HUMAN_TOP5_ERROR) == 2015
    drops = [a - b for a, b in zip(errors, errors[1:], strict=False)]
    assert drops.index(max(drops)) == 1  # 2011 to 2012, where networks took over
    assert [y.deep for y in CHALLENGE_YEARS] == [False] * 2 + [True] * 6
    assert all(y.source for y in CHALLENGE_YEARS)


def test_compute_fell_by_three_orders_of_magnitude():
    assert COMPUTE_PRICES[0].usd_per_gflops / COMPUTE_PRICES[-1].usd_per_gflops > 1000
    assert all(price.source and price.machine for price in COMPUTE_PRICES)

"""What is recommended follows what was measured, and says so."""

import numpy as np
import pytest

from tlbook.evidence.intervals import Estimate
from tlbook.evidence.recommending import (
    DEEPER,
    average_seeds,
    fit_gains,
    leave_one_set_out,
    recommend_from,
)


def head_at(value):
    return Estimate(value, value - 0.1, value + 0.08, 40, "wilson")


def make_rows(gain, *, noise=0.0, seed=0):
    """Rows of eight sets: a head that does better with labels, and deeper training that adds what ``gain`` says."""
    rng, rows = np.random.default_rng(seed), []
    for i in range(8):
        for per_class in (10, 50, 200):
            head = 0.4 + 0.04 * i + 0.03 * np.log2(per_class / 10)
            for s in range(2):
                row = {"set": f"set {i}", "per_class": per_class, "seed": s, "num_classes": 4}
                row |= {"num_train": 3 * per_class, "num_val": per_class, "val_head": head, "head": head}
                added = {key: gain(per_class) + (0.01 if key == "full" else 0) for key in DEEPER}
                rows.append(row | {key: head + value + noise * rng.normal() for key, value in added.items()})
    return rows


def test_the_head_is_recommended_where_deeper_training_has_cost_points():
    told = recommend_from(fit_gains(make_rows(lambda n: -0.05)), 50, 4, head_at(0.6))
    assert told.strategy == "head"
    assert told.expected.value == pytest.approx(0.6)
    assert (told.expected.low, told.expected.high) == pytest.approx((0.5, 0.68))  # of the head's score


def test_what_was_better_with_many_labels_is_recommended_with_many_alone():
    gains = fit_gains(make_rows(lambda n: 0.03 * np.log2(n / 50)))
    assert recommend_from(gains, 10, 4, head_at(0.5)).strategy == "head"
    many = recommend_from(gains, 200, 4, head_at(0.5))
    assert (many.strategy, many.runner_up) == ("full", "partial")
    assert many.expected.value > 0.5
    assert "200 labelled images a class, 4 classes, and a head that scores 50 %. On 8 measured sets" in many.reason


@pytest.mark.parametrize(("gain", "strategy", "said"), [(-0.007, "head", "too little"), (0.001, "full", "+1.1 points")])
def test_a_lead_under_half_a_point_is_not_worth_a_training(gain, strategy, said):
    told = recommend_from(fit_gains(make_rows(lambda n: gain)), 50, 4, head_at(0.6))  # full has one point more
    assert told.strategy == strategy
    assert said in told.reason


def test_left_out_sets_are_recommended_for_from_the_others():
    rows = make_rows(lambda n: 0.03 * np.log2(n / 50), noise=0.002)
    found = leave_one_set_out(rows)
    assert len(found) == 24
    assert np.mean([f["regret"] for f in found]) < 0.5
    assert np.mean([f["regret"] for f in found]) < np.mean([f["head"] for f in found])


def test_seeds_are_averaged_and_images_counted_with_those_of_validation():
    cells = average_seeds(make_rows(lambda n: 0.0))
    assert len(cells) == 24
    assert [c["per_class"] for c in cells[:3]] == [10, 50, 200]


def test_it_prints_every_strategy_with_its_expected_gain():
    told = recommend_from(fit_gains(make_rows(lambda n: 0.02)), 50, 4, head_at(0.6))
    text = repr(told)
    assert all(word in text for word in ("head", "partial", "full", "film", "+3.0 points"))
    assert "<table" in told._repr_html_()

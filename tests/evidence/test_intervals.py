import json

import numpy as np
import pytest
from scipy import stats

from tlbook.errors import BadInput
from tlbook.evidence.intervals import RESPLITS, Estimate, paired_t_interval, t_interval, wilson_interval


@pytest.mark.parametrize(
    ("successes", "n", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_wilson_gives_the_published_values(successes, n, low, high):
    # Newcombe 1998, table I (doi:10.1002/(SICI)1097-0258(19980430)17:8<857::AID-SIM777>3.0.CO;2-E).
    estimate = wilson_interval(successes, n)
    assert (estimate.low, estimate.high) == pytest.approx((low, high), abs=6e-5)
    assert estimate.value == successes / n


def test_wilson_agrees_with_scipy():
    for successes in range(0, 41, 5):
        theirs = stats.binomtest(successes, 40).proportion_ci(0.95, method="wilson")
        ours = wilson_interval(successes, 40)
        assert (ours.low, ours.high) == pytest.approx((theirs.low, theirs.high), abs=1e-12)


def test_wilson_holds_its_share_at_the_ends():
    for n in range(1, 200):
        assert wilson_interval(0, n).low == 0.0
        assert wilson_interval(n, n).high == 1.0
        assert 0 < wilson_interval(0, n).high < 1


def test_wilson_covers_about_95_percent():
    n, k = 80, np.arange(81)
    intervals = [wilson_interval(int(i), n) for i in k]
    for share in (0.5, 0.7, 0.85, 0.95):
        held = np.array([f.low <= share <= f.high for f in intervals])
        assert 0.92 < stats.binom.pmf(k, n, share)[held].sum() < 0.98


def test_no_trials_have_no_share():
    assert wilson_interval(0, 0) == Estimate(None, None, None, 0, "wilson")


@pytest.mark.parametrize(("successes", "n"), [(5, 4), (-1, 4), ("3", 4), (3, "4"), (1, 2.5)])
def test_impossible_counts_are_bad_input(successes, n):
    with pytest.raises(BadInput, match="expected numbers, 0 <= successes"):
        wilson_interval(successes, n)


def test_t_interval_agrees_with_scipy():
    values = np.random.default_rng(0).normal(0.1, 0.03, 5)
    theirs = stats.ttest_1samp(values, 0).confidence_interval(0.95)
    ours = paired_t_interval(values)
    assert (ours.low, ours.high) == pytest.approx((theirs.low, theirs.high))
    assert (ours.value, ours.n, ours.method) == (pytest.approx(values.mean()), 5, "t")


def test_splits_of_one_pool_need_the_wider_interval():
    rng = np.random.default_rng(0)
    held = {0.0: 0, RESPLITS: 0}
    for _ in range(400):
        pool = rng.random(300) < 0.7  # 300 images answered right or not: another pool would have others
        scores = [rng.permutation(pool)[:60].mean() for _ in range(5)]
        for share in held:
            estimate = t_interval(scores, test_to_train=share)
            held[share] += estimate.low <= 0.7 <= estimate.high
    assert held[0.0] < 0.9 * 400
    assert held[RESPLITS] > 0.93 * 400


def test_t_interval_covers_95_percent_with_five_seeds():
    samples = np.random.default_rng(1).normal(0.3, 1, (2000, 5))
    held = [f.low <= 0.3 <= f.high for f in map(t_interval, samples)]
    assert np.mean(held) == pytest.approx(0.95, abs=0.015)


def test_one_value_has_no_interval_and_none_has_no_mean():
    assert t_interval([0.5]) == Estimate(0.5, None, None, 1, "t")
    assert t_interval([]) == Estimate(None, None, None, 0, "t")


def test_an_estimate_prints_and_goes_to_json():
    estimate = wilson_interval(68, 80)
    assert str(estimate) == "0.850 (95 % interval 0.756 to 0.912, n = 80)"
    assert set(json.loads(json.dumps(estimate.as_dict()))) == {"value", "low", "high", "n", "method"}
    assert "undefined" in str(Estimate(None, None, None, 0, "t"))
    assert "no interval" in str(t_interval([1.0]))


@pytest.mark.parametrize("values", [["a", "b"], [[0.1, 0.2], [0.3, 0.4]], 0.5, [[1], [1, 2]]])
def test_a_mean_is_of_numbers_one_per_seed(values):
    with pytest.raises(BadInput, match="received `values`"):
        t_interval(values)


def test_an_estimate_reads_as_a_sentence():
    share = wilson_interval(68, 80)
    assert repr(share) == "Estimate(0.850, 95 % interval 0.756 to 0.912, n = 80, method Wilson)"
    assert share._repr_html_() == "<b>0.850</b> (95 % interval 0.756 to 0.912, n = 80; Wilson)"
    assert repr(t_interval([0.7])) == "Estimate(0.700, no interval, n = 1, method Student's t)"
    assert repr(wilson_interval(0, 0)) == "Estimate(undefined, n = 0, method Wilson)"

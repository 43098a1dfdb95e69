import numpy as np
import pytest
from scipy import stats

from tlbook.errors import BadInput
from tlbook.evidence.claims import adjust_holm
from tlbook.evidence.intervals import Estimate, paired_t_interval, wilson_interval


def with_p(p, n=5):
    """A difference of 1 whose t test gives this p-value."""
    half = stats.t.ppf(0.975, n - 1) / stats.t.isf(p / 2, n - 1)
    return Estimate(1.0, 1 - half, 1 + half, n, "t")


def test_holm_worked_by_hand():
    """In rising order: 4 x 0.005, 3 x 0.01, 2 x 0.03, and 1 x 0.04, which may not fall below the one before it."""
    found = adjust_holm({name: with_p(p) for name, p in zip("abcd", (0.01, 0.04, 0.03, 0.005), strict=True)})
    assert list(found) == list("abcd")
    assert list(found.values()) == pytest.approx([0.03, 0.06, 0.06, 0.02])


def test_one_difference_alone_has_the_p_value_of_its_t_test():
    values = np.random.default_rng(0).normal(0.05, 0.1, 8)
    assert adjust_holm({"alone": paired_t_interval(values)})["alone"] == pytest.approx(
        stats.ttest_1samp(values, 0).pvalue
    )


def test_what_has_no_interval_is_no_comparison():
    found = adjust_holm({"seen": with_p(0.03), "once": paired_t_interval([0.2]), "same": paired_t_interval([0.1, 0.1])})
    assert found == {"seen": pytest.approx(0.03), "once": 1.0, "same": 0.0}


def test_another_method_is_bad_input():
    with pytest.raises(BadInput, match="'pets' by wilson; expected estimates of method t"):
        adjust_holm({"pets": wilson_interval(3, 4)})


def test_many_true_zeros_seldom_give_a_claim():
    draws = np.random.default_rng(1).normal(size=(300, 20, 5))
    wrong = [min(adjust_holm(dict(enumerate(map(paired_t_interval, rows)))).values()) <= 0.05 for rows in draws]
    assert np.mean(wrong) < 0.09, "of 20 differences each; one interval without zero is there in 64 of 100"

import re
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from tlbook.errors import BadInput
from tlbook.evidence.claims import adjust_holm
from tlbook.evidence.comparisons import choose_on_validation, paired_difference, paired_differences
from tlbook.evidence.intervals import RESPLITS, Estimate, paired_t_interval, wilson_interval
from tlbook.evidence.results import read_table


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


def test_transfer_is_clear_on_three_of_nine_sets_counted_together():
    """What the chapter on choosing a strategy says beside its picture."""
    rows = [row for row in read_table("transfer_or_scratch") if row["variant"] == "real"]
    rows = [row | {"start": "scratch" if row["strategy"] == "scratch" else "transfer"} for row in rows]
    best = choose_on_validation(rows, ["set", "start", "seed"])
    how = {"value": "balanced_accuracy", "test_to_train": RESPLITS}
    gains = paired_differences(best, ["set"], "start", ("transfer", "scratch"), **how)
    assert len(gains) == 9
    assert {key[0] for key, p in adjust_holm(gains).items() if p <= 0.05} == {"dogs", "textures", "objects"}


def test_by_person_the_head_s_lead_over_a_look_up_table_is_open():
    """What the chapter on splits says of dementia or none."""
    wanted = ("any dementia", "photos", "true", "person")
    rows = read_table("honest_splits")
    rows = [row for row in rows if (row["task"], row["source"], row["labels"], row["split"]) == wanted]
    how = {"value": "accuracy", "test_to_train": 1 / 3}
    lead = paired_difference(rows, "learner", ("logistic", "nearest"), **how)
    assert round(100 * lead.value) == 9 and lead.low < 0 < lead.high


def test_the_front_page_says_what_the_comparison_with_the_guide_gave():
    """README's sentence, number by number."""
    scores = {}
    for row in read_table("keras_guide"):
        scores.setdefault((row["how"], row["set"]), []).append(row["balanced_accuracy"])
    assert {len(values) for values in scores.values()} == {5}
    sets = sorted({name for _, name in scores})
    found = []
    for how in ("default", "head"):
        gains = [100 * (np.mean(scores[how, name]) - np.mean(scores["guide", name])) for name in sets]
        gain = paired_t_interval(gains)
        found += [f"{gain.value:.1f} points [{gain.low:.1f}, {gain.high:.1f}]"]
    told = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
    assert re.findall(r"\S+ points \[.*?\]", told) == found and len(sets) == 6

import pytest

from tlbook.errors import BadInput
from tlbook.evidence.ranking_truth import interval_over_sets, judge_scores, regret_one_for_all

TRUTH = {"a": 0.9, "b": 0.7, "c": 0.4}


def make_rows(scores, *, name="pets", truth=TRUTH, seeds=(0, 1)):
    return [
        {"set": name, "source": s, "image_size": 96, "seed": k, "score": scores[s], "balanced_accuracy": truth[s]}
        for k in seeds
        for s in truth
    ]


def test_the_true_order_has_tau_one_and_no_regret():
    [found] = judge_scores(make_rows({"a": 3, "b": 2, "c": 1}), ["score"])
    assert found == {"set": "pets", "method": "score", "tau": pytest.approx(1), "regret": 0}


def test_the_reverse_order_has_tau_minus_one_and_the_largest_regret():
    [found] = judge_scores(make_rows({"a": 1, "b": 2, "c": 3}), ["score"])
    assert found["tau"] == pytest.approx(-1) and found["regret"] == pytest.approx(0.5)


def test_a_mistake_at_the_top_costs_more_than_one_at_the_bottom():
    top, bottom = (
        judge_scores(make_rows(scores), ["score"])[0] for scores in ({"a": 2, "b": 3, "c": 1}, {"a": 3, "b": 1, "c": 2})
    )
    assert top["tau"] < bottom["tau"] < 1 and top["regret"] == pytest.approx(0.2) and bottom["regret"] == 0


def test_truth_is_the_mean_of_the_splits():
    rows = make_rows({"a": 1, "b": 0, "c": 0}, seeds=(0,))
    rows += make_rows({"a": 1, "b": 0, "c": 0}, truth={"a": 0.1, "b": 0.7, "c": 0.4}, seeds=(1,))
    assert judge_scores(rows, ["score"])[0]["regret"] == pytest.approx(0.7 - 0.5)


def test_one_source_for_all_is_chosen_on_the_other_sets():
    rows = make_rows(TRUTH) + make_rows(TRUTH, name="signs", truth={"a": 0.5, "b": 0.6, "c": 0.1})
    rows += make_rows(TRUTH, name="dogs", truth={"a": 0.8, "b": 0.2, "c": 0.1})
    lost = regret_one_for_all(rows)
    assert lost == {"pets": 0, "signs": pytest.approx(0.1), "dogs": 0}


def test_a_source_that_is_missing_is_named():
    rows = make_rows(TRUTH)
    with pytest.raises(BadInput, match="no row of 'pets' with 'b' at 96 pixels, seed 1"):
        judge_scores([row for row in rows if (row["source"], row["seed"]) != ("b", 1)], ["score"])


def test_interval_over_sets_holds_the_mean():
    low, high = interval_over_sets([0.2, 0.4, 0.9])
    assert 0.2 <= low < 0.5 < high <= 0.9

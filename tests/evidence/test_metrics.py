import json
import warnings

import numpy as np
import pytest
from sklearn.metrics import balanced_accuracy_score, confusion_matrix, recall_score, roc_auc_score

from tlbook.errors import BadInput
from tlbook.evidence.counting import auroc
from tlbook.evidence.metrics import calibration_error, score_predictions


def make_predictions(n, k, *, seed=0, skill=1.0):
    rng = np.random.default_rng(seed)
    labels = np.concatenate([np.arange(k), rng.integers(0, k, n - k)])
    logits = rng.normal(size=(n, k))
    logits[np.arange(n), labels] += skill
    probabilities = np.exp(logits)
    return labels, probabilities / probabilities.sum(axis=1, keepdims=True)


NAMES = ("ant", "bee", "cat", "dog", "elk")


@pytest.mark.parametrize("k", [2, 3, 5])
def test_scores_agree_with_scikit_learn(k):
    labels, probabilities = make_predictions(300, k)
    scores = score_predictions(labels, probabilities, NAMES[:k])
    predicted = probabilities.argmax(axis=1)
    assert scores.accuracy.value == (predicted == labels).mean()
    assert scores.balanced_accuracy.value == pytest.approx(balanced_accuracy_score(labels, predicted))
    theirs = roc_auc_score(labels, probabilities if k > 2 else probabilities[:, 1], multi_class="ovr")
    assert scores.auroc.value == pytest.approx(theirs)
    recalls = [estimate.value for estimate in scores.recall.values()]
    assert recalls == pytest.approx(recall_score(labels, predicted, average=None))
    assert np.array_equal(scores.confusion, confusion_matrix(labels, predicted))
    assert scores.majority_baseline == np.bincount(labels).max() / 300
    assert scores.warnings == ()


def test_auroc_counts_ties_as_half():
    rng = np.random.default_rng(2)
    positive, scores = rng.random(200) < 0.3, rng.integers(0, 5, 200)
    assert auroc(positive, scores) == pytest.approx(roc_auc_score(positive, scores))
    assert np.isnan(auroc([True, True], [0.1, 0.2]))


def test_methods_without_and_with_groups():
    labels, probabilities = make_predictions(120, 2)
    plain = score_predictions(labels, probabilities, NAMES[:2])
    grouped = score_predictions(labels, probabilities, NAMES[:2], groups=np.arange(120) // 2)
    methods = [plain.accuracy, plain.recall["ant"], plain.balanced_accuracy, plain.auroc]
    assert [f.method for f in methods] == ["wilson", "wilson", "wilson", "delong"]
    everything = [grouped.accuracy, grouped.balanced_accuracy, grouped.auroc, *grouped.recall.values()]
    assert [f.method for f in everything] == ["wilson_group", "wilson_group", "delong_group"] + 2 * ["wilson_group"]
    assert all(f.low < f.value < f.high for f in everything + methods)
    assert sum(f.n for f in grouped.recall.values()) == grouped.accuracy.n == 120


def test_repeating_every_image_narrows_only_the_interval_without_groups():
    labels, probabilities = make_predictions(60, 2)
    many, copies = np.repeat(labels, 8), np.repeat(probabilities, 8, axis=0)
    once = score_predictions(labels, probabilities, NAMES[:2], groups=np.arange(60))
    fooled = score_predictions(many, copies, NAMES[:2])
    told = score_predictions(many, copies, NAMES[:2], groups=np.repeat(np.arange(60), 8))
    width = {name: s.auroc.high - s.auroc.low for name, s in [("once", once), ("fooled", fooled), ("told", told)]}
    assert width["fooled"] < 0.5 * width["once"]
    assert width["told"] == pytest.approx(width["once"])


def test_positive_chooses_whose_probability_ranks():
    labels, probabilities = make_predictions(100, 2)
    probabilities = np.random.default_rng(1).random((100, 2)) + probabilities  # the columns need not mirror each other
    by_default = score_predictions(labels, probabilities, NAMES[:2])
    first = score_predictions(labels, probabilities, NAMES[:2], positive="ant")
    assert by_default.auroc.value == pytest.approx(roc_auc_score(labels, probabilities[:, 1]))
    assert first.auroc.value == pytest.approx(roc_auc_score(1 - labels, probabilities[:, 0]))
    unsorted = score_predictions(1 - labels, probabilities[:, ::-1], ("bee", "ant"))
    assert unsorted.auroc == by_default.auroc


def test_a_class_without_test_images_is_undefined_and_said():
    labels, probabilities = make_predictions(90, 3)
    labels[labels == 1] = 0
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        scores = score_predictions(labels, probabilities, NAMES[:3])
    assert scores.recall["bee"].value is None
    assert scores.auroc.as_dict() == {"value": None, "low": None, "high": None, "n": 90, "method": "delong"}
    assert scores.balanced_accuracy.value == np.mean([scores.recall[c].value for c in ("ant", "cat")])
    assert any("bee" in w for w in scores.warnings)
    assert any("AUROC is undefined" in w for w in scores.warnings)


@pytest.mark.parametrize("grouped", [False, True])
def test_perfect_scores_are_not_certain(grouped):
    labels = np.arange(40) % 2
    groups = np.arange(40) // 4 * 2 + labels if grouped else None  # 20 groups of one class each
    scores = score_predictions(labels, np.eye(2)[labels], NAMES[:2], groups=groups)
    for estimate in (scores.accuracy, scores.balanced_accuracy, scores.auroc, *scores.recall.values()):
        assert estimate.value == estimate.high == 1.0
        assert 0.5 < estimate.low < 0.95


def test_one_group_alone_is_said():
    labels, probabilities = make_predictions(20, 2)
    scores = score_predictions(labels, probabilities, NAMES[:2], groups=["p"] * 20)
    assert (scores.accuracy.low, scores.accuracy.high) == (0.0, 1.0)
    assert any("one group" in w for w in scores.warnings)


def test_few_images_of_a_class_are_said():
    labels, probabilities = np.array([0] * 30 + [1] * 4), np.full((34, 2), 0.5)
    scores = score_predictions(labels, probabilities, NAMES[:2])
    assert scores.auroc.value == 0.5
    assert any("bee (4)" in w for w in scores.warnings)


def test_as_dict_has_the_keys_of_the_report():
    scores = score_predictions(*make_predictions(60, 3), NAMES[:3], groups=np.arange(60) // 3)
    found = json.loads(json.dumps(scores.as_dict()))
    assert set(found) == {"accuracy", "balanced_accuracy", "auroc", "recall", "majority_baseline"}
    assert list(found["recall"]) == ["ant", "bee", "cat"]
    assert set(found["auroc"]) == {"value", "low", "high", "n", "method"}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"labels": [0, 1, 2]}, "other than 0 to 1"),
        ({"labels": [0.0, 1.0, 0.0]}, "whole numbers"),
        ({"labels": []}, "at least one"),
        ({"labels": 1}, "one for each image"),
        ({"labels": ["ant", "bee", "ant"]}, "index the classes"),
        ({"probabilities": np.ones((3, 3))}, "shape"),
        ({"probabilities": [["a", "b"]] * 3}, "no numbers"),
        ({"probabilities": [[0.5], [0.5, 0.5], [1]]}, "no numbers"),
        ({"probabilities": np.full((3, 2), np.nan)}, "not finite"),
        ({"groups": ["a"]}, "one for each label"),
        ({"positive": "elk"}, "`positive` 'elk'"),
        ({"classes": ("only",), "probabilities": np.ones((3, 1)), "labels": [0, 0, 0]}, "two or more"),
        ({"classes": "ab"}, "sequence of class names"),
        ({"classes": 2}, "sequence of class names"),
        ({"classes": ("ant", "ant")}, "different"),
    ],
)
def test_bad_input_says_what_came(change, message):
    given = {"labels": [0, 1, 0], "probabilities": np.full((3, 2), 0.5), "classes": ("ant", "bee"), **change}
    labels, probabilities, classes = (given.pop(name) for name in ("labels", "probabilities", "classes"))
    with pytest.raises(BadInput, match=message) as error:
        score_predictions(labels, probabilities, classes, **given)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("grouped", [False, True])
def test_one_answer_for_all_images_is_no_certainty(grouped):
    """No image then differs from another of its class, and an interval without width would be a lie."""
    labels, groups = np.repeat([0, 1, 2], 24), np.tile(np.arange(24), 3)
    probabilities = np.tile([0.2, 0.7, 0.1], (72, 1))
    scores = score_predictions(labels, probabilities, NAMES[:3], groups=groups if grouped else None)
    for estimate, value, least in ((scores.balanced_accuracy, 1 / 3, 0.1), (scores.auroc, 1 / 2, 0.2)):
        assert estimate.value == pytest.approx(value)
        assert estimate.high - estimate.low > least
        assert estimate.low <= estimate.value <= estimate.high


@pytest.mark.parametrize("rare", [1, 2, 3, 6])
def test_balanced_accuracy_of_a_class_with_few_groups_is_as_uncertain_as_that_class(rare):
    rng, held, num_groups = np.random.default_rng(rare), 0, (30, 30, rare)
    labels = np.repeat(np.arange(3), [4 * count for count in num_groups])
    groups = np.repeat(np.arange(sum(num_groups)), 4)  # four images each
    for _ in range(60):
        ability = rng.beta(1.4, 0.6, sum(num_groups))[groups]  # of a group to be answered right, 0.7 on average
        answers = np.where(rng.random(len(labels)) < ability, labels, (labels + 1) % 3)
        estimate = score_predictions(labels, np.eye(3)[answers], NAMES[:3], groups=groups).balanced_accuracy
        held += estimate.low <= 0.7 <= estimate.high
    assert held >= 52, "a 95 % interval"


def test_a_class_with_one_group_may_be_all_right_or_all_wrong():
    labels = np.repeat([0, 1, 2], [90, 90, 3])
    answers = np.where(np.arange(183) % 10 == 0, (labels + 1) % 3, labels)
    answers[180:] = 0
    groups = np.r_[np.arange(180) // 3, [99] * 3]
    scores = score_predictions(labels, np.eye(3)[answers], NAMES[:3], groups=groups)
    assert (scores.recall["cat"].low, scores.recall["cat"].high) == (0, 1)
    estimate = scores.balanced_accuracy
    assert estimate.value == pytest.approx(0.6)
    assert estimate.high - estimate.value > 1 / 3, "all of that class could be right"
    assert estimate.value - estimate.low < 0.1, "none of it was"


def test_scores_print_as_a_table_with_what_weakens_them():
    labels = np.array([0] * 30 + [1] * 4)
    scores = score_predictions(labels, np.full((34, 2), 0.5), NAMES[:2])
    lines = str(scores).splitlines()
    assert [line.split("  ")[0] for line in lines[:-1]] == [
        "measure", "accuracy", "balanced accuracy", "AUROC", "recall of ant", "recall of bee", "majority baseline",
    ]  # fmt: skip
    assert lines[1].split() == ["accuracy", "0.882", "0.734", "to", "0.953", "34", "Wilson"]
    assert lines[-1].startswith("warning: ")
    assert repr(scores) == str(scores)


def test_scores_are_a_table_in_a_notebook_and_names_in_it_are_escaped():
    labels = np.arange(40) % 25
    names = tuple(f"<b>{i:02}" for i in range(25))
    html = score_predictions(labels, np.eye(25)[labels], names)._repr_html_()
    assert "<b>" not in html and "<td>recall of &lt;b&gt;19</td>" in html and "recall of &lt;b&gt;20<" not in html
    assert "5 more classes" in html and "DeLong, Wilson" in html


def test_calibration_error_is_the_mean_gap_weighed_by_images():
    # Hand-worked: three images at .9, one of them wrong (gap .9 - 2/3), and one at .6 that is right (gap .4).
    probabilities = np.array([[0.9, 0.1], [0.9, 0.1], [0.9, 0.1], [0.4, 0.6]])
    found = calibration_error(np.array([0, 0, 1, 1]), probabilities, bins=10)
    assert found == pytest.approx((3 * (0.9 - 2 / 3) + 0.4) / 4)
    assert calibration_error(np.array([0, 1]), np.eye(2)) == 0.0
    assert calibration_error(np.array([1, 0]), np.eye(2)) == 1.0

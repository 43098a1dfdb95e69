import numpy as np
import pytest
from scipy import special

from tlbook.evidence.intervals import bound_share, wilson_interval
from tlbook.evidence.metrics import score_predictions

NAMES = ("ant", "bee")


def score(labels, scores, groups=None):
    scores = np.asarray(scores, float)
    return score_predictions(labels, np.stack([-scores, scores], axis=1), NAMES, groups=groups)


def draw_scores(auroc, counts, rng):
    labels = np.repeat([0, 1], counts)
    return labels, rng.normal(size=len(labels)) + labels * np.sqrt(2) * special.ndtri(auroc)


def ends(estimate):
    return estimate.low, estimate.high


def test_auroc_has_the_trials_of_delongs_variance():
    """Placements of the positives 1, 1, 3/4, 1/2, of the others 1, 1, 3/4, 1/2: the variance worked by hand."""
    found = score([1, 1, 1, 1, 0, 0, 0, 0], [9, 8, 5, 3, 6, 4, 2, 1]).auroc
    value, variance = 13 / 16, 2 * np.var([1, 1, 3 / 4, 1 / 2], ddof=1) / 4
    differ, units = 2, 4  # two of four differ from the commonest, which is 1
    trials = (differ + 2) / (differ * variance / (value * (1 - value)) + 2 / units)
    assert found.value == value
    assert ends(found) == pytest.approx(bound_share(value, trials, 1.959964))


def test_a_perfect_auroc_is_one_trial_for_each_image_of_the_rarer_class():
    found = score(np.repeat([0, 1], (43, 7)), np.arange(50)).auroc
    assert ends(found) == pytest.approx(ends(wilson_interval(7, 7)))


def test_groups_of_one_image_change_little_and_whole_copies_nothing():
    labels, scores = draw_scores(0.8, (60, 40), np.random.default_rng(0))
    plain, alone = score(labels, scores), score(labels, scores, groups=np.arange(100))
    copies = score(np.repeat(labels, 3), np.repeat(scores, 3), groups=np.repeat(np.arange(100), 3))
    for name in ("accuracy", "balanced_accuracy", "auroc"):
        one, other, third = (ends(getattr(made, name)) for made in (plain, alone, copies))
        assert other == pytest.approx(one, abs=0.01)
        assert third == pytest.approx(other)


def test_images_of_a_group_that_agree_are_worth_one():
    right = np.repeat([1, 1, 1, 0, 1, 1, 1, 1, 0, 1, 1, 1] * 3, 5)  # 36 groups of five
    labels = np.ones(180, int)
    labels[-1] = 0
    found = score(labels, right - 0.5, groups=np.repeat(np.arange(36), 5)).recall["bee"]
    expected = wilson_interval(30, 36)
    assert ends(found) == pytest.approx(ends(expected), abs=0.015)


def test_no_cliff_between_nine_and_ten_groups():
    widths = []
    for count in range(6, 15):
        right = np.tile([1, 1, 1, 0], count)  # every group is right on three of four
        labels = np.tile([0, 1, 0, 1], count)
        found = score(labels, np.where(right == labels, 1, -1), groups=np.repeat(np.arange(count), 4)).accuracy
        widths.append(found.high - found.low)
    assert (np.diff(widths) < 0).all()
    assert max(np.divide(widths[:-1], widths[1:])) < 1.2


@pytest.mark.parametrize(("auroc", "counts"), [(0.97, (85, 15)), (0.998, (255, 45))])
def test_an_auroc_near_1_is_held(auroc, counts):
    rng = np.random.default_rng(0)
    made = [score(*draw_scores(auroc, counts, rng)).auroc for _ in range(400)]
    assert np.mean([e.low <= auroc <= e.high for e in made]) >= 0.93


@pytest.mark.parametrize("num_groups", [8, 20, 40])
def test_shares_in_groups_are_held(num_groups):
    rng, held = np.random.default_rng(1), []
    for _ in range(400):
        groups = np.repeat(np.arange(num_groups), rng.integers(1, 9, num_groups))
        labels = groups % 2
        right = rng.random(len(groups)) < rng.beta(1.8, 0.2, num_groups)[groups]  # 0.9 on average, alike in a group
        made = score(labels, np.where(right, labels, 1 - labels) - 0.5, groups=groups)
        held.append([e.low <= 0.9 <= e.high for e in (made.accuracy, made.balanced_accuracy, made.recall["bee"])])
    assert (np.mean(held, axis=0) >= 0.92).all()


def test_means_over_classes_that_go_together_are_less_sure():
    """Both classes in each group, all of a group right or wrong: two recalls say no more than one."""
    right = np.repeat(np.arange(40) % 4 > 0, 2)
    labels = np.tile([0, 1], 40)
    together = score(labels, np.where(right, labels, 1 - labels) - 0.5, groups=np.repeat(np.arange(40), 2))
    apart = score(labels, np.where(right, labels, 1 - labels) - 0.5)
    width = [made.balanced_accuracy.high - made.balanced_accuracy.low for made in (together, apart)]
    assert width[0] == pytest.approx(width[1] * np.sqrt(2), rel=0.06)

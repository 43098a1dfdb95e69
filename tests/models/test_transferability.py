"""Scores of frozen features: cases worked by hand, what changes nothing, and what can't be scored."""

import numpy as np
import pytest
from sklearn.covariance import ledoit_wolf

from tlbook.errors import BadInput
from tlbook.models.transferability import h_score, leep, linear_probe, logme, nleep

OF_FEATURES = (logme, nleep, h_score, linear_probe)


def draw_classes(n, channels, num_classes=3, *, apart=1.0, seed=0):
    """Draw features of classes with means of their own, and turn negative ones to 0 as a network does."""
    rng = np.random.default_rng(seed)
    labels = np.arange(n) % num_classes
    means = rng.normal(0, apart, (num_classes, channels))
    return np.maximum(rng.normal(size=(n, channels)) + means[labels], 0), labels


def find_evidence(features, target):
    """Largest log density of a target under the model's Gaussian, over a fine grid of both precisions."""
    values, axes = np.linalg.eigh(features @ features.T)
    squares = (axes.T @ target) ** 2
    priors, noises = np.logspace(-4, 10, 281), np.logspace(-10, 4, 281)  # variances of the noise
    variances = noises[:, None, None] + np.maximum(values, 0) / priors[:, None]
    return -0.5 * (np.log(2 * np.pi * variances) + squares / variances).sum(-1).min()


@pytest.mark.parametrize(("n", "channels", "seed"), [(30, 5, 0), (30, 29, 0), (20, 40, 0), (14, 66, 14)])
def test_logme_is_the_largest_evidence(n, channels, seed):
    features, labels = draw_classes(n, channels, seed=seed)
    direct = np.mean([find_evidence(features, 1.0 * (labels == c)) for c in range(3)]) / n
    assert logme(features, labels) == pytest.approx(direct, abs=2e-3)
    assert logme(features, labels) > direct - 1e-6


def test_logme_of_features_that_say_nothing_is_that_of_noise_alone():
    labels = np.array([0, 0, 1, 1])
    # two ones of four: variance 1 / 2 about 0, and a log density of -(log(2 pi / 2) + 1) / 2 an image
    assert logme(np.zeros((4, 3)), labels) == pytest.approx(-0.5 * (np.log(np.pi) + 1))


def test_leep_of_two_classes_by_hand():
    # joint of labels and source classes: [[.4, .1], [.15, .35]]; marginals .55 and .45
    answers = np.array([[0.9, 0.1], [0.7, 0.3], [0.4, 0.6], [0.2, 0.8]])
    given = np.array([[0.4 / 0.55, 0.1 / 0.45], [0.15 / 0.55, 0.35 / 0.45]])
    expected = np.log((answers * given[[0, 0, 1, 1]]).sum(1)).mean()
    assert leep(answers, [0, 0, 1, 1]) == pytest.approx(expected)
    assert leep(answers, [7, 7, 9, 9]) == pytest.approx(expected), "labels are names"
    assert leep(np.c_[answers, np.zeros(4)], [0, 0, 1, 1]) == pytest.approx(expected), "a class that is never seen"


def test_leep_of_one_answer_to_all_is_the_entropy_of_the_labels():
    answers = np.tile([0.2, 0.3, 0.5], (4, 1))
    assert leep(answers, [0, 1, 1, 1]) == pytest.approx(0.25 * np.log(0.25) + 0.75 * np.log(0.75))


def test_nleep_finds_classes_and_does_not_see_others():
    features, labels = draw_classes(60, 4, apart=20)
    assert nleep(features, labels) == pytest.approx(0, abs=1e-6)
    assert nleep(features, np.roll(np.sort(labels), 7)) < -0.3
    assert nleep(np.ones((4, 3)), [0, 0, 1, 1]) == pytest.approx(np.log(0.5)), "no component has any variance"


def test_h_score_by_hand():
    """Two points a class: class means lie 1 off the middle along the first axis, 0 along the second."""
    features, labels = np.array([[0, 0], [1, 1], [2, 0], [3, 1.0]]), np.array([0, 0, 1, 1])
    whole, share = ledoit_wolf(features)
    between = np.diag([1.0, 0.0])
    assert h_score(features, labels) == pytest.approx((1 - share) * np.trace(np.linalg.solve(whole, between)))


@pytest.mark.parametrize("channels", [5, 40])
def test_h_score_is_the_trace_that_its_paper_has(channels):
    features, labels = draw_classes(24, channels)
    whole, share = ledoit_wolf(features)
    means = np.stack([features[labels == c].mean(0) for c in range(3)])[labels] - features.mean(0)
    expected = (1 - share) * np.trace(np.linalg.solve(whole, means.T @ means / 24))
    assert h_score(features, labels) == pytest.approx(expected)


@pytest.mark.parametrize("score", OF_FEATURES)
def test_what_changes_nothing(score):
    features, labels = draw_classes(36, 8, apart=0.7)
    order = np.random.default_rng(1).permutation(36)
    value = score(features, labels)
    assert score(features, 10 - labels) == pytest.approx(value, abs=1e-6), "names of the classes"
    if score in (logme, h_score):  # the others draw folds or starts by the images' order
        assert score(features[order], labels[order]) == pytest.approx(value)
        turn = np.linalg.qr(np.random.default_rng(2).normal(size=(8, 8)))[0]
        assert score(1000 * features @ turn, labels) == pytest.approx(value)
    if score is not logme:  # which has no intercept
        assert score(features + 5, labels) == pytest.approx(value, abs=1e-6)


@pytest.mark.parametrize("score", OF_FEATURES)
def test_better_features_score_higher(score):
    values = [score(*draw_classes(60, 12, apart=apart)) for apart in (0, 0.5, 1)]
    assert values == sorted(set(values))


@pytest.mark.parametrize("score", OF_FEATURES)
def test_degenerate_features_have_a_score(score, recwarn):
    labels = np.array([0, 0, 0, 1, 1, 2, 2])
    constant = np.ones((7, 3))
    constant[:, 0] = labels == 0
    for features in (np.zeros((7, 3)), constant, np.eye(7), np.eye(7, 50), np.repeat(labels[:, None], 4, 1)):
        assert np.isfinite(score(features, labels))
    assert [str(w.message) for w in recwarn] == []


@pytest.mark.parametrize("score", [logme, nleep, h_score])
def test_one_image_a_class_has_a_score(score):
    assert np.isfinite(score(np.random.default_rng(0).normal(size=(4, 10)), np.arange(4)))


def test_the_probe_keeps_groups_together():
    """Each group is a spot of its own at random: whoever has seen one image of it knows the others."""
    rng = np.random.default_rng(0)
    groups, labels = np.repeat(np.arange(20), 6), np.repeat(np.arange(20) % 2, 6)
    features = rng.normal(size=(20, 40))[groups] + 0.01 * rng.normal(size=(120, 40))
    assert linear_probe(features, labels) > 0.95
    assert linear_probe(features, labels, groups) < 0.8


def test_the_probe_needs_two_of_each_class():
    features, labels = draw_classes(12, 4)
    with pytest.raises(BadInput, match="a class of one image; expected two"):
        linear_probe(features, [0] * 11 + [1])
    with pytest.raises(BadInput, match="a class of one group; expected two"):
        linear_probe(features, labels, np.arange(12) % 3)
    with pytest.raises(BadInput, match="`groups` of shape"):
        linear_probe(features, labels, [1, 2])
    with pytest.raises(BadInput, match="`folds` 1; expected a whole number of at least 2"):
        linear_probe(features, labels, folds=1)


BAD = [
    ([[1.0], [2.0]], [0], "shape"),
    ([1.0, 2.0], [0, 1], "shape"),
    ([[1.0], [np.nan]], [0, 1], "not finite"),
    ([["a"], ["b"]], [0, 1], "no numbers"),
    ([[1.0], [2.0]], [0.5, 1], "whole numbers"),
    ([[1.0], [2.0]], [3, 3], "1 class; expected two"),
    (np.zeros((0, 3)), [], "0 classes; expected two"),
]


@pytest.mark.parametrize(("features", "labels", "words"), BAD, ids=[row[2] for row in BAD])
@pytest.mark.parametrize("score", [*OF_FEATURES, leep])
def test_what_cannot_be_scored_is_refused(score, features, labels, words):
    with pytest.raises(BadInput, match=words):
        score(features, labels)


@pytest.mark.parametrize("score", [nleep, linear_probe])
def test_a_seed_is_a_whole_number(score):
    with pytest.raises(BadInput, match="`seed` -1"):
        score(*draw_classes(12, 4), seed=-1)


@pytest.mark.parametrize("rows", [[[0.5, 0.4], [0.5, 0.5]], [[1.5, -0.5], [0.5, 0.5]]])
def test_leep_refuses_what_is_no_probability(rows):
    with pytest.raises(BadInput, match="`probabilities`.*sum to 1"):
        leep(rows, [0, 1])

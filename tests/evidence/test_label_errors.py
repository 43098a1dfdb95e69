"""Planted label errors are found, few right labels are named, and groups are never split."""

import numpy as np

from tlbook.evidence.label_errors import can_judge, find_suspects, judge_labels, try_errors


def draw_features(count=200, classes=4, seed=0):
    rng = np.random.default_rng(seed)
    truth = np.arange(count) % classes
    features = rng.normal(size=(count, 8)).astype(np.float32)
    features[np.arange(count), truth] += 4
    flipped = rng.random(count) < 0.1
    return features, truth, np.where(flipped, (truth + 1) % classes, truth), flipped


def test_planted_errors_are_found_with_the_right_class():
    features, truth, labels, flipped = draw_features()
    suspects, proposed = find_suspects(judge_labels(features, labels, np.arange(len(labels)), quiet=True), labels)
    assert flipped[suspects].mean() >= 0.7
    assert np.isin(np.flatnonzero(flipped), suspects).mean() >= 0.5
    assert (proposed == truth[suspects]).mean() >= 0.9


def test_an_image_is_judged_without_its_group():
    """Each image and its copy share a wrong label: only a fit that has seen neither doubts it."""
    features, _, labels, flipped = draw_features(seed=1)
    features, labels, flipped = (np.concatenate([part, part]) for part in (features, labels, flipped))
    groups = np.tile(np.arange(len(labels) // 2), 2)
    suspects, _ = find_suspects(judge_labels(features, labels, groups, quiet=True), labels)
    assert np.isin(np.flatnonzero(flipped), suspects).mean() >= 0.5


def test_classes_of_few_groups_are_not_judged():
    features, _, labels, _ = draw_features()
    labels[labels == 3] = np.where(np.arange((labels == 3).sum()) < 6, 3, 2)
    probabilities = judge_labels(features, labels, np.arange(len(labels)), quiet=True)
    assert np.isnan(probabilities[labels == 3]).all()
    assert np.isfinite(probabilities[labels != 3]).all()
    alone = judge_labels(features, (labels == 3).astype(int), np.arange(len(labels)), quiet=True)
    assert np.isnan(alone).all()
    assert len(find_suspects(alone, (labels == 3).astype(int))[0]) == 0


def test_labels_changed_on_trial_say_whether_any_can_be_judged():
    features, _, labels, _ = draw_features(seed=2)
    groups, noise = np.arange(len(labels)), np.random.default_rng(0).normal(size=features.shape).astype(np.float32)
    assert can_judge(try_errors(features, labels, groups, quiet=True), 0.1)
    assert not can_judge(try_errors(noise, labels, groups, quiet=True), 0.0)
    assert not can_judge(0.6, 0.25)  # what is named anyhow is named on trial too
    assert not can_judge(try_errors(features, np.zeros(len(labels), int), groups, quiet=True), 0.0)

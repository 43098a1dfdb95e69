"""Counts of weighted images equal those of the repeated images."""

import numpy as np
import pytest

from tlbook.evidence.counting import auroc, class_totals, weighted_auroc


def test_weighted_auroc_equals_auroc_of_the_repeated_images():
    rng = np.random.default_rng(5)
    positive, scores = rng.random(60) < 0.4, rng.integers(0, 12, 60) / 12  # ties on purpose
    weights = rng.integers(0, 4, (20, 60)).astype(np.int32)
    expected = [auroc(np.repeat(positive, w), np.repeat(scores, w)) for w in weights]
    assert weighted_auroc(positive, scores)(weights) == pytest.approx(expected, abs=1e-12)


def test_weighted_auroc_is_undefined_without_a_pair():
    positive = np.array([True, False])
    assert np.isnan(weighted_auroc(positive, np.array([0.2, 0.1]))(np.array([[2, 0]], np.int32))).all()


def test_class_totals_add_up_the_chosen():
    labels, chosen = np.array([2, 0, 2, 0, 2]), np.array([True, True, False, False, True])
    weights = np.array([[1, 1, 1, 1, 1], [3, 0, 5, 7, 2]], np.int32)
    assert class_totals(labels, chosen, 4)(weights).tolist() == [[1, 0, 2, 0], [0, 0, 5, 0]]

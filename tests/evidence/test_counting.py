import numpy as np
import pytest

from tlbook.evidence.counting import auroc, place_pairs


def test_pairs_are_counted_from_either_side():
    positive = np.array([True, False, True, False, False])
    placed = place_pairs(positive, np.array([0.9, 0.5, 0.5, 0.2, 0.7]))
    assert placed.tolist() == pytest.approx([1, 3 / 4, 1.5 / 3, 1, 1 / 2])


def test_the_mean_place_is_the_auroc_whichever_side_is_asked():
    rng = np.random.default_rng(0)
    positive, scores = rng.random(80) < 0.3, rng.integers(0, 9, 80)
    placed = place_pairs(positive, scores)
    assert [placed[positive].mean(), placed[~positive].mean()] == pytest.approx([auroc(positive, scores)] * 2)
    assert not place_pairs(np.ones(3, bool), np.arange(3)).any(), "no pair"

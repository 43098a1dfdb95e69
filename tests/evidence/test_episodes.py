"""Episodes: whole groups on one side, the numbers asked for, Meta-Dataset's ranges."""

import numpy as np
import pytest

from tlbook.errors import BadInput
from tlbook.evidence.episodes import MOST_SUPPORT, draw_episode

LABELS = np.repeat(np.arange(12), 40)
GROUPS = np.array([f"post {i // 5}" for i in range(len(LABELS))])


@pytest.mark.parametrize("shots", [1, 5, 10, None])
@pytest.mark.parametrize("groups", [None, GROUPS])
@pytest.mark.parametrize("way", [5, None])
def test_sides_share_no_group(shots, groups, way):
    for seed in range(20):
        rng = np.random.default_rng(seed)
        episode = draw_episode(LABELS, rng, groups=groups, way=way, shots=shots, num_query=7)
        names = np.arange(len(LABELS)) if groups is None else groups
        assert not set(names[episode.support]) & set(names[episode.query])
        assert np.array_equal(episode.classes[episode.support_labels], LABELS[episode.support])
        assert np.array_equal(episode.classes[episode.query_labels], LABELS[episode.query])
        assert len(set(episode.support.tolist())) == len(episode.support)
        counts = np.bincount(episode.support_labels, minlength=len(episode.classes))
        assert np.bincount(episode.query_labels).tolist() == [7] * len(episode.classes)
        assert (counts == shots).all() if shots else counts.min() >= 1 and counts.sum() <= MOST_SUPPORT
        assert len(episode.classes) == way if way else 5 <= len(episode.classes) <= 12


def test_groups_that_run_through_all_classes():
    drawers = np.tile(np.arange(20), 6)  # each draws every class once
    labels = np.repeat(np.arange(6), 20)
    episode = draw_episode(labels, np.random.default_rng(0), groups=drawers, shots=10)
    assert not set(drawers[episode.support]) & set(drawers[episode.query])


def test_equal_seeds_make_equal_tasks():
    first, second = (draw_episode(LABELS, np.random.default_rng(3), groups=GROUPS, shots=None) for _ in range(2))
    assert np.array_equal(first.support, second.support) and np.array_equal(first.query, second.query)


def test_too_few_images():
    with pytest.raises(BadInput, match="0 classes have 50 images to learn from .* expected 5 such classes"):
        draw_episode(LABELS, np.random.default_rng(0), shots=50)
    with pytest.raises(BadInput, match="shots"):
        draw_episode(LABELS, np.random.default_rng(0), shots=0)

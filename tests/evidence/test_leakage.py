"""Features that know people and nothing else: a split by image calls that a success, a split by person does not."""

import numpy as np
import pytest

from tlbook.errors import BadInput
from tlbook.evidence.leakage import LEARNERS, PUBLISHED_SCORES, divide_images, score_split, shuffle_labels

CLASSES = ("ill", "well")
PEOPLE = np.repeat(np.arange(40), 10)
LABELS = PEOPLE % 2


@pytest.fixture(scope="module")
def features():
    """Each person is a random point, each image lies close to it; the label plays no part."""
    rng = np.random.default_rng(0)
    return (rng.standard_normal((40, 100))[PEOPLE] + 0.2 * rng.standard_normal((400, 100))).astype(np.float32)


def test_a_shuffle_keeps_people_whole_and_counts_equal():
    shuffled = shuffle_labels(LABELS, PEOPLE, seed=1)
    assert np.bincount(shuffled).tolist() == np.bincount(LABELS).tolist()
    assert all(len(set(shuffled[person == PEOPLE])) == 1 for person in range(40))
    assert 0.3 < (shuffled == LABELS).mean() < 0.7
    assert (shuffle_labels(LABELS, PEOPLE, seed=1) == shuffled).all()
    assert (shuffle_labels(LABELS, PEOPLE, seed=2) != shuffled).any()
    with pytest.raises(BadInput, match="a group of two labels"):
        shuffle_labels([0, 1], ["a", "a"])


@pytest.mark.parametrize("whole", [True, False])
def test_a_division_by_person_or_by_image(whole):
    splits = divide_images(LABELS, PEOPLE, whole_groups=whole, seed=3)
    assert [len(split) for split in splits] == [240, 80, 80]
    assert sorted(np.concatenate(splits)) == list(range(400))
    trained, tested = set(PEOPLE[splits[0]]), set(PEOPLE[splits[2]])
    assert bool(trained & tested) is not whole


@pytest.mark.parametrize("learner", LEARNERS)
def test_memory_passes_for_skill_under_a_split_by_image(features, learner):
    options = {"groups": PEOPLE, "classes": CLASSES, "learner": learner}
    by_image = score_split(features, LABELS, whole_groups=False, **options)
    by_person = [score_split(features, LABELS, whole_groups=True, seed=seed, **options) for seed in range(5)]
    assert by_image.balanced_accuracy.value > 0.95
    assert by_image.accuracy.method == "wilson_group"
    assert np.mean([scores.balanced_accuracy.value for scores in by_person]) < 0.7


def test_the_published_score_is_there():
    (score,) = [s for s in PUBLISHED_SCORES if s.model == "VGG16 transferred"]
    assert (score.accuracy, score.spread, score.split) == (0.9230, 0.0242, "slice")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"learner": "forest"}, "`learner` 'forest'; expected one of logistic, nearest"),
        ({"groups": PEOPLE[:3]}, "one for each label"),
    ],
)
def test_bad_input_names_the_argument(change, message):
    options = {"groups": PEOPLE, "classes": ("a", "b"), "whole_groups": True, **change}
    with pytest.raises(BadInput, match=message):
        score_split(np.zeros((len(LABELS), 2), np.float32), LABELS, **options)


def test_labels_are_numbers():
    with pytest.raises(BadInput, match="`labels`.*whole numbers"):
        divide_images(["a", "b"], ["p", "q"], whole_groups=True)

"""Two classifiers on the same images."""

import numpy as np

from tlbook.evidence.paired import compare_predictions


def make_answers(labels, share, rng):
    """Answer right on that share of the images."""
    wrong = rng.random(len(labels)) >= share
    return np.eye(2)[np.where(wrong, 1 - labels, labels)]


def test_a_difference_and_its_error_are_those_of_many_samples():
    rng = np.random.default_rng(0)
    found, errors = [], []
    for _ in range(200):
        labels = np.repeat([0, 1], (60, 20))
        difference, error = compare_predictions(labels, make_answers(labels, 0.8, rng), make_answers(labels, 0.7, rng))
        found.append(difference.value)
        errors.append(error)
    assert abs(np.mean(found) - 0.1) < 0.02
    assert abs(np.mean(errors) / np.std(found) - 1) < 0.25


def test_images_of_one_group_count_as_one():
    rng = np.random.default_rng(0)
    labels = np.repeat([0, 1], 20)
    one, other = make_answers(labels, 0.8, rng), make_answers(labels, 0.7, rng)
    alone = compare_predictions(labels, one, other)
    tenfold = [np.repeat(values, 10, axis=0) for values in (labels, one, other)]
    grouped = compare_predictions(*tenfold, groups=np.repeat(np.arange(40), 10).astype(str))
    assert grouped[0].value == alone[0].value
    assert abs(grouped[1] / alone[1] - 1) < 0.05
    assert compare_predictions(*tenfold)[1] < 0.5 * alone[1]

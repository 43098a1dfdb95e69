"""The head of the default recipe: strength and views by cross-validation over whole groups."""

import numpy as np
import pytest

from tlbook.evidence.metrics import balanced_accuracy
from tlbook.models.head_search import ViewPolicy, fit_views, predict_views, search_head
from tlbook.models.heads import fit_head

PLAIN = ViewPolicy("none", (0,), (0,))
MIRROR = ViewPolicy("mirror", (0, 1), (0, 1))


def make_features(num=120, *, noise=1.0, seed=0):
    """Two views of each image that share its signal and have noise of their own."""
    rng = np.random.default_rng(seed)
    labels = np.arange(num) % 3
    signal = np.eye(3)[labels] @ rng.normal(size=(3, 6))
    return (signal[:, None] + noise * rng.normal(size=(num, 2, 6))).astype(np.float32), labels


def test_views_that_help_are_chosen_and_others_are_not():
    features, labels = make_features(noise=1.5)
    groups = np.arange(len(labels)).astype(str)
    assert search_head(features, labels, groups, 3, [PLAIN, MIRROR]).policy == MIRROR
    turned = features.copy()
    turned[:, 1] = features[np.roll(np.arange(len(labels)), 1), 0]  # a mirror image that is another class's image
    assert search_head(turned, labels, groups, 3, [PLAIN, MIRROR]).policy == PLAIN


def test_a_head_is_judged_by_groups_that_it_has_not_seen():
    rng = np.random.default_rng(0)
    people = rng.normal(size=(30, 30))
    features = np.repeat(people, 8, axis=0)[:, None].astype(np.float32)
    groups, labels = np.repeat(np.arange(30).astype(str), 8), np.repeat(rng.integers(0, 2, 30), 8)
    known = search_head(features, labels, np.arange(240).astype(str), 2, [PLAIN])
    new = search_head(features, labels, groups, 2, [PLAIN])
    assert balanced_accuracy(labels, known.probabilities) > 0.9
    assert balanced_accuracy(labels, new.probabilities) < 0.7


def test_the_same_strength_as_on_a_validation_set_where_there_is_much_of_both():
    features, labels = make_features(600)
    found = search_head(features, labels, np.arange(600).astype(str), 3, [PLAIN])
    held_out = fit_head(features[:300, 0], labels[:300], features[300:, 0], labels[300:], 3)
    assert abs(np.log10(found.C / held_out.C)) <= 1
    ours = predict_views(fit_views(features[:300], labels[:300], 3, PLAIN, held_out.C), features, PLAIN)
    assert np.allclose(ours, held_out.predict(features[:, 0]), atol=5e-3)


@pytest.mark.parametrize("counts", [(2, 9), (3, 3)])
def test_few_images_of_a_class_are_enough(counts):
    labels = np.repeat([0, 1], counts)
    features = np.random.default_rng(0).normal(size=(len(labels), 1, 4)).astype(np.float32) + labels[:, None, None]
    found = search_head(features, labels, np.arange(len(labels)).astype(str), 2, [PLAIN])
    assert np.allclose(found.probabilities.sum(1), 1, atol=1e-5)

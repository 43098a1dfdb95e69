"""Views of an image: which there are, what they show, and what a choice among them stands for."""

from dataclasses import replace

import numpy as np
import pytest

from tlbook.datasets.dataset import Split
from tlbook.datasets.stores import ArrayStore
from tlbook.models.sources import load_source
from tlbook.training.augmentation import AUTO, Augmentation
from tlbook.training.features import extract_features, extract_views
from tlbook.training.views import MOVES, PLAIN, find_chosen, find_sided, list_policies, list_views


@pytest.mark.parametrize(
    ("augmentation", "count", "policies"),
    [
        (AUTO, 4, ["none", "mirror", "moves", "mirror and moves"]),
        (Augmentation(), 1, ["none"]),
        (Augmentation(mirror=True), 2, ["mirror"]),
        (Augmentation(turn=5), 2, ["moves"]),
        (Augmentation(mirror=True, zoom=0.1), 4, ["mirror and moves"]),
    ],
)
def test_views_of_each_augmentation(augmentation, count, policies):
    views, found = list_views(augmentation), list_policies(augmentation)
    assert views[0] == PLAIN and len(set(views)) == len(views) == count
    assert [policy.name for policy in found] == policies
    for policy in found:
        chosen = find_chosen(augmentation, policy)
        assert [views[i].mirror for i in policy.predict] == [False, True][: len(policy.predict)]
        assert any(views[i].mirror for i in policy.train) == chosen.mirror == (len(policy.predict) == 2)
        assert {views[i].augmentation for i in policy.train} - {None} == (
            {replace(chosen, mirror=False)} if replace(chosen, mirror=False) != Augmentation() else set()
        )


def test_what_was_chosen_is_what_gradients_train_with():
    by_name = {policy.name: find_chosen(AUTO, policy) for policy in list_policies(AUTO)}
    assert by_name["none"] == Augmentation() and by_name["mirror"] == Augmentation(mirror=True)
    assert by_name["moves"] == MOVES and by_name["mirror and moves"] == replace(MOVES, mirror=True)


def test_a_view_shows_an_image_the_same_in_any_batch():
    images = np.random.default_rng(0).integers(0, 256, (6, 16, 16, 3), np.uint8)
    for view in list_views(replace(MOVES, mirror=True)):
        whole = view.show(images, 0)
        assert np.allclose(view.show(images[4:], 4), whole[4:])
    assert np.array_equal(PLAIN.show(images, 0), images)
    assert np.array_equal(replace(PLAIN, mirror=True).show(images, 0), images[:, :, ::-1])


def test_the_first_view_s_features_are_those_of_the_image():
    images = np.random.default_rng(0).integers(0, 256, (5, 32, 32, 3), dtype=np.uint8)
    split = Split(ArrayStore(images), np.zeros(5, np.int64), tuple("abcde"), np.array(list("abcde")))
    source = load_source("random", image_size=32)
    views = list_views(Augmentation(mirror=True))
    features = extract_views(source, split, views, cache=False, quiet=True)
    assert features.shape == (len(split), 2, 768)
    assert np.array_equal(features[:, 0], extract_features(source, split, cache=False, quiet=True))
    assert np.abs(features[:, 1] - features[:, 0]).max() > 1e-3


@pytest.mark.parametrize(
    ("name", "sided"),
    [("turn_left", True), ("TurnRight", True), ("33_turn_right", True), ("RECHTS", True), ("leftover", False),
     ("bright", False), ("Bo_Wright", False), ("", False)],
)  # fmt: skip
def test_a_class_named_after_a_side_is_never_mirrored_unasked(name, sided):
    classes = ["stop", name]
    assert find_sided(classes) == ([name] if sided else [])
    views, policies = list_views(AUTO, classes), list_policies(AUTO, classes)
    assert any(view.mirror for view in views) != sided
    assert any(len(policy.predict) > 1 for policy in policies) != sided
    assert max(i for policy in policies for i in (*policy.train, *policy.predict)) == len(views) - 1
    asked = Augmentation(mirror=True)
    assert list_views(asked, classes) == list_views(asked) and list_policies(asked, classes) == list_policies(asked)

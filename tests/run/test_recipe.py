"""The default recipe: what the head learns from, what is said of it, and when another strategy takes its place."""

from dataclasses import replace

import numpy as np
import pytest

from tests.small_source import make_small_source
from tlbook.evidence.metrics import balanced_accuracy
from tlbook.models.strategies import FullFineTune
from tlbook.models.strategy_base import choose_epochs
from tlbook.run import adapt, choose_run
from tlbook.run.predicting import predict_split
from tlbook.synthetic.signs import make_case
from tlbook.training.augmentation import Augmentation
from tlbook.training.options import Training
from tlbook.training.views import MAX_IMAGES

PLAIN = Training(augmentation=None, refit=False)


@pytest.fixture(scope="module")
def case():
    return make_case(per_class=5, val_per_class=5, test_per_class=10, size=32)


@pytest.fixture(scope="module")
def source():
    return make_small_source()


@pytest.fixture(scope="module")
def run(case, source):
    return adapt(case, source, "head", cache=False, quiet=True)


def test_a_score_on_validation_is_of_heads_that_have_not_seen_it(run, case):
    assert run.refitted and run.val_probabilities.shape == (len(case.val), len(case.classes))
    assert run.val_balanced_accuracy == balanced_accuracy(case.val.labels, run.val_probabilities)
    now = balanced_accuracy(case.val.labels, predict_split(run, case.val, quiet=True))
    assert now > run.val_balanced_accuracy  # it has learned from them since


def test_without_refitting_the_head_has_learned_from_training_images_alone(case, source):
    run = adapt(case, source, "head", training=PLAIN, cache=False, quiet=True)
    assert not run.refitted and run.augmentation == Augmentation()
    assert np.allclose(run.val_probabilities, predict_split(run, case.val, quiet=True), atol=1e-5)


def test_a_mirrored_run_says_the_same_of_an_image_and_its_mirror_image(case, source):
    run = adapt(case, source, "head", training=Training(Augmentation(mirror=True)), cache=False, quiet=True)
    images = case.test.load(32, quiet=True)[:4]
    assert np.allclose(run.model.predict_on_batch(images), run.model.predict_on_batch(images[:, :, ::-1]), atol=1e-6)


def test_arrows_are_not_mirrored_unasked(run, case):
    assert {"turn_left", "turn_right"} <= set(case.classes)
    assert not run.augmentation.mirror


def test_of_many_images_one_view_is_enough(source):
    case = make_case(per_class=MAX_IMAGES // 14, val_per_class=3, test_per_class=1, size=32)
    assert len(case.train) + len(case.val) > MAX_IMAGES
    run = adapt(case, source, "head", cache=False, quiet=True)
    assert run.augmentation == Augmentation() and run.refitted


@pytest.mark.parametrize(("wrong", "chosen"), [(range(0, 70, 5), "head"), (range(5, 18), "head"), ((), "full")])
def test_the_head_is_kept_unless_another_leads_by_more_than_its_standard_error(run, case, wrong, chosen):
    labels = case.val.labels
    answers = {}
    for name, misses in {"head": range(0, 70, 5), "full": wrong}.items():  # 14 of 70; the same, 13 others, or none
        hits = ~np.isin(np.arange(len(labels)), misses)
        answers[name] = np.eye(len(case.classes))[np.where(hits, labels, (labels + 1) % len(case.classes))]
    runs = [
        replace(run, strategy=name, val_probabilities=a, val_balanced_accuracy=balanced_accuracy(labels, a))
        for name, a in answers.items()
    ]
    found = choose_run(runs)
    assert found.strategy == chosen
    assert ("undecided, head kept" in found.strategy_reason) == (len(wrong) == 13)
    assert ("full minus head" in found.strategy_reason) == (len(wrong) < 14)


def test_training_takes_a_budget_of_steps(case, source):
    strategy = adapt(case, source, "partial", training=PLAIN, cache=False, quiet=True)
    assert strategy.epochs == max(10, round(100 / -(-len(case.train) // 32)))


@pytest.mark.parametrize(("images", "epochs"), [(10, 100), (320, 10), (700, 10), (1000, 9), (3200, 3), (100_000, 1)])
def test_the_budget_is_ten_passes_between_100_and_300_steps(images, epochs):
    assert choose_epochs(images, 32) == epochs


def test_what_is_chosen_among_several_learns_from_validation_images_too(case, source):
    plans = [FullFineTune(epochs=2, learning_rate=1e-3), FullFineTune(epochs=2, learning_rate=1e-9)]
    options = {"cache": False, "quiet": True}
    chosen = adapt(case, source, plans, training=Training(augmentation=None), **options)
    kept = adapt(case, source, plans, training=PLAIN, **options)
    assert chosen.refitted and not kept.refitted
    assert np.allclose(kept.val_probabilities, predict_split(kept, case.val, quiet=True), atol=1e-5)
    now = predict_split(chosen, case.val, quiet=True)
    assert not np.allclose(now, chosen.val_probabilities, atol=1e-2)  # these are of the model before


def test_patience_keeps_the_validation_images_apart(case, source):
    plans = [FullFineTune(epochs=2), FullFineTune(epochs=1)]
    training = Training(augmentation=None, patience=1)
    assert not adapt(case, source, plans, training=training, cache=False, quiet=True).refitted

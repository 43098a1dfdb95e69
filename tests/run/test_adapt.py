"""Adapting: the choice on validation, and predictions that do not depend on their company."""

import logging

import numpy as np
import pytest

from tests.small_source import make_small_source
from tlbook.errors import BadInput
from tlbook.evidence.metrics import balanced_accuracy
from tlbook.models.sources import SourceModel, load_source
from tlbook.models.strategies import FullFineTune, HeadOnly, PartialUnfreeze
from tlbook.run import adapt, choose_run, evaluate, list_candidates
from tlbook.run.predicting import predict_images, predict_split
from tlbook.runtime import import_keras
from tlbook.synthetic.signs import make_case
from tlbook.training.options import Training


@pytest.fixture(scope="module")
def case():
    return make_case(per_class=5, val_per_class=5, test_per_class=10, size=32)


@pytest.fixture(scope="module")
def run(case):
    return adapt(case, load_source("random", image_size=32), HeadOnly(), cache=False)


def test_balanced_accuracy_counts_classes_alike():
    labels = np.array([0, 0, 0, 1])
    answers = np.eye(2)[[0, 0, 1, 1]]
    assert balanced_accuracy(labels, answers) == pytest.approx((2 / 3 + 1) / 2)


def test_the_better_run_on_validation_is_kept_with_both_scores(run):
    from dataclasses import replace

    worse = replace(run, strategy="full", val_balanced_accuracy=run.val_balanced_accuracy - 0.1)
    chosen = choose_run([worse, run])
    assert chosen.strategy == "head"
    assert f"full {worse.val_balanced_accuracy:.3f}" in chosen.strategy_reason
    assert f"head {run.val_balanced_accuracy:.3f}" in chosen.strategy_reason
    assert choose_run([run, replace(worse, val_balanced_accuracy=run.val_balanced_accuracy)]).strategy == "head"


def test_predictions_do_not_depend_on_the_batch(run, case):
    images = case.test.load(32)
    whole = predict_images(run.model, images)
    assert np.array_equal(predict_split(run, case.test), whole)
    assert np.allclose(predict_images(run.model, images[3:5]), whole[3:5], atol=1e-6)


def test_training_takes_the_source_s_rate_unless_told_otherwise(run, case):
    from dataclasses import replace

    quiet_source = replace(make_small_source(), learning_rate=1e-9)
    kernel = quiet_source.backbone.get_layer("expand_conv").get_weights()[0]
    for rate, moves in ((None, False), (1e-3, True)):
        model = adapt(case, quiet_source, FullFineTune(1, rate), cache=False).model
        assert (np.abs(model.get_layer("expand_conv").get_weights()[0] - kernel).max() > 1e-5) == moves


def test_each_of_several_candidates_keeps_a_state_of_its_own(case, tmp_path):
    source, training = make_small_source(), Training(checkpoint=tmp_path)
    candidates = [PartialUnfreeze(1, stages=1), FullFineTune(1)]
    first, again = (adapt(case, source, candidates, training=training, cache=False) for _ in range(2))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["candidate0_partial", "candidate1_full"]
    assert first.strategy_reason == again.strategy_reason


def test_evaluation_compares_groups_where_images_share_one(run, case):
    scores = evaluate(run, case.test)
    assert scores.accuracy.method == "wilson_group"
    assert scores.balanced_accuracy.value == pytest.approx(
        balanced_accuracy(case.test.labels, predict_split(run, case.test))
    )


def test_a_frozen_source_takes_a_head_only():
    import keras

    inputs = keras.Input((8, 8, 3))
    frozen = SourceModel("module", keras.Model(inputs, keras.layers.Rescaling(1 / 255)(inputs)), (), 8, "", "")
    assert [s.name for s in list_candidates(frozen)] == ["head"]
    with pytest.raises(BadInput, match="use head"):
        FullFineTune().build(frozen, ("a", "b"), seed=0)


@pytest.mark.parametrize(("message", "kept"), [("5 of 6 calls triggered tf.function retracing", False), ("lost", True)])
def test_tensorflow_gives_no_advice_on_retracing(message, kept):
    import_keras()
    logger = logging.getLogger("tensorflow")
    record = logger.makeRecord("tensorflow", logging.WARNING, __file__, 1, message, (), None)
    assert bool(logger.filter(record)) == kept

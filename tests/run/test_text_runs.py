"""Texts through the whole chain: adapt, evaluate, predict, save and load, and the command."""

import csv
import json

import numpy as np
import pytest

import tlbook as tl
from tlbook.__main__ import main
from tlbook.errors import BadInput
from tlbook.models.words import WordVectors
from tlbook.synthetic.messages import NOUNS, make_messages

COLUMNS = {"text": "message", "label": "department", "group": "customer"}


@pytest.fixture(scope="module")
def data():
    return tl.from_table(make_messages(60), per_class=12, **COLUMNS)


@pytest.fixture(scope="module")
def tiny():
    """Vectors that know the three departments, with noise."""
    rng = np.random.default_rng(0)
    words = [noun for nouns in NOUNS.values() for noun in nouns] + ["the", "of", "about", "is"]
    vectors = rng.normal(0, 0.4, (len(words), 8)).astype(np.float32)
    vectors[np.arange(60), np.arange(60) // 20] += 1.5
    return WordVectors("tiny", tuple(words), vectors, "0" * 64)


@pytest.fixture(scope="module")
def run(data, tiny):
    return tl.adapt(data, tiny, "head", quiet=True)


def test_a_head_generalises_to_nouns_it_has_not_seen(run, data):
    scores = tl.evaluate(run, quiet=True)
    assert scores.accuracy.value > 0.9 and scores.accuracy.method == "wilson_group"
    assert (run.strategy, run.epochs, run.image_size, run.refitted) == ("head", 0, 0, True)
    assert run.trainable_params == 8 * 3 + 3
    assert np.allclose(run.predict(data.test.texts).iloc[:, 2:], run.predict(data.test).iloc[:, 2:])


def test_a_head_leaves_the_vectors_as_they_are(run, tiny):
    assert np.array_equal(run.model.get_layer("table").get_weights()[0], tiny.table)


def test_without_refit_validation_texts_are_not_learned_from(data, tiny, run):
    alone = tl.adapt(data, tiny, "head", training=tl.Training(refit=False), quiet=True)
    kernels = [one.model.get_layer("head").get_weights()[0] for one in (run, alone)]
    assert not alone.refitted and not np.allclose(*kernels)


def test_full_moves_the_words_that_it_has_seen_and_no_other(data, tiny):
    before = tiny.vectors.copy()
    run = tl.adapt(data, tiny, tl.FullFineTune(epochs=3), quiet=True)
    assert np.array_equal(tiny.vectors, before)
    used = set(tiny.encode(data.train.texts).ravel())
    for place, (old, new) in enumerate(zip(tiny.table, run.words.table, strict=True)):
        assert np.array_equal(old, new) != (place in used and place > 1), place
    assert run.trainable_params == run.total_params == 66 * 8 + 27 and len(run.history["loss"]) == 3


def test_scratch_starts_from_another_table(data, tiny):
    one, again = (tl.adapt(data, tiny, "scratch", quiet=True) for _ in range(2))
    assert np.array_equal(one.words.table, again.words.table)
    unseen = [place for place in range(2, 66) if place not in set(tiny.encode(data.train.texts).ravel())]
    assert len(unseen) and not np.allclose(one.words.table[unseen], tiny.table[unseen])
    assert one.epochs >= 3


def test_auto_keeps_what_is_better_on_validation(data, tiny):
    run = tl.adapt(data, tiny, quiet=True)
    assert "chosen on validation" in run.strategy_reason and "n = 36" in run.strategy_reason and run.refitted


@pytest.mark.parametrize("strategy", ["head", "full"])
def test_a_saved_run_predicts_the_same(data, tiny, tmp_path, strategy):
    run = tl.adapt(data, tiny, strategy, quiet=True)
    again = tl.load_run(run.save(tmp_path / "run"))
    texts = [*data.test.texts, "", "nothing known here"]
    assert np.array_equal(run.predict(texts).iloc[:, 2:], again.predict(texts).iloc[:, 2:])
    assert again.words.words == tiny.words
    report = json.loads((tmp_path / "run" / "report.json").read_text())
    assert report["unit"] == "text" and report["groups_disjoint"] is True and report["image_size"] == 0
    page = (tmp_path / "run" / "report.html").read_text()
    assert "test texts" in page and "training texts" in page
    assert "image" not in page.split("<body>")[1].split("<h3>Options")[0]
    with (tmp_path / "run" / "predictions.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [row["path"] for row in rows] == list(data.test.names) and rows[0]["group"].startswith("customer")


def test_what_does_not_fit_is_said_in_one_line(data, tiny, run):
    images = tl.load_case("pets", per_class=4, size=32)
    for call, message in {
        lambda: tl.adapt(data, tiny, "film"): "received `strategy` film for texts; expected head, full or scratch",
        lambda: tl.adapt(data, tl.load_source("random", image_size=32), "head"): "expected word vectors",
        lambda: tl.adapt(images, tiny, "head"): "received the `source` tiny for images",
        lambda: tl.adapt(data, tiny, []): "received an empty `strategy`",
        lambda: tl.adapt(data, tiny, "head", training=tl.Training(mixup=0.2)): "words cannot be mixed",
        lambda: run.predict([]): "received `texts`",
        lambda: run.predict(np.zeros((2, 32, 32, 3), np.uint8)): "received `texts`",
        lambda: run.evaluate(images.test): "received a split of images; expected one of texts",
        lambda: images.test.texts: "received a split of images",
    }.items():
        with pytest.raises(BadInput, match=message) as caught:
            call()
        assert "\n" not in str(caught.value)


def test_the_command_adapts_and_predicts(tmp_path, capsys):
    frame = make_messages(40)
    frame.to_csv(tmp_path / "messages.csv", index=False)
    out, file = str(tmp_path / "run"), str(tmp_path / "messages.csv")
    columns = ["--text-column", "message", "--label-column", "department", "--groups", "customer"]
    assert main(["adapt", file, "--out", out, "--strategy", "head", "--quiet", *columns]) == 0
    report = json.loads((tmp_path / "run" / "report.json").read_text())
    assert report["source"] == "words" and report["accuracy"]["value"] > 0.6
    assert report["options"]["text_column"] == "message"
    capsys.readouterr()
    assert main(["predict", out, file, "--text-column", "message"]) == 0
    told = {row["path"]: row for row in csv.DictReader(capsys.readouterr().out.splitlines())}
    assert len(told) == 120
    with (tmp_path / "run" / "predictions.csv").open() as rows:
        for row in csv.DictReader(rows):
            assert told[row["path"]]["predicted"] == row["predicted"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ([], "received --text-column 'text'; expected a column of the table: message, department, customer"),
        (["--text-column", "message"], "received --label-column 'label'; expected a column"),
        (["--text-column", "message", "--image-size", "64"], "received --image-size for a file of texts"),
        (["--text-column", "message", "--label-column", "department", "--source", "photos"], "expected word vectors"),
    ],
)
def test_the_command_says_in_one_line_what_is_wrong(tmp_path, capsys, options, message):
    make_messages(5).to_csv(tmp_path / "m.csv", index=False)
    assert main(["adapt", str(tmp_path / "m.csv"), "--out", str(tmp_path / "run"), "--strategy", "head", *options]) == 2
    error = capsys.readouterr().err
    assert message in error and error.startswith("tlbook: error: ") and error.count("\n") == 1
    assert not (tmp_path / "run").exists()

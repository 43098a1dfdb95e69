"""What ``tlbook adapt`` writes: contract 1, read back from the files."""

import csv
import io
import json
import os
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from tests.commands.conftest import draw_stripes
from tlbook.__main__ import main
from tlbook.commands.adapt import list_options
from tlbook.commands.arguments import parse_arguments

KEYS = {
    *("schema", "classes", "n_train", "n_val", "n_test", "n_groups", "n_skipped", "groups_disjoint", "source"),
    *("weights_sha256", "strategy", "strategy_reason", "image_size", "epochs", "trainable_params", "total_params"),
    *("accuracy", "balanced_accuracy", "auroc", "recall", "majority_baseline", "seconds", "seed", "options"),
    *("versions", "hardware", "warnings", "cached_activations", "model_sha256", "backend"),
    *("split_origin", "groups_origin", "left_out", "value_range"),
    *("augmentation", "refitted", "val_balanced_accuracy", "unit"),
}


def read_rows(path):
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def test_a_run_has_all_its_files_and_keys(finished_run):
    names = sorted(p.name for p in finished_run.iterdir())
    assert names == ["model.keras", "predictions.csv", "report.html", "report.json", "splits.csv"]
    report = json.loads((finished_run / "report.json").read_text())
    assert set(report) == KEYS
    assert set(report["seconds"]) == {"load", "features", "train", "evaluate", "total"}
    assert set(report["accuracy"]) == {"value", "low", "high", "n", "method"}
    assert report["accuracy"]["method"] == "wilson_group"
    assert (report["schema"], report["strategy"], report["epochs"], report["groups_disjoint"]) == (1, "head", 0, True)
    assert report["n_train"] + report["n_val"] + report["n_test"] == 24
    assert report["n_groups"] == 12
    assert report["split_origin"] == "60/20/20 by class and whole groups, seed 0"
    assert report["groups_origin"] and report["left_out"] == []
    assert report["backend"] == f"tensorflow {report['versions']['tensorflow']}"
    assert not any("--groups" in line for line in report["warnings"])
    assert report["trainable_params"] == 768 * 2 + 2


def test_no_absolute_path_is_written(finished_run, stripes):
    for name in ("report.json", "report.html", "splits.csv", "predictions.csv"):
        text = (finished_run / name).read_text()
        assert str(stripes.parent) not in text and str(finished_run.parent) not in text


def test_the_page_asks_for_nothing(finished_run):
    page = (finished_run / "report.html").read_text()
    assert "http://" not in page.replace("http://www.w3.org", "") and "https://" not in page and 'src="data:' in page


def test_figures_equal_those_recomputed_from_the_predictions(finished_run):
    rows, report = read_rows(finished_run / "predictions.csv"), json.loads((finished_run / "report.json").read_text())
    classes = report["classes"]
    assert list(rows[0]) == ["path", "group", "true", "predicted", *(f"p_{c}" for c in classes)]
    for row in rows:
        assert row["predicted"] == max(classes, key=lambda c: float(row[f"p_{c}"]))
        assert sum(float(row[f"p_{c}"]) for c in classes) == pytest.approx(1, abs=1e-5)
    right = np.array([row["true"] == row["predicted"] for row in rows])
    recalls = [right[[row["true"] == c for row in rows]].mean() for c in classes]
    assert report["accuracy"]["value"] == pytest.approx(right.mean())
    assert report["balanced_accuracy"]["value"] == pytest.approx(np.mean(recalls))
    assert [report["recall"][c]["value"] for c in classes] == pytest.approx(recalls)
    score = [float(row[f"p_{classes[-1]}"]) for row in rows]
    pairs = [
        (a > b) + (a == b) / 2
        for a, x in zip(score, rows, strict=True) for b, y in zip(score, rows, strict=True)
        if x["true"] == classes[-1] and y["true"] != classes[-1]
    ]  # fmt: skip
    assert report["auroc"]["value"] == pytest.approx(np.mean(pairs))


def test_no_group_stands_on_two_splits(finished_run):
    rows = read_rows(finished_run / "splits.csv")
    assert len(rows) == 24
    splits = {}
    for row in rows:
        splits.setdefault(row["group"], set()).add(row["split"])
    assert len(splits) == 12 and all(len(split) == 1 for split in splits.values())


def test_predict_gives_the_same_lines(finished_run, stripes, capsys):
    assert main(["predict", str(finished_run), str(stripes), "--quiet"]) == 0
    lines = {row["path"]: row for row in csv.DictReader(io.StringIO(capsys.readouterr().out))}
    assert len(lines) == 24
    for row in read_rows(finished_run / "predictions.csv"):
        assert {k: row[k] for k in lines[row["path"]]} == lines[row["path"]]


def test_predict_goes_on_after_an_unreadable_image(finished_run, tmp_path, capsys):
    draw_stripes(True, 1).save(tmp_path / "a.png")
    (tmp_path / "b.png").write_bytes(b"no image")
    assert main(["predict", str(finished_run), str(tmp_path), "--quiet"]) == 1
    captured = capsys.readouterr()
    assert [row.split(",")[0] for row in captured.out.splitlines()] == ["path", "a.png"]
    assert "b.png" in captured.err


def test_the_model_predicts_the_same_without_tlbook(finished_run, stripes, tmp_path):
    rows = read_rows(finished_run / "predictions.csv")
    images = [Image.open(stripes / row["path"]).resize((64, 64), Image.Resampling.BILINEAR) for row in rows]
    np.save(tmp_path / "x.npy", np.stack([np.asarray(image) for image in images]))
    program = (
        "import sys, json, zipfile; sys.modules['tlbook'] = None\n"
        "import keras, numpy as np\n"
        f"model = keras.models.load_model({str(finished_run / 'model.keras')!r})\n"
        f"classes = json.loads(zipfile.ZipFile({str(finished_run / 'model.keras')!r}).read('classes.json'))\n"
        "answers = model.predict(np.load('x.npy'), verbose=0)\n"
        "print(json.dumps([dict(zip(classes, row)) for row in answers.astype(float)]))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=tmp_path)
    answers = json.loads(done.stdout.splitlines()[-1])
    for row, answer in zip(rows, answers, strict=True):
        assert [float(row[f"p_{c}"]) for c in ("lying", "upright")] == pytest.approx(
            [answer["lying"], answer["upright"]], abs=1e-3
        )


def test_overwrite_replaces_an_earlier_run(finished_run, stripes, tmp_path):
    import shutil

    out = tmp_path / "run"
    shutil.copytree(finished_run, out)
    before = (out / "splits.csv").read_text()
    options = ["--strategy", "head", "--image-size", "64", "--quiet", "--no-images", "--overwrite"]
    assert main(["adapt", str(stripes), "--out", str(out), *options]) == 0
    assert (out / "splits.csv").read_text() != before
    assert [p.name for p in tmp_path.iterdir()] == ["run"]
    report = json.loads((out / "report.json").read_text())
    assert (report["groups_disjoint"], report["accuracy"]["method"]) == (None, "wilson")
    assert ["each image counts as a group of its own" in line for line in report["warnings"]].count(True) == 1
    assert "<img" not in (out / "report.html").read_text()


def repeat_command(stripes, out):
    """Command line of full fine-tuning, which begins with a head."""
    options = ("--strategy", "full", "--epochs", "1", "--quiet", "--no-images", "--image-size", "32")
    return ["adapt", str(stripes), "--out", str(out), *options]


def run_in_new_process(stripes, out, **environment):
    """Adapt with nothing cached before."""
    environment = {**os.environ, "TLBOOK_CACHE_DIR": str(out.parent / f"{out.name}_cache"), **environment}
    command = [sys.executable, "-m", "tlbook", *repeat_command(stripes, out)]
    subprocess.run(command, check=True, env=environment, capture_output=True)
    return read_run(out)


def read_run(out):
    """Report without seconds, splits, and predictions."""
    report = json.loads((out / "report.json").read_text())
    report.pop("seconds")
    probabilities = {row["path"]: float(row["p_upright"]) for row in read_rows(out / "predictions.csv")}
    return report, (out / "splits.csv").read_text(), probabilities


def test_one_seed_gives_one_report(stripes, tmp_path):
    """The same in this process, which has run other things before, as in a new one; nearly the same on one thread."""
    assert main(repeat_command(stripes, tmp_path / "here")) == 0
    here = read_run(tmp_path / "here")
    assert run_in_new_process(stripes, tmp_path / "new") == here
    _, splits, probabilities = run_in_new_process(stripes, tmp_path / "one", TF_NUM_INTRAOP_THREADS="1")
    assert splits == here[1]
    assert probabilities == pytest.approx(here[2], abs=0.02)


def test_another_seed_gives_another_report(stripes, finished_run, tmp_path):
    options = ["--groups", "metadata.csv", "--image-size", "32", "--epochs", "1", "--seed", "1", "--quiet"]
    assert main(["adapt", str(stripes), "--out", str(tmp_path / "run"), *options]) == 0
    reason = json.loads((tmp_path / "run" / "report.json").read_text())["strategy_reason"]
    assert "head" in reason and "full" in reason  # auto tries both
    for name in ("splits.csv", "predictions.csv"):
        assert (tmp_path / "run" / name).read_text() != (finished_run / name).read_text()


@pytest.mark.parametrize(
    ("extra", "views"),
    [(("--modality", "radiographs"), 4), (("--no-activation-cache",), None)],  # views of each training image
)
def test_what_is_frozen_runs_once_for_each_view_unless_told_otherwise(stripes, tmp_path, extra, views):
    options = ["--strategy", "partial", "--epochs", "5", "--image-size", "32", "--quiet", "--no-images", *extra]
    assert main(["adapt", str(stripes), "--out", str(tmp_path / "run"), *options]) == 0
    report = json.loads((tmp_path / "run" / "report.json").read_text())
    assert (report["cached_activations"] or {"views": None})["views"] == views
    assert report["options"]["no_activation_cache"] == (views is None)
    assert report["options"]["modality"] == ("radiographs" if views else None)


def test_palette_and_grey_images_are_accepted(finished_run, tmp_path, capsys):
    draw_stripes(True, 1).convert("L").save(tmp_path / "grey.PNG")
    Image.new("P", (10, 30)).save(tmp_path / "palette.gif")
    assert main(["predict", str(finished_run), str(tmp_path), "--quiet"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 3


@pytest.mark.parametrize(
    ("option", "given", "listed"),
    [
        ("groups", "/(p[0-9])_", "/(p[0-9])_"),
        ("groups", "metadata.csv", "metadata.csv"),
        ("groups", os.path.abspath(__file__), os.path.basename(__file__)),
        ("source", "file:///srv/models/module", "module"),
        ("source", "https://host/module/1", "https://host/module/1"),
        ("folder", "/data/x\udcff", "x\\udcff"),
    ],
)
def test_options_are_listed_without_the_paths_of_a_machine(option, given, listed):
    arguments = {"folder": "/data/x", "groups": "(a)", "source": "photos"} | {option: given}
    options = parse_arguments(
        ["adapt", arguments["folder"], "--out", "run", "--groups", arguments["groups"], "--source", arguments["source"]]
    )
    assert list_options(options)[option] == listed

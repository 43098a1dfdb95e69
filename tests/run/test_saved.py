"""Runs on disk: what is loaded answers like what was saved, and what is no whole run is refused in one line."""

import contextlib
import csv
import json
import shutil
import warnings
import zipfile

import numpy as np
import pandas as pd
import pytest

from tests.commands.conftest import draw_stripes, write_folder
from tlbook.__main__ import main
from tlbook.datasets.folders import from_folder
from tlbook.errors import BadInput
from tlbook.models.hub import export_hub_module
from tlbook.models.sources import load_source
from tlbook.models.strategies import HeadOnly
from tlbook.run import adapt, load_run
from tlbook.run.folder import RUN_FILES, UNREADABLE
from tlbook.run.saved import load_model, open_run
from tlbook.runtime import import_keras


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return from_folder(write_folder(tmp_path_factory.mktemp("data") / "stripes"), groups="metadata.csv", quiet=True)


@pytest.fixture(scope="module")
def run(data):
    return adapt(data, load_source("random", image_size=32), HeadOnly(), cache=False)


@pytest.fixture(scope="module")
def folder(run, tmp_path_factory):
    return run.save(tmp_path_factory.mktemp("runs") / "run")


def draw_images(count=4):
    return np.stack([np.asarray(draw_stripes(i % 2 == 0, i)) for i in range(count)])


def test_a_run_is_saved_whole(run, folder, data):
    assert {path.name for path in folder.iterdir()} == RUN_FILES - {UNREADABLE}
    report = json.loads((folder / "report.json").read_text())
    assert report["accuracy"] == run.evaluate().accuracy.as_dict()
    assert report["accuracy"]["method"] == "wilson_group"
    assert report["seconds"]["total"] == pytest.approx(sum(report["seconds"].values()) / 2, abs=0.01)
    assert len((folder / "predictions.csv").read_text().splitlines()) == 1 + len(data.test)


def test_a_loaded_run_answers_to_the_last_digit(run, folder, data):
    loaded, images = load_run(folder), draw_images()
    assert loaded.predict(images).equals(run.predict(images))
    assert loaded.evaluate(data.test).as_dict() == loaded.evaluate(data).as_dict() == run.evaluate().as_dict()
    assert (loaded.classes, loaded.strategy, loaded.source, loaded.image_size) == (
        run.classes, run.strategy, run.source, run.image_size,
    )  # fmt: skip
    with pytest.raises(BadInput, match="no data of its own; expected"):
        loaded.evaluate()


def test_a_loaded_run_is_saved_and_reported_as_it_was(folder, tmp_path):
    loaded = load_run(folder)
    again = loaded.save(tmp_path / "again")
    for name in RUN_FILES - {UNREADABLE}:
        assert (again / name).read_bytes() == (folder / name).read_bytes()
    assert load_run(again).predict(draw_images()).equals(loaded.predict(draw_images()))
    assert loaded.report(tmp_path / "page.html").read_bytes() == (folder / "report.html").read_bytes()


def test_a_run_of_today_s_command_still_loads(folder, tmp_path):
    old = shutil.copytree(folder, tmp_path / "old")
    report = json.loads((old / "report.json").read_text())
    for key in ("model_sha256", "cached_activations"):  # as written by earlier versions
        report.pop(key, None)
    (old / "report.json").write_text(json.dumps(report))
    assert load_run(old).predict(draw_images()).equals(load_run(folder).predict(draw_images()))


def test_predictions_of_images_files_and_folders_agree(run, data, tmp_path):
    images = draw_images()
    for i, image in enumerate(images):
        draw_stripes(i % 2 == 0, i).save(tmp_path / f"{i}.png")
        assert np.array_equal(image, np.asarray(draw_stripes(i % 2 == 0, i)))
    (tmp_path / "note.png").write_bytes(b"no picture")
    in_memory = run.predict(images)
    assert list(in_memory.columns) == ["path", "predicted", "p_lying", "p_upright"]
    assert in_memory["path"].tolist() == ["0", "1", "2", "3"]
    with pytest.warns(UserWarning, match=r"1 images cannot be read and are left out: note\.png"):
        from_files = run.predict(tmp_path)
    assert from_files["path"].tolist() == [f"{i}.png" for i in range(4)]
    assert list(from_files.attrs["unreadable"]) == ["note.png"]
    columns = ["p_lying", "p_upright"]
    assert np.array_equal(from_files[columns], in_memory[columns])
    assert np.array_equal(run.predict(images[1])[columns], in_memory[columns][1:2])
    assert run.predict([tmp_path / "2.png", str(tmp_path / "0.png")])[columns].equals(
        in_memory[columns].iloc[[2, 0]].reset_index(drop=True)
    )
    assert run.predict(data.test)["path"].tolist() == list(data.test.names)


@pytest.mark.parametrize(
    "images", [7, None, [], "nowhere.png", np.zeros((2, 8, 8, 5)), np.zeros((2, 8, 8, 3)) - 1, np.ones((8, 8))]
)
def test_what_is_no_image_is_refused(run, images):
    with pytest.raises(BadInput, match=r"received|no image|expected"):
        run.predict(images)


def test_a_wrong_split_is_refused(run, data):
    for wrong in (7, "test", data.test.images):
        with pytest.raises(BadInput, match="expected a Split"):
            run.evaluate(wrong)


def damage(folder, how):
    """Damage a copy of a run in one way."""
    model = folder / "model.keras"
    if how.startswith("byte"):
        content = bytearray(model.read_bytes())
        place = int(how.split()[1]) * len(content) // 100
        content[place : place + 64] = bytes(255 - b for b in content[place : place + 64])
        model.write_bytes(content)
    elif how == "zeros":
        model.write_bytes(bytes(len(model.read_bytes())))
    elif how in ("no config", "odd config", "no classes", "more classes", "newer Keras", "lambda"):
        change_archive(model, how)
    elif how == "no report":
        (folder / "report.json").unlink()
    elif how == "report of a list":
        (folder / "report.json").write_text("[]")
    elif how == "wrong types":
        report = json.loads((folder / "report.json").read_text())
        (folder / "report.json").write_text(json.dumps({**report, "image_size": "32", "classes": 2}))


def change_archive(model, how):
    with zipfile.ZipFile(model) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    if how == "no config":
        del members["config.json"]
    elif how == "odd config":
        members["config.json"] = b'{"class_name": "Functional", "config": 3}'
    elif how == "lambda":
        config = json.loads(members["config.json"])
        config["config"]["layers"][1] = {"class_name": "Lambda", "config": {"function": "x"}, "module": "keras.layers"}
        members["config.json"] = json.dumps(config).encode()
    elif how == "no classes":
        del members["classes.json"]
    elif how == "more classes":
        members["classes.json"] = b'["a", "b", "c"]'
    else:
        members["metadata.json"] = b'{"keras_version": "99.1.0"}'
    with zipfile.ZipFile(model, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)


def test_a_run_on_a_module_loads_where_it_is_trusted_and_there(data, tmp_path, monkeypatch, capsys):
    pytest.importorskip("tensorflow")
    monkeypatch.chdir(tmp_path)
    export_hub_module(load_source("random", image_size=32), "module")
    run = adapt(data, load_source("./module", trust=True), HeadOnly(), cache=False)
    run.save("run", images=False)
    images = draw_images()
    draw_stripes(True, 0).save("one.png")
    with pytest.raises(BadInput, match="a program, which can read and write files; expected `trust` if"):
        load_run("run")
    assert main(["predict", "run", "one.png"]) == 2 and "expected --trust if" in capsys.readouterr().err
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")  # a module given by a relative path is found from anywhere
    again = load_run(tmp_path / "run", trust=True).predict(images)
    pd.testing.assert_frame_equal(again, run.predict(images))
    assert main(["predict", "../run", "../one.png", "--trust"]) == 0
    (tmp_path / "module").rename(tmp_path / "moved")
    with pytest.raises(BadInput, match="module .*module, which is not there; put it back"):
        load_run(tmp_path / "run", trust=True)


DAMAGE = [
    *(f"byte {place}" for place in (0, 3, 10, 40, 60, 80, 95, 99)),
    *("zeros", "no config", "odd config", "lambda", "no classes", "more classes", "newer Keras"),
    *("no report", "report of a list", "wrong types"),
]


@pytest.mark.parametrize("how", DAMAGE)
@pytest.mark.parametrize("checksum", [True, False])
def test_a_damaged_run_is_refused_in_one_line(folder, tmp_path, how, checksum):
    run = shutil.copytree(folder, tmp_path / "run")
    if not checksum:  # a run of an earlier version
        report = json.loads((run / "report.json").read_text())
        del report["model_sha256"]
        (run / "report.json").write_text(json.dumps(report))
    damage(run, how)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if how.startswith("byte") and not checksum:
            with contextlib.suppress(BadInput):  # there are bytes that nothing reads
                assert load_run(run).classes == ("lying", "upright")
            return
        with pytest.raises(BadInput) as caught:
            load_run(run)
    assert "\n" not in str(caught.value) and len(str(caught.value)) < 500
    if how == "newer Keras" and not checksum:
        with pytest.raises(BadInput, match=r"Keras 99\.1\.0, and here is Keras \d"):
            load_run(run)


def test_a_run_that_is_replaced_while_it_is_read_keeps_its_names(folder, tmp_path):
    """All files are read at once: what takes the folder's place afterwards changes nothing."""
    place = shutil.copytree(folder, tmp_path / "run")
    report, files, classes = open_run(place)
    shutil.rmtree(place)
    model = load_model(files["model.keras"], classes, report["image_size"], place)
    assert model.output_shape == (None, len(classes))


def test_two_names_never_stand_for_three_outputs(folder, tmp_path):
    keras = import_keras()
    place = shutil.copytree(folder, tmp_path / "run")
    inputs = keras.Input((32, 32, 3))
    outputs = keras.layers.Dense(3, activation="softmax")(keras.layers.GlobalAveragePooling2D()(inputs))
    keras.Model(inputs, outputs).save(tmp_path / "three.keras")
    with zipfile.ZipFile(tmp_path / "three.keras", "a") as archive:
        archive.writestr("classes.json", '["lying", "upright"]')
    report = json.loads((place / "report.json").read_text())
    del report["model_sha256"]
    (place / "report.json").write_text(json.dumps(report))
    shutil.copy(tmp_path / "three.keras", place / "model.keras")
    with pytest.raises(BadInput, match="other than its report"):
        load_run(place)


def test_unreadable_images_are_listed_in_a_file_of_the_run(tmp_path):
    images = write_folder(tmp_path / "images")
    broken = {f"upright/a: b{i}.png" for i in range(4)}
    for name in broken:
        (images / name).write_bytes(b"x")
    data = from_folder(images, max_unreadable=0.2)
    run = adapt(data, load_source("random", image_size=32), HeadOnly(), cache=False)
    saved = run.save(tmp_path / "run", images=False)
    with open(saved / UNREADABLE, newline="") as file:
        rows = list(csv.DictReader(file))
    assert {row["path"] for row in rows} == broken
    assert {row["reason"] for row in rows} == {"no image of a known format"}
    assert "unreadable.csv" in (saved / "report.html").read_text()
    again = load_run(saved).save(tmp_path / "again")
    assert (again / UNREADABLE).read_bytes() == (saved / UNREADABLE).read_bytes()
    run.save(saved, overwrite=True, images=False)

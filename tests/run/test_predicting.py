"""What is predicted: every image once under a name that tells it from the others, and what is passed over is said."""

import csv
import io

import numpy as np
import pytest

from tests.commands.conftest import draw_stripes
from tlbook.__main__ import main
from tlbook.errors import BadInput
from tlbook.run import load_run
from tlbook.run.predicting import list_images


def write(path, seed=0):
    path.parent.mkdir(parents=True, exist_ok=True)
    draw_stripes(seed % 2 == 0, seed).save(path)
    return path


def names_of(*paths):
    return [name for name, _, _ in list_images(list(paths))[0]]


def test_equal_names_in_two_folders_start_from_the_folders_as_given(tmp_path, monkeypatch):
    for number, place in enumerate(("one/1.png", "two/1.png", "two/2.png", "3.png")):
        write(tmp_path / place, number)
    monkeypatch.chdir(tmp_path)
    assert names_of("one", "two", "3.png") == ["one/1.png", "two/1.png", "two/2.png", "3.png"]
    assert names_of("one") == ["1.png"]
    (tmp_path / "two/1.png").unlink()
    assert names_of("one", "two") == ["1.png", "2.png"]


def test_a_folder_image_and_a_lone_file_of_one_name_differ(tmp_path, monkeypatch):
    write(tmp_path / "1.png", 1), write(tmp_path / "new/1.png", 2)
    monkeypatch.chdir(tmp_path)
    assert names_of("1.png", "new") == ["1.png", "new/1.png"]


def test_what_is_passed_over_is_counted_by_kind(tmp_path):
    write(tmp_path / "a/1.png")
    for name in ("a/2.jxl", "b/3.jxl", "b/notes.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"x")
    listed, passed = list_images([tmp_path / "a", tmp_path / "b"])
    assert len(listed) == 1 and passed == {".jxl file": 2, ".txt file": 1}


def test_no_image_names_the_format_and_its_conversion(tmp_path):
    (tmp_path / "scan.nii.gz").write_bytes(b"x")
    with pytest.raises(BadInput, match=r"no image.*1 \.nii\.gz file.*NIfTI: nibabel"):
        list_images(tmp_path)


@pytest.mark.parametrize("column", ["path", "file", "filename", "image"])
def test_a_csv_file_lists_images_from_its_folder(tmp_path, column):
    write(tmp_path / "x/1.png", 1), write(tmp_path / "x/2.png", 2)
    (tmp_path / "x.csv").write_text(f"who;{column.upper()}\nme;x/2.png\nme;x/1.png\nme;\n")
    listed, _ = list_images(tmp_path / "x.csv")
    assert [name for name, _, _ in listed] == ["x/2.png", "x/1.png"]
    _, store, index = listed[0]
    assert (store.read(index) == np.asarray(draw_stripes(True, 2))).all()


def test_a_csv_file_without_paths_is_refused_in_a_short_line(tmp_path):
    (tmp_path / "x.csv").write_text(",".join(f"c{i}" for i in range(9_000)) + "\n")
    with pytest.raises(BadInput, match="path, file, filename, image") as caught:
        list_images(tmp_path / "x.csv")
    assert len(str(caught.value)) < 400


def test_the_command_says_what_it_passed_over_in_one_line(finished_run, tmp_path, capsys):
    write(tmp_path / "a/1.png", 1), write(tmp_path / "b/1.png", 2)
    (tmp_path / "a/2.jxl").write_bytes(b"x")
    assert main(["predict", str(finished_run), str(tmp_path / "a"), str(tmp_path / "b"), "--quiet"]) == 0
    out, err = capsys.readouterr()
    assert len({row["path"] for row in csv.DictReader(io.StringIO(out))}) == 2
    assert err.count("\n") == 1 and "passed over: 1 .jxl file" in err


def test_the_run_warns_of_what_it_passed_over(finished_run, tmp_path):
    write(tmp_path / "1.png", 1)
    (tmp_path / "2.jxl").write_bytes(b"x")
    with pytest.warns(UserWarning, match=r"passed over: 1 \.jxl file"):
        assert len(load_run(finished_run).predict(tmp_path)) == 1

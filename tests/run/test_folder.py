"""Folders of runs: whole or not at all, never in anybody's place, and nothing left behind by the dead."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tlbook.errors import BadInput
from tlbook.run.folder import RUN_FILES, check_out, clean_leftovers, is_run, write_folder


def write_run(folder, mark="old"):
    """Write the files of a run, or what passes for them."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in RUN_FILES:
        (folder / name).write_text(json.dumps({"schema": 1, "mark": mark}) if name == "report.json" else mark)


def read_mark(folder):
    return json.loads((folder / "report.json").read_text())["mark"]


def test_a_folder_appears_whole(tmp_path):
    out = tmp_path / "new" / "deeper" / "run"  # parents are made
    with write_folder(out) as folder:
        write_run(folder, "new")
        assert not out.exists()
    assert is_run(out) and read_mark(out) == "new"
    assert [p.name for p in out.parent.iterdir()] == ["run"]
    assert out.stat().st_mode & 0o777 == 0o777 & ~_umask()


def _umask():
    mask = os.umask(0)
    os.umask(mask)
    return mask


def test_an_error_leaves_nothing(tmp_path):
    with pytest.raises(RuntimeError), write_folder(tmp_path / "run"):
        raise RuntimeError("in the middle")
    assert list(tmp_path.iterdir()) == []


def test_an_earlier_run_is_replaced_if_told_so(tmp_path):
    write_run(tmp_path / "run")
    with write_folder(tmp_path / "run", overwrite=True) as folder:
        write_run(folder, "new")
    assert read_mark(tmp_path / "run") == "new"
    assert [p.name for p in tmp_path.iterdir()] == ["run"]


def write_new(out, meddle, overwrite=False):
    """Write a run, while somebody does something else."""
    with write_folder(out, overwrite=overwrite) as folder:
        write_run(folder, "new")
        meddle()


@pytest.mark.parametrize("overwrite", [False, True])
def test_what_came_to_be_meanwhile_stays(tmp_path, overwrite):
    out = tmp_path / "run"

    def meddle():
        out.mkdir()
        (out / "notes.txt").write_text("mine")

    with pytest.raises(BadInput, match="kept as 'run-2'"):
        write_new(out, meddle, overwrite=overwrite)
    assert (out / "notes.txt").read_text() == "mine"
    assert read_mark(tmp_path / "run-2") == "new"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["run", "run-2"]


def test_a_file_that_came_to_be_meanwhile_stays(tmp_path):
    with pytest.raises(BadInput, match="kept as 'run-2'"):
        write_new(tmp_path / "run", lambda: (tmp_path / "run").write_text("mine"))
    assert (tmp_path / "run").read_text() == "mine"


def delete_place(out, *, write):
    with write_folder(out) as partial:
        shutil.rmtree(out.parent)
        if write:
            (partial / "report.json").write_text("{}")


@pytest.mark.parametrize("write", [True, False])
def test_a_place_that_is_deleted_meanwhile_is_one_line(tmp_path, write):
    with pytest.raises(BadInput, match="'run', whose place was deleted while"):
        delete_place(tmp_path / "place" / "run", write=write)


def spoil(folder, how):
    """Make something that looks a little like a run."""
    if how == "a report of something else":
        folder.mkdir()
        (folder / "report.json").write_text('{"coverage": 1}')
    elif how == "a report alone":
        folder.mkdir()
        (folder / "report.json").write_text('{"schema": 1}')
    else:
        write_run(folder)
        (folder / "thesis.tex").write_text("mine")


@pytest.mark.parametrize(
    ("how", "words"),
    [
        ("a report of something else", "no earlier run"),
        ("a report alone", "no earlier run"),
        ("files beside", "thesis.tex"),
    ],
)
def test_only_a_run_is_replaced(tmp_path, how, words):
    spoil(tmp_path / "run", how)
    before = {path: path.read_bytes() for path in (tmp_path / "run").iterdir()}
    with pytest.raises(BadInput, match=words):
        check_out(tmp_path / "run", overwrite=True)
    assert {path: path.read_bytes() for path in (tmp_path / "run").iterdir()} == before


@pytest.mark.parametrize("out", ["project", "project/images", "project/images/run", "project/images/a/run"])
def test_a_run_neither_holds_its_images_nor_lies_among_them(tmp_path, out):
    images = tmp_path / "project" / "images"
    (images / "a").mkdir(parents=True)
    write_run(tmp_path / "project")
    with pytest.raises(BadInput, match="`out`"):
        check_out(tmp_path / out, overwrite=True, inputs=[images])
    check_out(tmp_path / "project" / "run", overwrite=False, inputs=[images])


LEAVE = """
import os, signal, sys
from pathlib import Path
from tests.run.test_folder import write_run
from tlbook.run import folder
out, when = Path(sys.argv[1]), sys.argv[2]
rename = os.rename
def die(*arguments):
    rename(*arguments)
    os.kill(os.getpid(), signal.SIGKILL)
if when == "between":
    folder.os.rename = die
with folder.write_folder(out, overwrite=True) as partial:
    write_run(partial, "new")
    if when == "writing":
        os.kill(os.getpid(), signal.SIGKILL)
    if when == "waiting":
        print("ready", flush=True)
        sys.stdin.read()
"""


def start(out, when):
    return subprocess.Popen(
        [sys.executable, "-c", LEAVE, str(out), when], cwd=Path(__file__).parents[2], stdin=subprocess.PIPE,
        stdout=subprocess.PIPE, text=True,
    )  # fmt: skip


@pytest.mark.parametrize("when", ["writing", "between"])
def test_what_a_killed_run_left_is_cleaned_and_the_earlier_run_found(tmp_path, when):
    out = tmp_path / "run"
    write_run(out)
    start(out, when).wait(60)
    assert any(p.name.startswith(".run.") for p in tmp_path.iterdir())
    assert out.exists() == (when == "writing")
    clean_leftovers(out)
    assert read_mark(out) == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["run"]


def test_what_a_living_run_writes_is_left_alone(tmp_path):
    process = start(tmp_path / "run", "waiting")
    assert process.stdout.readline() == "ready\n"
    clean_leftovers(tmp_path / "run")
    assert len(list(tmp_path.glob(".run.*.partial"))) == 1
    process.communicate("", 60)
    assert read_mark(tmp_path / "run") == "new"


MANY = """
import sys
from pathlib import Path
from tests.run.test_folder import write_run
from tlbook.errors import BadInput
from tlbook.run.folder import write_folder
out, name, overwrite = Path(sys.argv[1]), sys.argv[2], sys.argv[3] == "True"
for i in range(20):
    try:
        with write_folder(out, overwrite=overwrite) as partial:
            write_run(partial, f"{name}{i}")
    except BadInput:
        pass
"""


@pytest.mark.parametrize("overwrite", [False, True])
def test_runs_at_once_neither_fail_nor_lose_a_result(tmp_path, overwrite):
    command = [sys.executable, "-c", MANY, str(tmp_path / "run")]
    root = Path(__file__).parents[2]
    options = {"cwd": root, "stderr": subprocess.PIPE, "text": True}
    processes = [subprocess.Popen([*command, name, str(overwrite)], **options) for name in "abc"]
    assert [process.communicate(timeout=120)[1] for process in processes] == ["", "", ""]
    found = sorted(read_mark(path) for path in tmp_path.iterdir())
    if overwrite:
        assert len(found) == 1
    else:
        assert found == sorted(f"{name}{i}" for name in "abc" for i in range(20))


def test_an_old_leftover_of_another_name_is_nobody_s_business(tmp_path):
    (tmp_path / ".runner.abc.partial").mkdir()
    clean_leftovers(tmp_path / "run")
    assert (tmp_path / ".runner.abc.partial").exists()

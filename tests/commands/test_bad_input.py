"""Every kind of bad input: exit status 2, one line, nothing left behind, before TensorFlow is loaded."""

import io
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from itertools import pairwise
from pathlib import Path

import pytest
from PIL import Image

from tests.commands.conftest import draw_stripes, write_folder
from tlbook.__main__ import main
from tlbook.commands.signals import handle_signals

SEVERAL = [
    # what is wrong, arguments after FOLDER and --out, words that the line must hold
    ("unknown source", ["--source", "mobilenetv9"], ["mobilenetv9", "mobilenet_v2"]),
    ("unknown strategy", ["--strategy", "magic"], ["magic", "head"]),
    ("unknown modality", ["--modality", "sketches"], ["sketches", "radiographs"]),
    ("epochs for fewer than the phases", ["--strategy", "gradual", "--epochs", "2"], ["epochs 2", "3 phases"]),
    ("no weights file", ["--source", "mobilenet_v2", "--weights", "none.h5"], ["none.h5"]),
    ("seed out of range", ["--seed", "-1"], ["-1", "0 to 4294967295"]),
    ("size out of range", ["--image-size", "8"], ["8", "32 to 2048"]),
    ("epochs out of range", ["--epochs", "0"], ["0", "from 1"]),
    ("no number", ["--per-class", "many"], ["many", "whole number"]),
    ("groups file not there", ["--groups", "patients.csv"], ["patients.csv"]),
    ("groups of a class too few", ["--groups", "^(l|u)"], ["lying", "3", "--exclude"]),
    ("pattern without group", ["--groups", "lying"], ["lying"]),
    ("unmatched images", ["--groups", "(l[0-9])_"], ["upright/"]),
    ("unknown positive class", ["--positive", "slanted"], ["slanted", "lying", "upright"]),
    ("unknown class to exclude", ["--exclude", "slanted"], ["slanted"]),
    ("labels file not there", ["--labels", "train.csv"], ["--labels", "train.csv"]),
    ("label column without file", ["--label-column", "dx"], ["--label-column", "--labels"]),
    ("no share", ["--max-unreadable", "5"], ["5", "from 0 to 1"]),
    ("no rare number", ["--min-images", "0"], ["0", "from 1"]),
    ("unknown option", ["--fast"], ["--fast", "--help"]),
]


def run_bad(capsys, arguments):
    """Run a command that must be refused and leave nothing behind; return the line it says."""
    around = [Path(a).parent for flag, a in pairwise(arguments) if flag == "--out"]
    before = [sorted(folder.rglob("*")) for folder in around]
    assert main([str(a) for a in arguments]) == 2
    assert [sorted(folder.rglob("*")) for folder in around] == before
    captured = capsys.readouterr()
    assert captured.out == ""
    lines = captured.err.splitlines()
    assert len(lines) == 1, captured.err
    assert lines[0].startswith("tlbook: error: ")
    return lines[0]


@pytest.mark.parametrize(("extra", "words"), [row[1:] for row in SEVERAL], ids=[row[0] for row in SEVERAL])
def test_adapt_refuses_in_one_line(stripes, tmp_path, capsys, extra, words):
    line = run_bad(capsys, ["adapt", stripes, "--out", tmp_path / "run", *extra])
    assert all(word in line for word in words), line
    assert not list(tmp_path.iterdir())


def test_no_such_folder(tmp_path, capsys):
    assert "nowhere" in run_bad(capsys, ["adapt", tmp_path / "nowhere", "--out", tmp_path / "run"])


def test_folder_without_a_class(tmp_path, capsys):
    (tmp_path / "empty").mkdir()
    assert "class" in run_bad(capsys, ["adapt", tmp_path / "empty", "--out", tmp_path / "run"])


def test_one_class_and_too_few_images(tmp_path, capsys):
    folder = write_folder(tmp_path / "data")
    shutil.rmtree(folder / "upright")
    assert "lying" in run_bad(capsys, ["adapt", folder, "--out", tmp_path / "run"])
    (folder / "upright").mkdir()
    for i in range(2):
        draw_stripes(True, i).save(folder / "upright" / f"{i}.png")
    line = run_bad(capsys, ["adapt", folder, "--out", tmp_path / "run"])
    assert "upright" in line and "3" in line and "--exclude" in line


def test_unreadable_images_over_the_limit(tmp_path, capsys):
    folder = write_folder(tmp_path / "data")
    for i in range(2):
        (folder / "lying" / f"l{i}_0.png").write_bytes(b"\x89PNG\r\n\x1a\n and no more")
    line = run_bad(capsys, ["adapt", folder, "--out", tmp_path / "run"])
    assert "l0_0.png" in line and "5 %" in line
    assert [p.name for p in tmp_path.iterdir()] == ["data"]


@pytest.mark.real_data
def test_weights_for_another_network_name_the_source_they_fit(stripes, tmp_path, capsys):
    mirror = os.environ["TLBOOK_DATA_DIR"]
    [narrow] = [p for p in os.listdir(f"{mirror}/weights") if "0.35" in p]
    arguments = ["--source", "mobilenet_v2", "--weights", f"{mirror}/weights/{narrow}"]
    assert "mobilenet_v2_035" in run_bad(capsys, ["adapt", stripes, "--out", tmp_path / "run", *arguments])


def test_weights_that_are_not_on_this_machine(stripes, tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    line = run_bad(capsys, ["adapt", stripes, "--out", tmp_path / "run", "--source", "resnet50"])
    assert "resnet50_weights" in line and "TLBOOK_DATA_DIR/weights" in line


def test_no_network_for_what_must_be_downloaded(stripes, tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    waits = []
    monkeypatch.setattr(time, "sleep", waits.append)  # between the attempts
    (tmp_path / "here").mkdir()
    arguments = ["--source", "resnet50", "--weights", "imagenet"]
    line = run_bad(capsys, ["adapt", stripes, "--out", tmp_path / "here" / "run", *arguments])
    assert "resnet50_weights" in line
    assert waits == [1, 2, 4, 8]


def test_a_folder_that_is_not_empty_stays_untouched(stripes, tmp_path, capsys):
    out = tmp_path / "mine"
    out.mkdir()
    (out / "thesis.tex").write_text("years")
    assert "mine" in run_bad(capsys, ["adapt", stripes, "--out", out])
    assert "no earlier run" in run_bad(capsys, ["adapt", stripes, "--out", out, "--overwrite"])
    assert (out / "thesis.tex").read_text() == "years"
    assert [p.name for p in tmp_path.iterdir()] == ["mine"]


def test_an_empty_name_is_not_the_working_directory(tmp_path, capsys):
    assert "empty name" in run_bad(capsys, ["adapt", "", "--out", tmp_path / "run"])


def test_the_working_directory_is_not_replaced(stripes, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert "inside it" in run_bad(capsys, ["adapt", stripes, "--out", "."])


@pytest.mark.parametrize("place", ["folder", "out", "mirror"])
def test_a_path_that_is_too_long(stripes, tmp_path, capsys, monkeypatch, place):
    long = tmp_path / ("x" * 300)
    if place == "mirror":
        monkeypatch.setenv("TLBOOK_DATA_DIR", str(long))
    folder, out = long if place == "folder" else stripes, long if place == "out" else tmp_path / "run"
    source = "mobilenet_v2" if place == "mirror" else "photos"  # an embedded one asks no mirror
    line = run_bad(capsys, ["adapt", folder, "--out", out, "--source", source])
    assert "xxx" in line


def run_in_shell(line, **options):
    """Run a shell command; its Python buffers what it prints, as it does for everybody."""
    env = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    line = line.replace("tlbook", f"{sys.executable} -m tlbook", 1)
    return subprocess.run(["bash", "-c", line], env=env, capture_output=True, text=True, timeout=120, **options)


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no /dev/full on this system")
@pytest.mark.parametrize("command", ["tlbook cases", "tlbook --version", "tlbook adapt --help"])
def test_a_full_disk_under_standard_output(command):
    done = run_in_shell(f"{command} > /dev/full")
    assert done.returncode == 2
    assert done.stderr.startswith("tlbook: error: no space left")
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize("end", ["| true", ">&-"])
def test_nobody_who_reads_is_no_error(end):
    done = run_in_shell(f"set -o pipefail; tlbook cases {end}")
    assert (done.returncode, done.stderr) == (0, "")


def test_pillow_s_warnings_are_no_lines_of_ours(tmp_path):
    folder = write_folder(tmp_path / "data")
    exif = Image.Exif()
    exif[0x0112] = 6
    damaged = io.BytesIO()
    draw_stripes(True, 0).save(damaged, "JPEG", exif=exif.tobytes()[:-7])
    (folder / "upright" / "u9_0.jpg").write_bytes(damaged.getvalue())
    for path in (folder / "lying").iterdir():
        path.write_bytes(b"no picture")
    done = run_in_shell(f"tlbook adapt {folder} --out {tmp_path / 'run'}")
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1, done.stderr


@pytest.mark.parametrize(("file", "content"), [("report.json", b"[]"), ("model.keras", b"PK\x03\x04 cut off")])
def test_predict_refuses_a_damaged_run(finished_run, stripes, tmp_path, capsys, file, content):
    run = shutil.copytree(finished_run, tmp_path / "run")
    (run / file).write_bytes(content)
    line = run_bad(capsys, ["predict", run, stripes])
    assert "no run" in line or "damaged" in line


def test_predict_refuses_what_is_no_run(tmp_path, capsys):
    assert "no run" in run_bad(capsys, ["predict", tmp_path, tmp_path])


def test_pretrain_refuses_an_unknown_source(capsys):
    assert "nothing" in run_bad(capsys, ["pretrain", "--source", "nothing"])


def test_bad_input_is_found_before_tensorflow_is_loaded(stripes, tmp_path):
    commands = [["adapt", str(stripes), "--out", str(tmp_path / "run"), *extra] for _, extra, _ in SEVERAL]
    program = (
        "import json, sys\nfrom tlbook.__main__ import main\n"
        "print([main(c) for c in json.load(sys.stdin)], 'tensorflow' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], input=json.dumps(commands), capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == f"{[2] * len(SEVERAL)} False"


def test_no_space_left_leaves_nothing(stripes, tmp_path, capsys, monkeypatch):
    import errno

    from tlbook.run import saved

    def fill_up(*arguments, **options):
        raise OSError(errno.ENOSPC, "No space left on device", "report.html")

    monkeypatch.setattr(saved, "render_report", fill_up)
    line = run_bad(capsys, ["adapt", stripes, "--out", tmp_path / "run", *HEAD])
    assert "no space left" in line
    assert not list(tmp_path.iterdir())


HEAD = ["--strategy", "head", "--image-size", "64", "--quiet"]


def test_a_file_size_limit_counts_as_no_space(stripes, tmp_path):
    command = (
        f"ulimit -f 500; exec {sys.executable} -m tlbook adapt {stripes} --out {tmp_path / 'run'} {' '.join(HEAD)}"
    )
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True)
    assert (done.returncode, len(done.stderr.splitlines())) == (2, 1), done.stderr
    assert "no space left" in done.stderr
    assert not list(tmp_path.iterdir())


def test_a_defect_of_ours_is_told_from_bad_input(stripes, tmp_path, capsys, monkeypatch):
    from tlbook.run import saved

    def fail(*arguments, **options):
        raise RuntimeError("a defect")

    monkeypatch.setattr(saved, "render_report", fail)
    assert main(["adapt", str(stripes), "--out", str(tmp_path / "run"), *HEAD]) == 1
    assert "RuntimeError: a defect" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def heed_interrupts():
    """Undo what a shell does to jobs in the background, whose children ignore interrupts too."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


def wait_for_tensorflow(process):
    """Wait until a process has begun to load TensorFlow: standard error leads nowhere then."""
    deadline = time.time() + 120
    while "tensorflow" not in Path(f"/proc/{process.pid}/maps").read_text() and time.time() < deadline:
        time.sleep(0.02)


@pytest.mark.skipif(not os.path.exists("/proc/self/maps"), reason="no /proc on this system")
@pytest.mark.parametrize(("number", "later"), [(signal.SIGINT, 0), (signal.SIGTERM, 0), (signal.SIGINT, 8)])
def test_an_interrupted_run_says_so_and_leaves_nothing(stripes, tmp_path, number, later):
    options = ["--out", str(tmp_path / "run"), "--strategy", "full", "--epochs", "5000", "--image-size", "32"]
    command = [sys.executable, "-m", "tlbook", "adapt", str(stripes), *options]
    process = subprocess.Popen(
        command, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True, preexec_fn=heed_interrupts
    )
    try:
        wait_for_tensorflow(process)
        time.sleep(later)
        process.send_signal(number)
        _, errors = process.communicate(timeout=60)
    finally:
        process.kill()  # one that goes on would train for hours beside the other tests
    assert (process.returncode, errors) == (130, "tlbook: interrupted; nothing was written\n")
    assert not list(tmp_path.iterdir())


def test_a_signal_that_is_ignored_stays_ignored():
    """A run under nohup goes on when the terminal is closed."""
    earlier = {number: signal.getsignal(number) for number in (signal.SIGHUP, signal.SIGINT)}
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    heed_interrupts()
    try:
        with handle_signals(lambda number, frame: None) as before:
            assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
            assert set(before) == {signal.SIGINT, signal.SIGTERM}
    finally:
        for number, handler in earlier.items():
            signal.signal(number, handler)

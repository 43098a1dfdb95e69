import fcntl
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from tlbook.errors import BadInput
from tlbook.evidence.experiments import run_grid
from tlbook.runtime import describe_code

KEY = ("case", "seed")
ROWS = [{"case": case, "seed": seed, "rate": 0.1} for case in ("a", "b") for seed in range(3)]


class Counter:
    """Measures, and counts how often it was asked to."""

    def __init__(self, fail_at=None):
        self.calls, self.fail_at = [], fail_at

    def __call__(self, row):
        if len(self.calls) == self.fail_at:
            raise RuntimeError("out of memory")
        self.calls.append((row["case"], row["seed"]))
        return {"score": row["seed"] / 3}


def test_every_row_is_measured_once(tmp_path):
    path, count = tmp_path / "new" / "grid.csv", Counter()
    first = run_grid(path, ROWS, count, key=KEY)
    again = run_grid(path, ROWS[::-1], count, key=KEY)
    assert len(count.calls) == 6
    assert again == first[::-1]
    assert first[1]["score"] == 1 / 3
    assert first[1]["seconds"] >= 0
    assert {row["commit"] for row in first} == {describe_code(Path(__file__).parent)}
    assert path.read_text().splitlines()[0] == "case,seed,rate,score,seconds,commit"


def test_what_was_finished_survives_a_failure(tmp_path):
    path, count = tmp_path / "grid.csv", Counter()
    with pytest.raises(RuntimeError, match="memory"):
        run_grid(path, ROWS, Counter(fail_at=4), key=KEY)
    run_grid(path, ROWS, count, key=KEY)
    assert count.calls == [("b", 1), ("b", 2)]


@pytest.mark.parametrize("cut", [1, 5, 9])
def test_a_half_line_is_measured_again(tmp_path, cut):
    path, count = tmp_path / "grid.csv", Counter()
    whole = run_grid(path, ROWS, Counter(), key=KEY)
    path.write_bytes(path.read_bytes()[:-cut])
    assert [r["score"] for r in run_grid(path, ROWS, count, key=KEY)] == [r["score"] for r in whole]
    assert count.calls == [("b", 2)]


def test_half_a_header_is_a_new_table(tmp_path):
    path = tmp_path / "grid.csv"
    path.write_text("case,se")
    assert len(run_grid(path, ROWS, Counter(), key=KEY)) == 6
    assert path.read_text().startswith("case,seed,rate,score,seconds,commit\n")


def test_a_killed_run_goes_on(tmp_path):
    path, count = tmp_path / "grid.csv", Counter()
    code = (
        "import time\nfrom tlbook.evidence.experiments import run_grid\n"
        f"rows = {ROWS!r}\n"
        "def measure(row):\n    time.sleep(60 if row['case'] == 'b' else 0)\n    return {'score': row['seed'] / 3}\n"
        f"run_grid({str(path)!r}, rows, measure, key={KEY!r})\n"
    )
    with subprocess.Popen([sys.executable, "-c", code]) as process:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline and (not path.exists() or path.read_text().count("\n") < 4):
            time.sleep(0.02)
        process.send_signal(signal.SIGKILL)
    run_grid(path, ROWS, count, key=KEY)
    assert count.calls == [("b", 0), ("b", 1), ("b", 2)]


def test_numbers_keep_their_last_digit_and_nothing_stays_nothing(tmp_path):
    value = float(np.nextafter(0.1, 1))
    rows = run_grid(
        tmp_path / "grid.csv", [{"seed": 0}], lambda row: {"x": np.float64(value), "y": None, "z": True}, key=("seed",)
    )
    assert rows[0]["x"] == value
    assert rows[0]["y"] is None
    assert rows[0]["z"] == "True"


def test_changed_columns_are_bad_input_before_anything_is_measured(tmp_path):
    path, count = tmp_path / "grid.csv", Counter()
    run_grid(path, ROWS[:2], Counter(), key=KEY)
    with pytest.raises(BadInput, match=r"lacks \(momentum\)"):
        run_grid(path, [{**row, "momentum": 0.9} for row in ROWS], count, key=KEY)
    assert count.calls == []
    with pytest.raises(BadInput, match=r"other columns than grid.csv has \(auroc, score\)"):
        run_grid(path, ROWS, lambda row: {"auroc": 1.0}, key=KEY)
    assert len(path.read_text().splitlines()) == 3


@pytest.mark.parametrize(
    ("rows", "key", "measure", "message"),
    [
        (ROWS, ("case",), Counter(), "widen the key"),
        (ROWS, ("depth",), Counter(), "without depth"),
        ([{"seed": 0}, {"seed": 1, "n": 2}], ("seed",), Counter(), "different columns"),
        (ROWS, KEY, lambda row: {"rate": 1}, "named like settings"),
        (ROWS, KEY, lambda row: {"note": "two\nlines"}, "line break"),
    ],
)
def test_bad_grids_are_bad_input(tmp_path, rows, key, measure, message):
    with pytest.raises(BadInput, match=message):
        run_grid(tmp_path / "grid.csv", rows, measure, key=key)


def test_a_table_in_use_is_left_alone(tmp_path):
    path = tmp_path / "grid.csv"
    with path.open("ab") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        with pytest.raises(BadInput, match="another run is writing"):
            run_grid(path, ROWS, Counter(), key=KEY)


def test_no_rows_are_no_table_rows(tmp_path):
    assert run_grid(tmp_path / "grid.csv", [], Counter(), key=KEY) == []


def measure_in_a_process(row):
    if row["case"] == "c":
        raise RuntimeError("out of memory")
    return {"process": os.getpid(), "threads": os.environ["TF_NUM_INTRAOP_THREADS"], "score": row["seed"] / 3}


def test_rows_are_measured_side_by_side(tmp_path):
    path = tmp_path / "grid.csv"
    found = run_grid(path, ROWS, measure_in_a_process, key=KEY, processes=2, quiet=True)
    assert [(row["case"], row["seed"]) for row in found] == [(row["case"], row["seed"]) for row in ROWS]
    assert [row["score"] for row in found] == [0, 1 / 3, 2 / 3] * 2
    assert os.getpid() not in {row["process"] for row in found}
    assert {row["threads"] for row in found} == {1}
    assert run_grid(path, ROWS, Counter(fail_at=0), key=KEY, processes=2, quiet=True) == found, "nothing is left to do"


def test_a_failure_in_a_process_ends_the_run_and_keeps_what_was_finished(tmp_path):
    path, rows = tmp_path / "grid.csv", [*ROWS, {"case": "c", "seed": 0, "rate": 0.1}]
    run_grid(path, ROWS[:2], measure_in_a_process, key=KEY, processes=2, quiet=True)
    with pytest.raises(RuntimeError, match="memory"):
        run_grid(path, rows[::-1], measure_in_a_process, key=KEY, processes=2, quiet=True)
    assert len(path.read_text().splitlines()) >= 3


def measure_slowly_or_fail(row):
    if row["case"] == "c":
        raise RuntimeError("out of memory")
    time.sleep(0.3)
    return {"score": 1}


def test_rows_that_ran_beside_a_failure_are_kept(tmp_path):
    path = tmp_path / "grid.csv"
    rows = [ROWS[0], {"case": "c", "seed": 0, "rate": 0.1}]
    with pytest.raises(RuntimeError, match="memory"):
        run_grid(path, rows, measure_slowly_or_fail, key=KEY, processes=2, quiet=True)
    assert len(path.read_text().splitlines()) == 2


@pytest.mark.parametrize("values", [[0, 0.001], ["007", "010"], ["1_000", "2_000"]])
def test_a_key_is_found_again_as_it_was_written(tmp_path, values):
    rows = [{"k": value} for value in values]
    found = run_grid(tmp_path / "grid.csv", rows, lambda row: {"score": str(row["k"])}, key=("k",))
    assert [str(row["score"]) for row in found] == [str(row["k"]) for row in found]
    assert run_grid(tmp_path / "grid.csv", rows[::-1], Counter(fail_at=0), key=("k",)) == found[::-1]


def test_no_process_is_bad_input(tmp_path):
    with pytest.raises(BadInput, match="`processes` 0; expected at least 1"):
        run_grid(tmp_path / "grid.csv", ROWS, Counter(), key=KEY, processes=0)

import json
import os
import subprocess
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tlbook.errors import BadInput
from tlbook.evidence import results
from tlbook.evidence.comparisons import (
    choose_on_validation,
    format_summary,
    paired_difference,
    paired_differences,
    summarise,
)
from tlbook.evidence.results import read_record, read_table, results_path, write_record
from tlbook.runtime import data_dir, describe_code, hardware

TABLE = "case,n,seed,score\npets,20,0,0.5\npets,20,1,0.625\ndogs,,1,1\n"
COLUMNS = {"case": "name", "n": "images a class", "seed": "of the split", "score": "balanced accuracy, 0-1"}


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setattr(results, "data_dir", lambda: tmp_path)
    (tmp_path / "results").mkdir()
    (tmp_path / "results" / "probe.csv").write_text(TABLE)
    return tmp_path / "results"


def test_columns_are_typed_and_empty_fields_are_none(folder):
    rows = read_table("probe")
    assert rows[0] == {"case": "pets", "n": 20, "seed": 0, "score": 0.5}
    assert rows[2]["n"] is None
    assert isinstance(rows[2]["score"], float)
    assert read_table(folder / "probe.csv") == rows


@pytest.mark.parametrize(("name", "message"), [("nothing", "measured: probe"), ("../probe", "letters, digits")])
def test_unknown_tables_are_bad_input(folder, name, message):
    with pytest.raises(BadInput, match=message):
        read_table(name)


def test_a_short_row_is_bad_input(folder):
    (folder / "cut.csv").write_text("a,b\n1,2\n3\n")
    with pytest.raises(BadInput, match="1 fields in row 2; expected 2"):
        read_table("cut")


def test_the_lab_record_holds_what_the_table_rests_on(folder, tmp_path):
    weights = tmp_path / "weights.npz"
    weights.write_bytes(b"abc")
    written = write_record("probe", command="make probe", protocol="five seeds", columns=COLUMNS, inputs=[weights])
    record = read_record("probe")
    assert record == written
    assert record.seeds == (0, 1)
    assert list(record.columns) == ["case", "n", "seed", "score"]
    assert record.inputs == {"weights.npz": "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"}
    assert record.rows_by_commit == {describe_code(folder): 3}
    assert "numpy" in record.versions
    assert str(tmp_path) not in (folder / "probe.json").read_text()


def test_a_record_counts_the_rows_of_each_state_of_the_code(folder):
    header, *lines = TABLE.splitlines()
    states = ("3e1d6bf", "", "3e1d6bf")
    (folder / "probe.csv").write_text("\n".join([f"{header},commit", *map("{},{}".format, lines, states)]) + "\n")
    record = write_record("probe", command="make probe", protocol="", columns=COLUMNS)
    assert record.rows_by_commit == {"3e1d6bf": 2, "unknown": 1}
    assert record.columns["commit"] == results.COMMIT


def test_other_words_for_the_same_table_leave_its_date(folder, monkeypatch):
    def write(protocol, python):
        monkeypatch.setattr(results, "versions", lambda: {"python": python})
        return write_record("probe", command="make probe", protocol=protocol, columns=COLUMNS)

    first = write("five seeds", "3.11")
    assert write("other words", "3.12") == replace(first, protocol="other words")
    (folder / "probe.csv").write_text(TABLE.replace("0.625", "0.725"))
    assert write("five seeds", "3.12").versions == {"python": "3.12"}


def test_a_changed_table_no_longer_fits_its_record(folder):
    with pytest.raises(BadInput, match="without a lab record"):
        read_record("probe")
    write_record("probe", command="make probe", protocol="", columns=COLUMNS)
    (folder / "probe.csv").write_text(TABLE.replace("0.625", "0.725"))
    with pytest.raises(BadInput, match="run 'make probe' again"):
        read_record("probe")


def test_every_column_must_be_described(folder):
    with pytest.raises(BadInput, match=r"\(score\)"):
        write_record("probe", command="", protocol="", columns={c: "" for c in ("case", "n", "seed")})
    assert not list(folder.glob("*.json*"))


def list_shipped():
    # A table that is still being measured has no record yet; one that is committed must have its own.
    folder = data_dir() / "results"
    found = subprocess.run(["git", "ls-files", folder], cwd=data_dir(), capture_output=True, text=True, check=False)
    names = found.stdout.split() if found.returncode == 0 else folder.glob("*")
    return sorted(folder / Path(name).name for name in names if Path(name).suffix == ".csv")


def test_shipped_tables_fit_their_records():
    for path in list_shipped():
        record = read_record(path.stem)
        assert record.command
        assert record.protocol
        assert set(record.columns) == set(read_table(path.stem)[0])
        assert json.loads(path.with_suffix(".json").read_text())["created"] == record.created


def test_results_path_is_inside_the_data_folder():
    assert results_path("probe") == data_dir() / "results" / "probe.csv"


def test_summarise_gives_means_over_the_repeats():
    rows = [{"case": c, "n": n, "seed": s, "score": n + s} for n in (10, 20) for c in "ab" for s in range(5)]
    found = summarise(rows, ["case", "n"], "score")
    assert [(f["case"], f["n"], f["score"].value, f["score"].n) for f in found] == [
        ("a", 10, 12, 5), ("b", 10, 12, 5), ("a", 20, 22, 5), ("b", 20, 22, 5),
    ]  # fmt: skip


def test_a_summary_is_written_in_percent():
    rows = [{"case": "a long one", "n": 5, "the_score": 0.5}, {"case": "b", "n": 5, "the_score": None}]
    rows += [{"case": "c", "n": 5, "the_score": s} for s in (0.1, 0.2, 0.3)]
    assert format_summary(rows, ["case", "n"], "the_score").splitlines() == [
        "case        n  the score, %",
        "a long one  5   50.0",
        "b           5  undefined",
        "c           5   20.0  [-4.8, 44.8]",
    ]


def test_paired_differences_are_taken_apart_by_setting():
    rows = [
        {"case": case, "split": split, "seed": seed, "score": 0.5 + gain * (split == "slice") + seed / 10}
        for case, gain in (("x", 0.2), ("y", 0.0))
        for split in ("slice", "person")
        for seed in range(3)
    ]
    found = paired_differences(rows, ["case"], "split", ("slice", "person"), value="score")
    assert {key: round(estimate.value, 6) for key, estimate in found.items()} == {("x",): 0.2, ("y",): 0.0}


def test_a_pair_without_a_number_is_left_out():
    scores = {"a": (0.9, 0.8, None), "b": (0.7, 0.7, 0.1)}
    rows = [{"how": how, "seed": seed, "score": score} for how, of in scores.items() for seed, score in enumerate(of)]
    found = paired_difference(rows, "how", ("a", "b"), value="score")
    assert (found.n, found.value) == (2, pytest.approx(0.15))


def test_a_paired_difference_is_tighter_than_the_seeds_are_apart():
    rng = np.random.default_rng(0)
    luck = rng.normal(0, 0.2, 5)
    rows = [
        {"strategy": name, "seed": s, "score": gain + luck[s] + rng.normal(0, 0.01)}
        for name, gain in (("head", 0.7), ("scratch", 0.6))
        for s in range(5)
    ]
    estimate = paired_difference(rows, "strategy", ("head", "scratch"), value="score")
    alone = summarise(rows, ["strategy"], "score")[0]["score"]
    assert 0 < estimate.low < 0.1 < estimate.high
    assert estimate.high - estimate.low < 0.2 * (alone.high - alone.low)
    assert estimate.n == 5


def test_rows_that_do_not_pair_are_bad_input():
    rows = [{"strategy": name, "seed": s, "score": 1.0} for name in ("head", "full") for s in range(3)]
    with pytest.raises(BadInput, match="do not pair up by seed"):
        paired_difference(rows[:-1], "strategy", ("head", "full"), value="score")
    with pytest.raises(BadInput, match="two rows for strategy 'head'"):
        paired_difference(rows + rows[:1], "strategy", ("head", "full"), value="score")
    with pytest.raises(BadInput, match="do not pair up"):
        paired_difference(rows, "strategy", ("film", "norm"), value="score")


def test_the_row_that_is_best_on_validation_is_kept_of_each_group():
    scores = {("full", 0): (0.6, 0.7), ("full", 1): (0.8, 0.5), ("head", 0): (0.4, 0.4)}
    rows = [
        {
            "strategy": strategy,
            "seed": seed,
            "rate": rate,
            "val_balanced_accuracy": score,
            "balanced_accuracy": 1 - score,
        }
        for (strategy, seed), found in scores.items()
        for rate, score in enumerate(found)
    ]
    chosen = choose_on_validation(rows, ("strategy", "seed"))
    assert [(row["strategy"], row["seed"], row["rate"]) for row in chosen] == [
        ("full", 0, 1), ("full", 1, 0), ("head", 0, 0),
    ]  # fmt: skip


def test_the_machine_is_named_where_it_does_not_say_which_cores_a_process_may_use(monkeypatch):
    monkeypatch.delattr(os, "sched_getaffinity", raising=False)  # as on macOS
    assert hardware()["cores"] >= 1


@pytest.mark.parametrize(
    ("by", "value", "message"),
    [
        ("case", "score", "sequence of names"),
        (["kase"], "score", "'kase'"),
        (["case"], "points", "'points'; expected one"),
    ],
)
def test_a_column_that_is_not_there_is_named(by, value, message):
    with pytest.raises(BadInput, match=message):
        summarise([{"case": "a", "seed": 0, "score": 0.5}], by, value)


@pytest.mark.parametrize("table", [3, "no/such.csv", None])
def test_a_table_is_a_name_or_a_path(table):
    with pytest.raises(BadInput, match=r"a name of letters, digits and underscores, or a pathlib.Path"):
        read_table(table)

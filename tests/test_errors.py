"""A message is one line, whatever names are in it."""

import numpy as np
import pytest

from tlbook.__main__ import LONGEST_LINE, main
from tlbook.errors import BadInput, check_flag, check_number, check_path, check_whole, escape, shorten


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("cats/é 猫 1.png", "cats/é 猫 1.png"),
        ("a\x1b[31mred\x07", r"a\x1b[31mred\x07"),
        ("one\ntwo\r\tthree", r"one\ntwo\r\tthree"),
        ("\u202egnp.exe", r"\u202egnp.exe"),
        ("\x9b2J", r"\x9b2J"),
    ],
)
def test_what_a_terminal_would_obey_is_escaped(text, written):
    assert escape(text) == written


def test_a_name_with_escapes_reaches_no_terminal(tmp_path, capsys):
    (tmp_path / "cats\x1b[2J").mkdir()
    assert main(["adapt", str(tmp_path / "cats\x1b[2J" / "no\nfolder"), "--out", str(tmp_path / "run")]) == 2
    err = capsys.readouterr().err
    assert err.count("\n") == 1 and "\x1b" not in err and r"\x1b" in err


def test_a_groups_file_of_very_many_columns_gives_a_short_line(tmp_path, capsys):
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        for i in range(4):
            (tmp_path / name / f"{i}.png").write_bytes(b"x")
    (tmp_path / "groups.csv").write_text(",".join(f"c{i}" for i in range(15_000)) + "\n1\n")
    assert main(["adapt", str(tmp_path), "--out", str(tmp_path / "run"), "--groups", "groups.csv"]) == 2
    assert len(capsys.readouterr().err) < LONGEST_LINE / 4


@pytest.mark.parametrize("value", [True, np.True_, 0, 4, 1.0, "1", None, float("nan")])
def test_what_is_no_whole_number_in_its_range_is_refused(value):
    with pytest.raises(BadInput, match=r"^received `seed` .*; expected a whole number from 1 to 3$"):
        check_whole("seed", value, 1, 3)


@pytest.mark.parametrize("value", [True, -0.1, 1.1, float("nan"), float("inf"), "0", None, 1j])
def test_what_is_no_number_in_its_range_is_refused(value):
    with pytest.raises(BadInput, match=r"^received `share` .*; expected a number from 0 to 1$"):
        check_number("share", value, 0, 1)


def test_what_fits_is_taken_whatever_its_type():
    check_whole("seed", np.int64(3), 1, 3)
    check_whole("seed", 10**30, 1)
    check_number("share", np.float32(0.5), 0, 1)
    check_flag("trust", np.False_)
    check_path("folder", ".", "a folder")


@pytest.mark.parametrize("value", ["", 3, None, b"folder"])
def test_what_is_no_path_is_refused(value):
    with pytest.raises(BadInput, match=r"^received `folder` .*; expected the path of a folder$"):
        check_path("folder", value, "a folder")


@pytest.mark.parametrize("value", ["x" * 10**6, list(range(10**6)), np.zeros((999, 3)), {"a": "\n" * 10**5}])
def test_a_long_value_is_told_in_one_short_line(value):
    assert len(shorten(value)) < 100 and "\n" not in shorten(value)

"""A message is one line, whatever names are in it."""

import pytest

from tlbook.__main__ import LONGEST_LINE, main
from tlbook.errors import escape


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

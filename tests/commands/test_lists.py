"""``tlbook cases``, ``sources``, ``--version`` and ``--help``."""

import json

from tlbook.__main__ import main


def test_cases_as_json(capsys):
    assert main(["cases", "--json"]) == 0
    cases = json.loads(capsys.readouterr().out)
    assert {"fractures", "brains", "dogs", "pets", "signs"} <= {case["name"] for case in cases}
    assert all(case["licence"] and case["origin"] for case in cases)


def test_sources_as_a_table(capsys):
    assert main(["sources"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split()[0] == "source"
    assert any(line.startswith("photos") and " yes " in f"{line} " for line in lines)
    assert any(line.startswith("mobilenet_v2_035") for line in lines)


def test_version_and_help(capsys):
    for arguments, words in ((["--version"], "tlbook 0."), (["adapt", "--help"], "examples:"), (["--help"], "predict")):
        assert main(arguments) == 0
        assert words in capsys.readouterr().out

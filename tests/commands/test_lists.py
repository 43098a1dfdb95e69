"""``tlbook cases``, ``sources``, ``--version`` and ``--help``."""

import json

import pytest

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


def test_sources_ranked_on_a_folder(stripes, capsys):
    """Both named sources, in the order of the first method; the table's rows are those of the JSON."""
    arguments = ["sources", "--rank", str(stripes), "--groups", "metadata.csv", "--quiet"]
    arguments += ["--source", "worlds", "--source", "photos", "--method", "h_score", "--method", "probe"]
    assert main([*arguments, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    scores = [row["h_score"] for row in found["sources"]]
    assert {row["source"] for row in found["sources"]} == {"photos", "worlds"} and scores == sorted(scores)[::-1]
    assert found["n_train"] < 24, "training images alone"
    assert main(arguments) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[1].split() == ["source", "pixels", "H-score", "probe", "seconds"]
    assert [line.split()[0] for line in lines[2:]] == [row["source"] for row in found["sources"]]


BAD_RANKS = [
    (["--source", "photos"], "--source without --rank"),
    (["--groups", "metadata.csv"], "--groups without --rank"),
    (["--rank", "nowhere"], "nowhere"),
    (["--rank", "nowhere", "--source", "mobilenetv9"], "mobilenetv9"),
    (["--rank", "nowhere", "--method", "magic"], "received --method ['magic']; expected logme"),
    (["--rank", ""], "--rank"),
]


@pytest.mark.parametrize(("arguments", "words"), BAD_RANKS, ids=[row[1] for row in BAD_RANKS])
def test_ranks_are_refused_in_one_line(arguments, words, capsys):
    assert main(["sources", *arguments]) == 2
    captured = capsys.readouterr()
    assert captured.out == "" and len(captured.err.splitlines()) == 1 and words in captured.err

"""Exercises: a wrong answer gets a hint and never the answer; the stored answers are those of the notebooks."""

import json
import re
from pathlib import Path

import nbformat
import numpy as np
import pytest

import tlbook as tl
from tlbook import exercises
from tlbook.errors import BadInput
from tlbook.exercises import GENERAL, judge
from tools.exercises import check_entry, collect, main, read_stored
from tools.notebooks import list_chapters
from tools.notebooks import main as run_notebooks

ROOT = Path(__file__).resolve().parents[1]
CHAPTERS = list_chapters(ROOT)
STORED = {
    "heads-1": {
        "answer": 0.73,
        "tolerance": 0.02,
        "hints": [
            {"equals": 0.5, "say": "Guessing."},
            {"below": 0.6, "say": "Low."},
            {"between": [0.8, 0.9], "say": "Trained on the test set?"},
            {"above": 0.9, "say": "High."},
            {"say": "Look again."},
        ],
    },
    "heads-2": {"answer": "bone", "hints": [{"equals": "skin", "say": "The other one."}]},
    "heads-3": {"answer": [1, 2], "tolerance": 0},
    "heads-4": {"answer": {"0": 0.5, "1": True}, "tolerance": 0.1},
    "heads-5": {"answer": True, "hints": [{"equals": False, "say": "Print it."}]},
    "heads-6": {"answer": 12, "hints": []},
}


@pytest.fixture
def stored(tmp_path, monkeypatch):
    """Exercises of a chapter made up here."""
    (tmp_path / "exercises").mkdir()
    (tmp_path / "exercises" / "heads.json").write_text(json.dumps(STORED))
    (tmp_path / "exercises" / "deep_heads.json").write_text("{}")
    monkeypatch.setattr(exercises, "data_dir", lambda: tmp_path)


RIGHT = [
    ("heads-1", 0.73), ("heads-1", 0.75), ("heads-1", 0.71), ("heads-1", np.float32(0.73)), ("heads-1", np.array(0.74)),
    ("heads-2", "bone"), ("heads-2", " bone\n"), ("heads-2", np.str_("bone")),
    ("heads-3", [1, 2]), ("heads-3", (1.0, 2)), ("heads-3", np.array([1, 2])),
    ("heads-4", {0: 0.55, 1: True}), ("heads-4", {"1": np.True_, "0": np.float64(0.45)}),
    ("heads-5", True), ("heads-5", np.bool_(True)), ("heads-6", 12.0),
]  # fmt: skip
WRONG = [
    ("heads-1", 0.49, "Guessing."), ("heads-1", 0.3, "Low."), ("heads-1", 0.8, "Trained on the test set?"),
    ("heads-1", 0.9, "Trained on the test set?"), ("heads-1", 0.901, "High."), ("heads-1", 0.7501, "Look again."),
    ("heads-2", "skin", "The other one."), ("heads-2", "Bone", GENERAL), ("heads-3", [2, 1], GENERAL),
    ("heads-3", [1], GENERAL), ("heads-3", [1, "2"], GENERAL), ("heads-3", [1, 2, 3], GENERAL),
    ("heads-4", {0: 0.5}, GENERAL), ("heads-4", {0: 0.7, 1: True}, GENERAL), ("heads-4", {0: 0.5, 1: 1}, GENERAL),
    ("heads-5", False, "Print it."), ("heads-6", 12.01, GENERAL),
]  # fmt: skip


@pytest.mark.parametrize(("label", "answer"), RIGHT)
def test_a_right_answer(stored, capsys, label, answer):
    assert tl.check(label, answer) is None
    assert capsys.readouterr().out == "Right.\n"


@pytest.mark.parametrize(("label", "answer", "hint"), WRONG)
def test_a_wrong_answer_gets_its_hint(stored, capsys, label, answer, hint):
    tl.check(label, answer)
    assert capsys.readouterr().out == f"Not yet. {hint}\n"


def test_a_cell_as_it_stands_says_what_to_do(stored, capsys):
    tl.check("heads-1", ...)
    tl.check("new_chapter-1", ...)
    assert capsys.readouterr().out.splitlines()[0] == "heads-1: put your answer in place of ..."
    assert not judge("heads-1", ...).right


@pytest.mark.parametrize(
    ("label", "answer", "message"),
    [
        ("heads-1", "0.73", "received '0.73' (str) as the answer to heads-1; expected a number"),
        ("heads-1", True, "received True (bool) as the answer to heads-1; expected a number"),
        ("heads-1", float("nan"), "received nan (float) as the answer to heads-1; expected a number"),
        ("heads-2", None, "received None (NoneType) as the answer to heads-2; expected a string"),
        ("heads-3", {1: 2}, "received {'1': 2} (dict) as the answer to heads-3; expected a list"),
        ("heads-4", [0.5], "received [0.5] (list) as the answer to heads-4; expected a dictionary"),
        ("heads-5", 1, "received 1 (int) as the answer to heads-5; expected True or False"),
        (
            "heads-9",
            1,
            "received `label` 'heads-9'; expected one of heads-1, heads-2, heads-3, heads-4, heads-5, heads-6",
        ),
        (
            "tails-1",
            1,
            "received `label` 'tails-1'; expected CHAPTER-NUMBER; chapters with exercises: deep_heads, heads",
        ),
        (1, 1, "received `label` 1; expected an exercise's label, such as 'head_only-1'"),
    ],
)
def test_what_cannot_be_compared_is_refused_in_a_line(stored, label, answer, message):
    with pytest.raises(BadInput, match=f"^{re.escape(message)}$"):
        tl.check(label, answer)


def test_no_message_has_the_answer(stored):
    for label, answer, _ in WRONG:
        assert str(STORED[label]["answer"]) not in judge(label, answer).text


@pytest.mark.parametrize("name", CHAPTERS)
def test_stored_answers_are_the_notebook_s(name, capsys):
    assert main(["--check", name]) == 0, capsys.readouterr().err


@pytest.mark.parametrize("name", CHAPTERS)
def test_every_solution_is_right_by_the_check(name):
    for label, answer in collect(name, ROOT).items():
        assert judge(label, answer).right


HEADER = """---
jupytext:
  text_representation:
    extension: .md
    format_name: myst
kernelspec:
  name: python3
  display_name: Python 3
"""
SOLUTION = "\n```{{code-cell}} ipython3\n:tags: [solution-one-{number}]\n{code}\n```\n"


def write_chapter(book, *codes):
    body = "".join(SOLUTION.format(number=number, code=code) for number, code in enumerate(codes, start=1))
    (book / "chapters" / "one.md").write_text(f"{HEADER}---\n\n# One\n{body}")


@pytest.fixture
def book(tmp_path):
    (tmp_path / "_toc.yml").write_text("format: jb-book\nroot: chapters/one\n")
    (tmp_path / "chapters").mkdir()
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "registry.txt").write_text("")
    return tmp_path


def test_executing_a_chapter_stores_its_answers_and_keeps_what_is_written_by_hand(book, capsys):
    write_chapter(book, "print('x')\nround(1 / 3, 3)", "(1, 'b')")
    assert run_notebooks(["one"], root=book) == 0
    assert read_stored("one", book) == {
        "one-1": {"answer": 0.333, "tolerance": 0, "hints": []},
        "one-2": {"answer": [1, "b"], "tolerance": 0, "hints": []},
    }
    assert "exercises/one.json" in (book / "data" / "registry.txt").read_text()
    assert main(["--check"], root=book) == 1 and "one-1: it has no hints" in capsys.readouterr().err

    path = book / "data" / "exercises" / "one.json"
    by_hand = {"tolerance": 0.01, "hints": [{"say": "Divide."}]}
    path.write_text(json.dumps({label: {"answer": None} | by_hand for label in ("one-1", "one-2", "one-7")}))
    assert main(["--check", "one"], root=book) == 1
    err = capsys.readouterr().err
    assert "the answer to one-1 is not the notebook's" in err and "has one-7, which chapters/one.md has not" in err
    assert main(["one"], root=book) == 0
    new = read_stored("one", book)
    assert new["one-1"] == {"answer": 0.333} | by_hand
    assert new["one-7"]["hints"] == by_hand["hints"]
    before = path.read_bytes()
    assert main(["one"], root=book) == 0 and path.read_bytes() == before
    del new["one-7"]
    path.write_text(json.dumps(new))
    assert main(["--check", "one"], root=book) == 0


@pytest.mark.parametrize("code", ["print(3)", "object()", "None", "[]", "..."])
def test_a_solution_that_shows_no_plain_value_is_refused(book, capsys, code):
    notebook = nbformat.v4.new_notebook()
    output = [] if "print" in code else [nbformat.v4.new_output("execute_result", {"text/plain": code})]
    notebook.cells = [nbformat.v4.new_code_cell(code, metadata={"tags": ["solution-one-1"]}, outputs=output)]
    (book / "chapters" / "one.md").write_text("# One\n")
    nbformat.write(notebook, book / "chapters" / "one.ipynb")
    assert main(["one"], root=book) == 1
    assert "chapters/one.md: the solution of one-1 shows" in capsys.readouterr().err


NO_SAY = "hint 1: expected 'say' and at most one of equals, below, above, between"


@pytest.mark.parametrize(
    ("entry", "problem"),
    [
        ({"tolerance": -1, "hints": [{"say": "x"}]}, "tolerance -1; expected a number of at least 0"),
        ({"hints": []}, "it has no hints; write at least one, for those who are wrong"),
        ({"hints": [{"below": 1}]}, NO_SAY),
        ({"hints": [{"low": 1, "say": "x"}]}, NO_SAY),
        ({"hints": [{"say": "x"}, {"say": "y"}]}, "hint 1 has no condition: those after it are never shown"),
        ({"hints": [{"say": "It is 0.73."}]}, "hint 1 tells the answer"),
    ],
)  # fmt: skip
def test_hints_out_of_order_are_named(entry, problem):
    assert check_entry({"answer": 0.73} | entry) == [problem]


def test_hints_in_order():
    assert check_entry({"answer": 0.73, "hints": [{"between": [0.5, 0.7], "say": "Above 0.7301?"}]}) == []

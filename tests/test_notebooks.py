"""The chapters' notebooks: executed, in step with their text, checked where it counts; and the tool that makes them."""

import base64
import json
import re
from pathlib import Path

import nbformat
import pytest
import yaml

from tools.notebooks import compare, digest_cells, list_chapters, main, normalise, read_text, rename_widgets

ROOT = Path(__file__).resolve().parents[1]
CHAPTERS = list_chapters(ROOT)
IGNORING = {"nbval-ignore-output", "nbval-skip", "raises-exception"}
MAX_IGNORED = 0.30
# As recorded, on a machine that may be slow; the budget on two quiet cores is 60 (tools/lesson_shape.py).
MAX_SECONDS = 120
HEADER = """---
jupytext:
  text_representation:
    extension: .md
    format_name: myst
kernelspec:
  display_name: Python 3
  language: python
  name: python3
---
"""


def read(name):
    return nbformat.read(ROOT / "chapters" / f"{name}.ipynb", as_version=4)


def code_cells(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def is_ignored(cell):
    return bool(IGNORING & set(cell.metadata.get("tags", [])))


def prints_scores(cell):
    """Tell whether a cell's output holds measured numbers: a decimal fraction in text."""
    texts = [o.get("text", "") or o.get("data", {}).get("text/plain", "") for o in cell.outputs]
    return any(re.search(r"\d\.\d", text) for text in texts)


def test_there_are_chapters():
    assert "intro" in CHAPTERS


@pytest.mark.parametrize("name", CHAPTERS)
def test_every_code_cell_was_executed_in_order(name):
    counts = [cell.execution_count for cell in code_cells(read(name)) if cell.source.strip()]
    assert counts == list(range(1, len(counts) + 1))
    assert counts


@pytest.mark.parametrize("name", CHAPTERS)
def test_no_error_and_no_standard_error_is_stored(name):
    outputs = [output for cell in code_cells(read(name)) for output in cell.outputs]
    assert [o for o in outputs if o.output_type == "error" or o.get("name") == "stderr"] == []


@pytest.mark.parametrize("name", CHAPTERS)
def test_text_and_notebook_agree(name):
    assert compare(name, ROOT) is None


@pytest.mark.parametrize("name", CHAPTERS)
def test_no_cell_may_skip_or_raise(name):
    tags = {tag for cell in code_cells(read(name)) for tag in cell.metadata.get("tags", [])}
    assert tags & {"nbval-skip", "raises-exception"} == set()


def test_few_cells_are_ignored(capsys):
    cells = {name: code_cells(read(name)) for name in CHAPTERS}
    ignored = {name: sum(map(is_ignored, found)) for name, found in cells.items()}
    total, all_cells = sum(ignored.values()), sum(map(len, cells.values()))
    with capsys.disabled():
        shares = ", ".join(f"{name} {ignored[name]}/{len(cells[name])}" for name in CHAPTERS)
        print(f"\ncells whose output is not compared: {total} of {all_cells} ({total / all_cells:.0%}): {shares}")
    assert total <= MAX_IGNORED * all_cells
    assert [name for name in CHAPTERS if ignored[name] > MAX_IGNORED * len(cells[name])] == []


@pytest.mark.parametrize("name", CHAPTERS)
def test_an_ignored_score_is_followed_by_a_claim(name):
    """Before the next cell of ignored scores, or the end, a compared cell asserts something."""
    owing = None
    for cell in code_cells(read(name)):
        if is_ignored(cell) and prints_scores(cell):
            assert owing is None, f"{name}: no claim after {owing!r}"
            owing = cell.source[:80]
        elif not is_ignored(cell) and re.search(r"^\s*assert\b", cell.source, re.MULTILINE):
            owing = None
    assert owing is None, f"{name}: no claim after {owing!r}"


@pytest.mark.parametrize("name", CHAPTERS)
def test_pictures_are_drawn_by_the_cells(name):
    """Only PNG drawings, none that a cell loaded from somewhere, and none embedded in the text."""
    for cell in read(name).cells:
        assert not re.search(r"!\[[^\]]*\]\((https?:|data:)|<img", cell.source), cell.source[:80]
        assert "attachments" not in cell
        for output in cell.get("outputs", []):
            data = output.get("data", {})
            assert set(data) <= {"text/plain", "text/html", "image/png"}, cell.source[:80]
            assert "<table" in data.get("text/html", "<table"), cell.source[:80]
            assert not re.search(r"<(script|img|iframe)|https?:", data.get("text/html", "")), cell.source[:80]
            if "image/png" in data:
                assert b"matplotlib" in base64.b64decode(data["image/png"])[:200].lower(), cell.source[:80]


@pytest.mark.parametrize("name", CHAPTERS)
def test_a_notebook_is_quickly_had(name):
    assert (ROOT / "chapters" / f"{name}.ipynb").stat().st_size < 750_000


@pytest.mark.parametrize("name", CHAPTERS)
def test_status_belongs_to_the_text(name):
    entry = json.loads((ROOT / "chapters" / "status.json").read_text())[name]
    assert entry["cells"] == digest_cells(read_text(ROOT / "chapters" / f"{name}.md"))
    assert entry["seconds"] <= MAX_SECONDS


def test_book_is_built_without_execution():
    settings = yaml.safe_load((ROOT / "_config.yml").read_text())
    assert settings["execute"]["execute_notebooks"] == "off"


@pytest.fixture
def book(tmp_path):
    """A book of one chapter that was never executed."""
    (tmp_path / "_toc.yml").write_text("format: jb-book\nroot: chapters/one\n")
    (tmp_path / "chapters").mkdir()
    return tmp_path


def write_chapter(book, *cells):
    body = "".join(f"\n```{{code-cell}} ipython3\n{cell}\n```\n" for cell in cells)
    (book / "chapters" / "one.md").write_text(f"{HEADER}\n# One\n{body}")


def test_executing_a_chapter(book, capsys):
    write_chapter(
        book, "import sys, pathlib\nprint('a')\nprint('noise', file=sys.stderr)\nprint('b')", "pathlib.Path.cwd().name"
    )
    assert main(["one"], root=book) == 0
    first, second = code_cells(nbformat.read(book / "chapters" / "one.ipynb", as_version=4))
    assert [(o.name, o.text) for o in first.outputs] == [("stdout", "a\nb\n")]
    assert second.outputs[0].data["text/plain"] == "'chapters'"
    assert "dropped from standard error: noise" in capsys.readouterr().err
    assert set(json.loads((book / "chapters" / "status.json").read_text())["one"]) >= {"seconds", "cells", "versions"}
    assert main(["--check"], root=book) == 0
    once = (book / "chapters" / "one.ipynb").read_bytes()
    assert main([], root=book) == 0
    assert (book / "chapters" / "one.ipynb").read_bytes() == once

    write_chapter(book, "print('changed')", "pathlib.Path.cwd().name")
    assert main(["--check"], root=book) == 1
    assert "one: cell 1 differs" in capsys.readouterr().out


def test_a_failing_cell_leaves_no_notebook(book, capsys):
    write_chapter(book, "1 / 0")
    assert main([], root=book) == 1
    assert "ZeroDivisionError" in capsys.readouterr().err
    assert not (book / "chapters" / "one.ipynb").exists()
    assert main(["--check"], root=book) == 1


def test_unknown_chapter(book, capsys):
    write_chapter(book, "1")
    assert main(["two"], root=book) == 2
    assert capsys.readouterr().err == "notebooks: no chapter 'two'; _toc.yml has one\n"


def test_widgets_keep_their_state_under_stable_names():
    old, other = "0123456789abcdef0123456789abcdef", "f" * 32
    text = json.dumps(
        {"state": {old: {"layout": f"IPY_MODEL_{other}"}, other: {}}, "model_id": old, "sha256": "a" * 64}
    )
    renamed = json.loads(rename_widgets(text))
    assert renamed["model_id"] == f"{1:032x}"
    assert renamed["state"] == {f"{1:032x}": {"layout": f"IPY_MODEL_{2:032x}"}, f"{2:032x}": {}}
    assert renamed["sha256"] == "a" * 64


def test_what_is_said_of_a_figure_is_kept_and_compared(book, capsys):
    told = "---\nmystnb:\n  figure: {caption: One, name: one-fig}\n  image: {alt: A line}\ntags: [remove-input]\n---\n1"
    write_chapter(book, told)
    assert main([], root=book) == 0
    metadata = code_cells(nbformat.read(book / "chapters" / "one.ipynb", as_version=4))[0].metadata
    figure = {"figure": {"caption": "One", "name": "one-fig"}, "image": {"alt": "A line"}}
    assert metadata == {"mystnb": figure, "tags": ["remove-input"]}
    assert main(["--check"], root=book) == 0
    write_chapter(book, told.replace("One", "Two"))
    assert main(["--check"], root=book) == 1
    assert "one: cell 1 differs" in capsys.readouterr().out


def test_normalising_drops_what_differs_from_run_to_run():
    cell = nbformat.v4.new_code_cell("1", metadata={"execution": {"iopub.execute_input": "now"}, "tags": ["t"]})
    notebook = nbformat.v4.new_notebook(
        cells=[cell], metadata={"widgets": {"x": {}}, "language_info": {"name": "python", "version": "3.11.7"}}
    )
    assert normalise(notebook) == []
    assert notebook.cells[0].metadata == {"tags": ["t"]}
    assert set(notebook.metadata) == {"kernelspec", "language_info"}
    assert notebook.metadata.language_info == {"name": "python"}

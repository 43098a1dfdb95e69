"""Figures with captions: numbered by chapter, told in readers' notebooks, and missing ones found."""

import types
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_output

from tools import check_book, reader_notebooks
from tools.book_extension import number_by_page
from tools.figures import check_figures, number_figures
from tools.reader_links import read_names

PICTURE = {"image/png": "cG5n", "text/plain": "<Figure>"}


def draw(caption=None, name=None, alt=None, **metadata):
    """A code cell that shows a picture, with what is said of it."""
    figure = {key: value for key, value in (("caption", caption), ("name", name)) if value}
    told = {"mystnb": {"figure": figure, "image": {"alt": alt} if alt else {}}} if figure or alt else {}
    return new_code_cell("1", outputs=[new_output("display_data", PICTURE)], metadata={**told, **metadata})


@pytest.fixture
def write(tmp_path):
    """Write a chapter of a small book from its cells, and return the book's folder."""
    (tmp_path / "_toc.yml").write_text("format: jb-book\nroot: chapters/one\nchapters:\n- file: chapters/two\n")
    (tmp_path / "_config.yml").write_text("title: x\n")
    (tmp_path / "chapters" / "appendix").mkdir(parents=True)
    (tmp_path / "chapters" / "appendix" / "references.bib").write_text("")

    def write_chapter(name, *cells):
        path = tmp_path / "chapters" / f"{name}.md"
        path.write_text(f"# Chapter {name}\n")
        nbformat.write(nbformat.v4.new_notebook(cells=list(cells)), path.with_suffix(".ipynb"))
        return tmp_path

    write_chapter("one")
    write_chapter("two")
    return write_chapter


def test_figures_are_numbered_by_chapter(write):
    write("one", draw("A", "one-fig-A", "a"), draw(), new_code_cell("1"), draw("B", "one-fig-b", "b"))
    root = write("two", draw("C", "two-fig-c", "c"), draw("D", "two-fig-d", "d", tags=["remove-cell"]))
    assert number_figures(root) == {
        "one-fig-a": ("chapters/one", 1),
        "one-fig-b": ("chapters/one", 2),
        "two-fig-c": ("chapters/two", 1),
    }


def test_pages_number_as_notebooks_do():
    env = types.SimpleNamespace(toc_fignumbers={"one": {"figure": {"a": (4,), "b": (5,)}, "exercise": {"c": (7,)}}})
    assert number_by_page(None, env) == []
    assert env.toc_fignumbers == {"one": {"figure": {"a": (1,), "b": (2,)}, "exercise": {"c": (1,)}}}


def test_captions_stand_below_their_figures(write):
    text = new_markdown_cell("{numref}`two-fig-b`, {numref}`Fig. %s <two-fig-a>`, {numref}`one-fig-A`")
    write("one", draw("Else.", "one-fig-A", "a"))
    root = write("two", text, draw("A *{sub}`b`* of $c$.", "two-fig-a", "a"), draw(), draw("B.", "two-fig-b", "b"))
    cells = reader_notebooks.convert_chapter("two", read_names(root), "", root).cells[2:]
    assert cells[0].source == "Figure 2, Fig. 1, [Figure 1 of Chapter one](one.ipynb)"
    kinds = ["markdown", "code", "markdown", "code", "code", "markdown"]
    assert [cell.cell_type for cell in cells] == kinds
    captions = ["**Figure 1.** A *<sub>b</sub>* of $c$.", "**Figure 2.** B."]
    assert [cells[number].source for number in (2, 5)] == captions


def test_figures_of_the_book_are_told_and_stand_alone():
    assert check_figures(Path(__file__).resolve().parents[1]) == []


def test_figures_without_words_are_found(write):
    crowded = draw("B", "b", "b")
    crowded.outputs.append(new_output("execute_result", {"text/plain": "[]"}, execution_count=1))
    root = write("one", draw(), draw("A", "a"), draw("A", "a", "a"), draw(tags=["remove-output"]), crowded)
    problems = [
        "chapters/one.md: the figure of cell 0 has no caption, no name, no alt",
        "chapters/one.md: the figure of cell 1 has no alt",
        "chapters/one.md: the figure of cell 4 is one of 2 outputs; let the cell show it alone",
    ]
    assert check_figures(root) == problems
    path = root / "_build" / "html" / "chapters" / "one.html"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("<h1>one</h1>" + "word " * 1200)
    assert set(problems) <= set(check_book.check_book(root))

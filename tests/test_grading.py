"""A chapter's exercises as an assignment for nbgrader: solutions marked to be cut out, a locked test for each."""

import ast

import jupytext
import nbformat
import pytest

from tests.test_lessons import SOUND
from tools.grading import main


@pytest.fixture
def book(tmp_path):
    """A book of one executed chapter with two exercises."""
    (tmp_path / "_toc.yml").write_text("format: jb-book\nroot: chapters/heads\n")
    (tmp_path / "_config.yml").write_text("title: x\n")
    (tmp_path / "chapters" / "appendix").mkdir(parents=True)
    (tmp_path / "chapters" / "appendix" / "references.bib").write_text("")
    write_chapter(tmp_path, SOUND + "\n## Summary\n")
    return tmp_path


def write_chapter(book, text):
    (book / "chapters" / "heads.md").write_text(text)
    nbformat.write(jupytext.reads(text, fmt="md:myst"), book / "chapters" / "heads.ipynb")


def test_an_assignment(book, tmp_path, capsys):
    course = tmp_path / "course"
    assert main(["heads", str(course)], root=book) == 0
    assert "heads.ipynb" in capsys.readouterr().out
    notebook = nbformat.read(course / "source" / "heads" / "heads.ipynb", as_version=4)
    nbformat.validate(notebook)
    marks = {c.metadata.nbgrader.grade_id: c for c in notebook.cells if "nbgrader" in c.metadata}
    assert list(marks) == ["heads-1", "heads-1-test", "heads-2", "heads-2-test"]
    assert marks["heads-2"].source == "### BEGIN SOLUTION\n2\n### END SOLUTION"
    assert marks["heads-2"].metadata.nbgrader.solution and not marks["heads-2"].metadata.nbgrader.grade
    test = marks["heads-2-test"]
    assert test.metadata.nbgrader.locked and test.metadata.nbgrader.grade and test.metadata.nbgrader.points == 1
    assert 'judge("heads-2", answer)' in test.source and ast.parse(test.source)
    assert "Solution" not in notebook.cells[-1].source and "Summary" not in notebook.cells[-1].source
    assert "code_stub" in (course / "nbgrader_config.py").read_text()


def test_settings_of_a_course_that_is_there_stay(book, tmp_path):
    (tmp_path / "nbgrader_config.py").write_text("mine")
    assert main(["heads", str(tmp_path)], root=book) == 0
    assert (tmp_path / "nbgrader_config.py").read_text() == "mine"


def test_a_chapter_without_exercises_makes_no_assignment(book, tmp_path, capsys):
    write_chapter(book, SOUND.split("```{exercise-start}")[0])
    assert main(["heads", str(tmp_path / "course")], root=book) == 2
    assert capsys.readouterr().err == "grading: received the chapter 'heads', which has no exercises\n"
    assert not (tmp_path / "course").exists()

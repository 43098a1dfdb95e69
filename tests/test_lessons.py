"""Questions are closed and exercises solved in every chapter; the check of it on chapters made up here."""

import dataclasses
from pathlib import Path

import jupytext
import nbformat
import pytest

from tests.test_reader_notebooks import make_names
from tools import lesson_shape
from tools.book_extension import number_by_page
from tools.lesson_shape import count_words, measure_cells
from tools.lessons import check_lesson, check_lessons
from tools.notebooks import list_chapters, read_text
from tools.reader_text import Count, RawText, convert, find_raw

ROOT = Path(__file__).resolve().parents[1]
SOUND = """\
---
jupytext:
  text_representation:
    extension: .md
    format_name: myst
---

# Heads

```{question} What will it score?
- [x] 75 %
  Yes.
- [ ] 50 %
  No.
```

```{code-cell} ipython3
1
```

```{admonition} Answer to question 1
:class: tip
75 %.
```

```{exercise-start} Change it
:label: heads-1
```
Do.
```{code-cell} ipython3
answer = ...
tl.check("heads-1", answer)
```
```{exercise-end}
```

```{exercise-start} Write it
:label: heads-2
```
Do.
```{code-cell} ipython3
tl.check("heads-2", ...)
```
```{exercise-end}
```

```{solution-start} heads-1
:class: dropdown
```
```{code-cell} ipython3
:tags: [solution-heads-1]
1
```
```{solution-end}
```

```{solution-start} heads-2
:class: dropdown
```
```{code-cell} ipython3
:tags: [solution-heads-2]
2
```
```{solution-end}
```
"""


def check(tmp_path, text):
    (tmp_path / "heads.md").write_text(text)
    return [
        line.removeprefix("chapters/heads.md: ")
        for line in check_lesson("heads", read_text(tmp_path / "heads.md").cells)
    ]


def test_chapters_close_their_questions_and_solve_their_exercises():
    assert check_lessons(ROOT) == []


def test_a_sound_chapter(tmp_path):
    assert check(tmp_path, SOUND) == []


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("to question 1", "to question 2", "question 1 has no box 'Answer to question 1' after it"),
        ("to question 1", "to question 2", "'Answer to question 2' stands before or without its question"),
        (":label: heads-1", "", "exercise '': expected a line ':label: heads-NUMBER' below its title"),
        ("heads-1", "tails-1", "exercise 'tails-1': expected a line ':label: heads-NUMBER' below its title"),
        ('tl.check("heads-1", answer)', "", "exercise 'heads-1' has no cell with a check of its answer"),
        ('"heads-1"', '"heads-2"', "check of 'heads-2' stands outside that exercise"),
        ("[solution-heads-1]", "[x]", "exercise 'heads-1' has no solution's cell with its tag"),
        ("[solution-heads-1]", "[solution-heads-2]", "a cell tagged 'solution-heads-2' stands outside that solution"),
        ("{solution-start} heads-1", "{solution-start} heads-3", "exercise 'heads-1' has no solution"),
        ("{solution-start} heads-1", "{solution-start} heads-3", "solution of 'heads-3', which is no exercise here"),
        ("# Heads", "# Heads\n```{solution-start} heads-1\n```\n```{solution-end}\n```\n",
         "a solution stands before the last exercise; put them all at the end"),
    ],
)  # fmt: skip
def test_what_is_left_open_is_named(tmp_path, old, new, problem):
    assert problem in check(tmp_path, SOUND.replace(old, new))


def test_exercises_in_a_readers_notebook():
    count, names = Count(), make_names()
    exercises = {"heads-1": ("chapters/heads", 1)}
    for page, words in {"chapters/heads": "Exercise 1", "chapters/one": "Exercise 1 of Retrain the head"}.items():
        here = dataclasses.replace(make_names(site=""), exercises=exercises, page=page)
        assert convert("See {ref}`heads-1`.", here).replace("](heads.ipynb)", "").replace("[", "") == f"See {words}."
        assert "exercise number 1" in convert("{numref}`exercise number %s <heads-1>`", here)
    text = "```{exercise-start} Change *it*\n:label: heads-1\n```\nDo {term}`momentum`."
    assert convert(text, names, count=count).startswith("### Exercise 1: Change *it*\nDo [momentum](")
    both = "```{exercise-end}\n```\n\n```{solution-start} heads-1\n:class: dropdown\n```\nWords."
    plain = convert(both, names, count=count)
    assert plain.split() == ["---", "###", "Solution", "to", "exercise", "1", "Words."]
    assert plain.startswith("\n---\n") and find_raw(plain) == []
    with pytest.raises(RawText, match="no exercise 'heads-2'"):
        convert("```{solution-start} heads-2\n```", names, count=count)


def test_exercises_are_numbered_on_each_page_from_1():
    class Environment:
        toc_fignumbers = {
            "a": {"exercise": {"a-1": (1,), "a-2": (2,)}, "figure": {"f": (4,)}},
            "b": {"exercise": {"b-1": (3,)}},
        }

    number_by_page(None, Environment)
    assert Environment.toc_fignumbers["b"]["exercise"] == {"b-1": (1,)}
    assert Environment.toc_fignumbers["a"] == {"exercise": {"a-1": (1,), "a-2": (2,)}, "figure": {"f": (1,)}}


def test_there_are_chapters():
    assert list_chapters(ROOT)


def test_the_words_of_prose_are_counted():
    boxed = "```{tip}\n:class: x\nThree {term}`more words`.\n```"
    assert count_words(f"# Two words\n% a comment\n{boxed}\n```python\nno = 1\n```\n- 75 % don't") == 7
    assert count_words("```{question} Not this\n- [x] no\n  no\n```") == 0


def make_cells(text):
    cells = jupytext.reads(text, fmt="md:myst").cells
    for cell in cells:
        cell.update({"outputs": [], "metadata": dict(cell.metadata)} if cell.cell_type == "code" else {})
    return cells


def test_the_shape_of_a_chapter():
    extra = """
```{code-cell} ipython3
:tags: [remove-cell]
# hidden
assert 1
```

```{code-cell} ipython3
---
mystnb:
  figure:
    caption: What is seen.
---
draw(1,
     2)
```
"""
    cells = make_cells(SOUND + extra)
    cells[-1].outputs = [nbformat.v4.new_output("display_data", {"image/png": "x", "text/plain": "a\nb"})]
    cells[1].outputs = [nbformat.v4.new_output("stream", text="a\nb\nc\n")]
    shape = measure_cells(cells)
    assert shape == {
        "words": 1 + 5, "cells": 2, "longest": 2, "widest": 27, "output": 3, "figures": 1, "bare": 0, "shown": 0,
        "hidden": 1, "exercises": 2, "questions": 1, "open": 0,
    }  # fmt: skip


def test_the_table_judges_only_where_asked_to(tmp_path, capsys):
    (tmp_path / "chapters").mkdir()
    (tmp_path / "_toc.yml").write_text("format: jb-book\nroot: chapters/heads\n")
    (tmp_path / "chapters" / "heads.md").write_text(SOUND.replace("Answer to question 1", "So it is"))
    nbformat.write(nbformat.v4.new_notebook(cells=make_cells(SOUND)), tmp_path / "chapters" / "heads.ipynb")
    assert lesson_shape.main([], root=tmp_path) == 0
    out = capsys.readouterr().out
    assert " 2!" in out and "budget" in out and "≤ 88" in out and "1500–2500" in out
    assert "chapters/heads.md: question 1 has no box" in out
    assert lesson_shape.main(["--strict", "heads"], root=tmp_path) == 1

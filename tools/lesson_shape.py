"""Print the shape of each chapter: how long, how many cells, figures, checks, exercises, questions, and the budgets.

    python tools/lesson_shape.py               all chapters
    python tools/lesson_shape.py head_only     these
    python tools/lesson_shape.py --strict      exit status 1 where a budget is not kept

Read from the executed notebooks. A value out of its budget has a ! behind it. Words are those of prose and boxes;
questions, exercises and solutions do not count in words and cells, their code does in the widest line.
"""

import argparse
import json
import re
import sys
from dataclasses import dataclass
from pathlib import Path

if not __package__:  # run as a program
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from tools.figures import list_figures
from tools.lessons import check_lesson, read_events, split_exercises
from tools.notebooks import list_chapters, read_text
from tools.reader_text import OPTION, PAGE_ONLY, split_blocks

ROOT = Path(__file__).resolve().parents[1]
HIDDEN = ("remove-cell", "remove-input", "hide-cell", "hide-input")  # a cell whose code the page does not show
UNSEEN = ("remove-cell", "remove-output", "hide-cell", "hide-output")
ASSERTION = re.compile(r"^\s*assert\b", re.MULTILINE)
ANY = 10**6  # no upper end
CODE = {"code", "code-block", "sourcecode", "math", "question", "figure", "image", None}  # blocks that are no prose


@dataclass(frozen=True)
class Budget:
    """A column of the table.

    Attributes
    ----------
    title : str
    low, high : int
        What a chapter keeps to, both included.
    """

    title: str
    low: int
    high: int

    def keeps(self, value):
        """True for a value within the budget."""
        return self.low <= value <= self.high

    def __str__(self):
        if self.low == self.high:
            return f"{self.low}"
        if self.high == ANY:
            return f"≥ {self.low}"
        return f"≤ {self.high}" if self.low == 0 else f"{self.low}–{self.high}"


BUDGETS = {
    "words": Budget("words", 1500, 2500),
    "cells": Budget("cells", 12, 22),
    "longest": Budget("longest cell", 0, 12),
    "widest": Budget("widest line", 0, 88),
    "output": Budget("lines of output", 0, 8),
    "figures": Budget("figures", 4, 8),
    "bare": Budget("without caption", 0, 0),
    "shown": Budget("checks seen", 1, 1),
    "hidden": Budget("checks hidden", 1, ANY),
    "exercises": Budget("exercises", 3, 3),
    "questions": Budget("questions", 1, 3),
    "open": Budget("open", 0, 0),
    "seconds": Budget("seconds", 0, 60),
}


def count_words(text):
    """Count the words of a text's prose, those in boxes too."""
    words = 0
    for opening, lines in split_blocks(text):
        if opening is None:
            kept = [line for line in lines if not PAGE_ONLY.match(line)]
            words += len(re.findall(r"[^\W_][\w’'.,-]*", re.sub(r"\{[\w:+-]+\}(?=`)", "", "\n".join(kept))))
        elif opening[3] not in CODE:
            words += count_words("\n".join([opening[4], *(line for line in lines if not OPTION.match(line))]))
    return words


def is_tagged(cell, tags):
    """True for a cell with one of some tags."""
    return bool(set(tags) & set(cell.metadata.get("tags", [])))


def count_output(cell):
    """Count the lines of text that a page shows below a cell: none for pictures and tables."""
    lines = 0
    for output in [] if is_tagged(cell, UNSEEN) else cell.outputs:
        data = output.get("data", {})
        text = output.get("text", "" if data.keys() - {"text/plain"} else data.get("text/plain", ""))
        lines += len(text.rstrip("\n").split("\n")) if text else 0
    return lines


def measure_cells(cells):
    """Measure a chapter's cells."""
    code, (own, texts) = [cell for cell in cells if cell.cell_type == "code"], split_exercises(cells)
    seen = [cell for cell in own if not is_tagged(cell, HIDDEN)]
    asserting = [cell for cell in own if ASSERTION.search(cell.source)]
    figures, events = list_figures(cells), read_events(cells)
    questions = {event.name for event in events if event.kind == "question"}
    return {
        "words": sum(map(count_words, texts)),
        "cells": len(seen),
        "longest": max((len(cell.source.split("\n")) for cell in seen), default=0),
        "widest": max((len(line) for cell in code for line in cell.source.split("\n")), default=0),
        "output": max(map(count_output, own), default=0),
        "figures": len(figures),
        "bare": sum(not figure.caption for figure in figures),
        "shown": sum(cell in seen for cell in asserting),
        "hidden": sum(cell not in seen for cell in asserting),
        "exercises": sum(event.kind == "exercise-start" for event in events),
        "questions": len(questions),
        "open": len(questions - {event.name for event in events if event.kind == "answer"}),
    }


def measure(name, root):
    """Measure one chapter; what was not executed has no seconds."""
    import nbformat

    cells = nbformat.read(root / "chapters" / f"{name}.ipynb", as_version=4).cells
    path = root / "chapters" / "status.json"
    status = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    return measure_cells(cells) | {"seconds": round(status.get(name, {}).get("seconds", 0))}


def write_table(shapes):
    """Write the table: a line for each chapter, the budgets below."""
    rows = [["chapter", *(budget.title for budget in BUDGETS.values())]]
    for name, shape in shapes.items():
        rows.append([name, *(f"{shape[key]}{' ' if BUDGETS[key].keeps(shape[key]) else '!'}" for key in BUDGETS)])
    rows.append(["budget", *(f"{budget} " for budget in BUDGETS.values())])
    return "\n".join(align(rows))


def align(rows):
    """Set columns under each other; a title of several words goes over several lines."""
    tall = max(len(title.split()) for title in rows[0])
    heads = [["", *[""] * (len(rows[0]) - 1)] for _ in range(tall)]
    for column, title in enumerate(rows[0]):
        words = title.split()
        for line, word in enumerate(words, start=tall - len(words)):
            heads[line][column] = word if column == 0 else f"{word} "
    rows = heads + rows[1:]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        yield "  ".join(
            [row[0].ljust(widths[0]), *(text.rjust(wide) for text, wide in zip(row[1:], widths[1:], strict=True))]
        ).rstrip()


def main(arguments=None, root=ROOT):
    """Print the table, and what is left open; 0, or with --strict 1 where a budget is not kept."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", help="chapters, without folder and suffix; all by default")
    parser.add_argument("--strict", action="store_true", help="exit status 1 where a budget is not kept")
    options = parser.parse_args(arguments)
    names = options.names or [name for name in list_chapters(root) if (root / "chapters" / f"{name}.ipynb").exists()]
    shapes = {name: measure(name, root) for name in names}
    print(write_table(shapes))
    problems = [
        line for name in names for line in check_lesson(name, read_text(root / "chapters" / f"{name}.md").cells)
    ]
    print("\n".join(problems), end="\n" if problems else "")
    kept = all(BUDGETS[key].keeps(shape[key]) for shape in shapes.values() for key in BUDGETS)
    return int(options.strict and not (kept and not problems))


if __name__ == "__main__":
    sys.exit(main())

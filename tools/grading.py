"""Write a chapter's exercises as an assignment for nbgrader, so that a teacher can hand it out and grade it.

    python tools/grading.py head_only course      writes course/source/head_only/head_only.ipynb and its settings
    cd course
    nbgrader generate_assignment head_only        the students' version, without solutions: release/
    nbgrader autograde head_only                  runs and grades what lies in submitted/STUDENT/head_only/
    nbgrader generate_feedback head_only          a page for each student

The assignment is the chapter itself, up to its solutions. Each exercise's cell is the student's to change; below it
comes a locked cell that compares `answer` with the stored one, for one point.
"""

import argparse
import re
import sys
from pathlib import Path

if not __package__:  # run as a program
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from tools.lessons import CHECK, SOLUTION
from tools.reader_links import read_address, read_names
from tools.reader_notebooks import convert_chapter

ROOT = Path(__file__).resolve().parents[1]
SETTINGS = """c = get_config()
c.CourseDirectory.course_id = "tlbook"
c.ClearSolutions.code_stub = {"python": "answer = ...  # your answer"}
"""
TEST = """from tlbook.exercises import judge

verdict = judge("{label}", answer)
assert verdict.right, verdict.text"""


def mark(cell, label, **kind):
    """Give a cell what nbgrader reads."""
    marks = {"grade": False, "solution": False, "locked": False, "task": False, "schema_version": 3}
    cell.metadata = {"nbgrader": marks | {"grade_id": label} | kind}
    return cell


def find_solutions(cells):
    """Code of the solutions, by label."""
    found = {}
    for cell in cells:
        for tag in cell.metadata.get("tags", []):
            if tag.startswith(SOLUTION):
                found.setdefault(tag.removeprefix(SOLUTION), []).append(cell.source)
    return {label: "\n\n".join(code) for label, code in found.items()}


def write_exercise(cell, label, solution):
    """Write an exercise's two cells: the student's, with the solution that nbgrader cuts out, and the locked test."""
    from nbformat.v4 import new_code_cell

    own = new_code_cell(f"### BEGIN SOLUTION\n{solution}\n### END SOLUTION", id=cell.id)
    test = new_code_cell(TEST.format(label=label), id=f"{cell.id}-test")
    locked = {"grade": True, "locked": True, "points": 1}
    return [mark(own, label, solution=True), mark(test, f"{label}-test", **locked)]


def make_assignment(name, root):
    """Make a chapter's assignment; BadInput where it has no exercises."""
    from tlbook.errors import BadInput

    notebook = convert_chapter(name, read_names(root), read_address(root), root)
    solutions, cells = find_solutions(notebook.cells), []
    for cell in notebook.cells:
        labels = CHECK.findall(cell.source) if cell.cell_type == "code" else []
        if cell.cell_type == "markdown" and "### Solution to exercise 1" in cell.source:
            before = cell.source.split("### Solution to exercise")[0].rstrip()
            cell.source = re.sub(r"(?:^|\n)#+ .*$", "", before)  # without the heading over all solutions
            cells.append(cell)
            break
        cells += write_exercise(cell, labels[0], solutions[labels[0]]) if labels else [cell]
    if not solutions:
        raise BadInput(f"received the chapter {name!r}, which has no exercises")
    for cell in cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    notebook.cells = cells
    return notebook


def main(arguments=None, root=ROOT):
    """Write the assignment and say where; 2: the chapter has no exercises."""
    import nbformat

    from tlbook.errors import BadInput

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("name", help="a chapter, without folder and suffix")
    parser.add_argument("course", type=Path, help="folder of the course; made where there is none")
    options = parser.parse_args(arguments)
    try:
        notebook = make_assignment(options.name, root)
    except BadInput as problem:
        print(f"grading: {problem}", file=sys.stderr)
        return 2
    path = options.course / "source" / options.name / f"{options.name}.ipynb"
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(notebook, path)
    settings = options.course / "nbgrader_config.py"
    if not settings.exists():
        settings.write_text(SETTINGS, encoding="utf-8")
    print(f"grading: {path}")
    return 0


if __name__ == "__main__":
    sys.exit(main())

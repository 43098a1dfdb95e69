"""Collect the answers to the exercises from the executed chapters, for `tl.check`.

    python tools/exercises.py                  all chapters
    python tools/exercises.py head_only        these
    python tools/exercises.py --check          are the stored answers those of the notebooks, and the hints in order?

`make notebooks` does it by itself. A solution's cells carry the tag solution-LABEL; the last value that they show is
the answer. It goes to data/exercises/CHAPTER.json, beside what is written there by hand and stays:

    {"head_only-1": {
       "answer": 0.731,                          from the notebook
       "tolerance": 0.02,                        by hand: how far a number may be off, up or down (0: not at all)
       "hints": [                                by hand: the first that fits is shown
         {"equals": 0.5, "say": "Scored on labels in the wrong order?"},   (within the tolerance)
         {"below": 0.6, "say": "..."},           also "above": 0.9, and "between": [0.6, 0.7], its ends included
         {"say": "..."}                          no condition: for all others; the last one
    ]}}

A hint says where to look and never the answer. A number's tolerance covers what seeds and machines change.
"""

import argparse
import ast
import json
import re
import sys
from pathlib import Path

if not __package__:  # run as a program
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from tlbook.exercises import FOLDER, KINDS, find_kind, to_plain
from tools.lessons import SOLUTION
from tools.notebooks import list_chapters

ROOT = Path(__file__).resolve().parents[1]
CONDITIONS = ("equals", "below", "above", "between")


class BadAnswer(ValueError):
    """A solution that shows no plain value."""


def collect(name, root):
    """Read a chapter's answers, by label, from its executed notebook."""
    import nbformat

    answers = {}
    for cell in nbformat.read(root / "chapters" / f"{name}.ipynb", as_version=4).cells:
        for tag in cell.metadata.get("tags", []):
            if tag.startswith(SOLUTION):
                label = tag.removeprefix(SOLUTION)
                texts = [o["data"]["text/plain"] for o in cell.outputs if "text/plain" in o.get("data", {})]
                answers[label] = texts[-1] if texts else answers.get(label)
    return {label: read_answer(label, text) for label, text in answers.items()}


def read_answer(label, text):
    """Read the value that a solution shows."""
    try:
        answer = to_plain(ast.literal_eval(text))
    except (ValueError, SyntaxError, TypeError):
        answer = None
    if not is_answer(answer):
        raise BadAnswer(
            f"the solution of {label} shows {text!r}; expected its last line to be `answer`: a number (round it: "
            "round(float(x), 3)), a string, True or False, or a list or dictionary of these"
        )
    return answer


def is_answer(value):
    """True for a plain value, or a filled list or dictionary of such."""
    if isinstance(value, list | dict):
        items = list(value.values()) if isinstance(value, dict) else value
        return bool(items) and all(map(is_answer, items))
    return find_kind(value) in KINDS


def find_path(name, root):
    """File of a chapter's answers."""
    return root / "data" / FOLDER / f"{name}.json"


def read_stored(name, root):
    """Read a chapter's file; empty where there is none."""
    path = find_path(name, root)
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}


def update(name, root):
    """Write a chapter's answers into its file; return a line on what was done, None where nothing changed."""
    answers, stored = collect(name, root), read_stored(name, root)
    new = {
        label: {"tolerance": 0, "hints": []} | stored.get(label, {}) | {"answer": answer}
        for label, answer in answers.items()
    }
    new = {label: {key: new[label][key] for key in ("answer", *(new[label].keys() - {"answer"}))} for label in new}
    new |= {label: entry for label, entry in stored.items() if label not in new}  # hints by hand are never thrown away
    if new == stored:
        return None
    path = find_path(name, root)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(new, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    register(root)
    return f"{name}: {len(answers)} answers in {path.relative_to(root)}"


def register(root):
    """List the file's new checksum with those of all that ``data/`` ships."""
    from tlbook.datasets.fetch import REGISTRY, write_registry

    if (root / "data" / REGISTRY).exists():
        write_registry(root / "data")


def check(name, root):
    """Find where a chapter's stored answers and hints are not in order; a line for each problem."""
    answers, stored = collect(name, root), read_stored(name, root)
    file = find_path(name, root).relative_to(root)
    problems = [
        f"{file}: the answer to {label} is not the notebook's; run tools/exercises.py {name}"
        for label, answer in answers.items()
        if stored.get(label, {}).get("answer") != answer
    ]
    problems += [f"{file}: has {label}, which chapters/{name}.md has not" for label in stored if label not in answers]
    for label, entry in stored.items():
        problems += [f"{file}: {label}: {problem}" for problem in check_entry(entry)]
    return problems


def check_entry(entry):
    """Find what is wrong with an exercise's tolerance and hints."""
    problems, hints = [], entry.get("hints", [])
    if find_kind(entry.get("tolerance", 0)) != "number" or entry.get("tolerance", 0) < 0:
        problems.append(f"tolerance {entry['tolerance']!r}; expected a number of at least 0")
    if not hints:
        problems.append("it has no hints; write at least one, for those who are wrong")
    for number, hint in enumerate(hints, start=1):
        conditions = hint.keys() - {"say"}
        if not hint.get("say") or len(conditions) > 1 or not conditions <= set(CONDITIONS):
            problems.append(f"hint {number}: expected 'say' and at most one of {', '.join(CONDITIONS)}")
        elif not conditions and number < len(hints):
            problems.append(f"hint {number} has no condition: those after it are never shown")
        elif tells(hint["say"], entry["answer"]):
            problems.append(f"hint {number} tells the answer")
    return problems


def tells(text, answer):
    """True where a hint has the answer in it: a number with a point, or a string that stands there by itself."""
    if find_kind(answer) == "text" or isinstance(answer, float):
        return bool(re.search(rf"(?<![\w.]){re.escape(str(answer))}(?![\w.]*\w)", text))
    return False


def main(arguments=None, root=ROOT):
    """Collect or compare; 0: done, 1: something is not in order."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", help="chapters, without folder and suffix; all by default")
    parser.add_argument("--check", action="store_true", help="compare only")
    options = parser.parse_args(arguments)
    problems, lines = [], []
    for name in options.names or list_chapters(root):
        try:
            if options.check:
                problems += check(name, root)
            else:
                lines += filter(None, [update(name, root)])
        except BadAnswer as problem:
            problems.append(f"chapters/{name}.md: {problem}")
    if problems:
        print("\n".join(f"exercises: {line}" for line in problems), file=sys.stderr)
        return 1
    print("\n".join(f"exercises: {line}" for line in lines) or "exercises: the stored answers are the notebooks'")
    return 0


if __name__ == "__main__":
    sys.exit(main())

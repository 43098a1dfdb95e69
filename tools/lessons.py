"""What a chapter's text has of questions and exercises, and whether each is closed.

```{exercise-start} A title that is an instruction          ```{solution-start} head_only-1
:label: head_only-1                                         :class: dropdown
```                                                         ```
What to do, what `answer` should hold, a starting cell      A cell tagged solution-head_only-1, which shows
that ends in tl.check("head_only-1", answer)                `answer`, and a sentence or two that read it
```{exercise-end}                                           ```{solution-end}
```                                                         ```
"""

import re
from dataclasses import dataclass

from tools.notebooks import list_chapters, read_text

FENCE = re.compile(r"^ *(?:`{3,}|:{3,}|~{3,})\{([\w-]+)\} *(.*)$")
GATE = re.compile(r"^ *`{3,}\{((?:exercise|solution)-(?:start|end))\}(?:.*\n)(?:.*\n)*? *`{3,} *$", re.MULTILINE)
LABEL = re.compile(r"^ *:label: *(\S+) *$")
ANSWER = re.compile(r"^Answer to question (\d+)\b")
CHECK = re.compile(r"""\b(?:tl\.)?check\(\s*["']([\w-]+)["']""")
SOLUTION = "solution-"  # how the tag of a solution's cell begins
GATES = ("exercise-start", "exercise-end", "solution-start", "solution-end")


@dataclass(frozen=True)
class Event:
    """Something that a chapter's text has, in its order.

    Attributes
    ----------
    kind : str
        "question", "answer", one of GATES, "check" (of an exercise) or "solved" (a solution's cell).
    name : str
        The question's number, or the exercise's label; empty at the end of an exercise.
    """

    kind: str
    name: str


def read_events(cells):
    """List what a chapter's cells have of questions and exercises."""
    events, questions = [], 0
    for cell in cells:
        if cell.cell_type == "code":
            events += [Event("check", label) for label in CHECK.findall(cell.source)]
            tags = cell.metadata.get("tags", [])
            events += [Event("solved", tag.removeprefix(SOLUTION)) for tag in tags if tag.startswith(SOLUTION)]
            continue
        for event in read_markdown(cell.source):
            questions += event.kind == "question"
            events.append(Event(event.kind, str(questions)) if event.kind == "question" else event)
    return events


def read_markdown(text):
    """List what a text has of questions and exercises; questions have no number yet."""
    lines = text.split("\n")
    for number, line in enumerate(lines):
        if not (found := FENCE.match(line)):
            continue
        kind, title = found[1], found[2].strip()
        if kind == "admonition" and (closed := ANSWER.match(title)):
            yield Event("answer", closed[1])
        elif kind == "question":
            yield Event("question", "")
        elif kind == "exercise-start":
            label = LABEL.match(lines[number + 1]) if number + 1 < len(lines) else None
            yield Event(kind, label[1] if label else "")
        elif kind in GATES:
            yield Event(kind, title)


def check_questions(events):
    """Find questions that are not closed, and answers to none; a chapter may ask in its prose alone."""
    asked, closed, problems = [], set(), []
    if all(event.kind != "question" for event in events):
        return []
    for event in events:
        if event.kind == "question":
            asked.append(event.name)
        elif event.kind == "answer" and event.name not in asked:
            problems.append(f"'Answer to question {event.name}' stands before or without its question")
        elif event.kind == "answer":
            closed.add(event.name)
    return problems + [f"question {n} has no box 'Answer to question {n}' after it" for n in asked if n not in closed]


def check_exercises(name, events):
    """Find exercises without a label, a check or a solution, and solutions of none; a line for each problem."""
    inside, problems = None, []
    known = {kind: [e.name for e in events if e.kind == kind] for kind in ("exercise-start", "solution-start")}
    for event in events:
        if event.kind in ("exercise-start", "solution-start"):
            inside = event
        elif event.kind.endswith("-end"):
            inside = None
        elif event.kind == "check" and inside != Event("exercise-start", event.name):
            problems.append(f"check of {event.name!r} stands outside that exercise")
        elif event.kind == "solved" and inside != Event("solution-start", event.name):
            problems.append(f"a cell tagged '{SOLUTION}{event.name}' stands outside that solution")
    for label in known["exercise-start"]:
        if not re.fullmatch(rf"{re.escape(name)}-\w+", label):
            problems.append(f"exercise {label!r}: expected a line ':label: {name}-NUMBER' below its title")
        problems += [f"exercise {label!r} {lack}" for kind, lack in NEEDED.items() if Event(kind, label) not in events]
    problems += [f"solution of {label!r}, which is no exercise here" for label in known["solution-start"]
                 if label not in known["exercise-start"]]  # fmt: skip
    return problems


NEEDED = {
    "check": "has no cell with a check of its answer",
    "solution-start": "has no solution",
    "solved": "has no solution's cell with its tag",
}


def check_order(events):
    """Find a solution that is shown before the last exercise, which readers should meet unspoilt."""
    kinds = [event.kind for event in events]
    if "exercise-start" in kinds and "solution-start" in kinds:
        last = len(kinds) - 1 - kinds[::-1].index("exercise-start")
        if kinds.index("solution-start") < last:
            return ["a solution stands before the last exercise; put them all at the end"]
    return []


def check_lesson(name, cells):
    """Check a chapter's questions and exercises: a line for each problem."""
    events = read_events(cells)
    problems = check_questions(events) + check_exercises(name, events) + check_order(events)
    return [f"chapters/{name}.md: {problem}" for problem in problems]


def check_lessons(root):
    """Check the questions and exercises of all chapters."""
    found = [check_lesson(name, read_text(root / "chapters" / f"{name}.md").cells) for name in list_chapters(root)]
    return [problem for problems in found for problem in problems]


def split_exercises(cells):
    """Take exercises and solutions out of a chapter: its own code cells, and its own text, piece by piece."""
    code, texts, inside = [], [], False
    for cell in cells:
        if cell.cell_type == "code":
            code += [] if inside else [cell]
            continue
        pieces = GATE.split(cell.source)  # text, the gate's kind, text, and so on
        for kind, text in zip(["", *pieces[1::2]], pieces[::2], strict=True):
            inside = kind.endswith("-start") if kind else inside
            texts += [] if inside else [text]
    return code, texts


def number_exercises(root):
    """Number the exercises of all chapters, each from 1: a dict of labels, in lower case, to (page, number)."""
    return {
        label.lower(): (f"chapters/{name}", number)
        for name in list_chapters(root)
        for number, label in enumerate(list_exercises(root, name), start=1)
    }


def list_exercises(root, name):
    """Labels of a chapter's exercises."""
    events = read_events(read_text(root / "chapters" / f"{name}.md").cells)
    return [event.name for event in events if event.kind == "exercise-start"]

"""Exercises: a reader's answer is compared with the executed solution's, and gets a hint, never the answer.

Answers, tolerances and hints are in ``data/exercises/CHAPTER.json``; the answers come from the executed notebooks
(``tools/exercises.py``, whose docstring says what a file holds).
"""

import json
import math
from dataclasses import dataclass

from tlbook.errors import BadInput, is_flag, is_number, shorten
from tlbook.runtime import data_dir

FOLDER = "exercises"
TINY = 1e-9  # relative; what two ways of writing the same number differ by
GENERAL = "Read the exercise once more: what should `answer` hold, and in which unit?"
KINDS = {  # what a solution's answer may be, and how a message calls it
    "flag": "True or False",
    "number": "a number",
    "text": "a string",
    "list": "a list",
    "table": "a dictionary",
}


@dataclass(frozen=True)
class Verdict:
    """What is said to an answer.

    Attributes
    ----------
    right : bool
    text : str
        "Right.", or a hint.
    """

    right: bool
    text: str


def check(label: str, answer: object) -> None:
    """Compare your answer to an exercise with the solution's, and print "Right." or a hint.

    Nothing is stored or sent.

    Parameters
    ----------
    label : str
        The exercise's label, as its cell has it, such as ``"head_only-1"``.
    answer : bool, int, float, str, list, tuple or dict
        Yours; NumPy's numbers and arrays too. With ``...``, which the cell has at first, a line says what to do.

    Raises
    ------
    BadInput
        There is no such exercise, or the answer is of another type than the solution's.

    Examples
    --------
    >>> import tlbook as tl
    >>> tl.check("head_only-1", ...)
    head_only-1: put your answer in place of ...
    """
    print(judge(label, answer).text)


def judge(label: str, answer: object) -> Verdict:
    """Compare an answer with the solution's and hand the verdict back: for grading.

    Parameters
    ----------
    label : str
        The exercise's label.
    answer : bool, int, float, str, list, tuple or dict
        A reader's.

    Returns
    -------
    Verdict
        Whether it is right, and what `check` prints.

    Raises
    ------
    BadInput
        There is no such exercise, or the answer is of another type than the solution's.

    Examples
    --------
    >>> from tlbook.exercises import judge
    >>> judge("head_only-1", ...).right
    False
    """
    if answer is ...:  # before anything is looked up: a chapter's first run has no answers yet
        return Verdict(False, f"{label}: put your answer in place of ...")
    exercise, answer = find_exercise(label), to_plain(answer)
    expected, tolerance = exercise["answer"], exercise.get("tolerance", 0)
    check_kind(label, answer, expected)
    if is_same(answer, expected, tolerance):
        return Verdict(True, "Right.")
    return Verdict(False, f"Not yet. {find_hint(exercise.get('hints', []), answer, tolerance)}")


def read_exercises(chapter):
    """Read a chapter's exercises by label; none where it has no file."""
    path = data_dir() / FOLDER / f"{chapter}.json"
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}


def find_exercise(label):
    """Find an exercise by its label."""
    if not isinstance(label, str):
        raise BadInput(f"received `label` {shorten(label)}; expected an exercise's label, such as 'head_only-1'")
    chapter = label.rpartition("-")[0]
    files = {path.stem for path in (data_dir() / FOLDER).glob("*.json")}
    if chapter not in files:
        known = ", ".join(sorted(files)) or "no chapter yet"
        raise BadInput(f"received `label` {shorten(label)}; expected CHAPTER-NUMBER; chapters with exercises: {known}")
    exercises = read_exercises(chapter)
    if label not in exercises:
        raise BadInput(f"received `label` {shorten(label)}; expected one of {', '.join(exercises)}")
    return exercises[label]


def to_plain(value):
    """Turn NumPy's numbers and arrays, tuples and keys into what a file of answers can hold."""
    if hasattr(value, "tolist"):
        value = value.tolist()
    if isinstance(value, list | tuple):
        return [to_plain(item) for item in value]
    if isinstance(value, dict):
        return {str(to_plain(key)): to_plain(item) for key, item in value.items()}
    return value


def find_kind(value):
    """Kind of a plain answer, one of KINDS; None for anything else."""
    kinds = {"text": isinstance(value, str), "list": isinstance(value, list), "table": isinstance(value, dict)}
    kinds |= {"flag": is_flag(value), "number": is_number(value)}
    return next((kind for kind, fits in kinds.items() if fits), None)


def check_kind(label, answer, expected):
    """Refuse an answer of another type than the solution's."""
    wanted = find_kind(expected)
    if find_kind(answer) != wanted:
        received = f"{shorten(answer)} ({type(answer).__name__})"
        raise BadInput(f"received {received} as the answer to {label}; expected {KINDS[wanted]}")


def is_same(answer, expected, tolerance):
    """True where two plain answers agree, each number within the tolerance."""
    kind = find_kind(expected)
    if find_kind(answer) != kind:
        return False
    if kind == "number":
        return math.isclose(answer, expected, rel_tol=TINY, abs_tol=tolerance * (1 + TINY))
    if kind == "text":
        return answer.split() == expected.split()
    if kind == "list":
        pairs = zip(answer, expected, strict=False)
        return len(answer) == len(expected) and all(is_same(one, other, tolerance) for one, other in pairs)
    if kind == "table":
        return set(answer) == set(expected) and all(is_same(answer[k], expected[k], tolerance) for k in expected)
    return answer == expected


def find_hint(hints, answer, tolerance):
    """Find the first hint that fits a wrong answer."""
    return next((hint["say"] for hint in hints if fits(hint, answer, tolerance)), GENERAL)


def fits(hint, answer, tolerance):
    """True where a hint is meant for an answer; one without a condition is for all."""
    if "equals" in hint:
        return is_same(answer, to_plain(hint["equals"]), tolerance)
    low, high = hint.get("between", (hint.get("above", -math.inf), hint.get("below", math.inf)))
    if (low, high) == (-math.inf, math.inf):
        return True
    return find_kind(answer) == "number" and (low <= answer <= high if "between" in hint else low < answer < high)

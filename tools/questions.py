"""Questions in a chapter's text: what their author wrote, taken apart.

    ```{question} What will a new head score on patients it has never seen?
    :name: head_only-q1

    - [ ] 55 %
      That is nearly guessing. The frozen network already sees edges and textures.
    - [x] 75 %
      Close. The next sections measure it.
    ```

One option a line; below it, indented, the explanation that its choice shows. Exactly one is right (`[x]`).
`tools/question_extension.py` shows them in the page, `tools/reader_text.py` writes them for the readers' notebooks.
"""

import re
import textwrap
from dataclasses import dataclass

OPTION = re.compile(r"^[-*] +\[([ xX]?)\] *(.*)$")
OPENING = re.compile(r"^ *(?:`{3,}|:{3,}|~{3,})\{question\}(.*)$")
LETTERS = "abcdefghijklmnopqrstuvwxyz"
RIGHT, WRONG = "Right.", "Not right."  # what an explanation begins with, after its sign
SIGNS = {True: "✓", False: "✗"}


class BadQuestion(ValueError):
    """A question that has no text, too few options, no or two right ones, or one without an explanation."""


@dataclass(frozen=True)
class Option:
    """One option.

    Attributes
    ----------
    text : str
        One line of MyST.
    explanation : str
        MyST, as many paragraphs as its author liked.
    right : bool
    line : int
        Where it stands, counted from the question's first line of content at 0.
    """

    text: str
    explanation: str
    right: bool
    line: int


@dataclass(frozen=True)
class Question:
    """A question: its text, what stands between it and the options, and these."""

    text: str
    lead: str
    options: tuple


def parse_question(text, body):
    """Take a question apart; BadQuestion says what its author has to mend."""
    lead, found = [], []
    for number, line in enumerate(body.split("\n")):
        if option := OPTION.match(line):
            found.append((number, option, []))
        elif found and line.strip() and not line.startswith(" "):
            raise BadQuestion(f"{line.strip()!r} stands under an option and is not indented")
        else:
            (found[-1][2] if found else lead).append(line)
    options = tuple(
        Option(option[2].strip(), textwrap.dedent("\n".join(lines)).strip(), option[1] in ("x", "X"), number)
        for number, option, lines in found
    )
    check_question(text.strip(), options)
    return Question(text.strip(), "\n".join(lead).strip(), options)


def check_question(text, options):
    """Refuse a question that a reader could not answer or learn from."""
    right = sum(option.right for option in options)
    if not text:
        raise BadQuestion("it has no text; expected it on the first line, after {question}")
    if not 2 <= len(options) <= len(LETTERS):
        raise BadQuestion(f"it has {len(options)} options; expected at least two, each a line '- [ ] text'")
    if right != 1:
        raise BadQuestion(f"{right} of its options are right; expected exactly one '- [x]'")
    for letter, option in zip(LETTERS, options, strict=False):
        if not option.text:
            raise BadQuestion(f"option {letter} has no text")
        if not option.explanation:
            raise BadQuestion(f"option {letter}, {option.text!r}, has no explanation; indent one below it")


def judge(option):
    """Sign and words that an option's explanation begins with: never a colour alone."""
    return f"{SIGNS[option.right]} {RIGHT if option.right else WRONG}"


def find_line(lines, text):
    """Line of a chapter's text, counted from 1, at which a question opens; None where it doesn't."""
    for number, line in enumerate(lines, start=1):
        if (found := OPENING.match(line)) and found[1].strip() == text.strip():
            return number
    return None

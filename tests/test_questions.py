"""Questions: what their author wrote, as the page and the readers' notebooks show it."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.test_reader_notebooks import make_names
from tools.questions import BadQuestion, find_line, parse_question
from tools.reader_text import Count, RawText, convert, find_raw

ROOT = Path(__file__).resolve().parents[1]
BODY = """\
- [ ] 55 %
  Nearly *guessing*.
- [x] 75 %
  Close.

  - It is measured below.
- [ ] `95 %`
  Hard to see after pooling.
"""
QUESTION = f"```{{question}} What will it score?\n:name: heads-q1\n\n{BODY}```"


def test_a_question_is_taken_apart():
    asked = parse_question("What will it score?", "\nLook at the *picture*.\n" + BODY)
    assert asked.text == "What will it score?"
    assert asked.lead == "Look at the *picture*."
    assert [(o.text, o.right, o.line) for o in asked.options] == [
        ("55 %", False, 2),
        ("75 %", True, 4),
        ("`95 %`", False, 8),
    ]
    assert asked.options[1].explanation == "Close.\n\n- It is measured below."


@pytest.mark.parametrize(
    ("text", "body", "message"),
    [
        ("", BODY, "it has no text"),
        ("Why?", "- [x] Only\n  One.", "has 1 options; expected at least two"),
        ("Why?", BODY.replace("[x]", "[ ]"), "0 of its options are right"),
        ("Why?", BODY.replace("[ ]", "[x]"), "3 of its options are right"),
        ("Why?", BODY.replace("  Nearly *guessing*.\n", ""), "option a, '55 %', has no explanation"),
        ("Why?", BODY.replace(" 75 %", ""), "option b has no text"),
        ("Why?", BODY.replace("  Nearly", "Nearly"), "is not indented"),
    ],
)
def test_a_question_that_teaches_nothing_is_refused(text, body, message):
    with pytest.raises(BadQuestion, match=re.escape(message)):
        parse_question(text, body)
    with pytest.raises(RawText, match=re.escape(message)):
        convert(f"```{{question}} {text}\n{body}\n```", make_names())


def test_a_question_in_a_readers_notebook():
    count = Count()
    assert convert(QUESTION, make_names(), count=count) == (
        "**Question 1. What will it score?**\n\n"
        "- **a.** 55 %\n- **b.** 75 %\n- **c.** `95 %`\n\n"
        "<details><summary>Answer</summary>\n\n"
        "- **a.** ✗ Not right. Nearly *guessing*.\n"
        "- **b.** ✓ Right. Close.\n\n  - It is measured below.\n"
        "- **c.** ✗ Not right. Hard to see after pooling.\n\n"
        "</details>"
    )
    second = convert(QUESTION, make_names(), count=count)
    assert second.startswith("**Question 2. ")
    assert find_raw(second) == []


def test_the_line_of_a_question():
    assert find_line(["# One", "", "```{question} What will it score?"], "What will it score?") == 3
    assert find_line(["# One"], "What will it score?") is None


CONF = """\
extensions = ["myst_parser", "tools.question_extension"]
myst_enable_extensions = ["dollarmath", "tasklist"]
"""


def build(folder, text):
    """Build a page as the book's are, warnings as errors; return the process and the page."""
    (folder / "conf.py").write_text(CONF)
    (folder / "index.md").write_text(f"# One\n\n{text}\n")
    command = [sys.executable, "-m", "sphinx", "-W", "-n", "--keep-going", "-q", "-b", "html", folder, folder / "html"]
    answer = subprocess.run(list(map(str, command)), capture_output=True, text=True, cwd=ROOT)
    page = folder / "html" / "index.html"
    return answer, page.read_text(encoding="utf-8") if page.exists() else ""


def test_the_page_has_native_controls_and_reads_without_a_script(tmp_path):
    answer, page = build(tmp_path, QUESTION + "\n\n" + QUESTION.replace(":name: heads-q1\n", ""))
    assert (answer.returncode, answer.stderr) == (0, "")
    first = page[page.index("<fieldset") : page.index("</fieldset>")]
    assert '<legend><span class="tl-number">Question 1</span> What will it score?</legend>' in first
    assert 'id="heads-q1"' in first and ">Question 2<" in page
    buttons = re.findall(r'<input type="radio" name="([^"]+)" id="([^"]+)" [^>]*hidden><label for="([^"]+)">', first)
    assert [group for group, _, _ in buttons] == ["heads-q1"] * 3
    assert [name for _, name, _ in buttons] == [label for _, _, label in buttons] == [f"heads-q1-{k}" for k in "abc"]
    details = first[first.index("<details") : first.index("</details>")]
    assert "<summary>Answer</summary>" in details and "<em>guessing</em>" in details
    assert (details.count("✗ Not right."), details.count("✓ Right.")) == (2, 1)
    assert '<div class="tl-feedback" aria-live="polite" hidden></div>' in first
    assert not re.search(r"\son\w+=|<script", first)
    assert len(re.findall(r'id="([^"]+)"', page)) == len(set(re.findall(r'id="([^"]+)"', page)))


def test_an_author_s_fault_fails_the_build_with_file_and_line(tmp_path):
    answer, _ = build(tmp_path, "Words.\n\n" + QUESTION.replace("[x]", "[ ]"))
    assert answer.returncode != 0
    assert "index.md:5: ERROR: question 'What will it score?': 0 of its options are right" in answer.stderr


def test_the_script_stores_and_sends_nothing():
    script = (ROOT / "assets" / "questions.js").read_text(encoding="utf-8")
    assert not re.search(r"Storage|cookie|fetch|XMLHttp|sendBeacon|https?:|innerHTML|eval", script)

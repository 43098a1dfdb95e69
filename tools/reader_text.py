"""The chapters' Markdown, without what only the book's page understands.

A chapter is written in MyST: ``{doc}``, ``{term}`` and ``{cite}`` in the text, boxes as fenced directives. JupyterLab,
Colab, VS Code and GitHub know none of these and show them raw. `convert` writes them as plain Markdown, and
`find_raw` finds what is left of them. Neither touches code.
"""

import re
import textwrap
from dataclasses import dataclass, field
from pathlib import Path

from tools.questions import LETTERS, BadQuestion, judge, parse_question
from tools.reader_links import Target, cite, find_target

BOXES = {"note", "tip", "hint", "important", "warning", "caution", "attention", "danger", "error", "seealso"}
TITLES = {"seealso": "See also"}
FENCE = re.compile(r"^( *)(`{3,}|:{3,}|~{3,})(?:\{([\w:+.-]+)\})?(.*)$")
# A stretch of code is taken whole, so that a role written about is not one.
SPAN = re.compile(r"\{([a-z][\w:+-]*)\}`([^`]+)`|(`+)(?!`)(?:(?!\n\s*\n).)+?(?<!`)\3(?!`)", re.DOTALL)
LINK = re.compile(
    r"(`+)(?!`)(?:(?!\n\s*\n).)+?(?<!`)\1(?!`)|(!?)\[((?:\\.|[^\[\]\\])*)\]\(<?([^)<>\s]+)>?((?:\s+\"[^\"]*\")?)\)",
    re.DOTALL,
)
PAGE_ONLY = re.compile(r"^ *(?:\([\w:.-]+\)=|%(?: .*)?|\+\+\+.*)$")  # a label, a comment, a break between cells
OPTION = re.compile(r"^\s*:([\w-]+):\s*(.*)$")
PLAIN = re.compile(r"^(?:[a-z][a-z+.-]*:|#|[\w./-]+\.ipynb(?:#|$))", re.IGNORECASE)  # needs no translation


class RawText(ValueError):
    """A directive, role or link for which there is no plain form."""


@dataclass
class Count:
    """What is numbered in a chapter, from its first cell on: questions, and exercises by their labels."""

    questions: int = 0
    exercises: dict = field(default_factory=dict)


@dataclass(frozen=True)
class Text:
    """What a text is converted with.

    Attributes
    ----------
    names : tools.reader_links.Names
        What pages, labels and terms are called, and where they are.
    folder : pathlib.Path
        Folder of the chapter, from which pictures are named.
    pictures : dict of str to pathlib.Path
        Pictures that the text shows, by the name under which they are attached; filled while converting.
    count : Count
        What was numbered so far.
    """

    names: object
    folder: Path
    pictures: dict
    count: object


def split_blocks(text):
    """Cut a text into ``(None, lines)`` and fenced blocks ``(opening, lines)``; an opening is FENCE's match."""
    blocks, lines, opening = [], [], None
    for line in text.split("\n"):
        found = FENCE.match(line)
        if opening is None and found and (found[2][0] != ":" or found[3]):
            blocks.append((None, lines))
            opening, lines = found, []
        elif opening is not None and re.fullmatch(rf" *{opening[2][0]}{{{len(opening[2])},}} *", line):
            blocks.append((opening, lines))
            opening, lines = None, []
        else:
            lines.append(line)
    if opening is not None and opening[3]:
        raise RawText(f"the directive {opening[3]!r} is not closed")
    return [*blocks, (opening, lines)]


def convert(text, names, folder=Path("."), pictures=None, count=None):
    """Write a text without directives and roles.

    ``pictures`` collects what is to be attached; ``count`` goes on from cell to cell of a chapter.
    """
    return convert_text(text, Text(names, folder, {} if pictures is None else pictures, count or Count()))


def convert_text(text, context):
    """Convert the blocks of a text one by one, code as it is."""
    done = []
    for opening, lines in split_blocks(text):
        if opening is None:
            kept = [line for line in lines if not PAGE_ONLY.match(line)]
            if kept:
                done.append(convert_inline("\n".join(kept), context))
        elif opening[3] is None:
            done += [opening[0], *lines, opening[1] + opening[2]]
        else:
            block = convert_directive(opening[3], opening[4].strip(), lines, context)
            done.append(textwrap.indent(block, opening[1]))
    return "\n".join(done)


def split_options(lines):
    """Separate a directive's options from its content."""
    lines, options = list(lines), {}
    while lines and (found := OPTION.match(lines[0])):
        options[found[1]] = found[2]
        lines.pop(0)
    return options, textwrap.dedent("\n".join(lines)).strip("\n")


def convert_directive(kind, title, lines, context):
    """Write one directive as plain Markdown."""
    options, body = split_options(lines)
    if kind in BOXES and title:  # MyST takes what follows the name as the first line of the text
        title, body = "", f"{title}\n{body}".rstrip()
    if kind in BOXES | {"admonition", "dropdown"}:
        heading = convert_inline(title, context) or TITLES.get(kind, kind.capitalize())
        folded = kind == "dropdown" or "dropdown" in options.get("class", "")
        return write_box(heading, convert_text(body, context), folded=folded)
    if kind in {"figure", "image"}:
        picture = attach(options.get("alt", ""), title, context)
        return f"{picture}\n\n{write_emphasis(convert_text(body, context))}".rstrip()
    if kind == "table":
        return f"**{convert_inline(title, context)}**\n\n{convert_text(body, context)}"
    if kind == "list-table":
        table = write_list_table(convert_text(body, context))
        return f"**{convert_inline(title, context)}**\n\n{table}" if title else table
    if kind == "math":
        return f"$$\n{body or title}\n$$"
    if kind in {"code", "code-block", "sourcecode"}:
        return f"```{title}\n{body}\n```"
    if kind == "question":
        return write_question(title, body, context)
    if kind in EXERCISES:
        return EXERCISES[kind](title, options, body, context)
    raise RawText(f"there is no plain form for the directive {kind!r}")


def write_box(heading, body, *, folded):
    """Write a box as a quotation with its title, or folded, as its page has it."""
    if folded:
        return f"<details><summary><b>{heading}</b></summary>\n\n{body}\n\n</details>"
    return "\n".join(f"> {line}".rstrip() for line in [f"**{heading}**", "", *body.split("\n")])


def write_question(text, body, context):
    """Write a question in bold, its options as a list, and all explanations folded."""
    try:
        asked = parse_question(text, body)
    except BadQuestion as problem:
        raise RawText(f"question {text!r}: {problem}") from None
    context.count.questions += 1
    heading = f"**Question {context.count.questions}. {convert_inline(asked.text, context)}**"
    lettered = list(zip(LETTERS, asked.options, strict=False))
    options = "\n".join(f"- **{letter}.** {convert_inline(option.text, context)}" for letter, option in lettered)
    answers = "\n".join(write_answer(letter, option, context) for letter, option in lettered)
    lead = [convert_text(asked.lead, context)] if asked.lead else []
    folded = f"<details><summary>Answer</summary>\n\n{answers}\n\n</details>"
    return "\n\n".join([heading, *lead, options, folded])


def write_answer(letter, option, context):
    """Write an option's explanation as an item of a list."""
    explanation = textwrap.indent(convert_text(option.explanation, context), "  ").lstrip()
    return f"- **{letter}.** {judge(option)} {explanation}"


def start_exercise(title, options, body, context):
    """Write an exercise's heading, numbered within its chapter."""
    number = len(context.count.exercises) + 1
    context.count.exercises[options.get("label", "")] = number
    heading = f"Exercise {number}: {convert_inline(title, context)}" if title else f"Exercise {number}"
    return f"### {heading}\n\n{convert_text(body, context)}".rstrip()


def start_solution(title, options, body, context):
    """Write a solution's heading."""
    if title not in context.count.exercises:
        raise RawText(f"there is a solution and no exercise {title!r} before it")
    heading = f"### Solution to exercise {context.count.exercises[title]}"
    return f"{heading}\n\n{convert_text(body, context)}".rstrip()


def end_exercise(title, options, body, context):
    """Write the rule below an exercise or a solution; the empty line keeps it from making a heading of a line above."""
    return "\n---"


EXERCISES = {
    "exercise-start": start_exercise,
    "exercise-end": end_exercise,
    "solution-start": start_solution,
    "solution-end": end_exercise,
}


def write_emphasis(caption):
    """Set a caption in italics where it is one paragraph."""
    return f"*{caption}*" if caption and "\n\n" not in caption and "*" not in caption else caption


def write_list_table(body):
    """Write a table that was given as a list of lists with bars between its cells."""
    rows = [re.split(r"^ *- ", row, flags=re.MULTILINE)[1:] for row in re.split(r"^\* ", body, flags=re.MULTILINE)[1:]]
    rows = [[" ".join(cell.split()).replace("|", "\\|") for cell in row] for row in rows]
    if not rows:
        raise RawText("the list-table has no rows")
    return "\n".join(f"| {' | '.join(row)} |" for row in [rows[0], ["---"] * len(rows[0]), *rows[1:]])


def attach(words, address, context):
    """Write a picture, attached to its cell where it is a file beside the chapter."""
    if PLAIN.match(address):
        return f"![{words}]({address})"
    path = context.folder / address if not address.startswith("/") else context.names.root / address[1:]
    if not path.is_file():
        raise RawText(f"there is no picture {address!r}")
    context.pictures[path.name] = path
    return f"![{words}](attachment:{path.name})"


def convert_inline(text, context):
    """Write roles and links inside a text as plain Markdown."""
    names = context.names
    text = SPAN.sub(lambda found: found[0] if found[3] else convert_role(found[1], found[2], names), text)
    return LINK.sub(lambda found: found[0] if found[1] else convert_link(found, context), text)


def convert_role(kind, content, names):
    """Write one role as a link or as words."""
    if kind in {"math", "sub", "sup"}:
        return f"${content}$" if kind == "math" else f"<{kind}>{content}</{kind}>"
    if kind.startswith("cite"):
        return cite(content, names, in_text=kind in {"cite:t", "citet", "cite:ts"})
    titled = re.fullmatch(r"(.*?)\s*<([^<>]+)>", content, re.DOTALL)
    words, name = (" ".join(titled[1].split()), titled[2]) if titled else (None, " ".join(content.split()))
    if kind in {"abbr", "kbd"}:
        return words or name
    if kind in {"func", "class", "meth", "mod", "attr", "data", "exc"} or kind.startswith("py:"):
        return f"`{words or name.lstrip('~')}`"
    target = find_target(kind, name, names)
    if target is None:
        raise RawText(f"there is no plain form for the role {kind!r}, or nothing is called {name!r}")
    shown = target.words.removeprefix("Figure ").removeprefix("Exercise ") if kind == "numref" else target.words
    words = words.replace("%s", shown).replace("{number}", shown) if words else target.words
    return write_link(Target(words, target.address))


def convert_link(found, context):
    """Write a link by a label or page of the book with its address; leave any other as it is."""
    picture, words, address, title = found[2], found[3], found[4], found[5]
    if picture:
        return attach(words, address, context)
    known = address[1:].lower() in context.names.labels if address.startswith("#") else not PLAIN.match(address)
    if words and not known:
        return found[0]
    name = re.sub(r"\.(?:md|ipynb)$", "", address.lstrip("#"))
    target = find_target("doc", name, context.names) or find_target("ref", name, context.names)
    if target is None:
        raise RawText(f"nothing is called {address!r}, to which a link leads")
    return write_link(Target(words or target.words, target.address), title)


def write_link(target, title=""):
    """Write words as a link where there is an address, else as words."""
    return f"[{target.words}]({target.address}{title})" if target.address else target.words


def find_raw(text):
    """Find what is left of directives, roles, labels and links that only the book's page understands.

    Returns
    -------
    list of str
        As they stand in the text; none for a text that reads well everywhere.
    """
    raw = []
    for line in re.findall(r"^[> ]*(?:`{3,}|:{3,}|~{3,})\{.*$", text, re.MULTILINE):
        raw.append(line.strip())
    text = re.sub(r"^[> ]*(`{3,}|~{3,}).*?^[> ]*\1`* *$", "", text, flags=re.MULTILINE | re.DOTALL)
    raw += [line for line in text.split("\n") if PAGE_ONLY.match(line)]
    raw += [found[0] for found in SPAN.finditer(text) if not found[3]]
    for found in LINK.finditer(text):
        if not found[1] and not (PLAIN.match(found[4]) and (found[2] or found[3])):
            raw.append(found[0])
    return raw

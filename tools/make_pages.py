"""Write the appendix pages that are made from files: data cards, source-model cards, measured results, status.

The build of the book does this by itself (tools/book_extension.py). The pages go to chapters/appendix/ and stay out of
git; their sources are data/cards/*.md, data/results/*.csv with the lab record beside each, and chapters/status.json.
"""

import csv
import json
import re

import yaml

LONG_TABLE = 25  # rows; longer ones are folded
FRONT_MATTER = re.compile(r"\A---\n(.*?)\n---\n", re.DOTALL)
LOCAL_PICTURE = re.compile(r"(!\[[^\]]*\]\()(?!/|[a-z]+:)([^)]+\))")
HEADING = re.compile(r"^(#+ )", re.MULTILINE)
NOT_SHOWN = {"kind", "title"}

DATA_CARDS = """# Data cards

What the images of this book are, where they come from, under which terms, and what they leave out.
The synthetic cases are made by formula and need no files.
The real ones never enter the repository: `TLBOOK_DATA_DIR` names the folder that holds them,
and each card says how to come by its set.
"""
MODEL_CARDS = """# Source-model cards

The networks that the book adapts: what each one learned from, how, what that is good for, and under which terms.
A source model sees your images through what it learned on its own:
this page is worth reading before a choice is made.
"""
RESULTS = """# Measured results

Every table from which the chapters state a finding.
Above each stands its lab record: the command that measures it again, the state of the code, the digests of its inputs,
the versions and the machine.
"""
STATUS = """# Status

When the chapters were last executed, how long each took from the first cell to the last, and with which versions.
The tests hold these runs against the text: a chapter whose code has changed since fails them.
"""


def format_value(value):
    """Write a value of a card or of a lab record for a table.

    Parameters
    ----------
    value : object
        As YAML or JSON give it.

    Returns
    -------
    str
        Markdown in one line.
    """
    if isinstance(value, dict):
        return "; ".join(f"{key}: {format_value(item)}" for key, item in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(format_value(item) for item in value)
    text = " ".join(str(value).split())
    if re.fullmatch(r"[0-9a-f]{40,64}", text):
        return f"`{text}`"
    if re.fullmatch(r"https?://\S+", text):
        return f"<{text}>"
    return text


def write_table(header, rows):
    """Write a Markdown table.

    Parameters
    ----------
    header : sequence of str
    rows : sequence of sequence of str

    Returns
    -------
    str
    """
    lines = [header, ["---"] * len(header), *rows]
    cells = [[str(cell).replace("|", "\\|").replace("\n", " ") for cell in line] for line in lines]
    return "".join(f"| {' | '.join(line)} |\n" for line in cells)


def read_card(path):
    """Split a card into its front matter and its text.

    Parameters
    ----------
    path : pathlib.Path

    Returns
    -------
    tuple of dict and str
    """
    text = path.read_text(encoding="utf-8")
    match = FRONT_MATTER.match(text)
    if match is None:
        return {}, text
    return yaml.safe_load(match[1]) or {}, text[match.end() :]


def write_card(path):
    """Write one card as a section of its page.

    Parameters
    ----------
    path : pathlib.Path

    Returns
    -------
    str
        Markdown, with the card's name as a label that links can name.
    """
    facts, body = read_card(path)
    title = facts.get("title", path.stem)
    body = re.sub(r"\A\s*# .*\n", "", body)
    body = LOCAL_PICTURE.sub(r"\1/data/cards/\2", HEADING.sub(r"#\1", body)).strip()
    rows = [(key.replace("_", " "), format_value(value)) for key, value in facts.items() if key not in NOT_SHOWN]
    return f"\n({path.stem}-card)=\n## {title}\n\n{write_table(('fact', 'value'), rows)}\n{body}\n"


def write_cards(root, kind, opening):
    """Write the page of all cards of a kind.

    Parameters
    ----------
    root : pathlib.Path
    kind : str
        ``case`` or ``source``.
    opening : str
        The page's title and first lines.

    Returns
    -------
    str
    """
    paths = sorted((root / "data" / "cards").glob("*.md"))
    return opening + "".join(write_card(path) for path in paths if read_card(path)[0].get("kind") == kind)


def write_result(path):
    """Write one measured table with its lab record.

    Parameters
    ----------
    path : pathlib.Path
        A CSV file; the record is the JSON file of the same name.

    Returns
    -------
    str
    """
    with path.open(encoding="utf-8", newline="") as stream:
        header, *rows = list(csv.reader(stream)) or [[]]
    record_path = path.with_suffix(".json")
    record = json.loads(record_path.read_text(encoding="utf-8")) if record_path.exists() else {}
    title = record.pop("title", path.stem.replace("_", " ").capitalize())
    note = record.pop("note", "")
    lab = write_table(
        ("lab record", ""), [(key.replace("_", " "), format_value(value)) for key, value in record.items()]
    )
    table = write_table(header, rows)
    if len(rows) > LONG_TABLE:
        table = f":::{{dropdown}} All {len(rows)} rows\n{table}:::\n"
    return f"\n({path.stem}-result)=\n## {title}\n\n{note}\n\n{lab}\n{table}"


def write_results(root):
    """Write the page of all measured tables.

    Parameters
    ----------
    root : pathlib.Path

    Returns
    -------
    str
    """
    paths = sorted((root / "data" / "results").glob("*.csv"))
    return RESULTS + "".join(write_result(path) for path in paths)


def write_status(root):
    """Write the page on the chapters' runs.

    Parameters
    ----------
    root : pathlib.Path

    Returns
    -------
    str
    """
    path = root / "chapters" / "status.json"
    status = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    names = sorted({name for entry in status.values() for name in entry["versions"]} - {"python"})
    rows = [
        (
            f"{{doc}}`{name} </chapters/{name}>`",
            f"{entry['seconds']:.1f}",
            str(entry["cores"]),
            entry["versions"]["python"],
        )
        for name, entry in status.items()
    ]
    total = sum(entry["seconds"] for entry in status.values())
    rows.append(("all", f"{total:.1f}", "", ""))
    found = {name: sorted({entry["versions"].get(name, "none") for entry in status.values()}) for name in names}
    versions = write_table(("package", "version"), [(name, ", ".join(found[name])) for name in names])
    runs = write_table(("chapter", "seconds", "cores", "Python"), rows)
    return f"{STATUS}\n{runs}\n## Packages\n\n{versions}"


def make_pages(root):
    """Write the generated pages.

    Parameters
    ----------
    root : pathlib.Path
        The repository.

    Returns
    -------
    list of pathlib.Path
        What was written.
    """
    pages = {
        "data_cards": write_cards(root, "case", DATA_CARDS),
        "model_cards": write_cards(root, "source", MODEL_CARDS),
        "results": write_results(root),
        "status": write_status(root),
    }
    folder = root / "chapters" / "appendix"
    for name, text in pages.items():
        (folder / f"{name}.md").write_text(text, encoding="utf-8")
    return [folder / f"{name}.md" for name in pages]

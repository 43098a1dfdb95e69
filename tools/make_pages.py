"""Write the appendix pages that are made from files: data cards, source-model cards, measured results, status.

The build of the book does this by itself (tools/book_extension.py). The pages go to chapters/appendix/ and stay out of
git; their sources are data/cards/*.md, data/results/*.csv with the lab record beside each, and chapters/status.json.
The pages on the package are tools/api_pages.py's.
"""

import csv
import json
import re

from tlbook.evidence.comparisons import summarise
from tlbook.evidence.intervals import RESPLITS
from tlbook.evidence.results import read_table

LONG_TABLE = 12  # rows; longer ones are folded
LONG_LIST = 24  # items; the rest is counted
NOT_SHOWN = {"kind", "title", "name"}
LOCAL_PICTURE = re.compile(r"(!\[[^\]]*\]\()(?!/|[a-z]+:)([^)]+\))")
HEADING = re.compile(r"^(#+ )", re.MULTILINE)
DECIMAL = re.compile(r"-?\d+\.\d{5,}(e-?\d+)?")

MEANS = {  # table: columns that make the lines of its means, those that make the columns, the measure
    "batch_norm": (("batch_norm", "momentum", "batch_size"), ("variant",), "balanced_accuracy"),
    "data_scarcity": (("per_class",), ("method",), "balanced_accuracy"),
    "data_scarcity_real": (("per_class",), ("method",), "balanced_accuracy"),
    "fractures_depth": (("strategy", "learning_rate"), (), "balanced_accuracy"),
    "fractures_difficulty": (("image_size", "difficulty"), ("strategy",), "balanced_accuracy"),
    "head_only_fracatlas": (("source", "image_size"), (), "balanced_accuracy"),
    "honest_splits": (("task", "source", "learner", "labels"), ("split",), "balanced_accuracy"),
    "source_probe": (("set",), ("source", "image_size"), "balanced_accuracy"),
    "source_rerun": (("source", "place"), (), "balanced_accuracy"),
    "strategies_real": (("case", "source", "strategy", "batch_norm", "learning_rate"), (), "balanced_accuracy"),
    "depth_by_size": (("case", "per_class"), ("depth",), "balanced_accuracy"),
    "transfer_or_scratch": (("variant", "set"), ("strategy", "learning_rate"), "balanced_accuracy"),
}

# tables of real images alone: their seeds split one pool; elsewhere a column "variant" tells
REAL = {"data_scarcity_real", "head_only_fracatlas", "honest_splits", "source_probe", "source_rerun", "strategies_real"}

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

A seed of a synthetic case draws images of its own. A seed of a real set splits the same pool of images anew, so that
its scores vary less than scores on other images would: the intervals of real sets are widened for that
({cite:t}`nadeau2003inference`). They speak of other splits of this pool, not of another hospital.
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
    if isinstance(value, list | tuple):
        shown = ", ".join(format_value(item) for item in value[:LONG_LIST])
        return f"{shown} and {len(value) - LONG_LIST} more" if len(value) > LONG_LIST else shown
    text = " ".join(str(value).split())
    if re.fullmatch(r"[0-9a-f]{40,64}", text):
        return f"`{text}`"
    if re.fullmatch(r"https?://\S+", text):
        return f"<{text}>"
    return text


def flatten_facts(facts, path=()):
    """Turn nested facts into rows.

    Parameters
    ----------
    facts : dict
        Values may be dicts, lists of dicts, or anything else.
    path : tuple of str
        Names of the dicts around it.

    Returns
    -------
    list of tuple of str
        Name, with the names around it, and value.
    """
    rows = []
    for key, value in facts.items():
        here = (*path, str(key).replace("_", " "))
        if isinstance(value, list) and value and all(isinstance(item, dict) for item in value):
            value = {number: item for number, item in enumerate(value, start=1)}
        if isinstance(value, dict):
            rows += flatten_facts(value, here)
        elif value not in (None, [], ""):
            rows.append((" / ".join(here), format_value(value)))
    return rows


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


def fold(title, text):
    """Put a part of a page behind a line that opens it.

    Parameters
    ----------
    title, text : str

    Returns
    -------
    str
    """
    return f":::{{dropdown}} {title}\n{text}:::\n"


def write_card(card):
    """Write one card as a section of its page.

    Parameters
    ----------
    card : tlbook.datasets.cards.Card

    Returns
    -------
    str
        Markdown, with ``<name>-card`` as the label that links can name.
    """
    rows = flatten_facts({key: value for key, value in card.facts.items() if key not in NOT_SHOWN})
    facts = fold("Facts of the card", write_table(("fact", "value"), rows))
    body = LOCAL_PICTURE.sub(r"\1/data/cards/\2", HEADING.sub(r"#\1", card.text)).strip()
    return f"\n({card.name}-card)=\n## {card.title}\n\n{facts}\n{body}\n"


def format_cell(text):
    """Shorten a measured decimal fraction for the page; the file keeps all its digits.

    Parameters
    ----------
    text : str

    Returns
    -------
    str
    """
    return f"{float(text):.4g}" if DECIMAL.fullmatch(text) else text


def split_columns(header, rows):
    """Take out the columns that say the same in every row.

    Parameters
    ----------
    header : sequence of str
    rows : sequence of sequence of str

    Returns
    -------
    constant : list of tuple of str
        Name and value of each such column.
    kept : list of int
        Numbers of the other columns.
    """
    same = [k for k in range(len(header)) if len(rows) > 1 and len({row[k] for row in rows}) == 1]
    constant = [(header[k].replace("_", " "), format_cell(rows[0][k])) for k in same]
    return constant, [k for k in range(len(header)) if k not in same]


def write_means(rows, lines, columns, value, *, real=False):
    """Write the means of a measured table over its seeds, in percent.

    Parameters
    ----------
    rows : sequence of dict
        As ``read_table`` gives them.
    lines, columns : sequence of str
        Columns of ``rows`` whose values tell apart the lines and the columns that are written.
    value : str
        Column of fractions.
    real : bool
        True where all rows are of real images; else a column ``variant`` tells, if there is one.

    Returns
    -------
    str
        Markdown: each mean with half of its 95 % interval, and how many seeds it rests on; where there is one line for
        each of several sets, their mean comes last.
    """
    found = _summarise(rows, (*lines, *columns), value, real)
    cells = {(_key(row, lines), _key(row, columns)): row[value] for row in found}
    counts = {figure.n for figure in cells.values()}
    across = sorted({column for _, column in cells}, key=str)
    table = [
        [*line, *(_write_mean(cells.get((line, column)), count=len(counts) > 1) for column in across)]
        for line in dict.fromkeys(line for line, _ in cells)
    ]
    if lines == ("set",):
        by_seed = summarise(rows, ("seed", *columns), value)
        by_seed = [{**row, value: row[value].value} for row in by_seed]
        overall = {_key(row, columns): row[value] for row in _summarise(by_seed, columns, value, real)}
        table.append(["mean of all", *(_write_mean(overall[column]) for column in across)])
    titles = [(", ".join(map(str, column)) or value).replace("_", " ") for column in across]
    seeds = f"{counts.pop()} seeds" if len(counts) == 1 else "seeds, their number in brackets"
    about = f"Means over {seeds}, {value.replace('_', ' ')} in %, ± half of Student's 95 % interval:"
    return f"{about}\n\n{write_table([*(line.replace('_', ' ') for line in lines), *titles], table)}"


def _key(row, columns):
    """Values of some columns, what is empty as nothing."""
    return tuple("" if row[column] is None else row[column] for column in columns)


def _summarise(rows, by, value, real):
    """Mean of each setting; on real images with the interval for splits of one pool."""
    drawn = [row for row in rows if not (real or row.get("variant") == "real")]
    split = [row for row in rows if real or row.get("variant") == "real"]
    return summarise(drawn, by, value) + summarise(split, by, value, test_to_train=RESPLITS)


def _write_mean(figure, *, count=False):
    if figure is None or figure.value is None:
        return ""
    half = "" if figure.low is None else f" ± {50 * (figure.high - figure.low):.1f}"
    text = f"{100 * figure.value:.1f}{half}" + (f" ({figure.n})" if count else "")
    return text.replace(" ", "\N{NO-BREAK SPACE}")


def write_result(path):
    """Write one measured table with its lab record.

    Parameters
    ----------
    path : pathlib.Path
        A CSV file; the record is the JSON file of the same name.

    Returns
    -------
    str
        Markdown, with ``<name>-result`` as the label that links can name.
    """
    with path.open(encoding="utf-8", newline="") as stream:
        header, *rows = list(csv.reader(stream))
    record = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
    columns = write_table(("column", "meaning"), record.pop("columns", {}).items())
    protocol = record.pop("protocol", "")
    lab = write_table(("what", "value"), flatten_facts(record))
    constant, kept = split_columns(header, rows)
    table = write_table([header[k] for k in kept], [[format_cell(row[k]) for k in kept] for row in rows])
    if len(rows) > LONG_TABLE:
        table = fold(f"All {len(rows)} rows", table)
    same = "In every row: " + ", ".join(f"{name} {value}" for name, value in constant) + "." if constant else ""
    title = path.stem.replace("_", " ").capitalize()
    where = f"The table is `data/results/{path.name}`."
    parts = [
        f"({path.stem}-result)=\n## {title}",
        protocol,
        where,
        fold("Lab record", f"{lab}\n{columns}"),
        write_means(read_table(path), *MEANS[path.stem], real=path.stem in REAL) if path.stem in MEANS else "",
        same,
        table,
    ]
    return "\n" + "\n\n".join(part for part in parts if part)


def write_results(folder):
    """Write the page of all measured tables that have a lab record.

    Parameters
    ----------
    folder : pathlib.Path
        ``data/results``.

    Returns
    -------
    str
    """
    paths = [path for path in sorted(folder.glob("*.csv")) if path.with_suffix(".json").exists()]
    return RESULTS + "".join(write_result(path) for path in paths)


def write_status(path):
    """Write the page on the chapters' runs.

    Parameters
    ----------
    path : pathlib.Path
        ``chapters/status.json``.

    Returns
    -------
    str
    """
    status = json.loads(path.read_text(encoding="utf-8"))
    rows = []
    for name, entry in status.items():
        link = f"{{doc}}`{name} </chapters/{name}>`"
        rows.append((link, f"{entry['seconds']:.1f}", str(entry["cores"]), entry["versions"]["python"]))
    rows.append(("all", f"{sum(entry['seconds'] for entry in status.values()):.1f}", "", ""))
    found = {}
    for entry in status.values():
        for name, version in entry["versions"].items():
            found.setdefault(name, {})[version] = None
    versions = write_table(("package", "version"), [(name, ", ".join(seen)) for name, seen in found.items()])
    runs = write_table(("chapter", "seconds", "cores", "Python"), rows)
    return f"{STATUS}\n{runs}\n## Packages\n\n{versions}"


def make_pages(root, cards):
    """Write the generated pages.

    Parameters
    ----------
    root : pathlib.Path
        The repository.
    cards : sequence of tlbook.datasets.cards.Card
        All cards, of both kinds.

    Returns
    -------
    list of pathlib.Path
        What was written.
    """
    pages = {
        "data_cards": DATA_CARDS + "".join(write_card(card) for card in cards if card.kind == "case"),
        "model_cards": MODEL_CARDS + "".join(write_card(card) for card in cards if card.kind == "source"),
        "results": write_results(root / "data" / "results"),
        "status": write_status(root / "chapters" / "status.json"),
    }
    folder = root / "chapters" / "appendix"
    for name, text in pages.items():
        (folder / f"{name}.md").write_text(text, encoding="utf-8")
    return [folder / f"{name}.md" for name in pages]

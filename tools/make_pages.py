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
    "label_noise": (("set", "strategy", "labels", "per_class"), ("noise",), "balanced_accuracy"),
    "source_probe": (("set",), ("source", "image_size"), "balanced_accuracy"),
    "source_rerun": (("source", "place"), (), "balanced_accuracy"),
    "strategies_real": (("case", "source", "strategy", "batch_norm", "learning_rate"), (), "balanced_accuracy"),
    "depth_by_size": (("case", "per_class"), ("depth",), "balanced_accuracy"),
    "transfer_or_scratch": (("variant", "set"), ("strategy", "learning_rate"), "balanced_accuracy"),
}

# tables of real images alone: their seeds split one pool; elsewhere a column "variant" tells
REAL = {
    "data_scarcity_real", "head_only_fracatlas", "honest_splits", "label_noise", "source_probe", "source_rerun",
    "strategies_real",
}  # fmt: skip

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
    """Write a value of a card or of a lab record for a table."""
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
    """Turn nested facts into rows: name, with the names around it, and value."""
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
    """Write a Markdown table."""
    lines = [header, ["---"] * len(header), *rows]
    cells = [[str(cell).replace("|", "\\|").replace("\n", " ") for cell in line] for line in lines]
    return "".join(f"| {' | '.join(line)} |\n" for line in cells)


def fold(title, text):
    """Put a part of a page behind a line that opens it."""
    return f":::{{dropdown}} {title}\n{text}:::\n"


def write_card(card):
    """Write one card as a section of its page; links name it as ``<name>-card``."""
    rows = flatten_facts({key: value for key, value in card.facts.items() if key not in NOT_SHOWN})
    facts = fold("Facts of the card", write_table(("fact", "value"), rows))
    body = LOCAL_PICTURE.sub(r"\1/data/cards/\2", HEADING.sub(r"#\1", card.text)).strip()
    return f"\n({card.name}-card)=\n## {card.title}\n\n{facts}\n{body}\n"


def format_cell(text):
    """Shorten a measured decimal fraction for the page; the file keeps all its digits."""
    return f"{float(text):.4g}" if DECIMAL.fullmatch(text) else text


def split_columns(header, rows):
    """Take out the columns that say the same in every row: name and value of each, and the numbers of the others."""
    same = [k for k in range(len(header)) if len(rows) > 1 and len({row[k] for row in rows}) == 1]
    constant = [(header[k].replace("_", " "), format_cell(rows[0][k])) for k in same]
    return constant, [k for k in range(len(header)) if k not in same]


def write_means(rows, lines, columns, value, *, real=False):
    """Write the means of a measured table over its seeds, in percent, each with half of its 95 % interval."""
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
    """Write one measured table with its lab record; links name it as ``<name>-result``."""
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
    """Write the page of all measured tables that have a lab record."""
    paths = [path for path in sorted(folder.glob("*.csv")) if path.with_suffix(".json").exists()]
    return RESULTS + "".join(write_result(path) for path in paths)


def write_status(path):
    """Write the page on the chapters' runs."""
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
    """Write the generated pages, and return their paths."""
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

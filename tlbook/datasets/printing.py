"""Small tables, as text and as HTML: how a data set prints."""

from html import escape

import numpy as np

MOST_COLUMNS = 6  # classes with a column each; of more, the fewest and the most images are told


def tabulate_splits(dataset):
    """Return the rows of a data set's table, the header first: split, images, groups, images per class."""
    classes, unit = dataset.classes, dataset.train.unit
    per_class = list(classes) if len(classes) <= MOST_COLUMNS else [f"{unit}s per class"]
    rows = [["split", f"{unit}s", *(["groups"] if dataset.has_groups else []), *per_class]]
    for title, split in (("training", dataset.train), ("validation", dataset.val), ("test", dataset.test)):
        counts = np.bincount(split.labels, minlength=len(classes))
        cells = [f"{number:,}" for number in counts] if len(classes) <= MOST_COLUMNS else [_span(counts)]
        groups = [f"{len(np.unique(split.groups)):,}"] if dataset.has_groups else []
        rows.append([title, f"{len(split):,}", *groups, *cells])
    return rows


def title_dataset(dataset):
    """Return the lines above and below a data set's table."""
    above = f"{dataset.name}: {len(dataset.classes)} classes"
    number = len(dataset.warnings)
    noted = f"{number} warning{'s' if number != 1 else ''}: see .warnings" if number else ""
    return above + (f", {dataset.split_origin}" if dataset.split_origin else ""), noted


def format_text(rows, left=(0,)):
    """Align the cells of a table, the columns ``left`` to the left, the others to the right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    align = [str.ljust if i in left else str.rjust for i in range(len(widths))]
    lines = ([place(cell, width) for place, cell, width in zip(align, row, widths, strict=True)] for row in rows)
    return "\n".join("  ".join(line).rstrip() for line in lines)


def format_html(rows, above="", below=""):
    """Write a table as HTML, every cell escaped."""
    head = "".join(f"<th>{escape(cell)}</th>" for cell in rows[0])
    body = "".join("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in rows[1:])
    around = [f"<p>{escape(line)}</p>" if line else "" for line in (above, below)]
    return f"{around[0]}<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{around[1]}"


def _span(counts):
    low, high = int(counts.min()), int(counts.max())
    return f"{low:,}" if low == high else f"{low:,} to {high:,}"

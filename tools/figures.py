"""The figures of chapters: what a code cell draws, with the caption, name and alternative text in its metadata.

Figures are numbered from 1 in each chapter, in the book's page and in readers' notebooks alike. Each needs all three.
"""

import json
from dataclasses import dataclass

from tools.notebooks import list_chapters

UNSEEN = {"remove-cell", "remove-output"}


@dataclass(frozen=True)
class Figure:
    """A code cell's figure.

    Attributes
    ----------
    cell : int
        Number of the cell in its notebook.
    caption, name, alt : str
        As the cell's metadata have them; empty where they say nothing.
    """

    cell: int
    caption: str
    name: str
    alt: str


def read_figure(number, cell):
    """Read what a cell's metadata say of its figure."""
    settings = cell["metadata"].get("mystnb", {})
    figure, image = settings.get("figure", {}), settings.get("image", {})
    texts = (figure.get("caption"), figure.get("name"), image.get("alt"))
    return Figure(number, *(" ".join(str(text or "").split()) for text in texts))


def draws(cell):
    """Tell whether a cell's output has a picture that its page shows."""
    if cell["cell_type"] != "code" or UNSEEN & set(cell["metadata"].get("tags", [])):
        return False
    kinds = {kind for output in cell["outputs"] for kind in output.get("data", {})}
    return any(kind.startswith("image/") for kind in kinds)


def list_figures(cells):
    """List the figures of a notebook's cells, captioned or not, in the order of the page."""
    return [read_figure(number, cell) for number, cell in enumerate(cells) if draws(cell)]


def number_captions(cells):
    """Number the figures that have a caption: a dict of numbers to figures."""
    return dict(enumerate((figure for figure in list_figures(cells) if figure.caption), 1))


def read_cells(root, name):
    """Read the cells of an executed chapter; none where it was not executed."""
    path = root / "chapters" / f"{name}.ipynb"
    return json.loads(path.read_text(encoding="utf-8"))["cells"] if path.exists() else []


def number_figures(root):
    """Number the named figures of all chapters: a dict of names, in lower case, to (page, number)."""
    return {
        figure.name.lower(): (f"chapters/{name}", number)
        for name in list_chapters(root)
        for number, figure in number_captions(read_cells(root, name)).items()
        if figure.name
    }


def check_figures(root):
    """Find figures without caption, name or alternative text, and those that do not stand alone: a line each."""
    problems = []
    for name in list_chapters(root):
        cells = read_cells(root, name)
        for figure in list_figures(cells):
            shown = len(cells[figure.cell]["outputs"])
            if figure.name and shown > 1:  # each would get the name, and a name may stand once
                told = f"the figure of cell {figure.cell} is one of {shown} outputs; let the cell show it alone"
                problems.append(f"chapters/{name}.md: {told}")
            lacks = [part for part in ("caption", "name", "alt") if not getattr(figure, part)]
            if lacks:
                problems.append(f"chapters/{name}.md: the figure of cell {figure.cell} has no {', no '.join(lacks)}")
    return problems

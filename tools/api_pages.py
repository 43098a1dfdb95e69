"""Write the appendix pages on the package: every public name with its docstring, and what the chapters import besides.

Nothing is listed by hand: the names are those of ``tlbook.__all__`` and of its plots, those that code cells of the
chapters import, and the kinds of values that come back. The build of the book does this by itself
(tools/book_extension.py).
"""

import ast
import dataclasses
import importlib
import inspect

import tlbook
from tlbook.models.strategies import STRATEGIES, Strategy
from tools.notebooks import list_chapters, read_text

# What public functions return, take or choose by, where it is no public name itself.
RETURNED = (
    "tlbook.datasets.dataset.Dataset",
    "tlbook.datasets.dataset.Split",
    "tlbook.models.sources.SourceModel",
    "tlbook.run.Run",
    "tlbook.evidence.metrics.Scores",
    "tlbook.evidence.intervals.Estimate",
    "tlbook.run.audit.Audit",
    "tlbook.evidence.audit.Finding",
    "tlbook.evidence.ranking.Ranking",
    "tlbook.evidence.ranking.SourceScore",
    *(f"tlbook.models.transferability.{name}" for name in ("logme", "leep", "nleep", "h_score", "linear_probe")),
    "tlbook.training.augmentation.Augmentation",
    "tlbook.models.feature_heads.ClassHead",
    "tlbook.models.feature_heads.MultiLabelHead",
    "tlbook.models.heads.LogisticHead",
    "tlbook.training.nearest.Matches",
)
# Room: heading, and what a reader finds under it. Strategies live in the room of models and stand by themselves.
ROOMS = {
    "datasets": ("Data", "From a folder, a table or a name to images in three splits, and a look at them."),
    "models": ("Source models", "What is adapted."),
    "strategies": ("Strategies", "What of the source trains, and from where."),
    "training": (
        "Training",
        "How gradients are taken, beyond what a strategy says; and one matrix of features for many tasks.",
    ),
    "pretraining": ("Pre-training", "How the embedded source models came about."),
    "run": ("Runs", "From data, source and strategy to a model, its predictions and its scores."),
    "evidence": ("Evidence", "Scores, intervals and comparisons."),
    "exercises": ("Exercises", "A hint on your answer, offline."),
    "plots": ("Plots", "Small functions that take data, and axes if you have some, and return the axes."),
    "synthetic": ("Images by formula", "What the synthetic cases are made with."),
    "runtime": ("The machine", "Seeds, and Keras without its noise."),
}
SAME_ROOM = {"cases": "datasets"}
ABOUT_DATA = ("tlbook.run.audit", "tlbook.evidence.audit")  # where they stand, since they need models
PUBLIC = """# The package

What `import tlbook as tl` offers.
Where an argument is said to be uint8, (n, height, width, 3), that is its type and its shape.
What the chapters import besides stands on {doc}`a page of its own </chapters/appendix/package_parts>`.
Bad input is answered with `BadInput`, a `ValueError` of one line: what was received, what was expected, how to mend it.
"""
PARTS = """# Parts of the package

What chapters import from the rooms of the package, so that the text can look into them, and not needed for
{doc}`the ordinary way </chapters/appendix/package>`.
"""


def find(name):
    """Get what a dotted name stands for: what is found in a class or a module, or a module."""
    above, _, attribute = name.rpartition(".")
    try:  # as a module first: the function tlbook.plots.style hides the module of that name
        holder = importlib.import_module(above)
    except ModuleNotFoundError:
        holder = find(above)
    return getattr(holder, attribute) if hasattr(holder, attribute) else importlib.import_module(name)


def list_public():
    """List what readers meet first by dotted name: what ``tlbook`` offers, every strategy, and what comes back."""
    names = [f"tlbook.{name}" for name in tlbook.__all__ if name != "plots"]
    names += [f"tlbook.plots.{name}" for name in tlbook.plots.__all__]
    found = [find(name) for name in names]
    also = [f"{kind.__module__}.{kind.__name__}" for kind in STRATEGIES.values()]
    return names + [name for name in (*also, *RETURNED) if find(name) not in found]


def list_parts(root):
    """List the dotted names of functions and classes that code cells of the chapters import, public ones left out."""
    public = [find(name) for name in list_public()]
    names = sorted({name for chapter in list_chapters(root) for name in list_imports(root, chapter)})
    is_whole = {name: inspect.isroutine(find(name)) or inspect.isclass(find(name)) for name in names}
    return [name for name in names if is_whole[name] and find(name) not in public]


def list_imports(root, chapter):
    """List what code cells of a chapter import from the package, by dotted name."""
    for cell in read_text(root / "chapters" / f"{chapter}.md").cells:
        if cell.cell_type == "code":
            for node in ast.walk(ast.parse(cell.source)):
                if isinstance(node, ast.ImportFrom) and node.module.split(".")[0] == "tlbook":
                    yield from (f"{node.module}.{alias.name}" for alias in node.names)


def list_methods(name):
    """List the public methods and properties that a class adds to those of the classes it is derived from."""
    found = find(name)
    fields = {field.name for field in dataclasses.fields(found)} if dataclasses.is_dataclass(found) else set()
    for method, value in vars(found).items():
        is_told_above = any(hasattr(base, method) for base in found.__mro__[1:])
        is_method = callable(value) or isinstance(value, property | classmethod | staticmethod)
        if is_method and not method.startswith("_") and not is_told_above and method not in fields:
            yield method


def find_room(name):
    """Tell under which heading a name stands: its room, or strategies."""
    found = find(name)
    if inspect.isclass(found) and issubclass(found, Strategy):
        return "strategies"
    if found.__module__ in ABOUT_DATA:
        return "datasets"
    room = found.__module__.split(".")[1]
    return SAME_ROOM.get(room, room)


def write_name(name):
    """Write the directive that shows one name with its docstring, and the methods of a class."""
    if not inspect.isclass(find(name)):
        return f".. autofunction:: {name}\n"
    methods = ", ".join(list_methods(name))
    return f".. autoclass:: {name}\n" + (f"   :members: {methods}\n" if methods else "")


def write_line(name):
    """Write a link to a name and the first line of its docstring, as a list item."""
    role = "class" if inspect.isclass(find(name)) else "func"
    is_written_so = name.rpartition(".")[0] in ("tlbook", "tlbook.plots")
    shown = name if is_written_so else f"{name.rpartition('.')[2]} <{name}>"
    return f"- :py:{role}:`{shown}`: {inspect.getdoc(find(name)).splitlines()[0]}\n"


def write_page(introduction, names):
    """Write a page of names: what each is for, room by room, and then the docstrings."""
    groups = {}
    for name in names:
        groups.setdefault(find_room(name), []).append(name)
    unknown = set(groups) - set(ROOMS)
    if unknown:
        raise ValueError(f"room {unknown.pop()!r} has no heading; give it one in ROOMS of tools/api_pages.py")
    ordered = [(*ROOMS[room], groups[room]) for room in ROOMS if room in groups]
    overview = "".join(f"\n**{title}**\n\n{''.join(map(write_line, members))}" for title, _, members in ordered)
    sections = [
        f"\n## {title}\n\n{text}\n\n```{{eval-rst}}\n{chr(10).join(map(write_name, members))}```\n"
        for title, text, members in ordered
    ]
    return f"{introduction}\n```{{eval-rst}}\n.. currentmodule:: tlbook\n{overview}```\n{''.join(sections)}"


def make_package_pages(root):
    """Write both pages into chapters/appendix/ of a repository."""
    folder = root / "chapters" / "appendix"
    (folder / "package.md").write_text(write_page(PUBLIC, list_public()), encoding="utf-8")
    (folder / "package_parts.md").write_text(write_page(PARTS, list_parts(root)), encoding="utf-8")

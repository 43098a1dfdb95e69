"""What the pictures of ideas are drawn on and with: a light panel of its own, blocks, arrows and measured words.

Lengths are points throughout, so that words can be measured before they are drawn. The ground is transparent and the
panel light: a picture looks the same on a white page and on a dark one.
"""

import textwrap
from dataclasses import dataclass
from functools import cache

import matplotlib.pyplot as plt
from matplotlib.font_manager import FontProperties
from matplotlib.patches import Arc, Circle, FancyArrowPatch, FancyBboxPatch, Polygon
from matplotlib.textpath import TextPath

from tlbook.errors import BadInput
from tlbook.plots.style import COLOURS, INK, MUTED, PAPER

WIDTH, MARGIN = 457, 12  # with the notebook's own border a picture is 720 pixels wide
PANEL, PANEL_EDGE, GREY = "#f5f8fb", "#d5e0ea", "#cbd3dc"
TITLE_SIZE, TEXT_SIZE, LINE = 14, 13, 1.25
BLUE, ORANGE, ORANGE_INK = COLOURS[0], COLOURS[1], "#b04d00"  # the plain orange is too light for words


@dataclass(frozen=True)
class Look:
    """How something in a state is drawn: ground, edge, its width and style, its label, and what is said of it."""

    ground: str
    edge: str
    width: float
    ink: str
    words: str
    words_ink: str
    dash: str = "-"


# The same state has the same look in every picture of the book.
STATES = {
    "frozen": Look(GREY, "#8b97a5", 1, INK, "frozen", MUTED),
    "trained": Look(BLUE, BLUE, 1, PAPER, "trained", BLUE),
    "new": Look(PAPER, ORANGE, 2.6, INK, "new", ORANGE_INK),
    "adapted": Look(GREY, BLUE, 3, INK, "scale + shift", BLUE),
    None: Look(PAPER, MUTED, 1, INK, "", MUTED, ":"),
}


@cache
def measure(words, size, *, bold=False):
    """Width of a line of words in points."""
    font = FontProperties(family="DejaVu Sans", size=size, weight="bold" if bold else "normal")
    return TextPath((0, 0), words, prop=font).get_extents().width if words.strip() else 0.0


def wrap(words, width, size):
    """Break words into lines that are at most so many points wide."""
    if not words:
        return []
    return textwrap.wrap(words, max(10, int(width / measure("n" * 20, size) * 20)))


def new_panel(height, title, note):
    """Draw a new panel around a drawing so high, with words above and below; return axes and the drawing's top.

    The axes are in points. To be called within ``style``.
    """
    heads, notes = wrap(title, WIDTH - 2 * MARGIN, TITLE_SIZE), wrap(note, WIDTH - 2 * MARGIN, TEXT_SIZE)
    above, below = len(heads) * TITLE_SIZE * LINE, len(notes) * TEXT_SIZE * LINE
    whole = 2 * MARGIN + above + (6 if heads else 0) + height + (4 if notes else 0) + below
    figure = plt.figure(figsize=(WIDTH / 72, whole / 72), facecolor="none", layout="none")
    ax = figure.add_axes((0, 0, 1, 1), facecolor="none")
    ax.set(xlim=(0, WIDTH), ylim=(0, whole))
    ax.set_axis_off()
    draw_box(ax, 1, 1, WIDTH - 2, whole - 2, ground=PANEL, edge=PANEL_EDGE, rounding=9, gid="panel")
    draw_lines(ax, notes, MARGIN + below, size=TEXT_SIZE, colour=MUTED)
    return ax, draw_lines(ax, heads, whole - MARGIN, size=TITLE_SIZE, weight="bold") - (6 if heads else 0)


def draw_box(ax, x, y, width, height, *, ground, edge, line=1.0, rounding=5, gid=None, dash="-", zorder=1):
    """Draw a rounded box from its lower left corner, and return it."""
    shape = f"round,pad=0,rounding_size={rounding}"
    box = FancyBboxPatch(
        (x, y), width, height, boxstyle=shape, facecolor=ground, edgecolor=edge, linewidth=line, linestyle=dash,
        zorder=zorder, gid=gid,
    )  # fmt: skip
    return ax.add_patch(box)


def draw_block(ax, label, state, x, y, width, height, size):
    """Draw one block of a network in its state; a frozen one has a lock."""
    look = STATES[state]
    draw_box(
        ax, x, y, width, height, ground=look.ground, edge=look.edge, line=look.width, dash=look.dash, zorder=3,
        gid=f"block {label}",
    )  # fmt: skip
    lift = 7 if state == "frozen" else 0
    ax.text(
        x + width / 2, y + height / 2 + lift, "\n".join(label.split()), ha="center", va="center", color=look.ink,
        fontsize=size, linespacing=1.1, zorder=4, gid=f"label {label}",
    )  # fmt: skip
    if state == "frozen":
        draw_lock(ax, x + width / 2, y + 4)


def draw_lock(ax, x, y):
    """Draw a small lock, its foot at a place."""
    draw_box(ax, x - 4, y, 8, 6, ground=MUTED, edge=MUTED, line=0, rounding=1, zorder=4)
    ax.add_patch(Arc((x, y + 6), 5, 7, theta1=0, theta2=180, color=MUTED, linewidth=1.4, zorder=4))


def draw_arrow(ax, start, end, *, colour=MUTED, style="-|>", line=1.6, bend=0.0, zorder=2):
    """Draw an arrow from one place to another."""
    arrow = FancyArrowPatch(
        start, end, arrowstyle=style, mutation_scale=10, color=colour, linewidth=line, shrinkA=0, shrinkB=0,
        connectionstyle=f"arc3,rad={bend}", zorder=zorder,
    )  # fmt: skip
    ax.add_patch(arrow)


def draw_photo(ax, x, y, side, *, edge=MUTED, line=1.2):
    """Draw the sign of a picture, a hill under a sun, in a square from its lower left corner."""
    draw_box(ax, x, y, side, side, ground=PAPER, edge=edge, line=line, rounding=side / 9, zorder=3)
    hill = [(0.1, 0.14), (0.4, 0.6), (0.58, 0.36), (0.7, 0.5), (0.9, 0.14)]
    ax.add_patch(Polygon([(x + side * a, y + side * b) for a, b in hill], color="#8b97a5", linewidth=0, zorder=4))
    ax.add_patch(Circle((x + side * 0.72, y + side * 0.74), side * 0.1, color=COLOURS[5], linewidth=0, zorder=4))


def draw_lines(ax, lines, y, *, size, colour=INK, weight="normal", x=MARGIN, align="left"):
    """Write lines of words downwards from a height, and return the height below them."""
    for words in lines:
        ax.text(x, y, words, ha=align, va="top", color=colour, fontsize=size, weight=weight, zorder=5)
        y -= size * LINE
    return y


def draw_legend(ax, looks, y):
    """Name what occurs, each beside its look, in a line centred on a height."""
    x = MARGIN
    for look in looks:
        draw_box(ax, x, y - 6, 18, 12, ground=look.ground, edge=look.edge, line=look.width, rounding=3, zorder=3)
        ax.text(x + 24, y, look.words, ha="left", va="center", color=INK, fontsize=TEXT_SIZE, zorder=4)
        x += 24 + measure(look.words, TEXT_SIZE) + 18


def check_blocks(blocks):
    """Return blocks as a list of (label, state); refuse what is none, and a state by its name."""
    blocks = [blocks] if isinstance(blocks, str) else list(blocks)
    if not blocks:
        raise BadInput("received no blocks; expected a sequence of (label, state)")
    for block in blocks:
        if isinstance(block, str) or len(block) != 2 or not isinstance(block[0], str) or not block[0].strip():
            raise BadInput(f"received the block {block!r}; expected (label, state), such as ('head', 'new')")
        if block[1] not in STATES:
            known = ", ".join(repr(state) for state in STATES)
            raise BadInput(f"received the state {block[1]!r} for the block {block[0]!r}; expected one of {known}")
    return [tuple(block) for block in blocks]

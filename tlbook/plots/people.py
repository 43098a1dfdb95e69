"""The picture of a split: people with their pictures in each set, and who is in more than one."""

from collections.abc import Mapping
from itertools import pairwise

from matplotlib.axes import Axes
from matplotlib.patches import Circle, Wedge

from tlbook.errors import BadInput, is_whole
from tlbook.plots.canvas import (
    MARGIN,
    ORANGE,
    ORANGE_INK,
    TEXT_SIZE,
    WIDTH,
    draw_arrow,
    draw_box,
    draw_lines,
    draw_photo,
    measure,
    new_panel,
    wrap,
)
from tlbook.plots.style import COLOURS, INK, PAPER, style

SPLITS = (COLOURS[0], COLOURS[3], "#00795a")  # the plain green is too light for words
BODY, PHOTO, BETWEEN, LINE, HEADING, GAP = 22, 22, 8, 50, 26, 8

BEHIND = {"facecolor": PAPER, "edgecolor": "none", "pad": 0.5}  # so that an arrow crosses no word


def check_splits(splits):
    """Refuse what is no dict of sets to dicts of people to numbers of pictures."""
    expected = "expected a dict such as {'training': {'A': 2, 'B': 1}, 'test': {'C': 2}}: people, and their pictures"
    if not isinstance(splits, Mapping) or not splits:
        raise BadInput(f"received `splits` {splits!r:.60}; {expected}")
    for name, people in splits.items():
        if not isinstance(people, Mapping) or not people or not all(is_whole(n, 1, 4) for n in people.values()):
            raise BadInput(f"received {people!r:.60} for the set {name!r}; {expected}, 1 to 4 each")


def find_leaks(splits):
    """People that are in more than one set, in the order in which they appear."""
    everyone = [person for people in splits.values() for person in people]
    return list(dict.fromkeys(person for person in everyone if everyone.count(person) > 1))


def place_people(people):
    """Break the people of a set into lines: (person, pictures, left edge) each."""
    lines, x = [[]], MARGIN + 10
    for person, number in people.items():
        width = max(BODY, measure(str(person), TEXT_SIZE)) + 4 + number * (PHOTO + 3)
        if x + width > WIDTH - MARGIN - 6 and lines[-1]:
            lines.append([])
            x = MARGIN + 10
        lines[-1].append((person, number, x))
        x += width + BETWEEN
    return lines


def draw_person(ax, person, number, x, y, colour, *, leaks):
    """Draw a person with its name below and its pictures beside; return the middle of the person."""
    wide = max(BODY, measure(str(person), TEXT_SIZE))
    middle = x + wide / 2
    fill = ORANGE if leaks else colour
    ax.add_patch(Circle((middle, y + 36), 6, color=fill, linewidth=0, zorder=4))
    ax.add_patch(Wedge((middle, y + 17), BODY / 2, 0, 180, color=fill, linewidth=0, zorder=4))
    ax.text(
        middle, y + 3, str(person), ha="center", va="baseline", color=ORANGE_INK if leaks else INK, fontsize=TEXT_SIZE,
        weight="bold" if leaks else "normal", zorder=5, bbox=BEHIND,
    )  # fmt: skip
    for place in range(number):
        left = x + wide + 4 + place * (PHOTO + 3)
        draw_photo(ax, left, y + 17, PHOTO, edge=fill, line=2.6 if leaks else 1.6)
    return middle, y + 30


def people_picture(
    splits: Mapping[str, Mapping[str, int]], *, title: str | None = None, note: str | None = None
) -> Axes:
    """Draw a split as people with their pictures, one band for each set.

    Parameters
    ----------
    splits : dict of str to dict of str to int
        For each set the people in it, by short names, with the number of their pictures there, 1 to 4. Whoever is in
        more than one set is drawn in orange, joined by an arrow and named below: a leak.
    title : str, optional
        Written above.
    note : str, optional
        A sentence written below.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    BadInput
        There is no set, a set without people, or a number of pictures that is not 1 to 4.

    Examples
    --------
    >>> ax = people_picture({"training": {"A": 2, "B": 2, "C": 1}, "test": {"C": 1, "D": 2}})
    """
    check_splits(splits)
    leaks, lines = find_leaks(splits), {name: place_people(people) for name, people in splits.items()}
    told = f"In more than one set: {', '.join(map(str, leaks))}" if leaks else None
    told = wrap(told, WIDTH - 2 * MARGIN, TEXT_SIZE)
    height = sum(HEADING + len(rows) * LINE + GAP for rows in lines.values()) - GAP + 20 * len(told)
    places = {person: [] for person in leaks}
    with style():
        ax, y = new_panel(height, title, note)
        for number, (name, rows) in enumerate(lines.items()):
            colour, band = SPLITS[number % len(SPLITS)], HEADING + len(rows) * LINE
            draw_box(
                ax, MARGIN, y - band, WIDTH - 2 * MARGIN, band, ground=PAPER, edge=colour, line=1.8, gid=f"set {name}"
            )
            ax.text(
                MARGIN + 10, y - 5, str(name), va="top", color=colour, fontsize=TEXT_SIZE, weight="bold", bbox=BEHIND
            )
            for row, people in enumerate(rows, 1):
                for person, pictures, x in people:
                    middle = draw_person(
                        ax, person, pictures, x, y - HEADING - row * LINE + 4, colour, leaks=person in leaks
                    )
                    if person in places:
                        places[person].append(middle)
            y -= band + GAP
        for met in places.values():
            for (x, start), (other, end) in pairwise(met):
                draw_arrow(ax, (x, start - 34), (other, end + 13), colour=ORANGE, style="<|-|>", line=1.8, zorder=2)
        draw_lines(ax, told, y, size=TEXT_SIZE, colour=ORANGE_INK, weight="bold")
    return ax

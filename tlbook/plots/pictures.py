"""The pictures of ideas: always the same network in the same colours, so that chapters can be told by their pictures.

A frozen block is grey and has a lock, a trained one is blue, a new one is outlined in orange, and one in which only
scale and shift train is grey with a blue edge.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from matplotlib.axes import Axes

from tlbook.errors import BadInput
from tlbook.plots.canvas import (
    LINE,
    MARGIN,
    STATES,
    TEXT_SIZE,
    WIDTH,
    check_blocks,
    draw_arrow,
    draw_block,
    draw_legend,
    draw_lines,
    draw_photo,
    measure,
    new_panel,
)
from tlbook.plots.style import INK, style

Blocks = Sequence[tuple[str, str | None]]
SIZES = (15, 14, 13, 12, 11, 10)  # of labels, the first that fits
PHOTO, GAP, WIDEST_GAP, PADDING, GAP_BELOW = 36, 10, 26, 4, 10
BLOCK_HEIGHT, ROW_HEIGHT, WIDEST = 62, 52, 84


@dataclass(frozen=True)
class Layout:
    """Where a network stands: size of the labels, left edge of the input, of blocks, their widths, then the output."""

    size: int
    input: float
    lefts: tuple[float, ...]
    widths: tuple[float, ...]
    output: float


def list_output(output):
    """Lines of the output: class names, one a line."""
    return [] if output is None else output.split("\n") if isinstance(output, str) else [str(name) for name in output]


def group_states(blocks):
    """Runs of neighbours in the same state: (state, numbers of the blocks)."""
    return [
        (state, [number for number, _ in run]) for state, run in groupby(enumerate(blocks), key=lambda pair: pair[1][1])
    ]


def find_widths(blocks, size, *, told):
    """Least widths of blocks at a size of their labels, wide enough for the states' words where these are told."""
    widths = [max(measure(word, size) for word in label.split()) + 2 * PADDING for label, _ in blocks]
    for state, numbers in group_states(blocks) if told else []:
        room = sum(widths[number] for number in numbers) + GAP * (len(numbers) - 1) - 2
        lack = max(measure(part, TEXT_SIZE, bold=True) for part in STATES[state].words.rsplit(" ", 1)) - room
        for number in numbers:
            widths[number] += max(0, lack) / len(numbers)
    return widths


def lay_out(blocks, input, output, *, told):
    """Find places for a network in the width of the panel.

    Parameters
    ----------
    blocks : sequence of (str, str or None)
        Label and state of each block.
    input : str or None
        Under the picture at the start; None leaves it out.
    output : sequence of str
        What comes out.
    told : bool
        True leaves room for the states, written below.

    Returns
    -------
    Layout

    Raises
    ------
    BadInput
        The words are too wide for a page.

    Examples
    --------
    >>> layout = lay_out([("stem", "frozen"), ("head", "new")], "image", ["cat"], told=False)
    >>> len(layout.lefts) == len(layout.widths) == 2
    True
    """
    ends = PHOTO if input is not None else 0
    ends = max(ends, measure(input or "", TEXT_SIZE))
    for size in SIZES:
        widths = find_widths(blocks, size, told=told)
        last = max((measure(line, size) for line in output), default=0)
        gaps = len(blocks) - 1 + (input is not None) + bool(output)
        room = WIDTH - 2 * MARGIN - ends - last - gaps * GAP - sum(widths)
        if room >= 0:
            break
    else:
        labels = [label for label, _ in blocks]
        raise BadInput(f"received the blocks {labels}, too wide for a page; expected fewer or shorter words")
    wider = [min(max(WIDEST, width), width + room / len(blocks)) for width in widths]
    room -= sum(wider) - sum(widths)
    gap = GAP + min(WIDEST_GAP - GAP, room / max(1, gaps))
    begin = MARGIN + ((room - (gap - GAP) * gaps) / 2 if told else 0)  # alone in the middle, else one below the other
    lefts, x = [], begin + (ends + gap if input is not None else 0)
    for width in wider:
        lefts.append(x)
        x += width + gap
    return Layout(size, begin, tuple(lefts), tuple(wider), x)


def list_looks(networks):
    """List the looks of the states that occur in networks, in their one order.

    Parameters
    ----------
    networks : sequence of sequence of (str, str or None)
        Label and state of each block of each network.

    Returns
    -------
    list of Look

    Examples
    --------
    >>> len(list_looks([[("stem", "frozen"), ("head", "new")]]))
    2
    """
    used = {state for blocks in networks for _, state in blocks}
    return [look for state, look in STATES.items() if state in used and look.words]


def draw_row(ax, blocks, layout, middle, height, *, input, output):
    """Draw one network from its input to its output around a height.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        A panel, as `new_panel` makes it.
    blocks : sequence of (str, str or None)
        Label and state of each block.
    layout : Layout
        As `lay_out` gives.
    middle, height : float
        In the panel's pixels.
    input : str or None
        Under the picture at the start; None leaves it out.
    output : sequence of str
        What comes out.

    Examples
    --------
    >>> from tlbook.plots.canvas import new_panel
    >>> blocks = [("stem", "frozen"), ("head", "new")]
    >>> layout = lay_out(blocks, "image", ["cat"], told=False)
    >>> draw_row(new_panel(120, None, None)[0], blocks, layout, 60, 40, input="image", output=["cat"])
    """
    rights = [left + width for left, width in zip(layout.lefts, layout.widths, strict=True)]
    for (label, state), left, width in zip(blocks, layout.lefts, layout.widths, strict=True):
        draw_block(ax, label, state, left, middle - height / 2, width, height, layout.size)
    starts, ends = list(rights), [*layout.lefts[1:], layout.output]
    if input is not None:
        side = min(PHOTO, height)
        column = max(PHOTO, measure(input, TEXT_SIZE))
        draw_photo(ax, layout.input + (column - side) / 2, middle - side / 2, side)
        if input:
            ax.text(
                layout.input + column / 2, middle - height / 2 - 23, input, ha="center", color=INK, fontsize=TEXT_SIZE
            )
        starts, ends = [layout.input + (column + side) / 2 + 2, *starts], [layout.lefts[0], *ends]
    for start, end in zip(starts, ends, strict=True):
        if end < layout.output or output:
            draw_arrow(ax, (start + 1, middle), (end - 1, middle))
    top = middle + (len(output) - 1) / 2 * layout.size * LINE
    for number, words in enumerate(output):
        ax.text(
            layout.output, top - number * layout.size * LINE, words, ha="left", va="center", color=INK,
            fontsize=layout.size, zorder=4, gid=f"output {words}",
        )  # fmt: skip


def list_states(blocks, layout):
    """What is said below the blocks: for each run of neighbours in a state its look, ends and lines of words."""
    told = []
    for state, numbers in group_states(blocks):
        look, left = STATES[state], layout.lefts[numbers[0]]
        right = layout.lefts[numbers[-1]] + layout.widths[numbers[-1]]
        if look.words:
            fits = measure(look.words, TEXT_SIZE, bold=True) <= right - left
            told.append((look, left, right, [look.words] if fits else look.words.rsplit(" ", 1)))
    return told


def draw_states(ax, told, y):
    """Say what the states are, below brackets at a height."""
    for look, left, right, lines in told:
        ax.plot([left, left, right, right], [y + 4, y, y, y + 4], color=look.words_ink, linewidth=1.3)
        for number, words in enumerate(lines):
            ax.text(
                (left + right) / 2, y - 14 - number * TEXT_SIZE * 1.1, words, ha="center", color=look.words_ink,
                fontsize=TEXT_SIZE, weight="bold", gid=f"state {look.words}",
            )  # fmt: skip


def network_picture(
    blocks: Blocks,
    *,
    input: str | None = "image",
    output: str | Sequence[str] | None = None,
    title: str | None = None,
    note: str | None = None,
) -> Axes:
    """Draw one network as a row of blocks, each in its state.

    Parameters
    ----------
    blocks : sequence of (str, str or None)
        Label and state of each block in the order of the data flow. The state is ``"frozen"``, ``"trained"``,
        ``"new"`` (trained from random weights), ``"adapted"`` (only scale and shift train), or None for a block
        without weights, such as pooling.
    input : str, optional
        Word under the picture at the start; None leaves it out.
    output : str or sequence of str, optional
        What comes out: a word, or the names of the classes.
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
        A block is no pair, its state is unknown, or the row is too wide for a page.

    Examples
    --------
    >>> blocks = [("stem", "frozen"), ("block 1", "frozen"), ("block 2", "frozen"), ("head", "new")]
    >>> ax = network_picture(blocks, output=["broken", "intact"])
    """
    blocks, output = check_blocks(blocks), list_output(output)
    layout = lay_out(blocks, input, output, told=True)
    told = list_states(blocks, layout)
    foot = 13 + TEXT_SIZE * 1.1 * max([len(lines) for *_, lines in told] + [bool(input)])
    with style():
        ax, top = new_panel(BLOCK_HEIGHT + foot, title, note)
        draw_row(ax, blocks, layout, top - BLOCK_HEIGHT / 2, BLOCK_HEIGHT, input=input, output=output)
        draw_states(ax, told, top - BLOCK_HEIGHT - 9)
    return ax


def compare_networks(
    rows: Mapping[str, Blocks],
    *,
    input: str | None = "image",
    output: str | Sequence[str] | None = None,
    title: str | None = None,
    note: str | None = None,
) -> Axes:
    """Draw several networks one under the other, with a legend of the states that occur.

    Parameters
    ----------
    rows : dict of str to sequence of (str, str or None)
        Blocks of each network, as `network_picture` takes them, by the words that stand above it.
    input : str, optional
        None leaves the pictures at the start out.
    output : str or sequence of str, optional
        What comes out of each network.
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
        There is no row, a block is no pair, its state is unknown, or a row is too wide for a page.

    Examples
    --------
    >>> ax = compare_networks({
    ...     "Head only": [("stem", "frozen"), ("blocks", "frozen"), ("head", "new")],
    ...     "Full fine-tuning": [("stem", "trained"), ("blocks", "trained"), ("head", "new")],
    ... })
    """
    if not isinstance(rows, Mapping) or not rows:
        raise BadInput(f"received `rows` {rows!r:.60}; expected a dict of words to sequences of (label, state)")
    networks = {words: check_blocks(blocks) for words, blocks in rows.items()}
    input, output = None if input is None else "", list_output(output)
    layouts = [lay_out(blocks, input, output, told=False) for blocks in networks.values()]
    step = TEXT_SIZE * LINE + 2 + ROW_HEIGHT + GAP_BELOW
    with style():
        ax, top = new_panel(step * len(networks) + 14, title, note)
        for (words, blocks), layout in zip(networks.items(), layouts, strict=True):
            draw_lines(ax, [words], top, size=TEXT_SIZE, weight="bold")
            middle = top - step + GAP_BELOW + ROW_HEIGHT / 2
            draw_row(ax, blocks, layout, middle, ROW_HEIGHT, input=input, output=output)
            top -= step
        draw_legend(ax, list_looks(networks.values()), top - 6)
    return ax

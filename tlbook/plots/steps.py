"""The picture of transfer learning in three steps: train the source model, copy its weights, adapt them."""

from collections.abc import Sequence

from matplotlib.axes import Axes

from tlbook.plots.canvas import BLUE, LINE, MARGIN, PANEL, TEXT_SIZE, check_blocks, draw_arrow, draw_lines, new_panel
from tlbook.plots.pictures import Blocks, draw_row, draw_states, lay_out, list_output, list_states
from tlbook.plots.style import INK, style

HEIGHT, COPYING = 52, 50  # of a row, and of the arrows between two


def transfer_picture(
    blocks: Blocks,
    *,
    source: str = "Train on the source task",
    target: str = "Adapt to the target task",
    source_output: str | Sequence[str] | None = None,
    target_output: str | Sequence[str] | None = None,
    title: str | None = None,
    note: str | None = None,
) -> Axes:
    """Draw the three steps of transfer learning: a source model, its weights copied, and the model of the target task.

    Parameters
    ----------
    blocks : sequence of (str, str or None)
        Blocks of the target model with their states, as `network_picture` takes them. What is ``"new"`` is not
        copied; in the source model every block with weights is trained.
    source : str
        What the first step says, above the source model.
    target : str
        What the third step says, below the target model.
    source_output : str or sequence of str, optional
        What comes out of the source model.
    target_output : str or sequence of str, optional
        What comes out of the target model.
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
    >>> ax = transfer_picture(blocks, source_output=["cat", "dog"], target_output=["broken", "intact"])
    """
    blocks = check_blocks(blocks)
    taught = [(label, state and "trained") for label, state in blocks]
    outputs = list_output(source_output), list_output(target_output)
    layout = lay_out(blocks, "", [*outputs[0], *outputs[1]], told=True)
    told = list_states(blocks, layout)
    words, states = TEXT_SIZE * LINE + 6, 16 + TEXT_SIZE * 1.1 * max([len(lines) for *_, lines in told], default=0)
    with style():
        ax, top = new_panel(2 * words + 2 * HEIGHT + COPYING + states, title, note)
        draw_lines(ax, [f"1  {source}"], top, size=TEXT_SIZE, weight="bold")
        first = top - words - HEIGHT / 2
        second = first - HEIGHT - COPYING
        draw_row(ax, taught, layout, first, HEIGHT, input="", output=outputs[0])
        draw_row(ax, blocks, layout, second, HEIGHT, input="", output=outputs[1])
        for (_, state), left, width in zip(blocks, layout.lefts, layout.widths, strict=True):
            if state not in {"new", None}:
                x = left + width / 2
                draw_arrow(ax, (x, first - HEIGHT / 2 - 2), (x, second + HEIGHT / 2 + 3), colour=BLUE, line=2)
        ax.text(
            MARGIN, (first + second) / 2, "2  Copy the weights", va="center", color=INK, fontsize=TEXT_SIZE,
            weight="bold", zorder=5, bbox={"facecolor": PANEL, "edgecolor": "none", "pad": 2.5},
        )  # fmt: skip
        draw_states(ax, told, second - HEIGHT / 2 - 9)
        draw_lines(ax, [f"3  {target}"], second - HEIGHT / 2 - states - 6, size=TEXT_SIZE, weight="bold")
    return ax

"""The picture that other sites show of a link to the book: title, one sentence, one network in the book's colours."""

import textwrap

SIZE = (1200, 630)  # what cards of links are cut to
STATES = ("frozen", "frozen", "frozen", "trained", "trained", "new")


def draw_card(path, title, summary):
    """Draw the card as a PNG file."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    from tlbook.plots.canvas import PANEL, draw_arrow, draw_block
    from tlbook.plots.style import INK

    figure = Figure(figsize=(SIZE[0] / 72, SIZE[1] / 72), dpi=72, facecolor=PANEL)
    FigureCanvasAgg(figure)
    ax = figure.add_axes((0, 0, 1, 1))
    ax.set(xlim=(0, SIZE[0]), ylim=(0, SIZE[1]))
    ax.axis("off")
    for number, line in enumerate(textwrap.wrap(title, 24)):
        ax.text(80, 520 - 84 * number, line, size=66, weight="bold", color=INK, va="center")
    for number, line in enumerate(textwrap.wrap(summary, 62)):
        ax.text(80, 338 - 42 * number, line, size=29, color=INK, va="center")
    for number, state in enumerate(STATES):
        left = 80 + 182 * number
        draw_block(ax, "", state, left, 80, 130, 110, 24)
        if number:
            draw_arrow(ax, (left - 46, 135), (left - 6, 135), line=3)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, metadata={"Software": None})

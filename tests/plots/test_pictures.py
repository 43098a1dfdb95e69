"""Pictures of ideas: words stay in their blocks, a state looks the same everywhere, the panel is the picture's own."""

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import pytest
from matplotlib.colors import to_hex, to_rgb, to_rgba
from matplotlib.patches import FancyArrowPatch

from tlbook import plots
from tlbook.errors import BadInput
from tlbook.plots.canvas import BLUE, PANEL, STATES

LABELS = ("stem", "block 1", "block 2", "block 3", "block 4")


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


def make_network(*states, head="new"):
    return [*zip(LABELS, states, strict=True), ("pool", None), ("head", head)]


FROZEN = make_network(*["frozen"] * 5)
MIXED = make_network("frozen", "frozen", "adapted", "trained", "new")
CLASSES = ["broken", "intact"]
DRAW = {
    "frozen": lambda: plots.network_picture(FROZEN, output=CLASSES),
    "mixed": lambda: plots.network_picture(MIXED, output=CLASSES, title="A title", note="A note that is long. " * 6),
    "few": lambda: plots.network_picture([("everything", "trained")], input=None),
    "steps": lambda: plots.transfer_picture(
        FROZEN, source_output="1,000\nclasses", target_output=CLASSES, note="A note."
    ),
    "rows": lambda: plots.compare_networks({"Head only": FROZEN, "Mixed": MIXED}, output=CLASSES, note="A note."),
}


def find(ax, begin):
    """Artists of a picture by the beginning of their names."""
    return [artist for artist in ax.findobj() if (artist.get_gid() or "").startswith(begin)]


def span(artist, ax):
    """Left, bottom, right and top of something that was drawn, in points."""
    return artist.get_window_extent().transformed(ax.transData.inverted()).extents


@pytest.mark.parametrize("draw", DRAW.values(), ids=DRAW)
def test_a_picture_has_its_own_panel_and_switches_nothing(draw):
    before = dict(plt.rcParams)
    ax = draw()
    assert to_rgba(ax.figure.get_facecolor())[3] == 0
    assert [to_hex(panel.get_facecolor()) for panel in find(ax, "panel")] == [PANEL]
    ax.figure.canvas.draw()
    assert dict(plt.rcParams) == before


@pytest.mark.parametrize("draw", DRAW.values(), ids=DRAW)
def test_words_stay_in_their_blocks_and_in_the_panel(draw):
    ax = draw()
    ax.figure.canvas.draw()
    for block, label in zip(find(ax, "block "), find(ax, "label "), strict=True):
        (left, bottom, right, top), words = span(block, ax), span(label, ax)
        assert left < words[0] and words[2] < right and bottom < words[1] and words[3] < top, label.get_text()
    width, height = ax.get_xlim()[1], ax.get_ylim()[1]
    for text in ax.texts:
        words = span(text, ax)
        assert words[0] > 4 and words[2] < width - 4 and words[1] > 3 and words[3] < height - 3, text.get_text()


@pytest.mark.parametrize("draw", DRAW.values(), ids=DRAW)
def test_words_do_not_touch_each_other(draw):
    ax = draw()
    ax.figure.canvas.draw()
    boxes = [(text.get_text(), text.get_window_extent()) for text in ax.texts if text.get_text()]
    for number, (words, box) in enumerate(boxes):
        met = [other for other, place in boxes[:number] if min(box.x1, place.x1) > max(box.x0, place.x0)
               and min(box.y1, place.y1) > max(box.y0, place.y0) + 3]  # fmt: skip
        assert met == [], words


def test_a_state_looks_the_same_in_every_picture():
    looks = {}
    for ax in (DRAW["frozen"](), DRAW["rows"](), plots.network_picture(MIXED[2:], input=None)):
        for block in find(ax, "block "):
            look = (to_hex(block.get_facecolor()), to_hex(block.get_edgecolor()))
            looks.setdefault(block.get_gid(), set()).add(look)
    alone = plots.network_picture([(str(state), state) for state in STATES])
    shown = [(to_hex(block.get_facecolor()), to_hex(block.get_edgecolor())) for block in find(alone, "block ")]
    assert len(set(shown)) == len(STATES)
    assert looks["block stem"] == {shown[list(STATES).index("frozen")]}
    assert looks["block head"] == {shown[list(STATES).index("new")]}


def test_states_are_told_where_they_occur():
    told = [text.get_text() for text in find(DRAW["mixed"](), "state ")]
    assert told == ["frozen", "scale +", "shift", "trained", "new", "new"]
    words = [text.get_text() for text in DRAW["rows"]().texts]
    assert [words.count(look.words) for look in STATES.values() if look.words] == [1] * 4
    assert "trained" not in [text.get_text() for text in plots.compare_networks({"Head only": FROZEN}).texts]


def test_words_can_be_read_on_what_is_behind_them():
    def shine(colour):
        parts = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in to_rgb(colour)]
        return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]

    def contrast(one, other):
        low, high = sorted((shine(one), shine(other)))
        return (high + 0.05) / (low + 0.05)

    for look in STATES.values():
        assert contrast(look.ink, look.ground) >= 4.5
        assert contrast(look.words_ink, PANEL) >= 4.5


@pytest.mark.parametrize(
    ("blocks", "message"),
    [
        ([("stem", "icy")], r"received the state 'icy' for the block 'stem'; expected one of 'frozen', 'trained'"),
        (["stem"], r"received the block 'stem'; expected \(label, state\)"),
        ("stem", r"received the block 'stem'; expected \(label, state\)"),
        ([("stem", "new", 3)], r"received the block \('stem', 'new', 3\)"),
        ([], "received no blocks"),
        ([("a long label", "frozen")] * 20, "too wide for a page"),
    ],
)
def test_what_is_no_network_is_refused(blocks, message):
    with pytest.raises(BadInput, match=message):
        plots.network_picture(blocks)
    with pytest.raises(BadInput, match=message):
        plots.compare_networks({"a": blocks})


def test_what_is_new_is_not_copied():
    arrows = [patch for patch in DRAW["steps"]().patches if to_hex(patch.get_edgecolor()) == BLUE]
    copied = [patch for patch in arrows if isinstance(patch, FancyArrowPatch)]
    assert len(copied) == len(LABELS)
    states = [to_hex(block.get_facecolor()) for block in find(DRAW["steps"](), "block head")]
    assert states == [BLUE, "#ffffff"]


@pytest.mark.parametrize("rows", [{}, [FROZEN]])
def test_rows_without_words_are_refused(rows):
    with pytest.raises(BadInput, match="expected a dict of words"):
        plots.compare_networks(rows)

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import numpy as np
import pytest

from tlbook import plots
from tlbook.errors import BadInput
from tlbook.evidence.economics import CHALLENGE_YEARS
from tlbook.evidence.intervals import Estimate, t_interval, wilson_interval
from tlbook.evidence.learning_curves import fit_power_law
from tlbook.plots.style import MUTED
from tlbook.training.augmentation import Augmentation
from tlbook.training.learning_rates import RateSearch

# They make their own figure: tests/plots/test_pictures.py and test_split_pictures.py.
PICTURES = {"compare_networks", "network_picture", "split_picture", "transfer_picture"}

# They return controls, no axes: tests/plots/test_live.py.
LIVE = {"depth_explorer", "label_calculator", "split_explorer", "strategy_calculator"}

HISTORY = {"loss": [0.9, 0.5], "val_loss": [1.0, 0.8]}
ESTIMATES = {
    "head": wilson_interval(68, 80),
    "full": wilson_interval(75, 80),
    "unknown": Estimate(None, None, None, 0, "t"),
}
CELLS = [{"set": "a", "size": n, "head": 0.6, "full": 0.6 + gain} for n, gain in ((10, -0.1), (50, 0.05))]
MATRIX = [[3, 1], [0, 4]]
SEARCH = RateSearch(
    np.logspace(-4, 0, 5), np.array([1.0, 0.9, 0.5, 0.4, 3.0]), np.array([1.0, 0.9, 0.6, 0.5, 2.0]), 1e-2
)


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


def make_rows(y="accuracy"):
    values = {"head": (0.6, 0.7, 0.75), "full": (0.5, 0.7, 0.85)}
    return [
        {"strategy": name, "n": n, y: t_interval([v, v + 0.02, v - 0.01])}
        for name, line in values.items()
        for n, v in zip((10, 50, 200), line, strict=True)
    ]


DOG = {"dog": np.zeros((8, 8, 3), np.uint8)}
ANSWERS = np.zeros((2, 8, 8, 3), np.uint8), np.zeros((2, 3, 8, 8, 3), np.uint8), [[True, False, True]] * 2
CHANGES = {"as it is": Augmentation(), "mirrored": Augmentation(mirror=True)}
DRAW = {
    "learning_curve": lambda ax: plots.learning_curve(make_rows(), ax=ax),
    "training_history": lambda ax: plots.training_history(HISTORY, ax=ax),
    "confusion": lambda ax: plots.confusion(MATRIX, ["a", "b"], ax=ax),
    "change_grid": lambda ax: plots.change_grid(DOG, CHANGES, marked=[("dog", "mirrored")], ax=ax),
    "answer_grid": lambda ax: plots.answer_grid(*ANSWERS, ax=ax),
    "sample_grid": lambda ax: plots.sample_grid(np.zeros((5, 8, 8, 3), np.uint8), list("abcde"), ax=ax),
    "errors_per_year": lambda ax: plots.errors_per_year(ax=ax),
    "intervals": lambda ax: plots.intervals(ESTIMATES, reference=0.5, ax=ax),
    "paired_differences": lambda ax: plots.paired_differences({"pets": t_interval([0.1, 0.2, 0.15])}, ax=ax),
    "learning_rate_search": lambda ax: plots.learning_rate_search(SEARCH, ax=ax),
    "lines": lambda ax: plots.lines({"one rate": [1, 2], "by block": [2, 1]}, x=["stem", "top"], ax=ax),
    "strategy_map": lambda ax: plots.strategy_map(CELLS, {"full": "all"}, ax=ax),
    "shuffled_scores": lambda ax: plots.shuffled_scores({"a": 0.5}, {"a": [0.3, 0.4]}, chance=0.5, ax=ax),
    "reliability": lambda ax: plots.reliability([0, 1, 1], [[0.9, 0.1], [0.2, 0.8], [0.6, 0.4]], ax=ax),
}


@pytest.mark.parametrize("draw", DRAW.values(), ids=DRAW)
def test_a_plot_uses_the_axes_given_and_switches_nothing(draw):
    before = dict(plt.rcParams)
    _, ax = plt.subplots()
    assert draw(ax) is ax
    alone = draw(None)
    assert alone is not ax
    assert matplotlib.colors.to_hex(alone.figure.get_facecolor()) == "#ffffff"
    alone.figure.canvas.draw()
    assert dict(plt.rcParams) == before


def test_every_plot_is_tested():
    assert set(DRAW) | PICTURES | LIVE | {"style"} == set(plots.__all__)


def texts(ax):
    return " ".join(t.get_text() for t in ax.texts)


def test_a_change_grid_shows_each_image_under_each_change_and_marks_what_loses_its_label():
    ramp = np.tile(np.arange(0, 240, 30, dtype=np.uint8)[None, :, None], (8, 1, 3))
    ax = plots.change_grid({"dog": ramp, "sign": ramp}, CHANGES, marked=[("sign", "mirrored")])
    assert [text.get_text() for text in ax.texts] == ["as it is", "mirrored"] * 2
    assert [text.get_weight() == "bold" for text in ax.texts] == [False, False, False, True]
    assert [patch.get_width() for patch in ax.patches] == [8], "a frame, for those who cannot tell the colours"
    sheet = np.asarray(ax.images[0].get_array())
    assert any(np.array_equal(sheet[i : i + 8, :8], ramp) for i in range(len(sheet) - 7))
    assert any(np.array_equal(sheet[i : i + 8, -8:], ramp[:, ::-1]) for i in range(len(sheet) - 7))
    with pytest.raises(BadInput, match="the mark"):
        plots.change_grid(DOG, CHANGES, marked=[("cat", "mirrored")])


def test_right_answers_are_told_from_wrong_ones_by_sign_and_line():
    images = np.arange(4, dtype=np.uint8)[:, None, None, None] * np.full((1, 8, 8, 3), 60, np.uint8)
    ax = plots.answer_grid(images[:1], images[None, 1:], [[True, False, True]])
    assert [text.get_text() for text in ax.texts if text.get_text()] == ["query", "1 ✓", "2 ✗", "3 ✓"]
    lines = [patch.get_linestyle() for patch in ax.patches if patch.get_fill() is False]
    assert lines[0] == lines[2] != lines[1]
    sheet = np.asarray(ax.images[0].get_array())
    assert (sheet[-12:-4, :8] == 0).all() and (sheet[-12:-4, -8:] == 180).all()
    assert [t.get_text() for t in plots.answer_grid(images[:1], images[None, 1:]).texts if t.get_text()][1] == "1"
    with pytest.raises(BadInput, match="found.rows"):
        plots.answer_grid(images, images)
    with pytest.raises(BadInput, match="a verdict an answer"):
        plots.answer_grid(images[:1], images[None, 1:], [True])


def test_lines_stand_over_one_two_three_and_name_their_reference():
    ax = plots.lines({"a": [3.0, 1.0, 2.0]}, reference=("guessing", 2.5))
    assert list(ax.lines[0].get_xdata()) == [1, 2, 3]
    assert [t.get_text() for t in ax.get_legend().get_texts()] == ["a", "guessing"]
    assert list(ax.lines[1].get_ydata()) == [2.5, 2.5] and ax.get_ylim()[0] == 0


def test_a_learning_rate_search_marks_what_it_suggests():
    ax = plots.learning_rate_search(SEARCH)
    assert ax.get_xscale() == "log"
    assert ax.lines[2].get_xdata()[0] == SEARCH.suggestion
    assert "suggestion 1.0e-02" in [text.get_text() for text in ax.get_legend().get_texts()]
    assert ax.get_ylim()[1] == pytest.approx(1.2)


def test_a_learning_curve_has_a_line_and_intervals_for_each_strategy():
    ax = plots.learning_curve(make_rows())
    assert [line.get_label() for line in ax.lines] == ["head", "full"]
    assert ax.lines[1].get_ydata() == pytest.approx([0.5033, 0.7033, 0.8533], abs=1e-3)
    assert [len(lines.get_segments()) for lines in ax.collections] == [3, 3]
    assert ax.get_xscale() == "log"
    assert [float(tick) for tick in ax.get_xticks()] == [10, 50, 200]


def test_what_is_no_number_of_labels_is_spaced_evenly_under_its_own_name():
    ax = plots.learning_curve(make_rows(), log=False, xlabel="difficulty")
    assert (ax.get_xscale(), ax.get_xlabel()) == ("linear", "difficulty")
    assert list(ax.get_xticks()) == [10, 50, 200]


@pytest.mark.parametrize("log", [True, False])
def test_curves_stand_beside_each_other_and_near_their_size(log):
    ax = plots.learning_curve(make_rows(), log=log)
    width = np.log(200 / 10) if log else 200 - 10
    places = [np.log(line.get_xdata()) if log else np.array(line.get_xdata()) for line in ax.lines]
    assert (places[1] - places[0]) / width == pytest.approx(0.012)
    sizes = np.log([10, 50, 200]) if log else np.array([10, 50, 200])
    assert (places[0] + places[1]) / 2 == pytest.approx(sizes)
    alone = plots.learning_curve([row for row in make_rows() if row["strategy"] == "head"], log=log)
    assert list(alone.lines[0].get_xdata()) == [10, 50, 200]


def test_a_law_is_drawn_beyond_the_data():
    law = fit_power_law([10, 50, 200], [[0.4, 0.3, 0.25], [0.42, 0.29, 0.24]])
    ax = plots.learning_curve(make_rows("error"), y="error", laws={"head": law})
    assert ax.lines[0].get_linestyle() == "None"
    assert ax.lines[1].get_xdata()[-1] == pytest.approx(400)
    assert ax.get_ylabel() == "error, %"


def test_an_unknown_metric_is_bad_input():
    with pytest.raises(BadInput, match="one of loss, val_loss"):
        plots.training_history(HISTORY, metric="auroc")


def test_confusion_prints_the_counts():
    assert texts(plots.confusion(MATRIX, ["a", "b"])).split() == ["3", "1", "0", "4"]
    many = plots.confusion(np.eye(30, dtype=int), [str(i) for i in range(30)])
    assert texts(many) == ""


def test_a_grid_holds_every_image_in_its_place():
    images = np.arange(1, 8, dtype=np.uint8)[:, None, None, None] * np.ones((1, 8, 8, 3), np.uint8)
    sheet = plots.sample_grid(images, columns=3).images[0].get_array()
    for i in range(7):
        top, left = i // 3 * 10, i % 3 * 10
        assert (sheet[top : top + 8, left : left + 8] == i + 1).all()
    marked = plots.sample_grid(images, list("abcdefg"), marked=[i == 2 for i in range(7)])
    assert [t.get_text() for t in marked.texts if t.get_weight() == "bold"] == ["c"]


def test_errors_per_year_names_every_winner_and_the_human():
    ax = plots.errors_per_year()
    words = texts(ax).replace("-\n", "-").replace("\n", " ")
    assert all(f"{100 * y.top5_error:.3g}" in words and y.winner.split()[0] in words for y in CHALLENGE_YEARS)
    assert "human: 5.1" in words


def test_intervals_are_drawn_from_low_to_high():
    ax = plots.intervals(ESTIMATES, reference=0.5)
    assert [t.get_text() for t in ax.get_yticklabels()] == ["head", "full", "unknown"]
    assert list(ax.lines[0].get_xdata()) == [ESTIMATES["head"].low, ESTIMATES["head"].high]
    assert len(ax.lines) == 2 * 2 + 1  # the undefined figure has neither line nor dot


def test_differences_that_reach_zero_are_grey():
    figures = {
        "up": t_interval([0.1, 0.11, 0.12]),
        "none": t_interval([-0.1, 0.1]),
        "down": t_interval([-0.1, -0.11, -0.12]),
    }
    ax = plots.paired_differences(figures)
    colours = [line.get_color() for line in ax.lines[1::2]]
    assert len(set(colours)) == 3
    assert colours[1] == MUTED


def test_a_difference_that_chance_would_give_among_many_is_grey():
    slight = t_interval([0.1, 0.11, 0.3, 0.2])
    alone = plots.paired_differences({"slight": slight})
    among = plots.paired_differences({"slight": slight, **{f"none {i}": t_interval([-0.1, 0.11]) for i in range(9)}})
    assert slight.low > 0
    assert [ax.lines[1].get_color() == MUTED for ax in (alone, among)] == [False, True]


def test_reliability_has_a_dot_for_each_filled_bin():
    probabilities = np.array([[0.95, 0.05]] * 20 + [[0.45, 0.55]] * 10)
    ax = plots.reliability([0] * 20 + [1] * 5 + [0] * 5, probabilities)
    dots = [(line.get_xdata()[0], line.get_ydata()[0]) for line in ax.lines if line.get_marker() == "o"]
    assert dots == [pytest.approx((0.55, 0.5)), pytest.approx((0.95, 1.0))]


@pytest.mark.parametrize("plot", [plots.intervals, plots.paired_differences])
@pytest.mark.parametrize("wrong", [{"head": 0.8}, [t_interval([0.1, 0.2])]])
def test_only_estimates_by_name_are_plotted(plot, wrong):
    with pytest.raises(BadInput, match="expected a dict of names to Estimate"):
        plot(wrong)


def test_the_map_names_what_leads_the_head_by_more_than_the_margin():
    ax = plots.strategy_map(CELLS, {"full": "all"})
    assert [t.get_text() for t in ax.texts] == ["head\n60 %", "all\n60 % +5.0"]
    assert [t.get_text() for t in ax.get_xticklabels()] == ["10", "50"]
    with pytest.raises(BadInput, match="2 cells of 1 places"):
        plots.strategy_map([CELLS[0], CELLS[0]], {"full": "all"})

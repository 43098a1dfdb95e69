import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import numpy as np
import pytest

from tlbook import plots


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


def test_a_split_is_drawn_with_its_test_images_framed_and_the_others_pale():
    before = dict(plt.rcParams)
    images = np.zeros((6, 8, 8, 3), np.uint8)
    tests = {"by image": [1, 0, 0, 1, 0, 0], "by person": [0, 0, 1, 1, 0, 0]}
    axes = plots.split_picture(images, tests, per_row=2)
    assert [ax.get_title(loc="left") for ax in axes] == list(tests)
    assert [len(ax.patches) for ax in axes] == [2, 2]
    sheet = axes[1].images[0].get_array()
    assert sheet[15, 5].tolist() == [0, 0, 0] and sheet[5, 5].min() > 100
    assert sorted(frame.get_y() for frame in axes[0].patches) == [-0.5, 9.5]
    assert dict(plt.rcParams) == before


def test_random_labels_have_a_dot_each_below_the_score_with_true_ones():
    shuffled = {"by image": np.full(20, 0.9), "by person": np.linspace(0.2, 0.4, 20)}
    ax = plots.shuffled_scores({"by image": 0.91, "by person": 0.5}, shuffled, chance=0.5)
    dots, score = ax.lines[2:4]
    assert len(dots.get_xdata()) == 20 and score.get_xdata()[0] == 0.5
    assert dots.get_ydata().min() > score.get_ydata()[0]
    assert [text.get_text() for text in ax.get_legend().get_texts()][0] == "true labels"
    assert [label.get_text() for label in ax.get_yticklabels()] == ["by image", "by person"]

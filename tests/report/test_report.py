import re
from html.parser import HTMLParser
from importlib.resources import files

import numpy as np
import pytest

from tlbook.evidence.metrics import score_predictions
from tlbook.report.figures import (
    Picture,
    draw_curves,
    encode_thumbnail,
    nice_ticks,
    shrink_picture,
    spread_labels,
)
from tlbook.report.page import render_report
from tlbook.report.words import describe_augmentation, verdict

VOID = {"meta", "link", "img", "br", "hr", "input"}
HISTORY = {"loss": [0.9, 0.5, 0.3], "val_loss": [1.0, 0.7, 0.6], "accuracy": [0.5, 0.7, 0.9]}


class Page(HTMLParser):
    """Collects tags with their attributes, checks that they close in order, keeps the text."""

    def __init__(self, html):
        super().__init__()
        self.open, self.tags, self.text = [], [], ""
        self.feed(html)
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID and not self.get_starttag_text().endswith("/>"):
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open[-1:] != ["style"]:
            self.text += data

    def all(self, tag):
        return [attrs for name, attrs in self.tags if name == tag]


def make_report(classes=("cat", "dog"), n=60, *, skill=2.0, grouped=False, **changes):
    rng, k = np.random.default_rng(0), len(classes)
    labels = np.arange(n) % k
    probabilities = np.exp(rng.normal(size=(n, k)) + skill * np.eye(k)[labels])
    probabilities /= probabilities.sum(axis=1, keepdims=True)
    scores = score_predictions(labels, probabilities, classes, groups=np.arange(n) // 2 if grouped else None)
    report = {
        "schema": 1, "classes": list(classes), "n_train": 1200, "n_val": 40, "n_test": n, "n_groups": 620,
        "groups_disjoint": True if grouped else None, "source": "photos", "weights_sha256": "ab" * 32,
        "n_skipped": 0, "strategy": "head", "strategy_reason": "asked for", "image_size": 96, "epochs": 3,
        "trainable_params": 514, "total_params": 1000514, "cached_activations": None,
        **scores.as_dict(), "seconds": {"load": 1.0, "features": None, "train": 2.0, "evaluate": 0.5, "total": 3.5},
        "seed": 0, "options": {"groups": None, "exclude": []}, "versions": {"keras": "3.15.1"},
        "hardware": {"cores": 2, "accelerators": []}, "warnings": [], **changes,
    }  # fmt: skip
    predicted = probabilities.argmax(axis=1)
    images = rng.integers(0, 256, (n, 96, 96, 3), np.uint8)
    pictures = [
        Picture(f"{classes[t]}/{i}.png", images[i], classes[t], classes[p], float(probabilities[i, p]))
        for i, (t, p) in enumerate(zip(labels, predicted, strict=True))
    ]
    return report, {
        "samples": pictures,
        "wrong": [p for p in pictures if p.true != p.predicted],
        "confusion": scores.confusion,
    }


def test_the_page_says_what_was_run_once():
    report, parts = make_report(
        epochs=5, cached_activations={"stage": "stage3", "where": "disk", "bytes": 12_340_000, "views": 2}
    )
    text = Page(render_report(report, **parts)).text
    assert "all up to stage3, 12.3 MB of activations kept on disk, views of a training image: 2" in text
    report, parts = make_report(epochs=5)
    assert "each epoch ran the whole network" in Page(render_report(report, **parts)).text
    report, parts = make_report(epochs=0)
    assert "each image passed it once" in Page(render_report(report, **parts)).text


def test_the_page_says_why_nothing_was_mirrored():
    plain = {"mirror": False, **dict.fromkeys(("shift", "zoom", "turn", "brightness", "contrast"), 0.0)}
    for classes, told in (
        (("turn_left", "turn_right"), "none; not mirrored: a class is called turn_left"),
        (("cat", "dog"), "none"),
    ):
        assert describe_augmentation({"augmentation": plain, "classes": list(classes)}) == told


def test_the_page_is_whole_and_accessible():
    report, parts = make_report()
    page = Page(render_report(report, history=HISTORY, **parts))
    assert len(page.all("h1")) == len(page.all("main")) == 1
    assert page.all("img")
    assert all(attrs["alt"] for attrs in page.all("img"))
    assert all("scope" in attrs for attrs in page.all("th"))
    assert all(attrs.get("role") == "img" or attrs.get("aria-hidden") == "true" for attrs in page.all("svg"))
    assert page.all("html")[0]["lang"] == "en"
    headings = [int(tag[1]) for tag, _ in page.tags if re.fullmatch(r"h[1-6]", tag)]
    assert all(after - before <= 1 for before, after in zip(headings, headings[1:], strict=False))


def test_the_page_asks_for_nothing_outside():
    report, parts = make_report()
    html = render_report(report, history=HISTORY, **parts)
    page = Page(html)
    addresses = [attrs.get("src") or attrs.get("href") for _, attrs in page.tags if {"src", "href"} & set(attrs)]
    assert addresses
    assert all(address.startswith("data:") for address in addresses)
    assert "://" not in html
    assert "url(" not in html
    assert "script" not in {tag for tag, _ in page.tags}
    assert any("default-src 'none'" in attrs.get("content", "") for attrs in page.all("meta"))


def test_every_estimate_is_printed_with_its_interval():
    report, parts = make_report(grouped=True)
    text = Page(render_report(report, **parts)).text
    for estimate in (report["accuracy"], report["balanced_accuracy"], *report["recall"].values()):
        assert f"{100 * estimate['value']:.1f}" in text
        assert f"{100 * estimate['low']:.1f} to {100 * estimate['high']:.1f}" in text
    assert f"{report['auroc']['low']:.3f} to {report['auroc']['high']:.3f}" in text
    assert "differences between whole groups" in text
    assert "514 of 1\u202f000\u202f514" in text
    assert "stays on this machine" in text


def test_the_page_says_where_the_split_came_from_and_what_was_left_out():
    report, _ = make_report(
        grouped=True,
        split_origin="sampled 60/20/20 by groups",
        groups_origin="column `group` of metadata.csv",
        left_out=["2 unreadable images: a.png, b.png", "class <odd>: excluded"],
    )
    text = Page(render_report(report)).text
    for line in (report["split_origin"], "column `group` of metadata.csv; 620 groups, each in one split"):
        assert line in text
    for line in report["left_out"]:
        assert line in text
    assert "every image is in one" in Page(render_report({**report, "left_out": []})).text
    many = Page(render_report({**report, "left_out": [f"file {i}" for i in range(40)]})).text
    assert "file 29" in many and "file 30" not in many and "and 10 more" in many


def test_groups_in_several_splits_are_said():
    report, _ = make_report(grouped=True, groups_disjoint=False)
    text = Page(render_report(report)).text
    assert "620 groups, some of them in several splits" in text
    assert "each in one split" not in text


def test_an_older_report_still_renders():
    report, parts = make_report()
    del report["cached_activations"]  # and neither split_origin nor left_out, model_sha256 or backend
    text = Page(render_report(report, **parts)).text
    assert "Left out" not in text and "Cached activations" not in text and "Model, SHA-256" not in text
    text = Page(render_report({**report, "model_sha256": "cd" * 32, "backend": "jax 0.9"})).text
    assert "cd" * 32 in text and "jax 0.9" in text


def test_the_style_sheet_is_in_the_page_as_it_is_in_the_file():
    css = (files("tlbook.report") / "report.css").read_text(encoding="utf-8")
    assert css.strip() in render_report(make_report()[0])


def test_names_from_the_reader_are_escaped():
    nasty = ('<script>alert("x")</script>', '"><img src=x onerror=y>', "a & b", "{head} %s")
    report, parts = make_report(nasty, warnings=["<b>bold</b> & more"], options={"<i>": "</table>"})
    html = render_report(report, title="<h1>{main}</h1>", history=HISTORY, **parts)
    page = Page(html)
    assert not {"script", "i"} & {tag for tag, _ in page.tags}
    assert all(attrs["src"].startswith("data:image/jpeg") for attrs in page.all("img"))
    assert "<b>bold</b> & more" in page.text
    for name in (*nasty, "<h1>{main}</h1>"):
        assert name in page.text


def test_without_images_no_picture_is_left():
    report, parts = make_report()
    html = render_report(report, images=False, **parts)
    assert "data:image" not in html
    assert "none of your images" in html
    assert all(p.name not in html for p in parts["samples"])


def test_many_classes_and_noisy_pictures_stay_below_two_megabytes():
    names = tuple(f"class {i:03}" for i in range(120))
    report, parts = make_report(names, 480, skill=3.0)
    html = render_report(report, history=HISTORY, **parts)
    assert len(html.encode()) < 2_000_000
    assert "60 more classes are not shown" in html
    assert "Most frequent mistakes" in html


def test_warnings_stand_before_the_numbers():
    report, parts = make_report(warnings=["only 3 groups"])
    html = render_report(report, **parts)
    assert html.index("only 3 groups") < html.index("Performance on the test set")
    assert "Before you trust" not in render_report(make_report()[0])


def test_undefined_estimates_and_missing_parts_do_not_break_the_page():
    nothing = {"value": None, "low": None, "high": None, "n": 0, "method": "wilson"}
    report, _ = make_report(auroc=nothing, source=None, weights_sha256=None)
    html = render_report(report)
    assert "undefined" in Page(html).text
    assert "Training history" not in html
    assert "Most confident" not in html


def test_the_most_confident_mistakes_come_first():
    report, parts = make_report(n=200, skill=0.3)
    html = render_report(report, **{**parts, "samples": ()})
    found = [int(share) for share in re.findall(r"</b> (\d+)&nbsp;%<br>", html)]
    assert len(found) == 18
    assert found == sorted(found, reverse=True)
    assert found[0] == round(100 * max(p.probability for p in parts["wrong"]))


@pytest.mark.parametrize(
    ("low", "high", "balanced_low", "tone", "words"),
    [
        (0.7, 0.9, 0.6, "good", "better than"),
        (0.2, 0.4, 0.1, "bad", "worse than"),
        (0.4, 0.6, 0.3, "unclear", "with this many test images"),
        (0.4, 0.6, 0.55, "unclear", "uneven classes"),
    ],
)
def test_the_verdict_weighs_the_interval_not_the_value(low, high, balanced_low, tone, words):
    report, _ = make_report(majority_baseline=0.5)
    report["accuracy"].update(low=low, high=high)
    report["balanced_accuracy"].update(low=balanced_low)
    found, sentence = verdict(report)
    assert found == tone
    assert words in sentence


def test_ticks_are_round_and_enclose_the_data():
    assert nice_ticks([0.12, 0.83]) == pytest.approx([0, 0.2, 0.4, 0.6, 0.8, 1.0])
    for values in ([3.0], [], [0.0, 0.0], [1e-9, 2e-9], [-5.0, 1000.0]):
        ticks = nice_ticks(values)
        assert len(ticks) >= 2
        assert all(ticks[0] <= v <= ticks[-1] for v in values)


def test_labels_keep_their_distance():
    places = spread_labels({"a": 10.0, "b": 11.0, "c": 90.0}, 15)
    assert places == {"a": 10.0, "b": 25.0, "c": 90.0}


def test_curves_leave_out_what_is_not_finite():
    svg = draw_curves({"training": [1.0, float("nan"), 0.5]}, "Loss")
    assert "nan" not in svg.split("</desc>")[1]
    assert svg.count(",") >= 2


def test_a_thumbnail_is_small_and_keeps_its_shape():
    address = encode_thumbnail(np.zeros((400, 300, 3), np.uint8))
    assert address.startswith("data:image/jpeg;base64,")
    assert len(address) < 3000


@pytest.mark.parametrize("value", [0.0, 1e-12, 5.0, 1e17, 1e30])
def test_a_curve_that_does_not_move_has_ticks(value):
    ticks = nice_ticks([value, value])
    assert len(ticks) >= 2
    assert ticks[0] <= value <= ticks[-1]


def test_a_picture_is_kept_no_larger_than_it_is_shown():
    assert shrink_picture(np.zeros((400, 200, 3), np.uint8)).shape == (128, 64, 3)
    assert shrink_picture(np.zeros((40, 20, 3), np.uint8)).shape == (40, 20, 3)

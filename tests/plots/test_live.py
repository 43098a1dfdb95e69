"""Results with controls: what Python answers, and that the page's script answers the same."""

import base64
import itertools
import json
import re
import shutil
import subprocess
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from scipy import special

from tlbook import plots
from tlbook.errors import BadInput
from tlbook.evidence import recommending
from tlbook.evidence.economics import label_cost
from tlbook.evidence.intervals import Estimate, t_interval
from tlbook.evidence.learning_curves import fit_power_law, next_labels_buy

SCRIPT = Path(__file__).resolve().parents[2] / "assets" / "live.js"
SIZES = (70, 140, 280, 560)


def make_law(seeds=5):
    truth = 0.1 + 1.5 * np.array(SIZES) ** -0.4
    return fit_power_law(SIZES, truth * np.exp(0.05 * np.random.default_rng(0).normal(size=(seeds, 4))))


LAW = make_law()
GAINS = recommending.Gains(
    centre=np.array([5.2, 2.1, 0.61]),
    scale=np.array([1.5, 1.4, 0.22]),
    weights=np.array([[0.012, 0.041, -0.003], [0.011, 0.023, 0.004], [0.002, -0.01, 0.001], [-0.02, -0.04, -0.01]]),
    spread=np.array([0.021, 0.034, 0.013]),
    head_spread=0.024,
    num_sets=9,
)
PEOPLE = np.repeat(["c", "a", "b", "d"], 3)
TESTS = {"by slice": np.arange(12) % 3 == 1, "by person": PEOPLE == "b"}
TOLD = {"True <labels>": {"by slice": 0.95, "by person": 0.5}}
DEPTHS = [
    {
        "setting": f"Bones & co, {n} images",
        "blocks": blocks,
        "parameters": 1538 + 10_000 * blocks,
        "score": t_interval([0.7 + 0.02 * blocks, 0.72 + 0.02 * blocks, 0.69 + 0.03 * blocks]),
        "gain": t_interval([0.02 * blocks, 0.03 * blocks, 0.01 * blocks]) if blocks else None,
        "seconds": 3.21 * n * (blocks + 1),
    }
    for n in (10, 50)
    for blocks in (0, 1, 3)
]
BLOCKS = ("stem", "1", "2")
MADE = {
    "people": lambda: plots.split_explorer(PEOPLE, TESTS, scores=TOLD, chance=1 / 3),
    "depths": lambda: plots.depth_explorer(BLOCKS, DEPTHS),
    "depths, one setting": lambda: plots.depth_explorer(BLOCKS, DEPTHS[:3]),
    "labels": lambda: plots.label_calculator(LAW, measured=(70, 560)),
    "labels, one seed": lambda: plots.label_calculator(make_law(1), measured=(70, 560)),
    "strategies": lambda: plots.strategy_calculator(GAINS),
}


class Read(HTMLParser):
    """The attributes of a page's first div."""

    def __init__(self, text):
        super().__init__()
        self.found = None
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        if tag == "div" and self.found is None:
            self.found = dict(attrs)


def read_html(live):
    attributes = Read(live._repr_html_()).found
    return attributes["data-kind"], json.loads(attributes["data-values"])


def list_choices(live, most=150):
    """Values of the controls: every one with the others at their start, and others from all over."""
    names = [control.name for control in live.controls]
    start = {control.name: control.values[control.start] for control in live.controls}
    choices = [start | {control.name: value} for control in live.controls for value in control.values]
    every = list(itertools.product(*(control.values for control in live.controls)))
    picked = np.random.default_rng(0).permutation(len(every))[:most]
    return choices + [dict(zip(names, every[place], strict=True)) for place in picked]


def run_script(kind, data, choices):
    """Answers of the page's script: by Node.js, else by a browser without a window."""
    asked = json.dumps([kind, data, choices])
    code = "const [kind, data, choices] = %s; const answers = choices.map((c) => live.KINDS[kind].answer(data, c));"
    if node := shutil.which("node"):
        code = f"const live = require({json.dumps(str(SCRIPT))}); {code % asked} console.log(JSON.stringify(answers));"
        answer = subprocess.run([node, "-"], input=code, capture_output=True, text=True, check=True)
        return json.loads(answer.stdout)
    if not (browser := shutil.which("chromium") or shutil.which("google-chrome")):
        pytest.skip("no Node.js and no Chromium to run assets/live.js with")
    code = code % asked.replace("<", "\\u003c") + "document.body.textContent = JSON.stringify(answers);"
    page = f"<body><script>{SCRIPT.read_text(encoding='utf-8')}</script><script>{code}</script></body>"
    command = [browser, "--headless", "--no-sandbox", "--disable-gpu", "--dump-dom"]
    address = "data:text/html;charset=utf-8;base64," + base64.b64encode(page.encode()).decode()
    text = subprocess.run([*command, address], capture_output=True, text=True, check=True).stdout
    body = re.search(r"<body[^>]*>(.*)</body>", text, re.DOTALL)[1]
    return json.loads(body.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&"))


@pytest.mark.parametrize("make", MADE.values(), ids=MADE)
def test_the_page_answers_as_python_does(make):
    live = make()
    kind, told = read_html(live)
    choices = list_choices(live)
    for choice, answer in zip(choices, run_script(kind, told["data"], choices), strict=True):
        sentence, rows = live.answer(**choice)
        assert (answer["sentence"], answer["rows"]) == (sentence, [list(row) for row in rows]), choice


@pytest.mark.parametrize("make", MADE.values(), ids=MADE)
def test_controls_are_told_whole_and_a_table_is_there_without_them(make):
    live = make()
    kind, told = read_html(live)
    assert kind in SCRIPT.read_text(encoding="utf-8")
    for control, shown in zip(live.controls, told["controls"], strict=True):
        assert shown["label"] and shown["words"] == list(control.words)
        assert len(set(control.words)) == len(control.values) == len(control.words)
        assert 0 <= control.start < len(control.values)
    page = live._repr_html_()
    assert "<table>" in page and "<input" not in page and "<script" not in page
    assert all(cell in repr(live) for row in live.rows for cell in row)
    assert len(page) < 40_000
    assert page == make()._repr_html_(), "the same every time: a chapter's output is compared"


@pytest.mark.parametrize("make", MADE.values(), ids=MADE)
def test_a_notebook_with_a_kernel_has_controls_too(make):
    ipywidgets = pytest.importorskip("ipywidgets")
    live = make()
    box = live.widget()
    *inputs, shown = box.children
    assert [control.description for control in inputs] == [control.label for control in live.controls]
    before, slider = shown.value, inputs[0]
    slider.value = next(value for value in live.controls[0].values if value != slider.value)
    assert shown.value != before and isinstance(shown, ipywidgets.HTML)


def test_the_price_of_labels_and_what_they_buy():
    live = plots.label_calculator(LAW, measured=(70, 560), minutes=12, hourly_rate=80)
    sentence, rows = live.answer(now=560, extra=100)
    bought = next_labels_buy(LAW, 560, 100)
    assert f"cost ${label_cost(100, hourly_rate=80, per_hour=5):,.0f} " in sentence
    assert rows[3][1] == f"{100 * bought.value:.1f}"
    low, high = LAW.interval([560])
    assert rows[1][2] == f"{100 * low[0]:.1f} to {100 * high[0]:.1f} %"
    assert rows[3][2] == f"{100 * bought.low:.1f} to {100 * bought.high:.1f}"
    assert "660 lies outside" in sentence
    assert "outside" not in live.answer(now=140, extra=100)[0]
    assert live.answer(now=7, extra=10)[0].count("7 lies outside") == 1


def test_a_law_of_one_seed_has_no_interval():
    _, rows = plots.label_calculator(make_law(1), measured=(70, 560)).answer()
    assert {row[2] for row in rows[1:]} == {"none, one seed"}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"law": 3}, "received `law` 3; expected a PowerLaw"),
        ({"measured": (5,)}, "received `measured` (5,)"),
        ({"measured": (50, 5)}, "received `measured` (50, 5)"),
        ({"now": 0}, "received `now` 0"),
        ({"extra": 1.5}, "received `extra` 1.5"),
        ({"minutes": 0}, "received `minutes` 0"),
        ({"hourly_rate": -1}, "received `hourly_rate` -1"),
    ],
)
def test_labels_that_make_no_sense_are_refused(change, message):
    given = {"law": LAW, "measured": (70, 560)} | change
    with pytest.raises(BadInput, match=re.escape(message)):
        plots.label_calculator(given.pop("law"), **given)


def test_the_strategy_expected_to_add_most_stands_first():
    live = plots.strategy_calculator(GAINS)
    for choice in list_choices(live, 20):
        sentence, rows = live.answer(**choice)
        gains = [float(row[1].replace("−", "-")) for row in rows[1:]]
        assert gains == sorted(gains, reverse=True)
        begun = next(row for row in rows[1:] if sentence.startswith(f"Begin with: {row[0]}."))
        worth = 100 * recommending.MARGIN
        assert (begun is rows[1]) if gains[0] > worth + 0.06 else (begun[0] == "Head only") or gains[0] > worth - 0.06
        assert ("includes zero" in sentence) == (begun[0] != "Head only" and begun[2].startswith("−"))


def test_a_head_no_better_than_guessing_and_what_was_not_measured_are_told():
    live = plots.strategy_calculator(GAINS)
    assert "no better than guessing" in live.answer(classes=2, score=50)[0]
    assert "no better than guessing" not in live.answer(classes=3, score=50)[0]
    assert "Few of the measured sets" in live.answer(per_class=500, classes=100, score=95)[0]
    assert "Few of the measured sets" not in live.answer(per_class=40, classes=4, score=70)[0]


def test_the_calculator_expects_what_the_recommendation_does():
    """The words and columns are those of tlbook.evidence.recommending."""
    live = plots.strategy_calculator(GAINS)
    reach = special.stdtrit(GAINS.num_sets - 1, 0.975) * GAINS.head_spread
    assert [recommending.WORDS[name] for name in recommending.DEEPER] == list(plots.calculators.STRATEGIES)
    for choice in list_choices(live, 40):
        sentence, rows = live.answer(**choice)
        score = choice["score"] / 100
        head = Estimate(score, score - reach, score + reach, 40, "wilson")
        told = recommending.recommend_from(GAINS, choice["per_class"], choice["classes"], head)
        assert sentence.startswith(f"Begin with: {plots.calculators.TITLES[told.strategy]}.")
        wanted = [told.expected.value, told.expected.low, told.expected.high]
        found = [float(number) / 100 for number in re.findall(r"([\d.]+) %", sentence)][:3]
        assert found == pytest.approx(wanted, abs=0.0006)
        added = GAINS.predict(choice["per_class"], choice["classes"], score)
        by_title = {row[0]: row[1] for row in rows[1:]}
        for name, gain in zip(recommending.DEEPER, added, strict=True):
            shown = by_title[plots.calculators.TITLES[recommending.WORDS[name]]].replace("−", "-")
            assert float(shown) == pytest.approx(100 * gain, abs=0.06)


def test_a_strategy_calculator_refuses_what_makes_no_sense():
    for name, value in (("per_class", 1), ("num_classes", 1), ("head_score", 80)):
        with pytest.raises(BadInput, match=f"received `{name}` {value}; expected"):
            plots.strategy_calculator(GAINS, **{name: value})


def test_who_is_in_both_sets_is_counted():
    live = MADE["people"]()
    sentence, rows = live.answer(split="by slice")
    assert sentence == "Split by slice: 4 of 4 people are in both sets. True <labels>: 95.0 %."
    assert dict(rows)["test images"] == "4 of 12"
    assert "0 of 4 people are in both sets" in live.answer(split="by person")[0]
    data = read_html(live)[1]["data"]
    assert [size for _, size in data["people"]] == [3, 3, 3, 3]
    assert data["states"]["by person"]["bits"] == "000111000000", "people in the order of their names"
    assert "<labels>" not in live._repr_html_()


def test_a_depth_is_told_with_its_gain_and_price():
    live = MADE["depths"]()
    sentence, rows = live.answer(setting="Bones & co, 50 images", blocks=3)
    assert sentence.startswith("Bones & co, 50 images: the last 3 of 3 blocks and the head train, 31,538 parameters.")
    assert "+6.0 points over the head" in sentence and sentence.endswith("Training took 642 seconds.")
    assert dict(rows[1:3]) == {"parameters trained": "31,538", "score": "77.3 %"}
    assert "the head alone trains" in live.answer()[0] and "over the head" not in live.answer()[0]
    assert [control.name for control in MADE["depths, one setting"]().controls] == ["blocks"]


def test_what_an_explorer_cannot_show_is_refused():
    whole = {"scores": TOLD}
    with pytest.raises(BadInput, match=r"received `people` of shape \(6, 2\)"):
        plots.split_explorer(PEOPLE.reshape(6, 2), TESTS, **whole)
    with pytest.raises(BadInput, match="for the split 'by slice'; expected bool"):
        plots.split_explorer(PEOPLE, {"by slice": np.arange(12)}, **whole)
    with pytest.raises(BadInput, match="expected one from 0 to 1 for each of by slice, by person"):
        plots.split_explorer(PEOPLE, TESTS, scores={"True": {"by slice": 1}})
    with pytest.raises(BadInput, match="5 `rows` for 2 settings and 3 depths"):
        plots.depth_explorer(BLOCKS, DEPTHS[:5])
    with pytest.raises(BadInput, match="a row with no parameters, score"):
        plots.depth_explorer(BLOCKS, [{"setting": "x", "blocks": 1}])
    with pytest.raises(BadInput, match="no defined Estimate"):
        plots.depth_explorer(BLOCKS, [DEPTHS[0] | {"score": Estimate(None, None, None, 0, "t")}])
    with pytest.raises(BadInput, match="received 7 `blocks` in a row; expected a whole number from 0 to 3"):
        plots.depth_explorer(BLOCKS, [DEPTHS[0] | {"blocks": 7}])


def test_an_unknown_control_is_refused():
    with pytest.raises(BadInput, match="received the control price; expected some of now, extra, minutes, rate"):
        MADE["labels"]().answer(price=3)


def test_the_script_stores_and_sends_nothing():
    script = SCRIPT.read_text(encoding="utf-8").replace("http://www.w3.org/2000/svg", "")
    script = script.replace("http://www.w3.org/1999/xhtml", "")
    assert not re.search(r"Storage|cookie|fetch|XMLHttp|sendBeacon|https?:|innerHTML|eval", script)

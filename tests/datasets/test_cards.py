"""Cards are complete, and what they say is so."""

import importlib
import inspect
import pkgutil
import re
from pathlib import Path

import numpy as np
import pytest

from tlbook import synthetic
from tlbook.datasets.cards import load_card, load_cards, parse_card
from tlbook.datasets.images import decode_image
from tlbook.errors import BadInput
from tlbook.evidence.results import read_table
from tlbook.runtime import data_dir

HEAD = "name: a\ntitle: b\nkind: case\nlicence: c\norigin: d\n"
CARDS = {card.name: card for card in load_cards("case")}
SYNTHETIC = [name for name, card in CARDS.items() if "synthetic" in card.facts]
REAL = [name for name, card in CARDS.items() if "real" in card.facts]


def test_every_synthetic_case_has_a_card():
    modules = [importlib.import_module(f"tlbook.synthetic.{m.name}") for m in pkgutil.iter_modules(synthetic.__path__)]
    assert sorted(m.__name__.rpartition(".")[2] for m in modules if hasattr(m, "make_case")) == SYNTHETIC


def test_no_two_sets_share_a_file():
    stems = [card.facts["real"]["stem"] for card in CARDS.values() if "real" in card.facts]
    assert len(set(stems)) == len(stems) >= 9


def test_a_set_s_file_is_named_on_its_card_alone():
    """Neither the package nor a benchmark repeats what a card says."""
    root = Path(__file__).resolve().parents[2]
    texts = {
        p: p.read_text("utf-8")
        for room in ("tlbook", "benchmarks", "tools", "tests")
        for p in (root / room).rglob("*.py")
    }
    stems = [CARDS[name].facts["real"]["stem"] for name in REAL]
    assert [(path.name, stem) for path, text in texts.items() for stem in stems if stem in text] == []


@pytest.mark.parametrize("name", REAL)
def test_cards_of_cases_are_complete(name):
    card = load_card(name)
    assert card.kind == "case"
    assert len(card.text) > 500
    real = card.facts["real"]
    assert real.keys() >= {"per_class", "citation", "mirror_sha256", "downloads"}
    assert re.fullmatch(r"[0-9a-f]{64}", real["mirror_sha256"])
    for download in real["downloads"]:
        assert download["url"].startswith("http")
        assert re.fullmatch(r"[0-9a-f]{64}", download.get("sha256", "0" * 64))
        assert "sha256" in download or "root" not in download  # what load_case reads has been checked
    for variant in ("synthetic", "real"):
        facts = card.facts.get(variant, {})
        assert len(facts.get("classes", [])) in (0, facts.get("num_classes"))


@pytest.mark.parametrize("name", ["photos", "worlds"])
def test_the_probe_of_a_source_card_is_what_was_measured(name):
    card, rows = load_card(name), [row for row in read_table("source_probe") if row["image_size"] == 96]
    told = {name: "balanced_accuracy", "random": "random_weights", "mobilenet_v2_035": "mobilenet_v2_035"}
    for source, fact in told.items():
        scores = [row["balanced_accuracy"] for row in rows if row["source"] == source]
        assert len(scores) == 9 * 5
        assert card.facts["probe"][fact] == pytest.approx(np.mean(scores), abs=5e-4)
    assert {row["weights"] for row in rows if row["source"] == name} == {card.facts["weights"]["sha256"][:12]}


@pytest.mark.parametrize("name", ["photos", "worlds"])
def test_a_recipe_run_again_lands_within_a_point_of_its_card(name):
    facts = load_card(name).facts
    rows = [row for row in read_table("source_rerun") if row["source"] == name]
    assert {row["place"] for row in rows} == {facts["run_again"]["place"]}
    assert len({(row["set"], row["seed"]) for row in rows}) == len(rows) == 9 * 5
    (weights,) = {row["weights"] for row in rows}
    assert not facts["weights"]["sha256"].startswith(weights)
    again = np.mean([row["balanced_accuracy"] for row in rows])
    assert facts["run_again"]["balanced_accuracy"] == pytest.approx(again, abs=5e-4)
    assert again == pytest.approx(facts["probe"]["balanced_accuracy"], abs=0.01)


@pytest.mark.parametrize("name", SYNTHETIC)
def test_cards_of_synthetic_cases_say_so(name):
    card = load_card(name)
    assert "by formula" in card.text
    assert "Left out:" in card.text
    sheet = data_dir() / "cards" / "sheets" / f"{name}.jpg"
    assert f"](sheets/{sheet.name})" in card.text
    assert decode_image(sheet.read_bytes()).std() > 20


@pytest.mark.parametrize("name", SYNTHETIC)
def test_cards_count_what_the_formula_makes(name):
    module = importlib.import_module(f"tlbook.synthetic.{name}")
    default = {key: item.default for key, item in inspect.signature(module.make_case).parameters.items()}
    facts = load_card(name).facts["synthetic"]
    per_class = default["per_class"] + default["val_per_class"] + default["test_per_class"]
    assert facts["num_classes"] == len(module.CLASSES)
    assert facts["num_images"] == len(module.CLASSES) * per_class * default.get("slices", 1)
    assert facts.get("classes", list(module.CLASSES)) == list(module.CLASSES)


def test_an_unknown_card_or_kind():
    with pytest.raises(BadInput, match="received `name` 'zebras'; expected one that has a card: brains, "):
        load_card("zebras")
    with pytest.raises(BadInput, match="received the kind 'zoo'; expected one of case, source"):
        load_cards("zoo")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("no front matter", "x.md lacks name, title, kind, licence, origin"),
        ("---\nname: a\ntitle: b\nkind: case\n---\nprose", "x.md lacks licence, origin"),
        ("---\nname: a\ntitle: b\nkind: zoo\nlicence: c\norigin: d\n---\nprose", "lacks a known kind"),
        ("---\nname: [a\n---\nprose", "x.md has no valid front matter"),
        ("---\n- a\n---\nprose", "x.md lacks name"),
        (f"---\n{HEAD}---\nprose", "x.md has neither of synthetic and real; expected the facts of one or both"),
        (f"---\n{HEAD}real:\n---\nprose", "x.md lacks stem, title, .*, ask under real; expected these"),
        (f"---\n{HEAD}synthetic:\n  origin: a\n---\nprose", "x.md lacks licence, num_classes, .* under synthetic"),
    ],
)
def test_broken_cards_are_refused(text, message):
    with pytest.raises(BadInput, match=message) as caught:
        parse_card(text, "x.md")
    assert "\n" not in str(caught.value)

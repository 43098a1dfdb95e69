"""Cases by name: synthetic, from a mirror, from what was fetched, or a line on where to get them."""

import hashlib
import shutil

import numpy as np
import pytest

from benchmarks.cases import find_archive, load_whole
from tlbook import cases as cases_module
from tlbook.__main__ import main
from tlbook.cases import cases, load_case
from tlbook.datasets import cards
from tlbook.datasets.dataset import Dataset, Split, drop_classes
from tlbook.datasets.stores import ArrayStore
from tlbook.errors import BadInput
from tlbook.runtime import data_dir
from tools.make_pages import write_card

CARD = """---
name: shapes
title: Shapes
kind: case
licence: none
origin: here
real:
  stem: shapes_2
  title: Two shapes
  origin: here
  licence: none
  num_classes: 2
  num_images: 20
  groups: metadata.csv
  group_means: person
  per_class: {per_class}
  exclude: [oval]
  mirror_sha256: {digest}
  downloads:
    - {{url: "http://example.org/shapes.tar", sha256: "{official}", root: all, keep: [disc, square]}}
  ask: ask the geometer
---
Shapes.
"""
NAMES = [f"{shape}/{k:02}.png" for shape in ("disc", "oval", "square") for k in range(10)]
TABLE = "file,group\n" + "".join(f"{name},{name[0]}{int(name[-6:-4]) // 2}\n" for name in NAMES)


@pytest.fixture
def shapes(make_folder, make_zip, tmp_path, monkeypatch):
    """Return a function that puts a case ``shapes`` on this machine, in one place or another."""

    def put(where, per_class="images", digest=None):
        folder = make_folder(dict.fromkeys(NAMES) | {"metadata.csv": TABLE.encode()}, "source")
        archive = make_zip(folder).read_bytes()
        texts = {"per_class": per_class, "digest": digest or hashlib.sha256(archive).hexdigest(), "official": "ab" * 32}
        (tmp_path / "data" / "cards").mkdir(parents=True)
        (tmp_path / "data" / "cards" / "shapes.md").write_text(CARD.format(**texts))
        monkeypatch.setattr(cards, "data_dir", lambda: tmp_path / "data")
        monkeypatch.setenv("TLBOOK_CACHE_DIR", str(tmp_path / "cache"))
        monkeypatch.setenv("TLBOOK_DATA_DIR", str(tmp_path / "mirror"))
        (tmp_path / "mirror").mkdir()
        if where == "zip":
            (tmp_path / "mirror/shapes_2.zip").write_bytes(archive)
        if where == "folder":
            folder.rename(tmp_path / "mirror/shapes_2")
        if where == "fetched":
            (tmp_path / "cache/datasets/shapes").mkdir(parents=True)
            folder.rename(tmp_path / "cache/datasets/shapes/all")

    return put


@pytest.mark.parametrize(
    ("where", "origin"), [("zip", "of the mirror"), ("folder", "not checked"), ("fetched", "official")]
)
def test_real_data_are_found_and_named(shapes, where, origin):
    shapes(where)
    assert [info.on_this_machine for info in cases()] == [True]
    case = load_case("shapes", variant="real")
    assert case.name == "shapes (real)"
    assert case.classes == ("disc", "square")
    assert case.has_groups
    assert [len(split) for split in (case.train, case.val, case.test)] == [12, 4, 4]
    assert case.origin.startswith("Two shapes: ")
    assert case.origin.endswith(f"{origin})") or origin in case.origin
    assert "left out, as the card says: oval" in case.warnings


def test_places_do_not_change_the_split(shapes, monkeypatch, tmp_path):
    shapes("zip")
    zipped = load_case("shapes", variant="real", seed=2)
    (tmp_path / "mirror/shapes_2.zip").unlink()
    (tmp_path / "source").rename(tmp_path / "mirror/shapes_2")
    folder = load_case("shapes", variant="real", seed=2)
    assert zipped.test.names == folder.test.names
    assert (zipped.test.load(8) == folder.test.load(8)).all()


def test_people_are_counted_where_the_card_says_so(shapes):
    shapes("zip", per_class="people")
    counts = []
    for per_class in (1, 2, 9):
        case = load_case("shapes", variant="real", per_class=per_class)
        counts.append(np.bincount(case.train.labels).tolist())
        assert len(case.test) == 4
    assert counts == [[2, 2], [4, 4], [6, 6]]
    assert "fewer than 9 training groups: disc 3, square 3" in case.warnings
    left_out = load_case("shapes", variant="real", per_class=1).left_out
    assert left_out[-1] == "8 training images beyond 1 group a class"


def test_what_is_not_there_is_asked_for(shapes, monkeypatch):
    shapes("nowhere")
    assert [info.on_this_machine for info in cases()] == [False]
    with pytest.raises(BadInput, match="'shapes' are not on this machine; expected shapes_2.zip .*; ask the geometer"):
        load_case("shapes", variant="real")
    monkeypatch.delenv("TLBOOK_DATA_DIR")
    with pytest.raises(BadInput, match="TLBOOK_DATA_DIR, which is not set; ask the geometer"):
        load_case("shapes", variant="real")


def test_another_archive_is_refused(shapes):
    shapes("zip", digest="f" * 64)
    with pytest.raises(BadInput, match="shapes_2.zip has the sha256 .*; expected ffffffffffffffff… as on the card"):
        load_case("shapes", variant="real")


def test_an_official_archive_is_taken_too(shapes, tmp_path, make_folder, make_zip):
    shapes("zip", digest="f" * 64)
    met = hashlib.sha256((tmp_path / "mirror/shapes_2.zip").read_bytes()).hexdigest()
    card = tmp_path / "data/cards/shapes.md"
    card.write_text(card.read_text().replace("ab" * 32, met))
    cards._read_all.cache_clear()
    assert load_case("shapes", variant="real").origin == f"Two shapes: shapes_2.zip, sha256 {met} (official)"


def test_an_archive_is_hashed_once(shapes, tmp_path, monkeypatch):
    shapes("zip")
    load_case("shapes", variant="real")
    before = cases_module._hash_file.cache_info().hits
    load_case("shapes", variant="real")
    assert cases_module._hash_file.cache_info().hits == before + 1


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"name": "zebras"}, "received `name` 'zebras'; expected a case: brains, "),
        ({"name": 3}, "received `name` 3; expected a case: brains, "),
        ({"name": ["fractures"]}, r"received `name` \['fractures'\]; expected a case"),
        ({"name": "fractures", "variant": 3}, "received `variant` 3; expected synthetic or real"),
        ({"name": "fractures", "size": "x"}, "received `size` 'x'; expected a whole number from 32 to 512"),
        ({"name": "fractures", "size": 1024}, "received `size` 1024; expected a whole number from 32 to 512"),
        ({"name": "fractures", "difficulty": "x"}, "received `difficulty` 'x'; expected a number from 0 to 1"),
        ({"name": "fractures", "difficulty": float("nan")}, "received `difficulty` nan; expected a number from 0 to 1"),
        ({"name": "fractures", "exclude": 5}, "received `exclude` 5; expected names of classes"),
        ({"name": "textures"}, "'textures' has no `variant` 'synthetic'; expected 'real'"),
        ({"name": "fractures", "variant": "true"}, "received `variant` 'true'; expected synthetic or real"),
        ({"name": "fractures", "variant": "real", "difficulty": 0.5}, "`difficulty` for real data; expected neither"),
        ({"name": "fractures", "per_class": 0}, "received `per_class` 0"),
        ({"name": "fractures", "seed": 2**32}, "received `seed` 4294967296"),
        ({"name": "fractures", "per_class": 2, "size": 32, "exclude": ["fish"]}, "received `exclude` 'fish'"),
    ],
)
def test_bad_requests_are_one_line(options, message):
    with pytest.raises(BadInput, match=message) as caught:
        load_case(**options)
    assert "\n" not in str(caught.value)


def test_a_synthetic_case_is_made():
    case = load_case("fractures", per_class=4, size=32, seed=1)
    assert case.classes == ("fractured", "intact")
    assert case.train.load(32).shape == (8, 32, 32, 3)
    assert case.origin == "synthetic, tlbook.synthetic.fractures, seed 1"


def test_cases_are_listed():
    listed = {(info.name, info.variant): info for info in cases()}
    assert sorted(listed) == sorted(
        (c.name, v) for c in cards.load_cards("case") for v in cards.VARIANTS if v in c.facts
    )
    assert listed["fractures", "synthetic"].on_this_machine
    assert listed["fractures", "real"].licence == "CC BY 4.0"
    assert all(info.num_classes > 1 and info.num_images > 100 and info.origin for info in listed.values())


def test_classes_are_dropped():
    labels = np.arange(9) % 3
    names = tuple(f"{k}.png" for k in range(9))
    split = Split(ArrayStore(np.zeros((9, 2, 2, 3), np.uint8)), labels, names, np.array(names))
    case = Dataset("toy", ("a", "b", "c"), split, split, split)
    left = drop_classes(case, ("b",))
    assert left.left_out == ("the class 'b', excluded (9 images)",)
    assert left.classes == ("a", "c")
    assert left.val.labels.tolist() == [0, 1, 0, 1, 0, 1]
    assert left.val.names == ("0.png", "2.png", "3.png", "5.png", "6.png", "8.png")
    assert drop_classes(case, ()) is case
    with pytest.raises(BadInput, match="1 classes are left without a, c; expected two or more"):
        drop_classes(case, ["a", "c"])


def test_a_new_set_takes_one_card_and_nothing_else(shapes, tmp_path, monkeypatch, capsys):
    """It is listed, loaded, measured on and shown in the book as soon as its card lies beside the others."""
    before = {(info.name, info.variant) for info in cases()}
    shapes("zip")
    for card in (data_dir() / "cards").glob("*.md"):
        shutil.copy(card, tmp_path / "data/cards")
    assert {(info.name, info.variant) for info in cases()} == before | {("shapes", "real")}
    case = load_case("shapes", variant="real", per_class=2)
    assert (case.classes, len(case.train)) == (("disc", "square"), 4)
    whole, names = load_whole("shapes", 8)
    assert (len(whole), names) == (20, case.classes)
    assert find_archive("shapes") == tmp_path / "mirror/shapes_2.zip"
    main(["cases"])
    assert "shapes" in capsys.readouterr().out
    assert "## Shapes" in write_card(cards.load_card("shapes"))


@pytest.mark.real_data
def test_fracatlas_of_the_mirror():
    case = load_case("fractures", variant="real", per_class=200)
    assert case.classes == ("fractured", "not_fractured")
    assert [np.bincount(split.labels).tolist() for split in (case.train, case.val, case.test)] == [
        [200, 200],
        [103, 199],
        [103, 199],
    ]
    assert case.origin.endswith("(of the mirror)")


@pytest.mark.real_data
def test_people_of_the_mirror_stay_whole():
    case = load_case("brains", variant="real", per_class=5)
    assert case.classes == ("MildDemented", "NonDemented", "VeryMildDemented")
    people = [set(split.groups.tolist()) for split in (case.train, case.val, case.test)]
    assert not people[0] & people[1] | people[0] & people[2] | people[1] & people[2]
    assert len(people[0]) == 15
    assert len(case.train) == 15 * 32


@pytest.mark.real_data
def test_the_archives_of_the_mirror_are_those_of_the_cards():
    for card in cards.load_cards("case"):
        found = cases_module._find_real(card)
        if found is not None:
            assert cases_module._describe_origin(card, *found)


def test_a_case_says_how_it_was_split_and_grouped(shapes):
    case = load_case("fractures", per_class=2, size=32)
    assert (case.split_origin, case.groups_origin) == ("made split by split", "patient, two views each")
    assert case.left_out == ()
    shapes("zip")
    case = load_case("shapes", variant="real", per_class=4)
    assert case.split_origin == "60/20/20 by class and whole groups, seed 0"
    assert case.groups_origin == "metadata.csv, column group (person)"
    assert case.left_out == ("the class 'oval', excluded (10 images)", "4 training images beyond 4 a class")

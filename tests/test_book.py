"""The check of the built book, on small books made up here."""

import json
import re

import pytest
import yaml

from tlbook.datasets.cards import Card
from tools import api_pages, vendor
from tools.check_book import check_book, find_css_addresses, is_external, main
from tools.make_pages import (
    flatten_facts,
    format_cell,
    format_value,
    make_pages,
    split_columns,
    write_card,
    write_result,
    write_table,
)
from tools.notebooks import list_pages

HEADER = "---\njupytext:\n  text_representation:\n    extension: .md\n    format_name: myst\n---\n"
FILLING = "<p>" + "word " * 1200 + "</p>"


def write_page(path, *, head="", body="", heading=None):
    title = path.stem if heading is None else heading
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"<html><head>{head}</head><body><h1>{title}</h1>{FILLING}{body}</body></html>", encoding="utf-8")


@pytest.fixture
def book(tmp_path):
    """A sound book of two chapters."""
    (tmp_path / "_toc.yml").write_text(
        "format: jb-book\nroot: chapters/intro\nparts:\n- caption: Why\n  chapters:\n  - file: chapters/heads\n"
    )
    for name in ("intro", "heads"):
        write_page(tmp_path / "_build" / "html" / "chapters" / f"{name}.html")
        (tmp_path / "chapters").mkdir(exist_ok=True)
        (tmp_path / "chapters" / f"{name}.md").write_text(f"# {name}\n")
    return tmp_path


def page(book, name="heads"):
    return book / "_build" / "html" / "chapters" / f"{name}.html"


def test_sound_book_passes(book, capsys):
    assert check_book(book) == []
    assert main(["--root", str(book)]) == 0
    assert "2 pages, all there" in capsys.readouterr().out


def test_removed_chapter_fails(book, capsys):
    page(book).unlink()
    assert check_book(book) == ["chapters/heads: stands in _toc.yml and has no page"]
    assert main(["--root", str(book)]) == 1
    assert "chapters/heads" in capsys.readouterr().err


def test_chapter_left_out_of_the_contents_fails(book):
    (book / "chapters" / "lost.md").write_text("# lost\n")
    assert check_book(book) == ["chapters/lost.md: is no entry of _toc.yml"]


def test_unbuilt_book_fails(tmp_path):
    assert check_book(tmp_path) == ["there is no _build/html; run `make book`"]


def test_thin_page_fails(book):
    page(book).write_text("<h1>heads</h1>")
    assert ["expected more than 5000" in line for line in check_book(book)] == [True]


@pytest.mark.parametrize("heading", ["", "one</h1><h1>two"])
def test_page_needs_one_heading(book, heading):
    write_page(page(book), heading=heading)
    assert ["headings of the first order" in line for line in check_book(book)] == [True]


def test_two_pages_must_not_share_a_heading(book):
    write_page(page(book), heading="intro")
    assert check_book(book) == ["chapters/heads: has the heading of chapters/intro: 'intro'"]


@pytest.mark.parametrize(
    "markup",
    [
        '<script src="https://cdn.example.org/x.js"></script>',
        '<script src="//cdn.example.org/x.js"></script>',
        '<img src="http://example.org/x.png">',
        '<img srcset="https://example.org/x.png 2x">',
        '<link rel="stylesheet" href="https://fonts.example.org/css">',
        '<link rel="preload" as="font" href="https://fonts.example.org/f.woff2">',
        '<iframe src="https://example.org"></iframe>',
        '<p style="background: url(https://example.org/x.png)">x</p>',
        "<style>@import 'https://example.org/x.css';</style>",
        '<script>require.config({paths: {x: "https://cdn.example.org/x"}})</script>',
        '<script type="module">import "https://cdn.example.org/x.mjs"</script>',
    ],
)
def test_external_request_fails(book, markup):
    write_page(page(book), body=markup)
    assert ["asks for" in line and "example.org" in line for line in check_book(book)] == [True]


@pytest.mark.parametrize(
    "markup",
    [
        '<a href="https://example.org">a link that the reader may follow</a>',
        '<link rel="canonical" href="https://example.org/">',
        '<img src="data:image/png;base64,AAAA">',
        '<svg><path d="M0 0"/></svg>',
        "<script>// see https://example.org/why\nvar a = 1;</script>",
    ],
)
def test_harmless_markup_passes(book, markup):
    write_page(page(book), body=markup)
    assert check_book(book) == []


def test_missing_own_file_fails(book):
    write_page(page(book), body='<img src="../_images/gone.png?v=1">')
    assert check_book(book) == ["chapters/heads.html: asks for ../_images/gone.png, which is not in the book"]


def test_fetched_scripts_may_be_missing_as_a_whole_only(book):
    write_page(page(book), head='<script src="../_static/vendor/mathjax/tex.js"></script>')
    folder = book / "_build" / "html" / "_static" / "vendor"
    (folder / "fontawesome").mkdir(parents=True)  # the theme's own
    assert check_book(book) == []
    (folder / "require.js").touch()
    assert ["vendor/mathjax/tex.js, which is not in the book" in line for line in check_book(book)] == [True]


@pytest.mark.parametrize(
    "raw", ["{doc}`heads`", "```{note}\nx\n```", "> ```{tip}\n> x\n> ```", "[it](pets-card)", "(place)=\n# Place"]
)
def test_notebooks_handed_out_have_nothing_raw(book, raw):
    path = book / "_build" / "html" / "_sources" / "chapters" / "heads.ipynb"
    path.parent.mkdir(parents=True)
    cells = [
        {"cell_type": "code", "source": "{doc}`x`"},
        {"cell_type": "markdown", "source": ["`{doc}`\n", "[a](b.ipynb)"]},
    ]
    path.write_text(json.dumps({"cells": cells}))
    assert check_book(book) == []
    path.write_text(json.dumps({"cells": [*cells, {"cell_type": "markdown", "source": f"Text.\n\n{raw}\n\nMore."}]}))
    assert ["chapters/heads.ipynb: cell 2 has" in line for line in check_book(book)] == [True]


def test_style_sheets_are_read(book):
    sheet = book / "_build" / "html" / "_static" / "book.css"
    sheet.parent.mkdir(parents=True)
    sheet.write_text("/* url(https://example.org/a) */ a { background: url('https://example.org/b') }")
    assert check_book(book) == ["_static/book.css: asks for https://example.org/b"]
    assert find_css_addresses(sheet.read_text()) == ["https://example.org/b"]


@pytest.mark.parametrize(
    ("address", "answer"),
    [
        ("https://a.org/x", True),
        ("//a.org/x", True),
        ("../x.js", False),
        ("data:image/png;base64,", False),
        ("#x", False),
    ],
)
def test_external_addresses(address, answer):
    assert is_external(address) is answer


def test_pages_come_in_reading_order():
    toc = {
        "root": "a",
        "parts": [{"caption": "x", "chapters": [{"file": "b", "sections": [{"file": "c"}]}, {"file": "d"}]}],
    }
    assert list_pages(toc) == ["a", "b", "c", "d"]


def make_card(kind="case", text="Text.\n", **facts):
    return Card("spots", "Spots", kind, {"name": "spots", "kind": kind, **facts}, text)


def test_card_becomes_a_section():
    card = make_card(
        text="Spots.\n\n## How\n\n![sheet](sheets/spots.png)\n", licence="CC0", real={"classes": ["few", "many"]}
    )
    text = write_card(card)
    assert "(spots-card)=\n## Spots\n" in text
    assert "| licence | CC0 |\n| real / classes | few, many |" in text
    assert "kind" not in text
    assert "### How" in text
    assert "![sheet](/data/cards/sheets/spots.png)" in text


def test_facts_are_flattened():
    facts = {"num_images": 3, "downloads": [{"url": "https://example.org/a"}, {"url": "b"}], "none": None}
    assert flatten_facts(facts) == [
        ("num images", "3"),
        ("downloads / 1 / url", "<https://example.org/a>"),
        ("downloads / 2 / url", "b"),
    ]
    assert format_value([0] * 30) == ", ".join(["0"] * 24) + " and 6 more"
    assert format_value("ab" * 32) == f"`{'ab' * 32}`"


def test_tables_escape_bars():
    assert write_table(("a", "b"), [("x|y", "1\n2")]) == "| a | b |\n| --- | --- |\n| x\\|y | 1 2 |\n"
    assert [format_cell(text) for text in ("0.730911840757184", "56.182", "3", "own")] == [
        "0.7309",
        "56.182",
        "3",
        "own",
    ]


def test_columns_that_never_change_are_said_once():
    rows = [["own", "96", "0.5"], ["other", "96", "0.6"]]
    assert split_columns(["source", "image_size", "value"], rows) == ([("image size", "96")], [0, 2])
    assert split_columns(["source"], [["own"]]) == ([], [0])


def test_generated_pages(tmp_path):
    (tmp_path / "chapters" / "appendix").mkdir(parents=True)
    (tmp_path / "data" / "results").mkdir(parents=True)
    (tmp_path / "data" / "results" / "probe.csv").write_text("source,value\nown,0.5\n")
    (tmp_path / "data" / "results" / "probe.json").write_text('{"command": "python -m probe", "seeds": [0, 1]}')
    (tmp_path / "data" / "results" / "unfinished.csv").write_text("source,value\nown,0.6\n")
    (tmp_path / "chapters" / "status.json").write_text(
        '{"intro": {"seconds": 3.25, "cores": 2, "versions": {"python": "3.11.7", "numpy": "2.4"}}}'
    )
    texts = {path.stem: path.read_text() for path in make_pages(tmp_path, [make_card(kind="source")])}
    assert "## Spots" in texts["model_cards"]
    assert "## Spots" not in texts["data_cards"]
    assert "| own | 0.5 |" in texts["results"]
    assert "0.6" not in texts["results"]
    assert "| seeds | 0, 1 |" in texts["results"]
    assert "| {doc}`intro </chapters/intro>` | 3.2 | 2 | 3.11.7 |" in texts["status"]
    assert "| numpy | 2.4 |" in texts["status"]


def test_a_long_table_is_handed_out_and_shown_in_part(tmp_path):
    (tmp_path / "long.csv").write_text("row,value\n" + "".join(f"r{i},{i}\n" for i in range(40)))
    (tmp_path / "long.json").write_text('{"command": "python -m long"}')
    text = write_result(tmp_path / "long.csv")
    assert "All 40 rows: {download}`long.csv <../../data/results/long.csv>`" in text
    assert "The first 6 of 40 rows" in text and "| r5 | 5 |" in text and "| r6 |" not in text


def test_formulas_load_what_the_vendored_folder_holds():
    config = yaml.safe_load((vendor.ROOT / "_config.yml").read_text())["sphinx"]["config"]
    parts = [f"{name}.js" for name in config["mathjax3_config"]["loader"]["load"]]
    assert sorted(vendor.MATHJAX) == sorted(["startup.js", *parts])


def test_the_package_s_page_shows_every_public_name():
    import tlbook

    names = api_pages.list_public()
    page = api_pages.write_page(api_pages.PUBLIC, names)
    shown = re.findall(r"^\.\. auto(?:class|function):: (\S+)", page, re.MULTILINE)
    assert sorted(shown) == sorted(names)
    assert {name.removeprefix("tlbook.") for name in names} > set(tlbook.__all__) - {"plots"}
    assert page.index("## Strategies") < page.index("autoclass:: tlbook.HeadOnly") < page.index("## Training")
    assert re.search(r"autoclass:: tlbook.PartialUnfreeze\n   :members: .*count_blocks", page)


def test_a_room_needs_a_heading_on_the_package_s_page():
    with pytest.raises(ValueError, match="room 'errors' has no heading"):
        api_pages.write_page("", ["tlbook.errors.BadInput"])


def test_what_chapters_import_is_listed_once(book):
    lines = ["evidence.intervals import t_interval", "run import adapt", "runtime import PACKAGES"]
    cell = "\n".join(f"from tlbook.{line}" for line in lines)
    (book / "chapters" / "heads.md").write_text(f"{HEADER}\n```{{code-cell}} ipython3\n{cell}\n```\n")
    assert api_pages.list_parts(book) == ["tlbook.evidence.intervals.t_interval"]

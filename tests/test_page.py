"""What stands around the text of pages, and the files by which other machines set the book up."""

import html
import json
import re
import subprocess
import types
from pathlib import Path

import pytest
import yaml

from tools import page_extension
from tools.book_extension import drop_repository
from tools.make_pages import name_value
from tools.page_extension import (
    find_doors,
    find_place,
    list_launches,
    read_parts,
    write_card_tags,
    write_cover,
    write_launches,
    write_path,
)
from tools.social_card import SIZE, draw_card

ROOT = Path(__file__).resolve().parents[1]
PARTS = {"Why": ["chapters/a"], "How": ["chapters/b", "chapters/c", "chapters/d"]}
TITLES = {"chapters/a": "A", "chapters/b": 'B & "b"', "chapters/c": "C", "chapters/d": "D"}
GITHUB = "https://github.com/Some/book"


def locate(page, resource=0):
    return f"{page}.html"


def test_path_opens_the_page_s_own_part():
    path = write_path(find_place(PARTS, "chapters/c"), "chapters/intro", locate, TITLES)
    assert '<a href="chapters/intro.html">Start</a>' in path
    assert '<a href="chapters/a.html">Why</a>' in path
    assert '<strong>How</strong> <span class="tl-count">2 of 3</span>' in path
    assert re.findall(r'tl-dot" href="(\S+)"', path) == [f"chapters/{name}.html" for name in "bcd"]
    assert path.count('aria-current="page"') == 1
    assert 'aria-label="C" aria-current="page"' in path
    assert 'title="B &amp; &quot;b&quot;"' in path


def test_the_first_page_is_the_start():
    path = write_path(find_place(PARTS, "chapters/intro"), "chapters/intro", locate, TITLES)
    assert 'intro.html" aria-current="page">Start' in path
    assert "tl-dot" not in path


def test_parts_are_those_of_the_book():
    parts = read_parts(ROOT / "_toc.yml")
    assert "chapters/head_only" in parts["How"]
    assert find_place(parts, "chapters/appendix/glossary").part == "Appendices"


@pytest.mark.parametrize("address", ["", "https://git.example.org/a/b", "https://gitlab.com/a/b"])
def test_without_a_repository_at_github_a_notebook_can_only_be_downloaded(address):
    assert list_launches(address, "chapters/a") == {}
    line = write_launches(address, "chapters/a", "../_sources/chapters/a.ipynb")
    assert re.findall(r'<a href="(\S+)"', line) == ["../_sources/chapters/a.ipynb"]


def test_launch_links_come_from_the_one_address():
    links = list_launches(GITHUB, "chapters/a")
    assert links == {
        "Colab": "https://colab.research.google.com/github/Some/book/blob/notebooks/chapters/a.ipynb",
        "Binder": "https://mybinder.org/v2/gh/Some/book/notebooks?urlpath=lab/tree/chapters/a.ipynb",
    }
    workflow = (ROOT / ".github" / "workflows" / "notebooks.yml").read_text()
    assert f"--initial-branch {page_extension.NOTEBOOKS}" in workflow and "publish" in yaml.safe_load(workflow)["jobs"]


def test_the_theme_does_not_see_the_address():
    config = types.SimpleNamespace(html_theme_options={"repository_url": "https://git.example.org/a/b"})
    drop_repository(None, config)
    assert config.html_theme_options == {}


def read_settings():
    return yaml.safe_load((ROOT / "_config.yml").read_text())["sphinx"]["config"]


def test_doors_lead_to_pages_of_the_book():
    pages = {page for pages in read_parts(ROOT / "_toc.yml").values() for page in pages} | {"chapters/intro"}
    assert {target.partition("#")[0] for _, _, target in read_settings()["page_doors"]} <= pages


def test_a_door_to_a_heading_that_is_not_there_leads_to_its_page():
    doors = [("A", "a", "chapters/a"), ("B", "b", "chapters/intro#here"), ("C", "c", "chapters/intro#nowhere")]
    found = find_doors(doors, '<section id="here">', "chapters/intro", locate)
    assert [link for *_, link in found] == ["chapters/a.html", "#here", "#"]


def test_cover_says_what_the_book_is():
    cover = write_cover("A & B", "In short.", [("Read", "All of it", "a.html")])
    assert '<p class="tl-title">A &amp; B</p>' in cover and "In short." in cover
    assert '<a href="a.html"><strong>Read</strong><span>All of it</span></a>' in cover
    assert 'role="img"' in cover and "<title" in cover and "<h1" not in cover


def test_card_has_a_picture_where_the_site_is_known():
    tags = html.unescape(write_card_tags("Heads", "What a head is.", "Book", GITHUB))
    assert '"og:title" content="Heads"' in tags and '"og:description" content="What a head is."' in tags
    assert '"og:image" content="https://some.github.io/book/_static/card.png"' in tags
    assert "og:image" not in write_card_tags("Heads", "What a head is.", "Book", "")


def test_card_is_drawn(tmp_path):
    from PIL import Image

    settings = yaml.safe_load((ROOT / "_config.yml").read_text())
    draw_card(tmp_path / "card.png", settings["title"], settings["sphinx"]["config"]["page_summary"])
    with Image.open(tmp_path / "card.png") as picture:
        assert picture.size == SIZE and len(set(picture.convert("RGB").getdata())) > 10


def is_in_range(version):
    return (3, 11) <= tuple(map(int, version.split("."))) <= (3, 13)


def test_container_installs_what_the_lock_pins():
    lines = (ROOT / "Dockerfile").read_text().replace("\\\n", " ").splitlines()
    orders = [line.split(maxsplit=1) for line in lines if line.strip() and not line.startswith("#")]
    known = {"FROM", "RUN", "COPY", "WORKDIR", "USER", "EXPOSE", "CMD"}
    assert {order for order, _ in orders} <= known and orders[0][0] == "FROM"
    assert is_in_range(re.match(r"python:(\d+\.\d+)-", orders[0][1])[1])
    assert any("--require-hashes -r requirements.lock" in words for order, words in orders if order == "RUN")
    copied = [words.split()[0] for order, words in orders if order == "COPY" and not words.startswith("--")]
    assert all((ROOT / name).exists() for name in copied)
    assert isinstance(json.loads(dict(orders)["CMD"]), list)


def test_devcontainer_sets_up_by_make():
    settings = json.loads((ROOT / ".devcontainer" / "devcontainer.json").read_text())
    assert is_in_range(re.search(r"python:\d+-(\d+\.\d+)", settings["image"])[1])
    targets = re.findall(r"make (\w+)", settings["postCreateCommand"])
    makefile = (ROOT / "Makefile").read_text()
    assert targets and all(re.search(rf"^{target}:", makefile, re.MULTILINE) for target in targets)


def test_binder_installs_what_the_lock_pins():
    folder = ROOT / ".binder"
    assert (folder / "requirements.txt").read_text() == "-r ../requirements.lock\n"
    assert is_in_range((folder / "runtime.txt").read_text().strip().removeprefix("python-"))
    script = folder / "postBuild"
    assert script.stat().st_mode & 0o111
    assert subprocess.run(["bash", "-n", script]).returncode == 0
    archived = re.search(r"archive HEAD (.+?)\| tar", (ROOT / ".github/workflows/notebooks.yml").read_text(), re.DOTALL)
    names = archived[1].replace("\\", " ").split()
    assert {".binder", "requirements.lock", "pyproject.toml", "tlbook", "data"} <= set(names)
    assert all((ROOT / name).exists() for name in names)


def test_tables_name_sets_and_sources_as_the_chapters_do():
    assert name_value("source", "mobilenet_v2_035") == "MobileNetV2 (0.35)"
    assert name_value("source", "somebody's own") == "somebody's own"
    assert (name_value("set", "brains"), name_value("strategy", "full_linear")) == ("Alzheimer (MRI)", "full linear")

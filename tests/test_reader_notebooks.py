"""Notebooks for readers: nothing raw is left, every output is kept, a reader's changes stay."""

import json
import subprocess
import sys
import types
import zlib
from pathlib import Path

import nbformat
import pytest
from pybtex.database import parse_string

from tools import reader_notebooks
from tools.notebooks import list_chapters
from tools.reader_links import Names, Target, find_site, read_inventory, read_names
from tools.reader_text import RawText, convert, find_raw

ROOT = Path(__file__).resolve().parents[1]
CHAPTERS = list_chapters(ROOT)
SITE = "https://somebody.github.io/book"
HEADS, CARD = f"{SITE}/chapters/heads.html", f"{SITE}/chapters/appendix/data_cards.html#pets-card"
PAPERS = parse_string(
    r"""
    @article{one, author={M{\"u}ller, Ada}, title={A}, year={2018}, doi={10.1/a(1)b}}
    @article{two, author={de Vries, Bo and Roe, Cy}, title={B}, year={2019}, eprint={1411.1792}, archiveprefix={arXiv}}
    @article{three, author={Doe, Di and Roe, Cy and Poe, Ed}, title={C}, year={2020}}
    """,
    "bibtex",
).entries
GLOSSARY = "chapters/appendix/glossary.html"


def make_names(site=SITE, root=ROOT):
    return Names(
        root=root,
        site=site,
        docs={
            "chapters/heads": Target("Retrain the head", "chapters/heads.html"),
            "chapters/appendix/glossary": Target("Glossary", GLOSSARY),
        },
        chapters=frozenset({"chapters/heads"}),
        papers=PAPERS,
        labels={
            "pets-card": Target("Pets [drawn]", "chapters/appendix/data_cards.html#pets-card"),
            "fig-idea": Target("The idea", "chapters/heads.html#fig-idea"),
        },
        terms={"momentum": Target("Momentum", f"{GLOSSARY}#term-Momentum")},
        built=True,
    )


@pytest.mark.parametrize(
    ("text", "published", "plain"),
    [
        ("{doc}`heads`", f"[Retrain the head]({HEADS})", "[Retrain the head](heads.ipynb)"),
        ("{doc}`the head\nalone <heads>`", f"[the head alone]({HEADS})", "[the head alone](heads.ipynb)"),
        ("{doc}`words <appendix/glossary>`", f"[words]({SITE}/{GLOSSARY})", "words"),
        ("{doc}`/chapters/heads`", f"[Retrain the head]({HEADS})", "[Retrain the head](heads.ipynb)"),
        ("{ref}`card <pets-card>`", f"[card]({CARD})", "card"),
        ("{ref}`pets-card`", rf"[Pets \[drawn\]]({CARD})", r"Pets \[drawn\]"),
        ("{numref}`see %s <fig-idea>`", f"[see The idea]({HEADS}#fig-idea)", "[see The idea](heads.ipynb)"),
        ("{term}`momentum`", f"[momentum]({SITE}/{GLOSSARY}#term-Momentum)", "momentum"),
        ("{term}`memories <Momentum>`", f"[memories]({SITE}/{GLOSSARY}#term-Momentum)", "memories"),
        ("[the card](pets-card)", f"[the card]({CARD})", "the card"),
        ("[](#pets-card)", rf"[Pets \[drawn\]]({CARD})", r"Pets \[drawn\]"),
        ("[it](heads.md)", f"[it]({HEADS})", "[it](heads.ipynb)"),
        ("{cite:t}`three`", f"[Doe et al. (2020)]({SITE}/chapters/appendix/references.html)", "Doe et al. (2020)"),
    ],
)  # fmt: skip
def test_names_become_links_or_words(text, published, plain):
    assert convert(f"See {text}.", make_names()) == f"See {published}."
    assert convert(f"See {text}.", make_names(site="")) == f"See {plain}."
    assert find_raw(f"See {text}.") and not find_raw(published) and not find_raw(plain)


def test_names_are_read_from_the_built_book_s_inventory(tmp_path):
    rows = [
        "chapters/heads std:doc -1 chapters/heads.html Retrain the head",
        "pets-card std:label -1 chapters/appendix/data_cards.html#$ Pets",
        "Balanced accuracy std:term -1 chapters/appendix/glossary.html#term-Balanced-accuracy -",
    ]
    head = b"# Sphinx inventory version 2\n# Project: x\n# Version: \n# The rest is compressed using zlib.\n"
    (tmp_path / "objects.inv").write_bytes(head + zlib.compress("\n".join(rows).encode() + b"\n"))
    found = read_inventory(tmp_path / "objects.inv")
    assert found["docs"] == {"chapters/heads": Target("Retrain the head", "chapters/heads.html")}
    assert found["labels"] == {"pets-card": Target("Pets", "chapters/appendix/data_cards.html#pets-card")}
    assert found["terms"]["balanced accuracy"].address == "chapters/appendix/glossary.html#term-Balanced-accuracy"


def test_citations_are_author_and_year_with_the_paper_s_address():
    one, two = "https://doi.org/10.1/a%281%29b", "https://arxiv.org/abs/1411.1792"
    assert convert("{cite:t}`one` say", make_names()) == f"[Müller (2018)]({one}) say"
    expected = f"([Müller, 2018]({one}); [de Vries and Roe, 2019]({two}))"
    assert (
        convert("so {cite}`one, two`", make_names())
        == convert("so {cite:p}`one,two`", make_names())
        == f"so {expected}"
    )
    with pytest.raises(KeyError, match="references.bib has no 'none'"):
        convert("{cite}`none`", make_names())


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("```{admonition} The `fit` trap\n:class: warning\n\nOne.\n\n- a\n  - b\n```",
         "> **The `fit` trap**\n>\n> One.\n>\n> - a\n>   - b"),
        ("```{note}\nText.\n```\nAfter.", "> **Note**\n>\n> Text.\nAfter."),
        ("```{note} Text.\n```", "> **Note**\n>\n> Text."),
        (":::{seealso}\n{term}`momentum`\n:::", "> **See also**\n>\n> momentum"),
        ("````{tip}\n```python\n{doc}`x`\n```\n````", "> **Tip**\n>\n> ```python\n> {doc}`x`\n> ```"),
        ("````{tip}\n```{note}\nin\n```\n````", "> **Tip**\n>\n> > **Note**\n> >\n> > in"),
        ("- a\n\n  ```{note}\n  in\n  ```", "- a\n\n  > **Note**\n  >\n  > in"),
        ("```{dropdown} Answer\n42\n```", "<details><summary><b>Answer</b></summary>\n\n42\n\n</details>"),
        ("```{list-table} T\n:header-rows: 1\n* - a\n  - b|c\n* - 1\n  - 2\n```",
         "**T**\n\n| a | b\\|c |\n| --- | --- |\n| 1 | 2 |"),
        ("```{math}\n:label: e\nx = 1\n```", "$$\nx = 1\n$$"),
        ("(place)=\n# Here\n% a comment\n+++\n", "# Here\n"),
        ("Write `{doc}` or `` {doc}`x` ``: $a_{b}`c$", "Write `{doc}` or `` {doc}`x` ``: $a_{b}`c$"),
        ("```bash\n# {term}`x` [y](z-card)\n```", "```bash\n# {term}`x` [y](z-card)\n```"),
        ("[a](https://b.org) [c](#d)", "[a](https://b.org) [c](#d)"),
    ],
)  # fmt: skip
def test_blocks_become_plain_markdown(text, expected):
    assert convert(text, make_names(site="")) == expected
    assert find_raw(expected) == []


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("```{video} x\n```", "no plain form for the directive 'video'"),
        ("```{note}\nx", "'note' is not closed"),
        ("{sparkle}`x`", "no plain form for the role 'sparkle'"),
        ("{ref}`x <nowhere>`", "nothing is called 'nowhere'"),
        ("[x](nowhere-card)", "nothing is called 'nowhere-card'"),
        ("![x](nowhere.png)", "no picture 'nowhere.png'"),
    ],
)
def test_what_has_no_plain_form_is_refused(text, message):
    with pytest.raises(RawText, match=message):
        convert(text, make_names())


def test_pictures_are_attached(tmp_path):
    (tmp_path / "idea.png").write_bytes(b"png")
    cell = nbformat.v4.new_markdown_cell("```{figure} idea.png\n:alt: three blocks\nThe idea.\n```")
    reader_notebooks.convert_cell(cell, make_names(), tmp_path)
    assert cell.source == "![three blocks](attachment:idea.png)\n\n*The idea.*"
    assert cell.attachments == {"idea.png": {"image/png": "cG5n"}}


def test_hidden_cells_are_collapsed():
    cell = nbformat.v4.new_code_cell("1", metadata={"tags": ["remove-cell"]})
    reader_notebooks.convert_cell(cell, make_names(), ROOT)
    assert cell.metadata["jupyter"] == {"source_hidden": True, "outputs_hidden": True}
    cell = nbformat.v4.new_code_cell("1", metadata={"tags": ["hide-input"]})
    reader_notebooks.convert_cell(cell, make_names(), ROOT)
    assert cell.metadata["jupyter"] == {"source_hidden": True}


@pytest.fixture(scope="module")
def names():
    return read_names(ROOT)


@pytest.mark.parametrize("name", CHAPTERS)
def test_chapters_have_nothing_raw_and_keep_their_outputs(name, names):
    before = nbformat.read(ROOT / "chapters" / f"{name}.ipynb", as_version=4).cells
    notebook = reader_notebooks.convert_chapter(name, names, "", ROOT)
    about, setup, *after = notebook.cells
    assert about.cell_type == "markdown" and setup.cell_type == "code"
    for cell in notebook.cells:
        assert cell.cell_type == "code" or find_raw(cell.source) == []
    outputs = [[cell.outputs for cell in cells if cell.cell_type == "code"] for cells in (before, after)]
    assert outputs[0] == outputs[1]
    code = [[cell.source for cell in cells if cell.cell_type == "code"] for cells in (before, after)]
    assert code[0] == code[1]


def test_a_reader_s_changes_stay(tmp_path):
    assert reader_notebooks.store({"a.ipynb": b"1", "b.ipynb": b"1"}, tmp_path) == []
    (tmp_path / "a.ipynb").write_bytes(b"mine")
    assert reader_notebooks.store({"a.ipynb": b"2", "b.ipynb": b"2"}, tmp_path) == ["a.ipynb"]
    assert [(tmp_path / name).read_bytes() for name in ("a.ipynb", "b.ipynb")] == [b"mine", b"2"]


@pytest.mark.parametrize(
    ("address", "site"),
    [
        ("https://github.com/Some-Body/book", "https://some-body.github.io/book"),
        ("https://gitlab.com/a/b", "https://a.gitlab.io/b"),
        ("https://git.example.org/a/b", ""),
        ("", ""),
    ],
)
def test_one_address_gives_the_site(address, site):
    assert find_site(address) == site


def run_first_cell(address, monkeypatch, *, there, found=None, requires=()):
    """Run the set-up cell where a package is there or not; return what it would have installed."""
    calls = []
    monkeypatch.setattr("importlib.util.find_spec", lambda name: object() if there else None)
    monkeypatch.setattr(subprocess, "run", lambda command, **_: calls.append(command[6:]))
    rows = [types.SimpleNamespace(metadata={"Name": name}, version=version) for name, version in (found or {}).items()]
    monkeypatch.setattr("importlib.metadata.distributions", lambda: rows)
    monkeypatch.setattr("importlib.metadata.requires", lambda name: list(requires))
    monkeypatch.setattr("tlbook.runtime.import_keras", lambda: None)
    monkeypatch.setattr("tlbook.runtime.hardware", lambda: {"machine": "x86_64"})
    exec(compile(reader_notebooks.write_setup(address), "cell", "exec"), {})
    return calls


def test_first_cell_does_nothing_where_the_package_is(monkeypatch):
    assert run_first_cell("https://github.com/a/b", monkeypatch, there=True) == []
    code = f"import time; t = time.perf_counter()\n{reader_notebooks.write_setup('')}\nprint(time.perf_counter() - t)"
    answer = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, cwd=ROOT)
    assert float(answer.communicate()[0]) < 1


def test_first_cell_installs_what_is_missing_and_nothing_else(monkeypatch, capsys):
    found = {"numpy": "2.0.2", "keras": "3.9.0", "tensorflow": "2.19.1", "jax": "0.5.2", "Scikit_Learn": "1.6.1"}
    requires = [
        "numpy<2.5,>=2.0",
        "scikit-learn<2,>=1.6",
        "pooch<2,>=1.8",
        'keras>=3.10; extra == "tensorflow"',
        'pydicom; extra == "medical"',
    ]
    calls = run_first_cell("https://github.com/a/b", monkeypatch, there=False, found=found, requires=requires)
    assert calls[0] == ["--no-deps", "git+https://github.com/a/b"]
    assert calls[1] == ["pooch<2,>=1.8", "tensorflow==2.19.1", "keras==3.9.0", "jax==0.5.2", "numpy==2.0.2"]
    assert len(calls) == 2
    printed = capsys.readouterr().out
    assert "keras 3.9.0 is here; the book was tested with >=3.10\n" in printed and "ready: machine" in printed


def test_first_cell_without_an_address_says_what_to_do(monkeypatch):
    with pytest.raises(ModuleNotFoundError, match="PACKAGE above and run this cell again"):
        run_first_cell("", monkeypatch, there=False)


def test_written_beside_the_page_and_for_lab(tmp_path, capsys):
    """A small book, before and after its repository has an address."""
    chapters = tmp_path / "chapters"
    (chapters / "appendix").mkdir(parents=True)
    (chapters / "appendix" / "references.bib").write_text("")
    (tmp_path / "_toc.yml").write_text("format: jb-book\nroot: chapters/one\n")
    (tmp_path / "_config.yml").write_text("title: x\n")
    (chapters / "one.md").write_text("# One\n")
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell("# One\n{doc}`one`")])
    nbformat.write(notebook, chapters / "one.ipynb")
    downloads = tmp_path / "_build" / "html" / "_sources" / "chapters"
    downloads.mkdir(parents=True)
    assert reader_notebooks.main(["--root", str(tmp_path)]) == 0
    assert "no repository.url in _config.yml: no launch buttons" in capsys.readouterr().out
    (tmp_path / "_config.yml").write_text("repository: {url: 'https://github.com/a/b'}\n")
    assert reader_notebooks.main(["--root", str(tmp_path)]) == 0
    assert "no launch buttons" not in capsys.readouterr().out
    written = (downloads / "one.ipynb").read_bytes()
    assert written == (tmp_path / "_build" / "reader" / "one.ipynb").read_bytes()
    about, setup, first = json.loads(written)["cells"]
    assert "https://a.github.io/b/chapters/one.html" in "".join(about["source"])
    assert "git+https://github.com/a/b" in "".join(setup["source"])
    assert "[One](https://a.github.io/b/chapters/one.html)" in "".join(first["source"])
    (chapters / "one.ipynb").write_text(nbformat.writes(notebook).replace("doc", "sparkle"))
    assert reader_notebooks.main(["--root", str(tmp_path)]) == 1
    assert "chapters/one.md, cell 0: there is no plain form for the role 'sparkle'" in capsys.readouterr().err

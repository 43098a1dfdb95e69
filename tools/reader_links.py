"""What the chapters' text names: pages, labels, terms and papers, with their words and their published addresses.

From the built book's inventory (``_build/html/objects.inv``) and ``references.bib``. Where the book was not built, the
pages' headings are read from their sources, and labels and terms are words.
"""

import posixpath
import re
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import yaml

from tools.figures import number_figures
from tools.lessons import number_exercises
from tools.notebooks import list_chapters, list_pages

INVENTORY = Path("_build") / "html" / "objects.inv"
REFERENCES = Path("chapters") / "appendix" / "references.bib"


@dataclass(frozen=True)
class Target:
    """Words for something, and its address or None."""

    words: str
    address: str | None = None


@dataclass(frozen=True)
class Names:
    """Everything that a chapter may name.

    Attributes
    ----------
    root : pathlib.Path
        Folder of the book.
    site : str
        Address of the published book with no slash at its end; empty where it is not known.
    docs, labels, terms : dict of str to Target
        Addresses are relative to the site. Labels and terms are in lower case.
    chapters : frozenset of str
        Pages that are notebooks, such as ``chapters/intro``.
    papers : dict
        Entries of the bibliography by key.
    figures, exercises : dict of str to (str, int)
        Page and number of each figure by its name in lower case.
    page : str
        The page that is being written; its own figures need no link.
    built : bool
        Whether labels and terms are known: those of a book that was not built are taken on trust.
    """

    root: Path
    site: str
    docs: dict
    chapters: frozenset
    papers: dict
    labels: dict = field(default_factory=dict)
    terms: dict = field(default_factory=dict)
    figures: dict = field(default_factory=dict)
    exercises: dict = field(default_factory=dict)
    page: str = ""
    built: bool = False


def read_address(root):
    """Read the repository's address, ``repository.url`` of ``_config.yml``; empty where none is set."""
    settings = yaml.safe_load((root / "_config.yml").read_text(encoding="utf-8")) or {}
    return str((settings.get("repository") or {}).get("url") or "").strip().rstrip("/").removesuffix(".git")


def find_site(address):
    """Address of the published pages that belongs to a repository's; empty where there is no such rule."""
    parts = urlsplit(address)
    owner, _, name = parts.path.strip("/").partition("/")
    hosts = {"github.com": "github.io", "gitlab.com": "gitlab.io"}
    if parts.netloc not in hosts or not name or "/" in name:
        return ""
    return f"https://{owner.lower()}.{hosts[parts.netloc]}/{name}"


def read_names(root):
    """Gather what the chapters of a book may name."""
    from pybtex.database import parse_file

    common = {
        "root": root,
        "site": find_site(read_address(root)),
        "chapters": frozenset(f"chapters/{name}" for name in list_chapters(root)),
        "figures": number_figures(root),
        "exercises": number_exercises(root),
        "papers": {key.lower(): entry for key, entry in parse_file(str(root / REFERENCES)).entries.items()},
    }
    if (root / INVENTORY).exists():
        return Names(**common, **read_inventory(root / INVENTORY), built=True)
    pages = list_pages(yaml.safe_load((root / "_toc.yml").read_text(encoding="utf-8")))
    return Names(**common, docs={page: Target(read_heading(root, page), f"{page}.html") for page in pages})


def read_inventory(path):
    """Read pages, labels and terms from the inventory of a built book."""
    from sphinx.util.inventory import InventoryFile

    with path.open("rb") as stream:
        found = InventoryFile.load(stream, "", lambda base, uri: base + uri)

    def collect(kind):
        rows = found.get(f"std:{kind}", {}).items()
        return {key: Target(key if row[3] in {"-", ""} else row[3], row[2]) for key, row in rows}

    lower = {kind: {key.lower(): target for key, target in collect(kind).items()} for kind in ("label", "term")}
    return {"docs": collect("doc"), "labels": lower["label"], "terms": lower["term"]}


def read_heading(root, page):
    """First heading of a page's source; its name where the build has yet to write it."""
    path = root / f"{page}.md"
    found = re.search(r"^# (.+)$", path.read_text(encoding="utf-8"), re.MULTILINE) if path.exists() else None
    return found[1] if found else page.rpartition("/")[2].replace("_", " ")


def find_target(kind, name, names):
    """Find what a role or link of a chapter names, with its final address; None where nothing is called so."""
    if kind in {"doc", "download"}:
        page = posixpath.normpath(name[1:] if name.startswith("/") else f"chapters/{name}")
        found = names.docs.get(page)
    elif kind == "numref" and name.lower() in names.figures:
        found = find_numbered("Figure", names.figures, name, names)
    elif kind in {"ref", "numref"} and name.lower() in names.exercises:
        found = find_numbered("Exercise", names.exercises, name, names)
    elif kind in {"ref", "numref", "eq"}:
        found = names.labels.get(name.lower()) or (None if names.built else Target(name))
    elif kind == "term":
        # The page shows the term as the text has it.
        found = names.terms.get(name.lower()) or (None if names.built else Target(name))
        found = found and Target(name, found.address)
    else:
        found = None
    return found and Target(escape(found.words), locate(found.address, names))


def find_numbered(what, numbered, name, names):
    """Find a figure or an exercise: by its number on this page, by number and page on another."""
    page, number = numbered[name.lower()]
    at_home, title = page == names.page, names.docs.get(page)
    words = f"{what} {number}" if at_home or not title else f"{what} {number} of {title.words}"
    known = names.labels.get(name.lower(), Target(words, f"{page}.html"))
    return Target(words, None if at_home else known.address)


def locate(address, names):
    """Full address of a page of the book: published, else the notebook beside this one, else None."""
    if address is None:
        return None
    if names.site:
        return f"{names.site}/{address}"
    page = urlsplit(address).path.removesuffix(".html")
    return f"{page.rpartition('/')[2]}.ipynb" if page in names.chapters else None


def escape(words):
    """Keep brackets in words from ending a link."""
    return re.sub(r"([\[\]])", r"\\\1", words)


def cite(keys, names, *, in_text):
    """Write a citation by author and year, each linked to the paper: in the text, or in parentheses."""
    done = []
    for key in (key.strip() for key in keys.split(",")):
        if key.lower() not in names.papers:
            raise KeyError(f"references.bib has no {key!r}")
        entry = names.papers[key.lower()]
        who, year = name_authors(entry), entry.fields.get("year", "no year")
        words = escape(f"{who} ({year})" if in_text else f"{who}, {year}")
        address = find_paper(entry) or locate("chapters/appendix/references.html", names)
        done.append(f"[{words}]({address})" if address else words)
    return ", ".join(done) if in_text else f"({'; '.join(done)})"


def name_authors(entry):
    """Family names of a paper's authors as a text cites them: one, two, or the first and others."""
    persons = entry.persons.get("author") or entry.persons.get("editor") or []
    names = [" ".join(str(part) for part in (*who.rich_prelast_names, *who.rich_last_names)) for who in persons]
    if not names:
        return str(entry.rich_fields["title"])
    return " and ".join(names) if len(names) <= 2 else f"{names[0]} et al."


def find_paper(entry):
    """Address of a paper: its DOI, else its page at arXiv, else what the bibliography gives; None without any."""
    fields = entry.fields
    if "doi" in fields:
        return f"https://doi.org/{fields['doi']}".replace("(", "%28").replace(")", "%29")
    if "eprint" in fields and fields.get("archiveprefix", "arXiv").lower() == "arxiv":
        return f"https://arxiv.org/abs/{fields['eprint']}"
    return fields.get("url")

"""Check the built book: pages are there and whole, none asks anybody outside for anything, notebooks have nothing raw.

To be run after `jupyter-book build .`; `make book` does.
"""

import argparse
import json
import re
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import yaml

if not __package__:  # run as a program
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from tools.figures import check_figures
from tools.lessons import check_lessons
from tools.notebooks import list_pages
from tools.reader_text import find_raw

ROOT = Path(__file__).resolve().parents[1]
MIN_BYTES = 5000
# What a browser fetches by itself when it shows a page; a plain link is followed only by the reader.
FETCHED = {
    ("script", "src"),
    ("img", "src"),
    ("img", "srcset"),
    ("source", "src"),
    ("source", "srcset"),
    ("video", "src"),
    ("video", "poster"),
    ("audio", "src"),
    ("iframe", "src"),
    ("embed", "src"),
    ("object", "data"),
    ("input", "src"),
    ("link", "href"),
    ("use", "href"),
    ("image", "href"),
}
# <link> relations that name an address without loading it.
NAMED_ONLY = {"canonical", "search", "next", "prev", "author", "license", "index", "alternate", "help", "copyright"}
CSS_ADDRESS = re.compile(r"url\(\s*['\"]?([^'\")]+)|@import\s+['\"]([^'\"]+)")
# A page's own script loads what it names: any quoted address in it counts.
SCRIPT_ADDRESS = re.compile(r"""["'`]((?:https?:)?//[\w-]+\.[^"'`\s]+)["'`]""")
CSS_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)


class Page(HTMLParser):
    """What a page's markup asks for, and its main headings.

    Attributes
    ----------
    addresses : list of str
        Everything that a browser would fetch.
    headings : list of str
        Texts of the ``<h1>`` elements.
    """

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.addresses, self.headings = [], []
        self._inside = None
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        """Collect addresses, and remember which element is open."""
        named = dict(attrs)
        relations = set((named.get("rel") or "").split())
        for name, value in attrs:
            if name == "style" and value:
                self.addresses += find_css_addresses(value)
            if value and (tag, name) in FETCHED and not (tag == "link" and relations <= NAMED_ONLY and relations):
                self.addresses += [part.split()[0] for part in value.split(", ")] if name == "srcset" else [value]
        runs = tag == "script" and "json" not in (named.get("type") or "")
        if tag in {"h1", "style"} or runs:
            self._inside = tag
            if tag == "h1":
                self.headings.append("")

    def handle_endtag(self, tag):
        """Forget the element that ends."""
        if tag == self._inside:
            self._inside = None

    def handle_data(self, data):
        """Collect the text of headings and the addresses in style sheets."""
        if self._inside == "h1":
            self.headings[-1] += data
        elif self._inside == "style":
            self.addresses += find_css_addresses(data)
        elif self._inside == "script":
            self.addresses += SCRIPT_ADDRESS.findall(data)


def find_css_addresses(text):
    """Addresses that a style sheet loads."""
    return [first or second for first, second in CSS_ADDRESS.findall(CSS_COMMENT.sub("", text))]


def is_external(address):
    """Tell whether an address leads out of the book."""
    parts = urlsplit(address.strip())
    return bool(parts.netloc) or parts.scheme in {"http", "https", "ftp", "ws", "wss"}


def has_scripts(html):
    """Tell whether the scripts of tools/vendor.py are in the book; the theme keeps files of its own in that folder."""
    return (html / "_static" / "vendor" / "require.js").exists()


def check_addresses(addresses, origin, html):
    """Find what a file asks for and should not, or what is not there; a line for each problem."""
    problems, name = [], origin.relative_to(html)
    vendor, complete = (html / "_static" / "vendor").resolve(), has_scripts(html)
    for address in dict.fromkeys(addresses):
        parts = urlsplit(address.strip())
        if is_external(address):
            problems.append(f"{name}: asks for {address}")
        elif parts.path and not parts.scheme:
            target = (origin.parent / unquote(parts.path)).resolve()
            if not target.exists() and (complete or not target.is_relative_to(vendor)):
                problems.append(f"{name}: asks for {parts.path}, which is not in the book")
    return problems


def check_pages(root, html):
    """Find entries of ``_toc.yml`` without a page, thin pages, chapters without an entry; a line for each problem."""
    problems, owners = [], {}
    pages = list_pages(yaml.safe_load((root / "_toc.yml").read_text(encoding="utf-8")))
    for page in pages:
        path = html / f"{page}.html"
        if not path.exists():
            problems.append(f"{page}: stands in _toc.yml and has no page")
            continue
        text = path.read_text(encoding="utf-8")
        # The theme repeats a page's heading for print.
        headings = list(
            dict.fromkeys(heading.strip(" \n#") for heading in Page(text).headings if heading.strip(" \n#"))
        )
        if len(headings) != 1:
            problems.append(f"{page}: {len(headings)} headings of the first order; expected one")
        elif owners.setdefault(headings[0], page) != page:
            problems.append(f"{page}: has the heading of {owners[headings[0]]}: {headings[0]!r}")
        if len(text.encode()) <= MIN_BYTES:
            problems.append(f"{page}: the page has {len(text.encode())} bytes; expected more than {MIN_BYTES}")
    for path in sorted((root / "chapters").glob("*.md")) + sorted((root / "chapters").glob("*.ipynb")):
        if f"chapters/{path.stem}" not in pages:
            problems.append(f"chapters/{path.name}: is no entry of _toc.yml")
    return problems


def check_notebooks(html):
    """Find directives, roles and links left raw in the notebooks that the pages hand out; a line for each problem."""
    problems = []
    for path in sorted((html / "_sources").rglob("*.ipynb")):
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        texts = ["".join(cell["source"]) if cell["cell_type"] == "markdown" else "" for cell in cells]
        for number, text in enumerate(texts):
            problems += [f"{path.relative_to(html)}: cell {number} has {raw!r} raw" for raw in find_raw(text)]
    return problems


def check_book(root):
    """Check the built book of a repository: a line for each problem."""
    html = root / "_build" / "html"
    if not html.is_dir():
        return ["there is no _build/html; run `make book`"]
    problems = check_pages(root, html)
    # Below _static lie the theme's templates, which nobody opens.
    for path in sorted(set(html.rglob("*.html")) - set((html / "_static").rglob("*.html"))):
        addresses = Page(path.read_text(encoding="utf-8")).addresses
        problems += check_addresses(addresses, path, html)
    for path in sorted(html.rglob("*.css")):
        addresses = find_css_addresses(path.read_text(encoding="utf-8", errors="replace"))
        problems += check_addresses(addresses, path, html)
    return problems + check_notebooks(html) + check_figures(root) + check_lessons(root)


def main(arguments=None):
    """Check the book, say what is wrong with it, and return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--root", type=Path, default=ROOT, help="the book's folder (default: this repository)")
    options = parser.parse_args(arguments)
    problems = check_book(options.root)
    if problems:
        print("\n".join(f"check_book: {line}" for line in problems), file=sys.stderr)
        return 1
    pages = list_pages(yaml.safe_load((options.root / "_toc.yml").read_text(encoding="utf-8")))
    complete = has_scripts(options.root / "_build" / "html")
    without = "" if complete else " (built WITHOUT typeset formulas and live controls)"
    print(f"check_book: {len(pages)} pages, all there; none asks for anything outside the book{without}")
    return 0


if __name__ == "__main__":
    sys.exit(main())

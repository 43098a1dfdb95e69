"""What stands on every page around its text: the place in the book, ways to open a notebook, the cover, the card.

The path comes from ``_toc.yml``, the ways to open a notebook from ``repository.url``, the cover and the card from
``_config.yml`` (``page_summary``, ``page_doors``). No chapter types any of it.
"""

import html
import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import yaml
from docutils import nodes

from tools.notebooks import list_pages
from tools.reader_links import find_site, read_address
from tools.social_card import draw_card

NOTEBOOKS = "notebooks"  # branch with the notebooks for readers, which .github/workflows/notebooks.yml writes
CARD = "_static/card.png"
LEAD = re.compile(r"<p><em>(.+?)</em>", re.DOTALL)
TAG = re.compile(r"<[^>]+>")


@dataclass(frozen=True)
class Place:
    """Where a page stands in the book.

    Attributes
    ----------
    parts : dict of str to list of str
        Pages of each part, by its caption, in reading order.
    part : str
        Caption of the page's own part; empty on the first page of the book.
    page : str
        The page.
    """

    parts: dict
    part: str
    page: str


def read_parts(path):
    """Read the parts of a table of contents such as ``_toc.yml``: pages by caption."""
    toc = yaml.safe_load(path.read_text(encoding="utf-8"))
    return {part["caption"]: list_pages(part) for part in toc.get("parts", [])}


def find_place(parts, page):
    """Find the part that a page belongs to."""
    return Place(parts, next((name for name, pages in parts.items() if page in pages), ""), page)


def write_path(place, first, locate, titles):
    """Write the path through the book, with the page's own part opened: an element ``nav``.

    Parameters
    ----------
    place : Place
    first : str
        The book's first page.
    locate : callable
        From the name of a page to its address as seen from this one.
    titles : dict of str to str
        Headings of the pages.
    """
    here = place.page == first
    steps = [f'<li><a href="{locate(first)}"{_current(here)}>Start</a></li>']
    for name, pages in place.parts.items():
        if name != place.part:
            steps.append(f'<li><a href="{locate(pages[0])}">{html.escape(name)}</a></li>')
            continue
        number = pages.index(place.page) + 1
        dots = "".join(
            f'<a class="tl-dot" href="{locate(page)}" title="{_quote(titles[page])}"'
            f' aria-label="{_quote(titles[page])}"{_current(page == place.page)}></a>'
            for page in pages
        )
        count = f'<span class="tl-count">{number} of {len(pages)}</span>'
        steps.append(f'<li class="tl-here"><strong>{html.escape(name)}</strong> {count} {dots}</li>')
    return f'<nav class="tl-path" aria-label="You are here"><ol>{"".join(steps)}</ol></nav>'


def _current(here):
    return ' aria-current="page"' if here else ""


def _quote(text):
    return html.escape(TAG.sub("", text), quote=True)


def list_launches(address, page):
    """Ways to open a chapter's notebook in a browser: names and addresses; none but for repositories at GitHub."""
    parts = urlsplit(address)
    if parts.netloc != "github.com" or not find_site(address):
        return {}
    name = parts.path.strip("/")
    return {
        "Colab": f"https://colab.research.google.com/github/{name}/blob/{NOTEBOOKS}/{page}.ipynb",
        "Binder": f"https://mybinder.org/v2/gh/{name}/{NOTEBOOKS}?urlpath=lab/tree/{page}.ipynb",
    }


def write_launches(address, page, download):
    """Write the line with the ways to open a chapter's notebook."""
    links = [f'<a href="{link}">{name}</a>' for name, link in list_launches(address, page).items()]
    links.append(f'<a href="{download}" download>Download</a>')
    return f'<p class="tl-open">Open as a notebook: {" · ".join(links)}</p>'


def write_cover(title, summary, doors):
    """Write the cover: the book's title, what it is, one picture of it, and the doors (title, text, address)."""
    picture = (Path(__file__).parents[1] / "assets" / "cover.svg").read_text(encoding="utf-8")
    cards = "".join(
        f'<li><a href="{link}"><strong>{html.escape(name)}</strong><span>{html.escape(text)}</span></a></li>'
        for name, text, link in doors
    )
    return (
        f'<div class="tl-cover"><p class="tl-title">{html.escape(title)}</p>'
        f'<p class="tl-summary">{html.escape(summary)}</p>{picture}<ul class="tl-doors">{cards}</ul></div>'
    )


def find_doors(doors, body, page, locate):
    """Find the address of each door; a heading that the page does not have leads to the page."""
    found = []
    for name, text, target in doors:
        goal, _, anchor = target.partition("#")
        known = anchor and (goal != page or f'id="{anchor}"' in body)
        start = "" if goal == page else locate(goal)
        found.append((name, text, f"{start}#{anchor}" if known else start or "#"))
    return found


def write_card_tags(title, words, book, address):
    """Write the tags from which other sites make a card of a page's link; a picture needs the site's address."""
    site, kind = find_site(address), "summary"
    tags = {"og:type": "article", "og:site_name": book, "og:title": title, "og:description": words}
    if site:
        kind = "summary_large_image"
        tags |= {"og:image": f"{site}/{CARD}", "og:image:alt": f"{book}: frozen blocks, trained blocks, a new head"}
    lines = [f'<meta property="{name}" content="{_quote(text)}" />' for name, text in tags.items()]
    lines.append(f'<meta name="twitter:card" content="{kind}" />')
    lines.append(f'<meta name="description" content="{_quote(words)}" />')
    return "\n".join(lines)


def dress_page(app, page, template, context, doctree):
    """Add what stands around a page's text to what its template gets."""
    if doctree is None or app.builder.name != "html":  # an EPUB has its own way through
        return
    root, book = Path(app.srcdir), app.config.html_title
    parts, first = read_parts(root / app.config.external_toc_path), app.config.root_doc
    place, address, body = find_place(parts, page), read_address(root), context["body"]
    titles = {name: node.astext() for name, node in app.env.titles.items()}
    pathto = context["pathto"]
    lead = LEAD.search(body)
    words = " ".join(html.unescape(TAG.sub("", lead[1])).split()) if lead else app.config.page_summary
    context["metatags"] = context.get("metatags", "") + write_card_tags(titles[page], words, book, address)
    if page != first and not place.part:
        return
    around = write_path(place, first, pathto, titles)
    if (root / f"{page}.ipynb").exists():
        around += write_launches(address, page, pathto(f"_sources/{page}.ipynb", 1))
    cover = ""
    if page == first:
        cover = write_cover(book, app.config.page_summary, find_doors(app.config.page_doors, body, page, pathto))
    context["body"] = f'{cover}<div class="tl-around">{around}</div>{body}'


def drop_formulas(app, page, template, context, doctree):
    """Take the scripts for formulas off a page without one; Sphinx puts them on pages that lead to others with some."""
    if doctree is not None and next(doctree.findall(_is_formula), None) is None:
        context["script_files"] = [s for s in context["script_files"] if "/mathjax/" not in str(s.filename)]


def _is_formula(node):
    return isinstance(node, nodes.math | nodes.math_block)


def name_project(app, config):
    """Give the book's title to what has a name of its own in Sphinx, the EPUB for one."""
    config.project = config.html_title


def store_card(app, problem):
    """Draw the card of the book where its pages lie."""
    if problem is None and app.builder.name == "html":
        draw_card(Path(app.outdir) / CARD, app.config.html_title, app.config.page_summary)


def setup(app):
    """Connect the steps; return what Sphinx wants to know of an extension."""
    app.add_config_value("page_summary", "", "html")
    app.add_config_value("page_doors", [], "html")
    app.connect("config-inited", name_project, priority=1)
    app.connect("html-page-context", dress_page, priority=900)
    app.connect("html-page-context", drop_formulas, priority=900)
    app.connect("build-finished", store_card)
    return {"parallel_read_safe": True, "parallel_write_safe": True}

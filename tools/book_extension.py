"""What the book adds to Sphinx: generated pages, and no script that would ask a server for anything."""

from pathlib import Path

from tlbook.datasets.cards import load_cards
from tools.api_pages import make_package_pages
from tools.make_pages import make_pages


def write_pages(app, config):
    """Write the generated pages before Sphinx looks for them."""
    make_pages(Path(app.srcdir), load_cards())
    make_package_pages(Path(app.srcdir))


def drop_thebe(app):
    """Take out the in-page kernels that Jupyter Book adds to every page: their script names a public server."""
    for listeners in app.events.listeners.values():
        for listener in [found for found in listeners if found.handler.__module__ == "sphinx_thebe"]:
            app.disconnect(listener.id)


def drop_repository(app, config):
    """Keep the repository's address from the theme, which fails on hosts that it does not know.

    Ways to open a notebook are tools/page_extension.py's.
    """
    config.html_theme_options.pop("repository_url", None)


def number_by_page(app, env):
    """Number figures and exercises from 1 on each page: numbers as the notebooks for readers have them."""
    for kinds in env.toc_fignumbers.values():
        for names in kinds.values():
            names.update({name: (number,) for number, name in enumerate(names, 1)})
    return []


def setup(app):
    """Connect the steps; return what Sphinx wants to know of an extension."""
    app.connect("config-inited", write_pages, priority=1)
    app.connect("config-inited", drop_repository, priority=2)
    app.connect("builder-inited", drop_thebe)
    app.connect("env-get-updated", number_by_page, priority=900)  # after Sphinx has numbered them throughout
    return {"parallel_read_safe": True, "parallel_write_safe": True}

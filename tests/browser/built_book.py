"""Where the built book is, its pages, and what testing it in a browser lacks here."""

import importlib.util
import os
import shutil
from pathlib import Path

import yaml

from tools.notebooks import list_pages

ROOT = Path(__file__).resolve().parents[2]
HTML = Path(os.environ.get("TLBOOK_HTML", ROOT / "_build" / "html"))
AXE = Path(__file__).parent / "vendor" / "axe.min.js"
CHROMIUMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
PATIENCE = 120_000  # milliseconds; machines that build books are busy


def find_chromium():
    """Program of a Chromium: TLBOOK_CHROMIUM, or the machine's."""
    return os.environ.get("TLBOOK_CHROMIUM") or next(filter(None, map(shutil.which, CHROMIUMS)), None)


def find_lack():
    """Say what the tests in a browser lack here; None where they can run."""
    if not (HTML / "index.html").exists():
        return "the book is not built (make book)"
    if importlib.util.find_spec("playwright") is None:
        return "playwright is not installed (tests/browser/requirements.txt)"
    if find_chromium() is None:
        return "there is no Chromium or Chrome (apt-get install chromium, or TLBOOK_CHROMIUM=/path/to/it)"
    return None


def list_built():
    """Pages of the book that are built, in reading order."""
    pages = list_pages(yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8")))
    return [page for page in pages if (HTML / f"{page}.html").exists()]

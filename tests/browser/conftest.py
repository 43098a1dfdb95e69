"""A browser, the built book behind a server of this machine, and one loud line where either cannot be had."""

import functools
import os
import threading
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import pytest
from built_book import HTML, PATIENCE, find_chromium, find_lack


def pytest_unconfigure(config):
    """Say it as the last line of the run, where it is not overlooked."""
    if lack := getattr(config, "browser_lack", None):
        print(f"NOT TESTED IN A BROWSER: {lack}")


class Quiet(SimpleHTTPRequestHandler):
    """A server of files that prints nothing."""

    protocol_version = "HTTP/1.1"

    def log_message(self, *arguments):
        """Print nothing."""


@pytest.fixture(scope="session")
def site():
    """Address of the built book."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=HTML))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()


@pytest.fixture(scope="session")
def browser(request):
    """A Chromium; the tests are skipped where there is none."""
    if lack := find_lack():
        request.config.browser_lack = lack
        pytest.skip(lack)
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        # Everything is this machine's own; in a container Chromium has no sandbox of its own.
        options = ["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
        chromium = playwright.chromium.launch(executable_path=find_chromium(), args=options)
        yield chromium
        chromium.close()


@pytest.fixture
def open_context(browser):
    """Return a function that opens a fresh context of the browser."""
    opened = []

    def open_one(**options):
        context = browser.new_context(**options)
        context.set_default_timeout(PATIENCE)
        opened.append(context)
        return context

    yield open_one
    for context in opened:
        context.close()

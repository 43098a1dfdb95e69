"""A notebook for readers, opened once in JupyterLab."""

import os
import subprocess
import sys
import time
import urllib.request

import pytest
from built_book import PATIENCE, ROOT

from tools.reader_text import find_raw

pytestmark = pytest.mark.browser

READER = ROOT / "_build" / "reader"
CHAPTER = "head_only"


@pytest.fixture
def lab(tmp_path, browser):
    """Address of a JupyterLab that shows the notebooks for readers."""
    if not (READER / f"{CHAPTER}.ipynb").exists():
        pytest.skip("no notebooks for readers (make book)")
    port = 8900 + os.getpid() % 90
    command = [
        sys.executable,
        "-m",
        "jupyterlab",
        "--no-browser",
        f"--ServerApp.port={port}",
        "--ServerApp.token=",
        "--allow-root",
    ]
    environment = {**os.environ, "JUPYTER_CONFIG_DIR": str(tmp_path), "JUPYTER_DATA_DIR": str(tmp_path / "data")}
    server = subprocess.Popen(
        command, cwd=READER, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    address = f"http://127.0.0.1:{port}"
    for _ in range(PATIENCE // 1000):
        try:
            urllib.request.urlopen(f"{address}/api", timeout=5).close()
            break
        except OSError:
            time.sleep(1)
    yield address
    server.terminate()
    server.wait()


def test_a_notebook_opens_in_jupyterlab(lab, open_context):
    page = open_context(viewport={"width": 1280, "height": 900}).new_page()
    page.goto(f"{lab}/lab/tree/{CHAPTER}.ipynb")
    page.wait_for_selector(".jp-RenderedMarkdown h1")
    page.wait_for_selector(".jp-RenderedMarkdown li")
    shown = "\n".join(page.locator(".jp-RenderedMarkdown").all_inner_texts())
    assert len(shown) > 300 and find_raw(shown) == []

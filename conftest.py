"""What every test and every chapter's kernel finds in its environment (kernels inherit it from here): a newcomer's."""

import atexit
import json
import os
import shutil
import tempfile
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parent

# Features and downloads are cached aside, so that a run neither uses nor leaves anything on the machine.
_cache = tempfile.mkdtemp(prefix="tlbook-tests-")
atexit.register(shutil.rmtree, _cache, ignore_errors=True)

# Only the tests that are marked real_data see real data: no other can lean on them without anybody noticing.
if "TLBOOK_DATA_DIR" in os.environ:  # taken away before workers and kernels are started
    os.environ["TLBOOK_TESTS_REAL_DATA"] = os.environ.pop("TLBOOK_DATA_DIR")

os.environ["TLBOOK_CACHE_DIR"] = _cache
os.environ["PYTHONHASHSEED"] = "0"
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
# MPLBACKEND stays unset: a kernel would take it over and draw no inline figure.
os.environ.pop("MPLBACKEND", None)


@pytest.fixture(autouse=True)
def _real_data(request, monkeypatch):
    if request.node.get_closest_marker("real_data"):
        folder = os.environ.get("TLBOOK_TESTS_REAL_DATA")
        if not folder:
            pytest.skip("TLBOOK_DATA_DIR is not set")
        monkeypatch.setenv("TLBOOK_DATA_DIR", folder)


def pytest_collection_modifyitems(items):
    """Put what takes long first, so that no process is left with it at the end (`make test` runs two, file by file)."""
    chapters = json.loads((ROOT / "chapters" / "status.json").read_text())
    (contract,) = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    rooms = [room for layer in contract["layers"] for room in layer.split(" | ")]

    def rank(item):
        """Chapters by the seconds that they took, tests of the whole, then by room: what stands on more is slower."""
        if item.path.suffix == ".ipynb":
            return 0, -chapters.get(item.path.stem, {"seconds": 0})["seconds"]
        room = item.path.parent.name
        return (2, rooms.index(room)) if room in rooms else (1, 0)

    items.sort(key=rank)

"""What every test and every chapter's kernel finds in its environment (kernels inherit it from here): a newcomer's."""

import atexit
import os
import shutil
import tempfile

import pytest

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

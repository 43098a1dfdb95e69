"""What every test and every chapter's kernel finds in its environment (kernels inherit it from here)."""

import atexit
import os
import shutil
import tempfile

# Features and downloads are cached aside, so that a run neither uses nor leaves anything on the machine.
_cache = tempfile.mkdtemp(prefix="tlbook-tests-")
atexit.register(shutil.rmtree, _cache, ignore_errors=True)

os.environ["TLBOOK_CACHE_DIR"] = _cache
os.environ["PYTHONHASHSEED"] = "0"
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
# MPLBACKEND stays unset: a kernel would take it over and draw no inline figure.
os.environ.pop("MPLBACKEND", None)

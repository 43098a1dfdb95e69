"""The house rules that a machine can check: rooms, docstrings, quick import, no trace of one machine."""

import ast
import inspect
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
MODULES = sorted((ROOT / "tlbook").rglob("*.py"))
# Each room imports only from those before it (and from itself).
ROOMS = [
    *("errors", "runtime", "files", "datasets", "synthetic", "cases", "models", "training", "pretraining", "evidence"),
    *("plots", "report", "run", "commands", "__main__"),
]
HEAVY = {"tensorflow", "keras", "tensorflow_hub", "tf_keras", "torch", "jax"}
# Rooms and modules that must be usable before TensorFlow is loaded.
LIGHT = [
    "errors",
    "runtime",
    "datasets",
    "synthetic",
    "cases",
    "plots",
    "report",
    "commands",
    "__main__",
    "evidence.metrics",
    "evidence.intervals",
]
MAX_IMPORT_SECONDS = 0.3


def name_of(path):
    """Dotted name inside the package, such as ``datasets.images``; empty for the package itself."""
    parts = list(path.relative_to(ROOT / "tlbook").with_suffix("").parts)
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def find_imports(tree):
    """All modules that a file imports, wherever in it."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{alias.name}" for alias in node.names) if node.module else ("relative import",)


def find_backward_imports(name, source):
    """Imports of a module that lead into a later room."""
    room = name.split(".")[0]
    for imported in find_imports(ast.parse(source)):
        parts = imported.split(".")
        if parts[0] == "tlbook" and len(parts) > 1 and parts[1] in ROOMS and ROOMS.index(parts[1]) > ROOMS.index(room):
            yield imported
        if imported == "relative import":
            yield imported


def find_early_heavy_imports(source):
    """Heavy packages that importing the module would load: everything outside functions."""
    waiting = [ast.parse(source)]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            continue
        if isinstance(node, ast.Import | ast.ImportFrom):
            names = [node.module or ""] if isinstance(node, ast.ImportFrom) else [alias.name for alias in node.names]
            yield from (found for found in names if found.split(".")[0] in HEAVY)
        waiting += ast.iter_child_nodes(node)


def test_every_room_is_known():
    rooms = {name_of(path).split(".")[0] for path in MODULES} - {""}
    assert rooms <= set(ROOMS)


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_rooms_import_one_way(path):
    if name_of(path):  # the package itself re-exports from everywhere, by name only
        assert list(find_backward_imports(name_of(path), path.read_text())) == []


def test_backward_import_is_found():
    assert list(find_backward_imports("datasets.x", "def f():\n    from tlbook.models import sources")) == [
        "tlbook.models.sources"
    ]
    assert list(find_backward_imports("models.x", "from tlbook import cases\nimport tlbook.runtime")) == []


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_light_modules_do_not_load_a_framework(path):
    name = name_of(path)
    if not name or any(name == light or name.startswith(f"{light}.") for light in LIGHT):
        assert list(find_early_heavy_imports(path.read_text())) == []


def test_early_heavy_import_is_found():
    assert list(find_early_heavy_imports("try:\n    import keras\nexcept ImportError:\n    pass")) == ["keras"]
    assert list(find_early_heavy_imports("def f():\n    import keras")) == []


def time_import():
    code = "import time; t = time.perf_counter(); import tlbook; print(time.perf_counter() - t)"
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    return float(answer.stdout)


def test_import_is_quick():
    assert min(time_import() for _ in range(3)) <= MAX_IMPORT_SECONDS


def test_import_loads_no_framework():
    code = "import sys, tlbook; print(sorted({'tensorflow', 'keras', 'numpy', 'matplotlib'} & set(sys.modules)))"
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert answer.stdout == "[]\n"


def test_public_names_resolve():
    import tlbook

    for name in tlbook.__all__:
        assert inspect.getdoc(getattr(tlbook, name)), name
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = tlbook.nothing


def test_installed_packages_are_the_folders():
    listed = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["packages"]
    folders = {
        "tlbook",
        *("tlbook." + name_of(path) for path in MODULES if path.name == "__init__.py" and name_of(path)),
    }
    assert sorted(listed) == sorted(folders | {"tlbook_data"})
    without = {path.parent for path in MODULES} - {path.parent for path in MODULES if path.name == "__init__.py"}
    assert without == set()


def list_tracked_texts():
    answer = subprocess.run(["git", "ls-files", "-z"], capture_output=True, cwd=ROOT)
    if answer.returncode != 0:
        pytest.skip("no git clone")
    suffixes = {
        ".py",
        ".md",
        ".ipynb",
        ".yml",
        ".yaml",
        ".toml",
        ".txt",
        ".lock",
        ".json",
        ".csv",
        ".css",
        ".js",
        ".cff",
        "",
    }
    paths = [ROOT / os.fsdecode(name) for name in answer.stdout.split(b"\0") if name]
    return [path for path in paths if path.suffix in suffixes and path.is_file()]


def test_no_trace_of_one_machine():
    """No absolute path of somebody's machine, and no address of a package index, stands in a tracked file."""
    pattern = re.compile(
        rb"(?<![\w.~-])/(?:home|root|Users|work|farm|opt|tmp|private)/[\w.-]+/|(?:pypi|pythonhosted|npmjs)\.[a-z]+/|--(?:extra-)?index-url"
    )
    found = []
    for path in list_tracked_texts():
        if path == Path(__file__).resolve():
            continue
        found += [f"{path.relative_to(ROOT)}: {match[0].decode()}" for match in pattern.finditer(path.read_bytes())]
    assert found == []


def test_lock_pins_every_requirement_with_hashes():
    lock = (ROOT / "requirements.lock").read_text()
    pinned = dict(re.findall(r"^([a-z0-9-]+)==(\S+)", lock, re.MULTILINE))
    wanted = re.findall(r"^([A-Za-z0-9-]+)[<>=]", (ROOT / "requirements.txt").read_text(), re.MULTILINE)
    assert [name for name in wanted if name.lower() not in pinned] == []
    entries = re.split(r"\n(?=\S)", lock.strip())
    assert [entry.splitlines()[0] for entry in entries if "--hash=sha256:" not in entry] == []

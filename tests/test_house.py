"""The house rules that no tool of ours checks alone: rooms, quick import, no trace of one machine.

Style, docstrings of internal names and relative imports are ruff's (`make lint`, which runs the contract of rooms too).
"""

import ast
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
MODULES = sorted((ROOT / "tlbook").rglob("*.py"))
HEAVY = {"tensorflow", "keras", "tensorflow_hub", "tf_keras", "torch", "jax"}
MAX_IMPORT_SECONDS = 0.3


def name_of(path):
    """Dotted name of a module or package, such as ``tlbook.datasets.images``."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def test_rooms_import_one_way():
    """The order of the rooms is the contract in pyproject.toml; a room without a place in it breaks it too."""
    code = "import sys; from importlinter.cli import lint_imports; sys.exit(lint_imports(no_cache=True, no_logo=True))"
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT)
    assert answer.returncode == 0, answer.stdout + answer.stderr


def test_no_module_loads_a_framework():
    """Each module can be imported, in one process, before any framework is."""
    names = [name_of(path) for path in MODULES]
    code = (
        f"import importlib, sys\nfor name in {names}: importlib.import_module(name)\nprint({HEAVY} & set(sys.modules))"
    )
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT)
    assert (answer.stdout, answer.stderr) == ("set()\n", "")


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


def read_setuptools():
    """Settings of setuptools: packages and what travels with them."""
    return tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]


def list_static_names():
    """Public names as a program sees them that reads the file without running it, with the module of each."""
    body = ast.parse((ROOT / "tlbook" / "__init__.py").read_text()).body
    block = next(node for node in body if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING")
    for node in block.body:
        for alias in node.names:
            assert alias.asname == alias.name, f"{alias.name}: only 'import x as x' re-exports it to a type checker"
            yield alias.name, f"tlbook.{alias.name}" if node.module == "tlbook" else node.module


def test_editors_see_the_public_names():
    import tlbook

    assert dict(list_static_names()) == tlbook._HOME
    assert sorted(tlbook._HOME) == tlbook.__all__
    assert (ROOT / "tlbook" / "py.typed").exists()
    assert "py.typed" in read_setuptools()["package-data"]["tlbook"]


def test_a_name_that_is_not_there():
    import tlbook

    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = tlbook.nothing


def test_what_is_no_python_travels_with_the_package():
    listed = read_setuptools()["package-data"]["tlbook"]
    carried = {path for pattern in listed for path in (ROOT / "tlbook").glob(pattern)}
    found = {path for path in (ROOT / "tlbook").rglob("*") if path.is_file() and path.suffix not in {".py", ".pyc"}}
    assert found == carried


def test_installed_packages_are_the_folders():
    listed = read_setuptools()["packages"]
    folders = {name_of(path) for path in MODULES if path.name == "__init__.py"}
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


def test_the_floors_are_the_versions_of_the_oldest_pair_that_is_tested():
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    floors = dict(re.match(r"([a-z]+)>=([0-9.]+)", line).groups() for line in extras["tensorflow"])
    oldest = dict(re.findall(r"^([a-z]+)==(\d+\.\d+)", (ROOT / "requirements-oldest.txt").read_text(), re.MULTILINE))
    assert floors == {name: oldest[name] for name in ("tensorflow", "keras")}
    assert "requirements-oldest.txt" in (ROOT / ".github" / "workflows" / "ci.yml").read_text()


def test_workflows_pin_actions_by_digest():
    used = [
        line
        for path in sorted((ROOT / ".github" / "workflows").iterdir())
        for line in re.findall(r"uses: (\S+)", path.read_text())
    ]
    assert used and [name for name in used if not re.search(r"@[0-9a-f]{40}$", name)] == []


def test_lock_pins_every_requirement_with_hashes():
    lock = (ROOT / "requirements.lock").read_text()
    pinned = dict(re.findall(r"^([a-z0-9-]+)==(\S+)", lock, re.MULTILINE))
    wanted = re.findall(r"^([A-Za-z0-9-]+)[<>=]", (ROOT / "requirements.txt").read_text(), re.MULTILINE)
    assert [name for name in wanted if name.lower() not in pinned] == []
    entries = re.split(r"\n(?=\S)", lock.strip())
    assert [entry.splitlines()[0] for entry in entries if "--hash=sha256:" not in entry] == []

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
TOOLS = sorted((ROOT / "tools").glob("*.py"))
# Each room imports only from those before it (and from itself).
ROOMS = ["errors", "runtime", "datasets", "models", "training", "evidence", "pages", "commands", "__main__"]
HEAVY = {"tensorflow", "keras", "tensorflow_hub", "tf_keras", "torch", "jax"}
# Rooms and modules that must be usable before TensorFlow is loaded.
LIGHT = ["errors", "runtime", "datasets", "pages", "commands", "__main__", "evidence.metrics", "evidence.intervals"]
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
    assert list(find_backward_imports("datasets.x", "def f():\n    from tlbook.models import zoo")) == [
        "tlbook.models.zoo"
    ]
    assert list(find_backward_imports("models.x", "from tlbook.datasets import load\nimport tlbook.runtime")) == []


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_light_modules_do_not_load_a_framework(path):
    name = name_of(path)
    if not name or any(name == light or name.startswith(f"{light}.") for light in LIGHT):
        assert list(find_early_heavy_imports(path.read_text())) == []


def test_early_heavy_import_is_found():
    assert list(find_early_heavy_imports("try:\n    import keras\nexcept ImportError:\n    pass")) == ["keras"]
    assert list(find_early_heavy_imports("def f():\n    import keras")) == []


def find_docstring_faults(source):
    """What the docstrings of a module's public functions and classes lack: ``name: fault``."""
    tree = ast.parse(source)
    public = [node for node in tree.body if is_public(node)]
    members = [
        (f"{owner.name}.{node.name}", node)
        for owner in public
        if isinstance(owner, ast.ClassDef)
        for node in owner.body
        if isinstance(node, ast.FunctionDef) and is_public(node)
    ]
    if not ast.get_docstring(tree):
        yield "module: no docstring"
    for name, node in [(node.name, node) for node in public] + members:
        text = ast.get_docstring(node)
        if text is None:
            yield f"{name}: no docstring"
        elif isinstance(node, ast.FunctionDef):
            is_method = "." in name
            yield from (f"{name}: {fault}" for fault in find_section_faults(node, text, brief=is_method))


def is_public(node):
    return isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_")


def find_section_faults(node, text, *, brief):
    """Sections that a function's docstring lacks, and parameters that it does not name.

    ``brief`` lets a method go without sections, where its class says what there is to say; what it has must be whole.
    """
    arguments = node.args.posonlyargs + node.args.args + node.args.kwonlyargs
    names = [a.arg for a in arguments if a.arg not in {"self", "cls"}]
    section = re.search(r"^Parameters\n-+\n(.*?)(?=^\S+\n-+$|\Z)", text, re.MULTILINE | re.DOTALL)
    if names and section is None and not brief:
        yield "no Parameters"
    if names and section is not None:
        described = {
            part.strip(" *")
            for line in re.findall(r"^(\S[^:\n]*)", section[1], re.MULTILINE)
            for part in line.split(",")
        }
        yield from (f"parameter {name} is not described" for name in names if name not in described)
    returns = any(isinstance(n, ast.Return) and n.value is not None for n in walk_own(node))
    if returns and not brief and not re.search(r"^Returns\n-+$", text, re.MULTILINE):
        yield "no Returns"
    yields = any(isinstance(n, ast.Yield | ast.YieldFrom) for n in walk_own(node))
    manages = any("contextmanager" in ast.dump(decorator) for decorator in node.decorator_list)
    if yields and not brief and not manages and not re.search(r"^(Yields|Returns)\n-+$", text, re.MULTILINE):
        yield "no Yields"


def walk_own(node):
    """The nodes of a function without those of functions inside it."""
    waiting = list(ast.iter_child_nodes(node))
    while waiting:
        child = waiting.pop()
        yield child
        if not isinstance(child, ast.FunctionDef | ast.Lambda | ast.ClassDef):
            waiting += ast.iter_child_nodes(child)


@pytest.mark.parametrize("path", MODULES + TOOLS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_docstrings_say_what_goes_in_and_out(path):
    if path.name == "__init__.py" and not path.read_text().strip():
        pytest.skip("an empty __init__.py")
    assert list(find_docstring_faults(path.read_text())) == []


def test_docstring_faults_are_found():
    source = (
        '"""M."""\ndef f(a, *, b):\n    """F.\n\n    Parameters\n    ----------\n    a : int\n    """\n    return a\n'
    )
    assert list(find_docstring_faults(source)) == ["f: parameter b is not described", "f: no Returns"]
    method = (
        '    def g(self, n, m):\n        """G.\n\n        Parameters\n        ----------\n        n : int\n        """'
    )
    source = f'"""M."""\nclass A:\n    """A."""\n{method}'
    assert list(find_docstring_faults(source)) == ["A.g: parameter m is not described"]
    assert list(find_docstring_faults("class A:\n    def g(self):\n        pass\n")) == [
        "module: no docstring",
        "A: no docstring",
        "A.g: no docstring",
    ]


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

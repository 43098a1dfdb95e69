"""Docstrings of what readers meet: the public names, their methods, and what the chapters import."""

import ast
import dataclasses
import inspect
import tomllib
from pathlib import Path

import jupytext
from numpydoc.docscrape import get_doc_object
from numpydoc.validate import Validator, validate

import tlbook
from tools.notebooks import list_chapters

ROOT = Path(__file__).resolve().parents[1]
CHECKS = set(tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["numpydoc_validation"]["checks"])
# Names whose docstring may stay incomplete, each with the reason. May it stay empty.
EXCUSED = {}


class Documented(Validator):
    """Numpydoc's own validator, but that a dataclass may document what it is made from as its attributes."""

    @property
    def doc_all_parameters(self):
        """Parameters of the docstring; of a dataclass also those attributes that it is made from."""
        found = super().doc_all_parameters
        if dataclasses.is_dataclass(self.obj):
            attributes = self._doc_parameters(["Attributes"])
            made_from = inspect.signature(self.obj).parameters
            found = {name: told for name, told in attributes.items() if name in made_from} | found
        return found


def list_imports(chapter):
    """List the functions and classes of the package that a chapter imports."""
    for cell in jupytext.read(ROOT / "chapters" / f"{chapter}.md", fmt="md:myst").cells:
        if cell.cell_type == "code":
            for node in ast.walk(ast.parse(cell.source)):
                if isinstance(node, ast.ImportFrom) and node.module.split(".")[0] == "tlbook":
                    yield from (f"{node.module}.{alias.name}" for alias in node.names)


def find(name):
    """Get what a dotted name stands for."""
    return Validator._load_obj(name)


def list_methods(name):
    """List the public methods and properties that a class adds to those of the classes it is derived from."""
    found = find(name)
    for method, value in vars(found).items():
        is_documented_above = any(hasattr(base, method) for base in found.__mro__[1:])
        if not method.startswith("_") and not is_documented_above and (callable(value) or isinstance(value, property)):
            yield f"{name}.{method}"


def list_names():
    """List the dotted names of all public functions, classes and methods, and of what the chapters import."""
    names = {f"tlbook.{name}" for name in tlbook.__all__} | {f"tlbook.plots.{name}" for name in tlbook.plots.__all__}
    names |= {name for chapter in list_chapters(ROOT) for name in list_imports(chapter)}
    # A public name is also found where it lives; each object is taken once.
    objects = {id(find(name)): name for name in sorted(names, reverse=True)}
    kept = sorted(name for name in objects.values() if inspect.isroutine(find(name)) or inspect.isclass(find(name)))
    return kept + [method for name in kept if inspect.isclass(find(name)) for method in list_methods(name)]


def find_gaps(name):
    """Say what numpydoc misses in the docstring of a name; only top-level names need an example."""
    found = find(name)
    is_method = inspect.isclass(find(name.rpartition(".")[0]))
    wanted = CHECKS - ({"EX01"} if is_method else set())
    errors = validate(get_doc_object(found), validator_cls=lambda obj_name: Documented(obj_name))["errors"]
    return [f"{name}: {code} {message}" for code, message in errors if code in wanted]


def test_public_docstrings_are_whole():
    gaps = {name: find_gaps(name) for name in list_names()}
    assert [line for name, lines in gaps.items() if name not in EXCUSED for line in lines] == []
    assert [name for name in EXCUSED if not gaps.get(name)] == [], "no longer in need of an excuse"


def test_an_incomplete_docstring_is_found():
    def double(number):
        """Double a number.

        Parameters
        ----------
        numbre : int
            Any.
        """
        return 2 * number

    found = validate(get_doc_object(double), validator_cls=lambda obj_name: Documented(obj_name))["errors"]
    assert {code for code, _ in found} >= {"PR01", "PR02", "RT01"} & CHECKS

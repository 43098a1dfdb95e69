"""Docstrings: those of what readers meet are whole, and every example gives what it shows."""

import contextlib
import dataclasses
import doctest
import importlib
import inspect
import io
import re
import tomllib
from pathlib import Path

import matplotlib.pyplot as plt
import pytest
from numpydoc.docscrape import get_doc_object
from numpydoc.validate import Validator, validate

from tools.api_pages import find, list_methods, list_parts, list_public

ROOT = Path(__file__).resolve().parents[1]
CHECKS = set(tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["numpydoc_validation"]["checks"])
# Names whose docstring may stay incomplete, each with the reason. May it stay empty.
EXCUSED = {}
ROLE = re.compile(r":(?:py:)?(?:func|class|meth|attr|obj):`(~?tlbook\.[\w.]+)`")
EXAMPLES = [path for path in sorted((ROOT / "tlbook").rglob("*.py")) if ">>> " in path.read_text(encoding="utf-8")]


class Documented(Validator):
    """Numpydoc's own validator, but that a dataclass may document what it is made from as attributes, its own or above.

    A field that a class inherits from a documented one is told there.
    """

    @property
    def doc_all_parameters(self):
        """Parameters of the docstring; of a dataclass its attributes, in the order of its fields."""
        if not dataclasses.is_dataclass(self.obj):
            return super().doc_all_parameters
        told = {}
        for kind in reversed(self.obj.__mro__):
            if dataclasses.is_dataclass(kind):
                told |= {name: text for name, text in read_attributes(kind).items() if text[0] or name not in told}
        return {name: told[name] for name in inspect.signature(self.obj).parameters if name in told}


def read_attributes(kind):
    """Type and description of each attribute in a class's docstring."""
    return Validator(get_doc_object(kind))._doc_parameters(["Attributes"])


def list_names():
    """List the dotted names of all public functions and classes, of what the chapters import, and of their methods."""
    names = list_public() + list_parts(ROOT)
    return names + [
        f"{name}.{method}" for name in names if inspect.isclass(find(name)) for method in list_methods(name)
    ]


def find_gaps(name):
    """Say what numpydoc misses in the docstring of a name; only top-level names need an example."""
    found = find(name)
    is_method = isinstance(found, property) or "." in found.__qualname__
    wanted = CHECKS - ({"EX01"} if is_method else set())
    errors = validate(get_doc_object(found), validator_cls=lambda obj_name: Documented(obj_name))["errors"]
    return [f"{name}: {code} {message}" for code, message in errors if code in wanted]


def test_public_docstrings_are_whole():
    gaps = {name: find_gaps(name) for name in list_names()}
    assert [line for name, lines in gaps.items() if name not in EXCUSED for line in lines] == []
    assert [name for name in EXCUSED if not gaps.get(name)] == [], "no longer in need of an excuse"


def list_references(name):
    """List the names of ours that the docstring of a name refers to, where it has a page."""
    return [found.removeprefix("~") for found in ROLE.findall(inspect.getdoc(find(name)) or "")]


def test_references_lead_to_a_name_with_a_page():
    """The book does not build otherwise."""
    names = list_names()
    shown = [find(name) for name in names]
    lost = [f"{name}: {place}" for name in names for place in list_references(name) if find(place) not in shown]
    assert lost == []


def list_signatures():
    """List every public function and method, with what it is made from where it is a dataclass."""
    for name in list_public():
        found = find(name)
        methods = (
            {f"{name}.{m}": inspect.getattr_static(found, m) for m in list_methods(name)}
            if inspect.isclass(found)
            else {}
        )
        for place, method in methods.items():
            yield place, method.fget if isinstance(method, property) else getattr(method, "__func__", method)
        if not inspect.isclass(found):
            yield name, inspect.unwrap(found)


def test_public_signatures_are_typed():
    missing = []
    for name, function in list_signatures():
        signature = inspect.signature(function)
        told = {key: value.annotation for key, value in signature.parameters.items() if key not in ("self", "cls")}
        told["return"] = signature.return_annotation
        missing += [f"{name}: {key}" for key, kind in told.items() if kind is inspect.Signature.empty]
    assert missing == []


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


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.relative_to(ROOT).with_suffix("").as_posix())
def test_examples_give_what_they_show(path, tmp_path, monkeypatch):
    """Every example in a docstring, run in an empty folder without real data."""
    monkeypatch.chdir(tmp_path)
    module = importlib.import_module(".".join(path.relative_to(ROOT).with_suffix("").parts))
    told = io.StringIO()
    with contextlib.redirect_stdout(told):
        result = doctest.testmod(module, optionflags=doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE)
    plt.close("all")
    assert result.attempted > 0
    assert result.failed == 0, told.getvalue()

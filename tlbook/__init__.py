"""Transfer learning with little data: the package behind the book.

The public names are re-exported here and loaded on first use, so that ``import tlbook`` is quick.
"""

import importlib

__version__ = "0.1.0"

_HOME = {
    "load_case": "tlbook.cases",
    "from_folder": "tlbook.datasets.folders",
    "load_source": "tlbook.models.sources",
    "FromScratch": "tlbook.models.strategies",
    "HeadOnly": "tlbook.models.strategies",
    "PartialUnfreeze": "tlbook.models.strategies",
    "GradualUnfreeze": "tlbook.models.strategies",
    "FullFineTune": "tlbook.models.strategies",
    "FiLMOnly": "tlbook.models.strategies",
    "NormOnly": "tlbook.models.strategies",
    "Training": "tlbook.training.options",
    "adapt": "tlbook.run",
    "evaluate": "tlbook.run",
    "plots": "tlbook.plots",
}
__all__ = sorted(_HOME)


def __getattr__(name):
    if name not in _HOME:
        raise AttributeError(f"module 'tlbook' has no attribute {name!r}; it has {', '.join(__all__)}")
    if name == "plots":
        return importlib.import_module("tlbook.plots")
    return getattr(importlib.import_module(_HOME[name]), name)


def __dir__():
    return [*__all__, "__version__"]

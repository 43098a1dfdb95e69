"""Transfer learning with little data: the package behind the book.

The public names are re-exported here and loaded on first use, so that ``import tlbook`` is quick.
"""

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # what editors and type checkers see; tests/test_house.py holds it against the homes below
    from tlbook import plots as plots
    from tlbook.cases import load_case as load_case
    from tlbook.datasets.arrays import from_arrays as from_arrays
    from tlbook.datasets.folders import from_folder as from_folder
    from tlbook.datasets.tables import from_table as from_table
    from tlbook.evidence.ranking import rank_sources as rank_sources
    from tlbook.exercises import check as check
    from tlbook.models.foreign import source_from_keras as source_from_keras
    from tlbook.models.sources import SourceModel as SourceModel
    from tlbook.models.sources import load_source as load_source
    from tlbook.models.strategies import FiLMOnly as FiLMOnly
    from tlbook.models.strategies import FromScratch as FromScratch
    from tlbook.models.strategies import FullFineTune as FullFineTune
    from tlbook.models.strategies import GradualUnfreeze as GradualUnfreeze
    from tlbook.models.strategies import HeadOnly as HeadOnly
    from tlbook.models.strategies import NormOnly as NormOnly
    from tlbook.models.strategies import PartialUnfreeze as PartialUnfreeze
    from tlbook.models.strategies import Strategy as Strategy
    from tlbook.models.strategies import TemplateAdapt as TemplateAdapt
    from tlbook.models.strategies import TrainedStrategy as TrainedStrategy
    from tlbook.run import Run as Run
    from tlbook.run import adapt as adapt
    from tlbook.run import evaluate as evaluate
    from tlbook.run import load_run as load_run
    from tlbook.run.audit import audit as audit
    from tlbook.run.recommend import recommend as recommend
    from tlbook.training.feature_matrix import Features as Features
    from tlbook.training.options import Training as Training

__version__ = "0.1.0"

_HOME = {
    "load_case": "tlbook.cases",
    "from_folder": "tlbook.datasets.folders",
    "from_table": "tlbook.datasets.tables",
    "from_arrays": "tlbook.datasets.arrays",
    "SourceModel": "tlbook.models.sources",
    "load_source": "tlbook.models.sources",
    "source_from_keras": "tlbook.models.foreign",
    "FromScratch": "tlbook.models.strategies",
    "HeadOnly": "tlbook.models.strategies",
    "PartialUnfreeze": "tlbook.models.strategies",
    "GradualUnfreeze": "tlbook.models.strategies",
    "FullFineTune": "tlbook.models.strategies",
    "FiLMOnly": "tlbook.models.strategies",
    "NormOnly": "tlbook.models.strategies",
    "TemplateAdapt": "tlbook.models.strategies",
    "Strategy": "tlbook.models.strategies",
    "TrainedStrategy": "tlbook.models.strategies",
    "Training": "tlbook.training.options",
    "Features": "tlbook.training.feature_matrix",
    "Run": "tlbook.run",
    "audit": "tlbook.run.audit",
    "rank_sources": "tlbook.evidence.ranking",
    "recommend": "tlbook.run.recommend",
    "adapt": "tlbook.run",
    "evaluate": "tlbook.run",
    "load_run": "tlbook.run",
    "plots": "tlbook.plots",
    "check": "tlbook.exercises",
}
__all__ = sorted(_HOME)


if not TYPE_CHECKING:  # a type checker that saw it would take any name for one of ours

    def __getattr__(name):
        if name not in _HOME:
            raise AttributeError(f"module 'tlbook' has no attribute {name!r}; it has {', '.join(__all__)}")
        module = importlib.import_module(_HOME[name])
        return module if name == "plots" else getattr(module, name)


def __dir__():
    return [*__all__, "__version__"]

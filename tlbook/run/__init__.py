"""Runs: a source model adapted to a data set, what it answers, its report and its folder."""

from tlbook.run.adapt import adapt, list_candidates
from tlbook.run.choosing import choose_run
from tlbook.run.run import Run, evaluate
from tlbook.run.saved import load_run

__all__ = ["Run", "adapt", "choose_run", "evaluate", "list_candidates", "load_run"]

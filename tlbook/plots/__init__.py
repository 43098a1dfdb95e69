"""Plots for chapters and reports: small functions that take data and axes and return the axes."""

from tlbook.plots.changes import change_grid
from tlbook.plots.people import people_picture
from tlbook.plots.pictures import compare_networks, network_picture
from tlbook.plots.predictions import confusion, reliability, sample_grid
from tlbook.plots.results import errors_per_year, intervals, learning_curve, paired_differences
from tlbook.plots.splits import shuffled_scores, split_picture
from tlbook.plots.steps import transfer_picture
from tlbook.plots.style import style
from tlbook.plots.training import learning_rate_search, lines, training_history

__all__ = [
    "change_grid",
    "compare_networks",
    "confusion",
    "errors_per_year",
    "intervals",
    "learning_curve",
    "learning_rate_search",
    "lines",
    "network_picture",
    "paired_differences",
    "people_picture",
    "reliability",
    "sample_grid",
    "shuffled_scores",
    "split_picture",
    "style",
    "training_history",
    "transfer_picture",
]

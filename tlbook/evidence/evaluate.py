"""Evaluate a run on a side that it has not learned from."""

from tlbook.evidence.adapt import predict_split
from tlbook.evidence.metrics import score_predictions


def evaluate(run, split, *, positive=None, seed=0, quiet=True):
    """Score a run's predictions, with intervals.

    Parameters
    ----------
    run : Run
    split : Split
        The test side, once a run.
    positive : str, optional
        Of two classes, the one whose AUROC is meant; None takes the last.
    seed : int
        Of the bootstrap.
    quiet : bool
        True shows no progress bar.

    Returns
    -------
    Scores
        Intervals by whole groups where several images share one.
    """
    probabilities = predict_split(run, split, quiet=quiet)
    groups = split.groups if len(set(split.groups)) < len(split) else None
    return score_predictions(split.labels, probabilities, run.classes, groups=groups, positive=positive, seed=seed)

"""Score a search: whether the first answer is right, and how high the right ones stand in the list."""

from dataclasses import dataclass

import numpy as np

from tlbook.errors import BadInput
from tlbook.training.nearest import scale_to_unit


@dataclass(frozen=True)
class RetrievalScores:
    """What a search by similarity found, on the mean over queries.

    Attributes
    ----------
    first : float
        Share of queries whose most similar image is right.
    mean_average_precision : float
        0-1; 1 where all right images come before all others.
    chance : float
        What ``first`` is on average for answers in any order.
    num_queries : int
        Queries that have something right to find.

    Examples
    --------
    >>> score_retrieval([[1, 0], [1, 0.1], [0, 1], [0.1, 1]], ["cat", "cat", "dog", "dog"]).first
    1.0
    """

    first: float
    mean_average_precision: float
    chance: float
    num_queries: int


def score_retrieval(features, labels, groups=None):
    """Let each image look for others with its label, by cosine similarity among all the others.

    Parameters
    ----------
    features : Features or array_like
        float32, (n, channels).
    labels : array_like
        (n,); an answer is right where it has the query's label.
    groups : array_like, optional
        (n,); images of the query's own group are passed over, where it would be no feat to find them.

    Returns
    -------
    RetrievalScores
        Queries without anything right among their answers are left out.

    Raises
    ------
    BadInput
        More or fewer labels or groups than rows, or nothing right for any query.

    References
    ----------
    Razavian et al. 2014, doi:10.1109/CVPRW.2014.131.

    Examples
    --------
    >>> frames, signs = [[1, 0], [1, 0], [0, 1], [0.9, 0.5]], ["a", "a", "b", "c"]
    >>> score_retrieval(frames, ["stop", "stop", "yield", "stop"], groups=signs).num_queries
    3
    """
    unit, labels = scale_to_unit(getattr(features, "values", features)), np.asarray(labels)
    groups = np.arange(len(unit)) if groups is None else np.asarray(groups)
    for name, found in {"labels": labels, "groups": groups}.items():
        if found.shape != (len(unit),):
            raise BadInput(
                f"received {len(unit)} images and `{name}` of the shape {found.shape}; expected one an image"
            )
    found = [
        _score_query(unit @ unit[i], labels == labels[i], (groups != groups[i]) & (np.arange(len(unit)) != i))
        for i in range(len(unit))
    ]
    found = [scores for scores in found if scores is not None]
    if not found:
        raise BadInput("received `labels` that no two images of different groups share; expected some that do")
    first, precision, chance = np.mean(found, axis=0).tolist()
    return RetrievalScores(first, precision, chance, len(found))


def _score_query(similarity, right, allowed):
    """Return whether the first answer is right, average precision, and the share of right ones; None without any."""
    order = np.flatnonzero(allowed)
    order = order[np.argsort(-similarity[order], kind="stable")]
    hits = right[order]
    if not hits.any():
        return None
    places = np.flatnonzero(hits) + 1
    return float(hits[0]), float(np.mean(np.arange(1, len(places) + 1) / places)), float(hits.mean())

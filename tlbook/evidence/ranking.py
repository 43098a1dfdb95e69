"""Rank source models on a data set before anything is trained."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tlbook.datasets.dataset import Dataset
from tlbook.datasets.printing import format_html, format_text
from tlbook.errors import BadInput, check_whole, shorten
from tlbook.models.catalogue import RANDOM
from tlbook.models.choice import check_source
from tlbook.models.listing import sources as list_sources
from tlbook.models.sources import SourceModel, as_source
from tlbook.models.transferability import check_folds, h_score, linear_probe, logme, nleep
from tlbook.runtime import LARGEST_SEED, show_progress
from tlbook.training.features import extract_features

METHODS = {  # what a method is called, and its score of features, the training split and a seed
    "logme": ("LogME", lambda features, train, seed: logme(features, train.labels)),
    "nleep": ("N-LEEP", lambda features, train, seed: nleep(features, train.labels, seed=seed)),
    "h_score": ("H-score", lambda features, train, seed: h_score(features, train.labels)),
    "probe": ("probe", lambda features, train, seed: linear_probe(features, train.labels, train.groups, seed=seed)),
}
DEFAULT = "logme"


@dataclass(frozen=True)
class SourceScore:
    """How one source scored.

    Attributes
    ----------
    source : str
        Its name.
    image_size : int
        Pixels a side that its features were computed at.
    scores : dict of str to float
        By method; larger is better.
    seconds : float
        Of loading, features and scores; features that were kept from before take none.

    Examples
    --------
    >>> SourceScore("photos", 96, {"logme": -0.512}, 3.21).scores["logme"]
    -0.512
    """

    source: str
    image_size: int
    scores: dict[str, float]
    seconds: float


@dataclass(frozen=True)
class Ranking:
    """Sources in the order of their scores on one data set. It prints as a small table, in a notebook too.

    Attributes
    ----------
    name : str
        Of the data set.
    num_train : int
        Training images, which the scores rest on.
    methods : tuple of str
        What was computed; the first orders.
    sources : tuple of SourceScore
        The best first.

    Examples
    --------
    >>> Ranking("pets", 80, ("logme",), (SourceScore("photos", 96, {"logme": -0.512}, 3.21),))
    pets: sources by LogME on 80 training images, the best first
    source  pixels   LogME  seconds
    photos      96  -0.512      3.2
    """

    name: str
    num_train: int
    methods: tuple[str, ...]
    sources: tuple[SourceScore, ...]

    def __repr__(self):
        return f"{_title(self)}\n{format_text(_tabulate(self))}"

    def _repr_html_(self):
        return format_html(_tabulate(self), _title(self))

    def as_dict(self) -> dict[str, Any]:
        """Return the ranking as plain dicts and lists, ready for JSON.

        Returns
        -------
        dict
            ``name``, ``n_train``, ``methods``, and ``sources``: of each its ``source``, ``image_size``, a score under
            each method's name, and ``seconds``.
        """
        rows = [
            {"source": s.source, "image_size": s.image_size, **s.scores, "seconds": round(s.seconds, 3)}
            for s in self.sources
        ]
        return {"name": self.name, "n_train": self.num_train, "methods": list(self.methods), "sources": rows}


def rank_sources(
    data: Dataset,
    sources: Sequence[str | SourceModel] | str | SourceModel | None = None,
    *,
    method: str | Sequence[str] = DEFAULT,
    seed: int = 0,
    cache: bool = True,
    quiet: bool = False,
) -> Ranking:
    """Rank source models by how well their frozen features suit a data set.

    Each source runs once over the training images, at its own size; nothing is trained, and neither validation nor test
    images are looked at. A rank is a proposal: the score of an adapted model tells. Of four methods the default found
    the order of seven sources on nine sets best, with the linear probe, and in an eighth of its time; always taking the
    source that is best elsewhere cost hardly more (``data/results/ranking.csv``).

    Parameters
    ----------
    data : Dataset
        Its training images are scored.
    sources : sequence of str or SourceModel, optional
        Names, as :func:`tlbook.load_source` knows them, or models; None takes every source whose weights are on this
        machine.
    method : str or sequence of str
        ``"logme"``, ``"nleep"``, ``"h_score"`` or ``"probe"``; of several the first orders. They are
        :func:`tlbook.models.transferability.logme`, :func:`tlbook.models.transferability.nleep`,
        :func:`tlbook.models.transferability.h_score` and, by whole groups,
        :func:`tlbook.models.transferability.linear_probe`.
    seed : int
        Of the folds, and of N-LEEP's mixture, 0 to 2**32 - 1.
    cache : bool
        False neither reads nor writes features on disk.
    quiet : bool
        True shows no progress bars.

    Returns
    -------
    Ranking
        The best source first.

    Raises
    ------
    BadInput
        No data set, an unknown source or method, weights that are not on this machine, or, for the probe, a class of
        one image or group.

    Examples
    --------
    >>> import tlbook as tl
    >>> case = tl.load_case("pets", per_class=6, size=32)
    >>> ranking = tl.rank_sources(case, [tl.load_source("random", image_size=32)], cache=False)
    >>> ranking.num_train, ranking.sources[0].source
    (12, 'random')
    """
    if not isinstance(data, Dataset):
        raise BadInput(
            f"received `data` of type {type(data).__name__}; expected a Dataset, as from_folder, from_table, "
            "from_arrays and load_case return it"
        )
    check_whole("seed", seed, 0, LARGEST_SEED)
    methods, candidates = check_methods(method), check_sources(sources)
    if "probe" in methods:
        check_folds(data.train.labels, data.train.groups)
    found = []
    for candidate in show_progress(candidates, "ranking sources", quiet=quiet):
        start = time.perf_counter()
        source = as_source(candidate)
        features = extract_features(source, data.train, cache=cache, quiet=quiet)
        scores = {name: METHODS[name][1](features, data.train, seed) for name in methods}
        found.append(SourceScore(source.name, source.image_size, scores, time.perf_counter() - start))
    found.sort(key=lambda row: row.scores[methods[0]], reverse=True)
    return Ranking(data.name, len(data.train), methods, tuple(found))


def check_methods(method):
    """Return the names of methods as a tuple; refuse what is none."""
    methods = (method,) if isinstance(method, str) else method
    if not isinstance(methods, list | tuple) or not methods or any(name not in [*METHODS] for name in methods):
        raise BadInput(f"received `method` {shorten(method)}; expected {', '.join(METHODS)}, or several of them")
    return tuple(dict.fromkeys(methods))


def check_sources(sources):
    """Return source models, or names that can be loaded, as a list; None is every one with weights on this machine."""
    if sources is None:
        return [known.name for known in list_sources() if known.on_this_machine and known.name != RANDOM]
    found = list(sources) if isinstance(sources, list | tuple) else [sources]
    if not found:
        raise BadInput('received an empty `source`; expected at least one: "photos", say')
    for source in found:
        if isinstance(source, str):
            check_source(source)
        else:
            as_source(source)
    return found


def _title(ranking):
    order = METHODS[ranking.methods[0]][0]
    return f"{ranking.name}: sources by {order} on {ranking.num_train:,} training images, the best first"


def _tabulate(ranking):
    """Return the rows of the table that a ranking prints as, the header first."""
    rows = [["source", "pixels", *(METHODS[name][0] for name in ranking.methods), "seconds"]]
    for row in ranking.sources:
        scores = [f"{row.scores[name]:.3f}" for name in ranking.methods]
        rows.append([row.source, str(row.image_size), *scores, f"{row.seconds:.1f}"])
    return rows

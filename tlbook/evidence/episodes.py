"""Tasks with few labelled images, sampled from a set of many classes: episodes."""

from dataclasses import dataclass

import numpy as np

from tlbook.errors import BadInput, check_whole

MOST_WAY, MOST_SUPPORT, MOST_OF_CLASS = 50, 200, 100


@dataclass(frozen=True)
class Episode:
    """A task: labelled images to learn from, and others to be asked about, by their places in the set.

    Attributes
    ----------
    support, query : numpy.ndarray
        int64, places of images; no group has images in both.
    support_labels, query_labels : numpy.ndarray
        int64, 0 to ``way`` - 1.
    classes : numpy.ndarray
        int64, (way,), the set's labels that these stand for.
    """

    support: np.ndarray
    query: np.ndarray
    support_labels: np.ndarray
    query_labels: np.ndarray
    classes: np.ndarray


def draw_episode(
    labels: np.ndarray,
    rng: np.random.Generator,
    *,
    groups: np.ndarray | None = None,
    way: int | None = 5,
    shots: int | None = 5,
    num_query: int = 5,
) -> Episode:
    """Sample a task.

    Classes are sampled at random; the images asked about come from whole groups that the task does not learn from.

    Parameters
    ----------
    labels : numpy.ndarray
        int64, (n,), of the whole set.
    rng : numpy.random.Generator
    groups : numpy.ndarray, optional
        (n,), what must not be on both sides; None takes each image by itself.
    way : int, optional
        Classes, at least 2. None samples 5 to 50, or all there are, as Meta-Dataset does.
    shots : int, optional
        Labelled images a class, at least 1. None samples 200 labelled images at most, uneven among the classes, as
        Meta-Dataset does (500 there).
    num_query : int
        Images a class that are asked about, at least 1.

    Returns
    -------
    Episode

    Raises
    ------
    BadInput
        The set has too few classes with so many images.

    References
    ----------
    Triantafillou et al. 2020, Meta-Dataset, section 3 and appendix, arXiv:1903.03096.

    Examples
    --------
    >>> labels = np.repeat(np.arange(8), 12)
    >>> episode = draw_episode(labels, np.random.default_rng(0), way=3, shots=2)
    >>> episode.support.shape, episode.query.shape, np.bincount(episode.support_labels).tolist()
    ((6,), (15,), [2, 2, 2])
    """
    for name, value in (("way", way), ("shots", shots)):
        if value is not None:
            check_whole(name, value, 2 if name == "way" else 1)
    check_whole("num_query", num_query, 1)
    groups = np.arange(len(labels)) if groups is None else np.unique(groups, return_inverse=True)[1]
    order = rng.permutation(int(groups.max()) + 1)
    found, asked = _split_classes(labels, groups, order, num_query, shots or 1, rng)
    most = min(MOST_WAY, len(found))
    way = (int(rng.integers(min(5, most), most + 1)) if most > 1 else 2) if way is None else way
    if len(found) < way:
        raise BadInput(
            f"received a set in which {len(found)} classes have {shots or 1} images to learn from and {num_query} "
            f"to be asked about; expected {way} such classes; ask for fewer"
        )
    classes = rng.choice(sorted(found), way, replace=False)
    parts = [found[c] for c in classes]
    sizes = [shots] * way if shots else _draw_shots([len(part) for part in parts], rng)
    support = [rng.choice(part, size, replace=False) for part, size in zip(parts, sizes, strict=True)]
    query = [asked[c] for c in classes]
    return Episode(
        np.concatenate(support), np.concatenate(query), np.repeat(np.arange(way), [len(s) for s in support]),
        np.repeat(np.arange(way), [len(q) for q in query]), classes,
    )  # fmt: skip


def _split_classes(labels, groups, order, num_query, least, rng):
    """Split each class by whole groups: places to learn from, and so many to be asked about; skip small classes."""
    rank = np.argsort(order)[groups]  # of each image's group in the order of this episode
    asked, reserved = {}, set()
    for c in np.unique(labels):
        places = np.flatnonzero(labels == c)
        ranks = np.sort(rank[places])
        if len(ranks) <= num_query:
            continue
        part = places[rank[places] <= ranks[num_query - 1]]  # whole groups
        asked[int(c)] = rng.choice(part, num_query, replace=False)
        reserved |= set(groups[part].tolist())
    free = ~np.isin(groups, list(reserved))
    found = {c: np.flatnonzero((labels == c) & free) for c in asked}
    return {c: places for c, places in found.items() if len(places) >= least}, asked


def _draw_shots(available, rng):
    """Sample uneven numbers of labelled images, at least one a class (Meta-Dataset, appendix)."""
    available, way = np.array(available), len(available)
    share = rng.uniform(0.0, 1.0)
    total = min(MOST_SUPPORT, int(np.ceil(share * np.minimum(MOST_OF_CLASS, available)).sum()))
    weights = np.exp(rng.uniform(np.log(0.5), np.log(2.0), way)) * available
    sizes = np.floor(weights / weights.sum() * max(total - way, 0)).astype(int) + 1
    return np.minimum(sizes, available)

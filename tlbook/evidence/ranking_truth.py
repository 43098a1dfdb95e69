"""How well scores of sources, told before training, agree with what their heads then reach on a test set."""

import numpy as np
from scipy.stats import weightedtau

from tlbook.errors import BadInput

REPLICATES = 10_000


def judge_scores(rows, methods, *, truth="balanced_accuracy"):
    """Compare the order of sources by each method with their true order, data set by data set.

    The truth is the mean over the splits. Scores are judged split by split, for a reader has one split only.

    Parameters
    ----------
    rows : sequence of dict
        One a set, source, image size and seed, as in the table ``ranking``: with ``set``, ``source``, ``image_size``,
        ``seed``, a score under the name of each method, and the truth.
    methods : sequence of str
        Columns of scores; larger should be better.
    truth : str
        Column of what heads reach, a fraction.

    Returns
    -------
    list of dict
        One a set and method: ``set``, ``method``, and means over the splits of ``tau``, Kendall's weighted tau (1 is
        the same order, -1 the reverse, the top counts more), and of ``regret``, what the best source has more than
        the one ranked first, a fraction.

    Raises
    ------
    BadInput
        A set lacks a source at one of the seeds.

    Examples
    --------
    >>> rows = [{"set": "pets", "source": s, "image_size": 96, "seed": 0, "logme": a, "balanced_accuracy": b}
    ...         for s, a, b in [("random", -0.8, 0.6), ("worlds", -0.6, 0.7), ("photos", -0.7, 0.8)]]
    >>> [found] = judge_scores(rows, ["logme"])
    >>> round(found["tau"], 2), round(found["regret"], 2)
    (0.18, 0.1)
    """
    found = []
    for name, accuracy in _list_truths(rows, truth).items():
        for method in methods:
            splits = _tabulate(rows, name, method)
            taus = [weightedtau(scores, accuracy).statistic for scores in splits]
            lost = [accuracy.max() - accuracy[scores.argmax()] for scores in splits]
            found.append({"set": name, "method": method, "tau": float(np.mean(taus)), "regret": float(np.mean(lost))})
    return found


def regret_one_for_all(rows, *, truth="balanced_accuracy"):
    """Compute what is lost by always taking one source: the one that is best on the other sets.

    Parameters
    ----------
    rows : sequence of dict
        As for `judge_scores`.
    truth : str
        Column of what heads reach, a fraction.

    Returns
    -------
    dict of str to float
        By set, what its best source has more, a fraction.

    Examples
    --------
    >>> rows = [{"set": t, "source": s, "image_size": 96, "seed": 0, "balanced_accuracy": b}
    ...         for t, s, b in [("pets", "a", 0.8), ("pets", "b", 0.7), ("signs", "a", 0.5), ("signs", "b", 0.6)]]
    >>> {name: round(lost, 2) for name, lost in regret_one_for_all(rows).items()}
    {'pets': 0.1, 'signs': 0.1}
    """
    truths = _list_truths(rows, truth)
    lost = {}
    for name, accuracy in truths.items():
        others = np.mean([values for other, values in truths.items() if other != name], axis=0)
        lost[name] = float(accuracy.max() - accuracy[others.argmax()])
    return lost


def interval_over_sets(values, *, seed=0):
    """Return the ends of a bootstrap interval, at 95 %, of a mean over data sets.

    Parameters
    ----------
    values : array_like
        float, (sets,).
    seed : int
        Of the resampling.

    Returns
    -------
    tuple of float
        Low and high end.

    Examples
    --------
    >>> low, high = interval_over_sets([0.6, 0.7, 0.8, 0.9])
    >>> 0.6 <= low < 0.75 < high <= 0.9
    True
    """
    drawn = np.random.default_rng(seed).choice(values, (REPLICATES, len(values))).mean(1)
    low, high = np.quantile(drawn, [0.025, 0.975])
    return float(low), float(high)


def _list_truths(rows, column):
    """Mean over the splits of the truth of each source, by set; sources in one order everywhere."""
    return {name: _tabulate(rows, name, column).mean(0) for name in dict.fromkeys(row["set"] for row in rows)}


def _tabulate(rows, name, column):
    """Values of a column on one set, (splits, sources)."""
    sources = list(dict.fromkeys((row["source"], row["image_size"]) for row in rows))
    known = {(row["seed"], row["source"], row["image_size"]): row[column] for row in rows if row["set"] == name}
    seeds = sorted({seed for seed, *_ in known})
    lacking = [(seed, *source) for seed in seeds for source in sources if (seed, *source) not in known]
    if lacking:
        seed, source, size = lacking[0]
        raise BadInput(f"received no row of {name!r} with {source!r} at {size} pixels, seed {seed}; expected one")
    return np.array([[known[seed, *source] for source in sources] for seed in seeds])

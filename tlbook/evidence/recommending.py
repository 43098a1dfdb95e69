"""Recommend how deep to train, from how a head does on frozen features and from what nine real sets taught."""

from dataclasses import dataclass

import numpy as np
from scipy import special

from tlbook.datasets.printing import format_html, format_text
from tlbook.evidence.intervals import Estimate

TABLE = "how_deep"
DEEPER = ("third", "full", "scale_shift")  # columns of the table beside ``head``
WORDS = {"head": "head", "third": "partial", "full": "full", "scale_shift": "film"}  # as adapt knows them
TITLES = {
    "head": "Head only",
    "third": "Last third of the blocks",
    "full": "Full fine-tuning",
    "scale_shift": "Scale and shift",
}
TAKEN = {
    "head": "the head",
    "third": "partial unfreezing, the last third of the blocks",
    "full": "full fine-tuning",
    "scale_shift": "scale and shift",
}
RIDGE = 1.0
MARGIN = 0.005  # expected gain, fraction, from which a deeper strategy is worth its time


@dataclass(frozen=True)
class Gains:
    """How much deeper training has added to a head, as a linear function of what is known before it.

    Attributes
    ----------
    centre, scale : numpy.ndarray
        float64, (3,), of the features: log2 of labelled images a class, log2 of classes, the head's score above chance.
    weights : numpy.ndarray
        float64, (4, strategies): intercept, then one row a feature.
    spread : numpy.ndarray
        float64, (strategies,): standard deviation of a new set's gain about the prediction.
    head_spread : float
        The same, of a head's test score about its score by cross-validation.
    num_sets : int
        Data sets behind it.
    """

    centre: np.ndarray
    scale: np.ndarray
    weights: np.ndarray
    spread: np.ndarray
    head_spread: float
    num_sets: int

    def predict(self, per_class, num_classes, head_score):
        """Return the gains over the head, fractions, in the order of ``DEEPER``."""
        features = _describe(per_class, num_classes, head_score)
        return self.weights[0] + (features - self.centre) / self.scale @ self.weights[1:]


@dataclass(frozen=True)
class Recommendation:
    """A strategy to begin with, and why. It prints as a small table, in a notebook too.

    Attributes
    ----------
    strategy, runner_up : str
        As :func:`tlbook.adapt` knows them.
    reason : str
        What to take, why, and what to expect, in a few short sentences.
    expected : Estimate
        Balanced accuracy to expect on the test set, fraction.
    head_score : Estimate
        Balanced accuracy of the head, by cross-validation.
    table : tuple of tuple of str
        Every strategy with its expected gain over the head.
    """

    strategy: str
    runner_up: str
    reason: str
    expected: Estimate
    head_score: Estimate
    table: tuple = ()

    def __repr__(self):
        return f"{self.reason}\n{format_text(self.table)}"

    def _repr_html_(self):
        return format_html(self.table, self.reason)


def fit_gains(rows):
    """Fit, by ridge regression over the means of each set and size, what deeper training adds to a head.

    Parameters
    ----------
    rows : sequence of dict
        Of the table ``how_deep``.

    Returns
    -------
    Gains

    Examples
    --------
    >>> from tlbook.evidence.results import read_table
    >>> gains = fit_gains(read_table("how_deep"))
    >>> gains.num_sets, gains.predict(50, 5, 0.6).shape
    (9, (3,))
    """
    cells = average_seeds(rows)
    features = np.array([_describe(c["per_class"], c["num_classes"], c["head"]) for c in cells])
    gains = np.array([[c[s] - c["head"] for s in DEEPER] for c in cells])
    centre, scale = features.mean(0), np.maximum(features.std(0), 1e-9)
    moved = (features - centre) / scale
    slopes = np.linalg.solve(moved.T @ moved + RIDGE * np.eye(moved.shape[1]), moved.T @ (gains - gains.mean(0)))
    weights = np.vstack([gains.mean(0), slopes])
    left = gains - gains.mean(0) - moved @ slopes
    spread = np.sqrt((left**2).sum(0) / max(1, len(cells) - len(weights)))
    head_spread = float(np.sqrt(np.mean([(c["head"] - c["val_head"]) ** 2 for c in cells])))
    return Gains(centre, scale, weights, spread, head_spread, len({c["set"] for c in cells}))


def recommend_from(gains, per_class, num_classes, head_score):
    """Recommend a strategy from a head's score.

    The strategy with the largest expected gain is proposed, and the head alone where none is expected to gain half a
    point: the head takes the least time, and its probabilities are the most honest.

    Parameters
    ----------
    gains : Gains
    per_class : float
        Labelled images a class, training and validation together.
    num_classes : int
    head_score : Estimate
        Balanced accuracy of the head by cross-validation.

    Returns
    -------
    Recommendation
        What is expected has the interval of the head's score, and beyond the head the spread of new sets' gains.
    """
    names, value = ("head", *DEEPER), head_score.value
    added = dict(zip(names, (0.0, *gains.predict(per_class, num_classes, value)), strict=True))
    spread = dict(zip(names, (0.0, *gains.spread), strict=True))
    order = sorted(names, key=lambda name: -added[name])
    best = order[0] if added[order[0]] >= MARGIN else "head"
    second = next(name for name in order if name != best)
    reach = special.stdtrit(max(1, gains.num_sets - 1), 0.975) * spread[best]
    low, high = (value if end is None else end for end in (head_score.low, head_score.high))
    middle = float(np.clip(value + added[best], 0, 1))
    ends = middle - np.hypot(value - low, reach), middle + np.hypot(high - value, reach)
    expected = Estimate(middle, *(float(np.clip(end, 0, 1)) for end in ends), head_score.n, head_score.method)
    rows = [["strategy", "name in adapt", "expected over the head"], [TITLES["head"], WORDS["head"], "0"]]
    rows += [[TITLES[name], WORDS[name], f"{100 * added[name]:+.1f} points"] for name in DEEPER]
    deeper = best if best != "head" else second
    verdict = ": too little for the time that it takes" if best == "head" else ""
    reason = (
        f"Take {TAKEN[best]}. You have {per_class:.0f} labelled images a class, {num_classes} classes, and a head that "
        f"scores {100 * value:.0f} %. On {gains.num_sets} measured sets, {TAKEN[deeper]} changed that by about "
        f"{100 * added[deeper]:+.1f} points in such a case, give or take {100 * spread[deeper]:.1f}{verdict}. "
        f"Expect {100 * middle:.0f} % ({100 * expected.low:.0f} to {100 * expected.high:.0f})."
    )
    return Recommendation(WORDS[best], WORDS[second], reason, expected, head_score, tuple(map(tuple, rows)))


def average_seeds(rows):
    """Average the rows of each set and size over seeds.

    Parameters
    ----------
    rows : sequence of dict
        Of the table ``how_deep``.

    Returns
    -------
    list of dict
        ``set``, ``size`` (the number asked, as text), ``per_class`` (the mean number that there was), ``num_classes``,
        and the mean scores: ``val_head``, ``head``, and one a strategy.

    Examples
    --------
    >>> from tlbook.evidence.results import read_table
    >>> len(average_seeds(read_table("how_deep")))  # nine sets at 10 a class, eight at 50 and at up to 200
    25
    """
    cells = {}
    for row in rows:
        cells.setdefault((row["set"], str(row["per_class"])), []).append(row)
    names = ("val_head", "head", *DEEPER)
    return [
        {"set": name, "num_classes": group[0]["num_classes"], "size": size,
         "per_class": np.mean([(r["num_train"] + r["num_val"]) / r["num_classes"] for r in group]),
         **{key: float(np.mean([r[key] for r in group])) for key in names}}
        for (name, size), group in cells.items()
    ]  # fmt: skip


def leave_one_set_out(rows):
    """Recommend for each set and size from the other sets, and compare with what was best there.

    The margin from which a deeper strategy is proposed was chosen when these regrets had been seen, so the
    recommendation's own is a little too small.

    Parameters
    ----------
    rows : sequence of dict
        Of the table ``how_deep``.

    Returns
    -------
    list of dict
        ``set``, ``size``, ``chosen``, ``best`` (columns), ``regret`` (points below the best strategy there, in
        hindsight), and under the name of each strategy the regret of always taking it.

    Examples
    --------
    >>> from tlbook.evidence.results import read_table
    >>> found = leave_one_set_out(read_table("how_deep"))
    >>> len(found), min(told["regret"] for told in found) >= 0
    (25, True)
    """
    found, word_of = [], {word: key for key, word in WORDS.items()}
    for cell in average_seeds(rows):
        gains = fit_gains([row for row in rows if row["set"] != cell["set"]])
        seen = Estimate(cell["val_head"], None, None, 0, "t")
        told = recommend_from(gains, cell["per_class"], cell["num_classes"], seen)
        chosen, scores = word_of[told.strategy], {key: cell[key] for key in ("head", *DEEPER)}
        best = max(scores, key=scores.get)
        found.append({"set": cell["set"], "size": cell["size"], "chosen": chosen, "best": best,
                      "regret": 100 * (scores[best] - scores[chosen]),
                      **{key: 100 * (scores[best] - scores[key]) for key in scores}})  # fmt: skip
    return found


def _describe(per_class, num_classes, head_score):
    chance = 1 / num_classes
    return np.array([np.log2(per_class), np.log2(num_classes), (head_score - chance) / (1 - chance)])

"""How often intervals over re-splits of one pool hold the mean over all pools, in simulations where that is known.

Protocol, written down before the final run. Student's t interval as `t_interval` makes it, over seeds that split one
pool 60/20/20 into training, validation and test images. Pools of 100 to 1,000 images, two normal classes of 20
features; a ridge and the nearest mean learn on all training images, or on 20 of them. 2,000 pools a row, 5 or 10 seeds
each. What should be held is the mean over all pools, of the ridge's accuracy or of the paired difference of the two. A
column of coverage for each factor of test set over training set: 0, 1/3 (that of the pool, ``RESPLITS``), and that of
the images really learned from.

Run it as ``python -m benchmarks.coverage_resplits``; takes about five minutes. It goes on where it was stopped.
"""

import numpy as np

from benchmarks.measuring import make_parser, print_rows
from tlbook.evidence.experiments import run_grid
from tlbook.evidence.intervals import RESPLITS, t_interval
from tlbook.evidence.results import results_path, write_record

TABLE, SIMULATIONS, FEATURES = "coverage_resplits", 2000, 20
COLUMNS = {
    "pool": "images that are split 60/20/20",
    "learned": "training images that are learned from: all (60 % of the pool), or so many",
    "num_seeds": "splits of the pool",
    "figure": "accuracy of the ridge, or the paired difference of both classifiers",
    "held_0": "share of the intervals that hold the mean over pools, images taken as new under each seed",
    "held_third": "with the pool's test set over its training set, 1/3",
    "held_real": "with the test set over the images learned from",
    "correlation": "of the figure between two splits of a pool; the factor 1/3 supposes 0.25",
    "seconds": "of the row",
}


def learn_and_score(train, test):
    """Fit a ridge and the nearest mean, and score both.

    Parameters
    ----------
    train, test : tuple of numpy.ndarray
        Features, float64, (n, d), and labels, -1 or 1, (n,).

    Returns
    -------
    numpy.ndarray
        Accuracies, (2,).
    """
    (features, signs), (unseen, truth) = train, test
    centre = features.mean(axis=0)
    moved = features - centre
    ridge = np.linalg.solve(moved.T @ moved + len(signs) / 10 * np.eye(moved.shape[1]), moved.T @ signs)
    one, other = (features[signs == s].mean(axis=0) for s in (1, -1))
    answers = (unseen - centre) @ ridge, (unseen - (one + other) / 2) @ (one - other)
    return np.array([np.mean((answer > 0) == (truth > 0)) for answer in answers])


def split_pool(row, rng):
    """Draw a pool, split it anew under each seed, learn and score.

    Parameters
    ----------
    row : dict
        ``pool``, ``learned`` and ``num_seeds``.
    rng : numpy.random.Generator

    Returns
    -------
    numpy.ndarray
        Accuracies, (num_seeds, 2).
    """
    n, scores = row["pool"], []
    signs = np.where(np.arange(n) % 2, 1, -1)
    scales = np.linspace(0.5, 2, FEATURES)  # which the ridge allows for and the nearest mean does not
    features = (rng.normal(size=(n, FEATURES)) + signs[:, None] * 0.3) * scales
    for _ in range(row["num_seeds"]):
        order = rng.permutation(n)
        train, test = order[: round(0.6 * n)], order[round(0.8 * n) :]
        if row["learned"] != "all":  # as many of each class
            train = np.concatenate([train[signs[train] == s][: int(row["learned"]) // 2] for s in (1, -1)])
        scores.append(learn_and_score((features[train], signs[train]), (features[test], signs[test])))
    return np.array(scores)


def measure_resplits(row):
    """Simulate one row.

    Parameters
    ----------
    row : dict
        ``pool``, ``learned``, ``num_seeds`` and ``figure``.

    Returns
    -------
    dict
        The other columns.
    """
    rng = np.random.default_rng(0)
    scores = np.stack([split_pool(row, rng) for _ in range(SIMULATIONS)])  # (pools, seeds, 2)
    figures = scores[..., 0] if row["figure"] == "accuracy" else scores[..., 0] - scores[..., 1]
    truth, results = figures.mean(), {}
    real = 0.2 * row["pool"] / (0.6 * row["pool"] if row["learned"] == "all" else int(row["learned"]))
    for name, ratio in {"held_0": 0.0, "held_third": RESPLITS, "held_real": real}.items():
        made = [t_interval(values, test_to_train=ratio) for values in figures]
        results[name] = round(float(np.mean([e.low <= truth <= e.high for e in made])), 4)
    within = figures.var(axis=1, ddof=1).mean()
    between = figures.mean(axis=1).var(ddof=1) - within / row["num_seeds"]
    return {**results, "correlation": round(float(between / (between + within)), 3)}


def main():
    """Simulate, record and print the table."""
    options = make_parser(__doc__).parse_args()
    settings = [
        {"pool": n, "learned": m, "num_seeds": s, "figure": f}
        for n in (100, 300, 1000) for m in ("all", "20") for s in (5, 10) for f in ("accuracy", "difference")
    ]  # fmt: skip
    rows = run_grid(
        results_path(TABLE), settings, measure_resplits, key=tuple(settings[0]), processes=options.processes
    )
    write_record(TABLE, command="python -m benchmarks.coverage_resplits", protocol=__doc__, columns=COLUMNS)
    print_rows(rows, [column for column in COLUMNS if column != "seconds"])


if __name__ == "__main__":
    main()

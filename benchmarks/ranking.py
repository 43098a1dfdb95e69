"""Ranking sources before training: do the scores find the order that heads on a test set have.

Protocol, written down before the run. Nine real sets, at most 360 images of each: as many of every class, at least 15,
in whole groups; every sixth slice of a person in the Alzheimer set, Moderate left out; every third picture of a sign,
lest a class were one sign (seen when the first run stopped there, after four sets); every ninth of Omniglot's 183
characters. Whole groups in one split, 60/20/20, five splits. Seven sources, each as the command takes it: random,
worlds and photos at 96 px, mobilenet_v2_035, mobilenet_075 and mobilenet_v2 at 160 px, and mobilenet_v2_035 once more
at 96 px. Scores see the training features alone: LogME, N-LEEP, H-score with
shrinkage, and the linear probe on five folds (of whole groups). LEEP is left out: it needs the source's classifier,
which one of the seven has here. The order to find: mean over the splits of the head's balanced accuracy on the test
set, the head fitted on training features, its penalty chosen on validation. Per set and split Kendall's tau, weighted
(scipy.stats.weightedtau: the top counts more), between score and that order; mean over splits, and an interval over
the sets by bootstrap. Beside it regret: the accuracy of the best source less that of the source ranked first, in the
same way; and that of always taking the source that is best over the other sets. The default method: the one with the
largest mean tau; of those within 0.02 the quickest. Seconds are of one thread; one full fine-tuning of photos, with
the package's defaults, is timed on the first split of flowers.

Seven sources of three families and nine sets are few: intervals are wide, and two of the sources differ in size alone.

Run it as ``python -m benchmarks.ranking``; needs TLBOOK_DATA_DIR. It goes on where it was stopped.
"""

import time
from dataclasses import replace
from functools import lru_cache

import numpy as np

from benchmarks.cases import SETS, divide, find_archive, load_whole
from benchmarks.measuring import make_parser
from tlbook.datasets.splits import nested_subset
from tlbook.errors import BadInput
from tlbook.evidence.experiments import run_grid
from tlbook.evidence.metrics import balanced_accuracy
from tlbook.evidence.ranking_truth import interval_over_sets, judge_scores, regret_one_for_all
from tlbook.evidence.results import results_path, write_record
from tlbook.models.heads import fit_head
from tlbook.models.sources import load_source
from tlbook.models.strategies import FullFineTune
from tlbook.models.transferability import h_score, linear_probe, logme, nleep
from tlbook.run.adapt import adapt
from tlbook.runtime import mirror_dir
from tlbook.training.features import extract_features

NAME = "ranking"
SOURCES = (
    ("random", 96), ("worlds", 96), ("photos", 96), ("mobilenet_v2_035", 96), ("mobilenet_v2_035", 160),
    ("mobilenet_075", 160), ("mobilenet_v2", 160),
)  # fmt: skip
SEEDS = range(5)
MOST, FEWEST = 360, 15  # images of a set, and of a class
EVERY = {"brains": 6, "signs": 3}  # of the 32 slices of a person, and of the 9 pictures of a sign
METHODS = {"logme": logme, "nleep": nleep, "h_score": h_score, "probe": linear_probe}
TIMED = ("flowers", "photos", 0)  # set, source and seed of the full fine-tuning
COLUMNS = {
    "set": "real data set, by its case",
    "source": "source model; random is the network of photos with random weights",
    "image_size": "pixels a side",
    "seed": "of the split and of what a score draws",
    "weights": "first 12 digits of the source weights' SHA-256",
    "num_train": "training images",
    "num_test": "test images",
    "logme": "LogME of the training features",
    "nleep": "N-LEEP of the training features",
    "h_score": "H-score of the training features, with shrinkage",
    "probe": "balanced accuracy of the linear probe over five folds of the training images, fraction",
    "balanced_accuracy": "of the head on the test set, fraction",
    "features_seconds": "of the training images' features: those of the whole set, by their share",
    "logme_seconds": "of the score alone, on one thread; so the next three",
    "nleep_seconds": "of the score alone",
    "h_score_seconds": "of the score alone",
    "probe_seconds": "of the score alone",
    "full_seconds": "of one full fine-tuning on the training images; empty but in one row",
    "seconds": "of the row",
}


@lru_cache(maxsize=1)
def load_part(name, image_size):
    """Read at most so many images of a real set; return them as a split, and its classes."""
    whole, classes = load_whole(name, image_size)
    if name in EVERY:
        order = sorted(range(len(whole)), key=lambda i: (whole.groups[i], whole.names[i]))
        whole = whole.take(order[:: EVERY[name]])
    if name == "characters":  # every third of them are read
        whole, classes = whole.take(np.flatnonzero(whole.labels % 3 == 0)), classes[::3]
        whole = replace(whole, labels=whole.labels // 3)
    kept = nested_subset(whole.labels, whole.groups, max(FEWEST, MOST // len(classes)), seed=0)
    return whole.take(kept), classes


@lru_cache(maxsize=1)
def compute_features(name, source_name, image_size):
    """Load a source and compute the features of a set; return both, and the seconds an image."""
    whole, _ = load_part(name, image_size)
    source = load_source(source_name, image_size=image_size)
    extract_features(source, whole.take([0]), cache=False, quiet=True)  # traces the network
    start = time.perf_counter()
    features = extract_features(source, whole, cache=False, quiet=True)
    return source, features, (time.perf_counter() - start) / len(whole)


def _measure(row):
    name, seed = row["set"], row["seed"]
    whole, classes = load_part(name, row["image_size"])
    source, features, per_image = compute_features(name, row["source"], row["image_size"])
    data = divide(whole, classes, len(whole), seed=seed)
    place = {image: i for i, image in enumerate(whole.names)}
    train, val, test = (features[[place[n] for n in s.names]] for s in (data.train, data.val, data.test))
    scores, seconds = {}, {}
    for method, score in METHODS.items():
        options = {"seed": seed} if method in ("nleep", "probe") else {}
        options |= {"groups": data.train.groups} if method == "probe" else {}
        start = time.perf_counter()
        scores[method] = score(train, data.train.labels, **options)
        seconds[f"{method}_seconds"] = round(time.perf_counter() - start, 4)
    head = fit_head(train, data.train.labels, val, data.val.labels, len(classes))
    return {
        "weights": source.weights_sha256[:12], "num_train": len(train), "num_test": len(test), **scores,
        "balanced_accuracy": balanced_accuracy(data.test.labels, head.predict(test)),
        "features_seconds": round(per_image * len(train), 3), **seconds,
        "full_seconds": _time_full(data, source) if (name, row["source"], seed) == TIMED else None,
    }  # fmt: skip


def _time_full(data, source):
    start = time.perf_counter()
    adapt(data, source, FullFineTune(), cache=False, quiet=True)
    return round(time.perf_counter() - start, 2)


def print_table(rows):
    """Print tau with its interval, regret and seconds of each method, and tau set by set."""
    sets = sorted({row["set"] for row in rows}, key=SETS.index)
    judged = {(row["method"], row["set"]): row for row in judge_scores(rows, METHODS)}
    fixed = list(regret_one_for_all(rows).values())
    full = next(row["full_seconds"] for row in rows if row["full_seconds"])
    print("| method | tau | 95 % over sets | regret, points | median s | " + " | ".join(sets) + " |")
    print("|---" * (5 + len(sets)) + "|")
    for method in METHODS:
        seconds = np.median([row[f"{method}_seconds"] for row in rows])
        taus, lost = ([judged[method, name][column] for name in sets] for column in ("tau", "regret"))
        each, (low, high) = " | ".join(f"{tau:.2f}" for tau in taus), interval_over_sets(taus)
        print(
            f"| {method} | {np.mean(taus):.2f} | {low:.2f} to {high:.2f} | {100 * np.mean(lost):.1f} "
            f"| {seconds:.2f} | {each} |"
        )
    print(f"one source for all, the best on the other sets: regret {100 * np.mean(fixed):.1f} points")
    spent = np.median([row["features_seconds"] for row in rows])
    print(f"features of the training images: median {spent:.1f} s; one full fine-tuning of photos: {full:.1f} s")


def main():
    """Measure, record and print the table."""
    options = make_parser(__doc__).parse_args()
    if mirror_dir() is None:
        raise BadInput("the real sets are needed; set TLBOOK_DATA_DIR to the folder that holds them")
    rows = [
        {"set": name, "source": source, "image_size": size, "seed": seed}
        for name in SETS for source, size in SOURCES for seed in SEEDS
    ]  # fmt: skip
    key = ("set", "source", "image_size", "seed")
    measured = run_grid(results_path(NAME), rows, _measure, key=key, processes=options.processes)
    inputs = [find_archive(name) for name in SETS]
    write_record(NAME, command="python -m benchmarks.ranking", protocol=__doc__, columns=COLUMNS, inputs=inputs)
    print_table(measured)


if __name__ == "__main__":
    main()

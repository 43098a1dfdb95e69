"""Linear probe of source models on the nine real sets: how good are their features.

Protocol, written down before the final run. Every network at 96 px, and the two with ImageNet's weights once more at
160 px, which counts for no comparison but their own; average pooling of the last feature map; a logistic head by
L-BFGS, its penalty chosen on validation; balanced accuracy on the test set. Whole groups in one split, 60/20/20, at
most 200 training images a class, nested; Moderate left out of the Alzheimer set; every third of Omniglot's 183
characters. Seeds 0 to 4 vary the split and, for random weights, the network. Features are computed once an image.

What was seen beforehand: two earlier versions of photos were measured in the same way, on these sets and seeds (means
63.9 and 65.1), before longer training and more views of each photograph made the version that is shipped. Its mean may
owe a little to that.

Run it as ``python -m benchmarks.source_probe``; needs TLBOOK_DATA_DIR. It goes on where it was stopped.
"""

import argparse

import numpy as np

from benchmarks.cases import SETS, find_archive, load_whole
from tlbook.datasets.splits import nested_subset, split_groups
from tlbook.errors import BadInput
from tlbook.evidence.experiments import run_grid
from tlbook.evidence.intervals import t_interval
from tlbook.evidence.metrics import balanced_accuracy
from tlbook.evidence.results import results_path, write_record
from tlbook.models.heads import fit_head
from tlbook.models.sources import load_source
from tlbook.runtime import mirror_dir
from tlbook.training.features import extract_features

NAME = "source_probe"
SOURCES = ("random", "worlds", "photos", "mobilenet_v2_035", "mobilenet_v2")
LARGER = (("mobilenet_v2_035", 160), ("mobilenet_v2", 160))
SEEDS = range(5)
PER_CLASS = 200
IMAGE_SIZE = 96
COLUMNS = {
    "set": "real data set, by its case",
    "source": "source model; random is the network of photos with random weights, a new draw a seed",
    "image_size": "pixels a side",
    "seed": "of the split (and of random weights)",
    "weights": "first 12 digits of the weights' SHA-256",
    "num_train": "training images",
    "num_test": "test images",
    "penalty": "scikit-learn's C, chosen on validation",
    "balanced_accuracy": "on the test set, fraction",
    "seconds": "of the row, on the machine of the lab record",
}


def make_measure(files=None):
    """Return the function that measures one row; it keeps the set and the features it used last.

    Parameters
    ----------
    files : dict of str to pathlib.Path, optional
        Weights of a source instead of its own.

    Returns
    -------
    callable
        For :func:`tlbook.evidence.experiments.run_grid`.
    """
    kept, files = {}, files or {}

    def keep(key, make):
        if kept.get(key[0], (None,))[0] != key:
            kept[key[0]] = (key, make())
        return kept[key[0]][1]

    def measure(row):
        name, size = row["set"], row["image_size"]
        whole, classes = keep(("set", name, size), lambda: load_whole(name, size))
        drawn = row["seed"] if row["source"] == "random" else 0
        network = row["source"], size, drawn
        own = files.get(network[0])
        source = keep(("source", *network), lambda: load_source(network[0], weights=own, image_size=size, seed=drawn))
        features = keep(("features", name, *network), lambda: extract_features(source, whole, quiet=True))
        split = split_groups(whole.labels, whole.groups, seed=row["seed"])
        train = np.flatnonzero(split == 0)
        train = train[nested_subset(whole.labels[train], whole.groups[train], PER_CLASS, seed=row["seed"])]
        val, test = np.flatnonzero(split == 1), np.flatnonzero(split == 2)
        y = whole.labels
        head = fit_head(features[train], y[train], features[val], y[val], len(classes))
        score = balanced_accuracy(y[test], head.predict(features[test]))
        return {
            "weights": source.weights_sha256[:12], "num_train": len(train), "num_test": len(test),
            "penalty": head.C, "balanced_accuracy": score,
        }  # fmt: skip

    return measure


def print_table(rows, sources):
    """Print mean balanced accuracy over seeds, and how far each source comes from random weights to ImageNet's."""
    larger = [row for row in rows if row["image_size"] != IMAGE_SIZE]
    rows = [row for row in rows if row["image_size"] == IMAGE_SIZE]
    means = {(name, source): _mean_of_set(rows, name, source) for name in SETS for source in sources}
    print("| source | " + " | ".join(SETS) + " | mean |")
    print("|---" * (len(SETS) + 2) + "|")
    for source in sources:
        scores = [100 * means[name, source] for name in SETS]
        print(f"| {source} | " + " | ".join(f"{s:.1f}" for s in scores) + f" | {np.mean(scores):.1f} |")
    for source, size in LARGER:
        if any(row["source"] == source for row in larger):
            scores = [100 * _mean_of_set(larger, name, source) for name in SETS]
            print(f"| {source}, {size} px | " + " | ".join(f"{s:.1f}" for s in scores) + f" | {np.mean(scores):.1f} |")
    if not {"random", "mobilenet_v2_035"} <= set(sources):
        return
    by_seed = {source: [_mean_of_seed(rows, source, seed) for seed in SEEDS] for source in sources}
    for source in sources:
        three = zip(by_seed[source], by_seed["random"], by_seed["mobilenet_v2_035"], strict=True)
        way = t_interval([(score - low) / (high - low) for score, low, high in three])
        better = sum(means[name, source] - means[name, "random"] >= 0.05 for name in SETS)
        print(f"{source}: way from random weights to mobilenet_v2_035 {way}; +5 points on {better} of {len(SETS)}")


def _mean_of_set(rows, name, source):
    return np.mean([r["balanced_accuracy"] for r in rows if (r["set"], r["source"]) == (name, source)])


def _mean_of_seed(rows, source, seed):
    return np.mean([r["balanced_accuracy"] for r in rows if (r["source"], r["seed"]) == (source, seed)])


def main():
    """Measure, record and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sources", nargs="+", default=SOURCES, help="source models (default: all)")
    options = parser.parse_args()
    if mirror_dir() is None:
        raise BadInput("the probe needs the real sets; set TLBOOK_DATA_DIR to the folder that holds them")
    rows = [
        {"set": name, "source": source, "image_size": size, "seed": seed}
        for name in SETS
        for source, size in (*((source, IMAGE_SIZE) for source in SOURCES), *LARGER) if source in options.sources
        for seed in SEEDS
    ]  # fmt: skip
    path = results_path(NAME)
    measured = run_grid(path, rows, make_measure(), key=("set", "source", "image_size", "seed"))
    inputs = [find_archive(name) for name in SETS]
    write_record(NAME, command="python -m benchmarks.source_probe", protocol=__doc__, columns=COLUMNS, inputs=inputs)
    print_table(measured, options.sources)


if __name__ == "__main__":
    main()

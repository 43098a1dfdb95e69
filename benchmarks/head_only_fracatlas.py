"""A head on frozen features of real radiographs: embedded source against ImageNet's, and what resolution adds.

Protocol, written down before the run. The FracAtlas subset (``load_case("fractures", variant="real")``), whole groups
of near-duplicates in one split, 60/20/20, 200 training images a class; seeds 0 to 4 vary the split and, for random
weights, the network. Groups are near-duplicates: patients are not on record, and two pictures of one patient may lie
in two splits. Average pooling of the last feature map; a logistic head by L-BFGS, classes weighed alike, its
penalty chosen on validation; the test set is scored once. Features are computed once an image and source, over all
images, and kept on disk.

Run it as ``python -m benchmarks.head_only_fracatlas``; needs TLBOOK_DATA_DIR. It goes on where it was
stopped.
"""

import argparse
from functools import lru_cache

import numpy as np

from benchmarks.cases import find_archive
from tlbook.cases import load_case
from tlbook.datasets.dataset import Split
from tlbook.datasets.stores import FileStore
from tlbook.errors import BadInput
from tlbook.evidence.comparisons import paired_difference, summarise
from tlbook.evidence.experiments import run_grid
from tlbook.evidence.metrics import score_predictions
from tlbook.evidence.results import results_path, write_record
from tlbook.models.heads import fit_head
from tlbook.models.sources import load_source
from tlbook.runtime import mirror_dir
from tlbook.training.features import extract_features

NAME = "head_only_fracatlas"
SETTINGS = (
    ("random", 96),
    ("worlds", 96),
    ("photos", 96),
    ("mobilenet_v2_035", 96),
    ("mobilenet_v2", 96),
    ("mobilenet_v2", 160),
)
SEEDS = range(5)
PER_CLASS = 200
POSITIVE = "fractured"
MEASURES = ("accuracy", "balanced_accuracy", "auroc", "recall_fractured")
COLUMNS = {
    "source": "source model; random is the network of photos with random weights, a new draw a seed",
    "image_size": "pixels a side",
    "seed": "of the split (and of random weights)",
    "weights": "first 12 digits of the weights' SHA-256",
    "num_train": "training images",
    "num_val": "validation images",
    "num_test": "test images",
    "penalty": "scikit-learn's C, chosen on validation",
    "majority_baseline": "accuracy of always answering the commoner class of the test set, fraction",
    "accuracy": "on the test set, fraction",
    "balanced_accuracy": "on the test set, fraction",
    "auroc": "on the test set, fraction; fractured is positive",
    "recall_fractured": "share of the fractured test images that are called so",
    "seconds": "of the row, on the machine of the lab record; the first of a source computes its features",
}


@lru_cache(maxsize=len(SEEDS))
def load_seed(seed):
    """Load the case as one seed splits it.

    Parameters
    ----------
    seed : int

    Returns
    -------
    Dataset
    """
    return load_case("fractures", variant="real", per_class=PER_CLASS, seed=seed)


@lru_cache(maxsize=1)
def load_whole():
    """Load all images as one split, in the order of their names.

    Returns
    -------
    Split
    """
    case = load_case("fractures", variant="real")
    splits = (case.train, case.val, case.test)
    names = tuple(name for split in splits for name in split.names)
    images = FileStore(case.train.images.container, tuple(n for split in splits for n in split.images.names))
    labels, groups = (np.concatenate([getattr(split, key) for split in splits]) for key in ("labels", "groups"))
    return Split(images, labels, names, groups).take(np.argsort(names))


@lru_cache(maxsize=1)
def compute_features(name, image_size, draw):
    """Compute the features of all images once.

    Parameters
    ----------
    name : str
        Source model.
    image_size : int
        Pixels a side.
    draw : int
        Seed of random weights.

    Returns
    -------
    features : dict of str to numpy.ndarray
        float32, (channels,), by image name.
    weights : str
        First digits of the weights' SHA-256.
    """
    source, whole = load_source(name, image_size=image_size, seed=draw), load_whole()
    return dict(zip(whole.names, extract_features(source, whole), strict=True)), source.weights_sha256[:12]


def measure(row):
    """Fit and score one head.

    Parameters
    ----------
    row : dict
        ``source``, ``image_size``, ``seed``.

    Returns
    -------
    dict
        The other columns.
    """
    draw = row["seed"] if row["source"] == "random" else 0
    features, weights = compute_features(row["source"], row["image_size"], draw)
    case = load_seed(row["seed"])
    train, val, test = (np.stack([features[n] for n in split.names]) for split in (case.train, case.val, case.test))
    head = fit_head(train, case.train.labels, val, case.val.labels, len(case.classes))
    scores = score_predictions(
        case.test.labels, head.predict(test), case.classes, groups=case.test.groups, positive=POSITIVE
    )
    return {
        "weights": weights, "num_train": len(train), "num_val": len(val), "num_test": len(test),
        "penalty": head.C, "majority_baseline": scores.majority_baseline,
        "accuracy": scores.accuracy.value, "balanced_accuracy": scores.balanced_accuracy.value,
        "auroc": scores.auroc.value, "recall_fractured": scores.recall[POSITIVE].value,
    }  # fmt: skip


def print_table(rows):
    """Print means over seeds with their t intervals, and the paired differences to photos.

    Parameters
    ----------
    rows : list of dict
    """
    by = ("source", "image_size")
    print("| source | px | " + " | ".join(MEASURES) + " |")
    print("|---" * (2 + len(MEASURES)) + "|")
    for columns in zip(*(summarise(rows, by, measure) for measure in MEASURES), strict=True):
        figures = [column[measure] for column, measure in zip(columns, MEASURES, strict=True)]
        shown = " | ".join(f"{100 * f.value:.1f} [{100 * f.low:.1f}, {100 * f.high:.1f}]" for f in figures)
        print(f"| {columns[0]['source']} | {columns[0]['image_size']} | {shown} |")
    named = [{**row, "setting": (row["source"], row["image_size"])} for row in rows]
    for other in SETTINGS:
        if other != ("photos", 96):
            figure = paired_difference(named, "setting", (("photos", 96), other), value="balanced_accuracy")
            print(f"photos at 96 px minus {other[0]} at {other[1]} px, balanced accuracy: {figure}")


def main():
    """Measure, record and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.parse_args()
    if mirror_dir() is None:
        raise BadInput("the benchmark needs the real radiographs; set TLBOOK_DATA_DIR to the folder that holds them")
    rows = [{"source": name, "image_size": size, "seed": seed} for name, size in SETTINGS for seed in SEEDS]
    measured = run_grid(results_path(NAME), rows, measure, key=("source", "image_size", "seed"))
    command = "python -m benchmarks.head_only_fracatlas"
    inputs = [find_archive("fractures")]
    write_record(NAME, command=command, protocol=__doc__, columns=COLUMNS, inputs=inputs)
    print_table(measured)


if __name__ == "__main__":
    main()

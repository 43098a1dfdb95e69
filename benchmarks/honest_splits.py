"""Brain slices split by slice and by person, with true labels and with random ones: what a leaky split is worth.

Protocol, written down before the final run. The widely shared Alzheimer set with reconstructed people: 158 people with
32 slices each, Moderate (one person) left out. Two tasks: three classes, and no dementia against any. 60/20/20 by
slice (a person may stand on all splits) or by person; the labels are the true ones, or dealt out among the people at
random. Everything else is equal: 96 px, frozen source, average pooling, and on the features a logistic head (L-BFGS,
classes weighed alike, penalty chosen on validation, which is split as the test set is) or the nearest training image.
Seeds 0 to 4 vary split and random labels; under one seed all sources and learners meet the same split. The test set
is scored once; intervals in the table over its people, those over seeds by t.
``--learners full`` adds full fine-tuning with its default recipe: minutes a row, so it is not among the defaults.

Run it as ``python -m benchmarks.honest_splits``; needs TLBOOK_DATA_DIR. It goes on where it was stopped.
"""

import argparse
from dataclasses import replace
from functools import lru_cache

import numpy as np

from benchmarks.cases import find_archive, load_whole
from benchmarks.measuring import EARLIER
from tlbook.datasets.dataset import Dataset
from tlbook.errors import BadInput
from tlbook.evidence.comparisons import paired_difference, summarise
from tlbook.evidence.experiments import run_grid
from tlbook.evidence.leakage import LEARNERS, divide_images, shuffle_labels
from tlbook.evidence.metrics import score_predictions
from tlbook.evidence.results import read_table, results_path, write_record
from tlbook.models.sources import load_source
from tlbook.models.strategies import FullFineTune
from tlbook.run.adapt import adapt
from tlbook.run.predicting import predict_split
from tlbook.runtime import mirror_dir
from tlbook.training.features import extract_features

NAME = "honest_splits"
TASKS = {
    "three classes": ("mild", "none", "very mild"),
    "any dementia": ("none", "some"),
}
SPLITS = ("slice", "person")
LABELS = ("true", "random")
SOURCES = ("photos", "mobilenet_v2_035")
SEEDS = range(5)
IMAGE_SIZE = 96
KEY = ("task", "split", "labels", "source", "learner", "image_size", "seed")
COLUMNS = {
    "task": "three classes (none, very mild, mild), or any dementia against none",
    "split": "what is divided 60/20/20: single slices, or people with all their slices",
    "labels": "true, or dealt out among the people at random",
    "source": "source model, frozen (full: fine-tuned)",
    "learner": "logistic head, nearest training image, or full fine-tuning",
    "image_size": "pixels a side",
    "seed": "of the split, of the random labels, of fine-tuning",
    "weights": "first 12 digits of the weights' SHA-256",
    "num_train": "training slices",
    "num_test": "test slices",
    "num_test_people": "people that the test slices show",
    "majority_baseline": "accuracy of always giving the commonest class of the test set, fraction",
    "accuracy": "on the test set, fraction",
    "accuracy_low": "lower end of its 95 % interval, over whole people",
    "accuracy_high": "upper end",
    "balanced_accuracy": "on the test set, fraction; guessing gives one divided by the number of classes",
    "balanced_accuracy_low": "lower end of its 95 % interval, over whole people",
    "balanced_accuracy_high": "upper end",
    "seconds": "of the row, on the machine of the lab record; the first of a source computes its features",
}


@lru_cache(maxsize=1)
def load_slices():
    """Load all slices as one split.

    Returns
    -------
    Split
        Labels 0 mild, 1 none, 2 very mild.
    """
    return load_whole("brains")[0]


@lru_cache(maxsize=1)
def load_features(name):
    """Run a frozen source once over all slices.

    Parameters
    ----------
    name : str

    Returns
    -------
    SourceModel
    numpy.ndarray
        float32, (n, channels).
    """
    source = load_source(name, image_size=IMAGE_SIZE)
    return source, extract_features(source, load_slices(), quiet=True)


def fine_tune(source, labels, splits, classes, seed):
    """Fine-tune everything and predict the test slices.

    Parameters
    ----------
    source : SourceModel
    labels : numpy.ndarray
        int64, (n,).
    splits : tuple of numpy.ndarray
        Indices of training, validation and test slices.
    classes : sequence of str
    seed : int

    Returns
    -------
    numpy.ndarray
        float32, (test slices, classes).
    """
    whole = replace(load_slices(), labels=labels)
    train, val, test = (whole.take(split) for split in splits)
    case = Dataset(name=NAME, classes=classes, train=train, val=val, test=test, has_groups=True)
    return predict_split(adapt(case, source, FullFineTune(20), training=EARLIER, seed=seed), test)


def measure(row):
    """Fit and score one learner under one split.

    Parameters
    ----------
    row : dict
        The columns of ``KEY``.

    Returns
    -------
    dict
        The other columns.
    """
    whole, classes, seed = load_slices(), TASKS[row["task"]], row["seed"]
    labels = whole.labels if row["task"] == "three classes" else (whole.labels != 1).astype(np.int64)
    if row["labels"] == "random":
        labels = shuffle_labels(labels, whole.groups, seed=seed)
    splits = divide_images(labels, whole.groups, whole_groups=row["split"] == "person", seed=seed)
    source, features = load_features(row["source"])
    if row["learner"] == "full":
        probabilities = fine_tune(source, labels, splits, classes, seed)
    else:
        probabilities = LEARNERS[row["learner"]](features, labels, splits, len(classes))
    test = splits[2]
    scores = score_predictions(labels[test], probabilities, classes, groups=whole.groups[test])
    return {
        "weights": source.weights_sha256[:12], "num_train": len(splits[0]), "num_test": len(test),
        "num_test_people": len(np.unique(whole.groups[test])), "majority_baseline": scores.majority_baseline,
        **_list_figure("accuracy", scores.accuracy), **_list_figure("balanced_accuracy", scores.balanced_accuracy),
    }  # fmt: skip


def _list_figure(name, figure):
    return {name: figure.value, f"{name}_low": figure.low, f"{name}_high": figure.high}


def print_table(rows):
    """Print means over seeds with t intervals, and what the split by slice adds.

    Parameters
    ----------
    rows : list of dict
    """
    by = ("task", "source", "learner", "labels", "split")
    print("| " + " | ".join(by) + " | accuracy | balanced accuracy |\n|" + "---|" * (len(by) + 2))
    for one, two in zip(summarise(rows, by, "accuracy"), summarise(rows, by, "balanced_accuracy"), strict=True):
        figures = (one["accuracy"], two["balanced_accuracy"])
        shown = " | ".join(f"{100 * f.value:.1f} [{100 * f.low:.1f}, {100 * f.high:.1f}]" for f in figures)
        print("| " + " | ".join(one[column] for column in by) + f" | {shown} |")
    for setting in dict.fromkeys(tuple(row[c] for c in by[:4]) for row in rows):
        at = [row for row in rows if tuple(row[c] for c in by[:4]) == setting]
        figure = paired_difference(at, "split", SPLITS, value="balanced_accuracy")
        print(f"{', '.join(setting)}: slice minus person, balanced accuracy: {figure}")


def main():
    """Measure, record and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sources", nargs="+", default=SOURCES, help="source models (default: photos and ImageNet's)")
    parser.add_argument("--learners", nargs="+", default=tuple(LEARNERS), choices=(*LEARNERS, "full"))
    options = parser.parse_args()
    if mirror_dir() is None:
        raise BadInput("the benchmark needs the real slices; set TLBOOK_DATA_DIR to the folder that holds them")
    rows = [
        {"task": task, "split": split, "labels": labels, "source": source, "learner": learner,
         "image_size": IMAGE_SIZE, "seed": seed}
        for source in options.sources for learner in options.learners
        for task in TASKS for labels in LABELS for split in SPLITS for seed in SEEDS
    ]  # fmt: skip
    run_grid(results_path(NAME), rows, measure, key=KEY)
    command = "python -m benchmarks.honest_splits"
    write_record(NAME, command=command, protocol=__doc__, columns=COLUMNS, inputs=[find_archive("brains")])
    print_table(read_table(NAME))


if __name__ == "__main__":
    main()

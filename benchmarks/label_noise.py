"""What wrong labels cost a head and full fine-tuning, and what a second look at the doubtful ones buys.

Protocol, written down before the run. Two real sets, flowers (5 classes) and textures (10), without known groups:
60/20/20 by image; at most 60 training images a class, at most as many validation images, all test images. A share of
the TRAINING AND VALIDATION labels is changed, each to one of the other classes, all equally likely; each image has the
same chance, and one that is wrong at a low share is wrong at a higher one. Test labels stay as they are. Source photos
at 64 px, ``Training(augmentation=None)``, everything else as the package has it: the head alone, at shares of 0, 10, 20
and 40 %, is fitted to training and validation images together once its strength is chosen; full fine-tuning, at 0, 20
and 40 %, trains a budget of steps to its last epoch. Clean or collect, at 20 %, the head: with at most 30 training and
validation images a class as given; with the same images "reviewed", where the labels that ``tlbook.audit`` would name
among them are looked at by somebody who always knows, and the wrong ones are put right; and with 60 as given. Balanced
accuracy on the test set; seeds 0 to 4 vary split, changed labels, initialisation and order; t intervals over seeds.

The first plan had 15 images a class, reviews at every share and at 60, and 10 % for full fine-tuning too: three times
as long as there was time. It was cut when the head's rows of one set and seed had been seen.

Changes of the labels are random here. People's errors are not: they confuse what looks alike.

Run it as ``python -m benchmarks.label_noise``; needs TLBOOK_DATA_DIR. It goes on where it was stopped, seed after seed.
"""

from dataclasses import replace
from functools import lru_cache

import numpy as np

from benchmarks.cases import divide, find_archive, load_whole
from benchmarks.measuring import make_parser
from tlbook.errors import BadInput
from tlbook.evidence.comparisons import format_summary
from tlbook.evidence.experiments import run_grid
from tlbook.evidence.label_errors import find_suspects, judge_labels
from tlbook.evidence.metrics import balanced_accuracy
from tlbook.evidence.results import results_path, write_record
from tlbook.models.head_search import PLAIN, fit_views, search_head
from tlbook.models.sources import load_source
from tlbook.run.adapt import adapt
from tlbook.run.predicting import predict_split
from tlbook.runtime import mirror_dir
from tlbook.training.features import extract_features
from tlbook.training.options import Training

NAME = "label_noise"
SETS = ("flowers", "textures")
SOURCE, IMAGE_SIZE, SEEDS = "photos", 64, range(5)
SETTINGS = (  # strategy, labels, training images a class, share of wrong labels
    *(("head", "given", 60, noise) for noise in (0.0, 0.1, 0.2, 0.4)),
    *(("head", labels, 30, 0.2) for labels in ("given", "reviewed")),
    *(("full", "given", 60, noise) for noise in (0.0, 0.2, 0.4)),
)
KEY = ("set", "strategy", "labels", "per_class", "noise", "seed")
COLUMNS = {
    "set": "real data set, by its case",
    "strategy": "the command's word",
    "labels": "given: with their errors; reviewed: those that the audit names were looked at and put right",
    "per_class": "training images a class, at most",
    "noise": "share of training and validation labels that is changed, fraction",
    "seed": "of split, changed labels, initialisation and order",
    "num_train": "training images",
    "num_val": "validation images",
    "num_test": "test images",
    "num_wrong": "training and validation images whose label was changed, before any review",
    "num_named": "images that the audit named and somebody looked at; 0 under given",
    "num_mended": "of these, those with a changed label, put right",
    "val_balanced_accuracy": "on the validation set, by its labels as they are then, fraction",
    "balanced_accuracy": "on the test set, whose labels are right, fraction",
    "seconds": "of the row, beside other programs: nothing to compare",
}


@lru_cache(maxsize=1)
def _load_source():
    return load_source(SOURCE, image_size=IMAGE_SIZE)


@lru_cache(maxsize=2)
def load_features(name):
    """Read a set whole; return it, its classes, and its features by the names of the images."""
    whole, classes = load_whole(name, IMAGE_SIZE)
    features = extract_features(_load_source(), whole, cache=False, quiet=True)
    return whole, classes, dict(zip(whole.names, features, strict=True))


def change_labels(split, num_classes, noise, rng):
    """Change a share of a split's labels, each to another class; the random numbers used don't depend on the share."""
    changed = rng.random(len(split)) < noise
    others = (split.labels + rng.integers(1, num_classes, len(split))) % num_classes
    return replace(split, labels=np.where(changed, others, split.labels))


def review_labels(features, given, right, seed):
    """Put right what an audit names of two splits; return the splits, the number named and the number put right."""
    labels, truth = (np.concatenate([split.labels for split in splits]) for splits in (given, right))
    groups = np.concatenate([split.groups for split in given])
    named, _ = find_suspects(judge_labels(features, labels, groups, seed=seed, quiet=True), labels)
    mended = labels.copy()
    mended[named] = truth[named]
    parts = np.split(mended, [len(given[0])])
    splits = [replace(split, labels=part) for split, part in zip(given, parts, strict=True)]
    return splits, len(named), int((mended != labels).sum())


def fit_alone(data, features, seed):
    """Fit a head as `tlbook.adapt` does, on features computed before; return answers for validation and test."""
    x = {key: np.stack([features[name] for name in getattr(data, key).names]) for key in ("train", "val", "test")}
    views = np.concatenate([x["train"], x["val"]])[:, None]
    labels, groups = (np.concatenate([getattr(s, key) for s in (data.train, data.val)]) for key in ("labels", "groups"))
    found = search_head(views, labels, groups, len(data.classes), [PLAIN], seed=seed)
    head = fit_views(views, labels, len(data.classes), found.policy, found.C)
    return found.probabilities[len(data.train) :], head.predict(x["test"])


def fit_all(data, seed):
    """Train all of the source; return answers for validation and test."""
    training = Training(augmentation=None)
    run = adapt(data, _load_source(), "full", training=training, seed=seed, cache=False, quiet=True)
    return run.val_probabilities, predict_split(run, data.test, quiet=True)


def _measure(row):
    whole, classes, features = load_features(row["set"])
    data = divide(whole, classes, row["per_class"], seed=row["seed"])
    rng, right = np.random.default_rng([row["seed"], 0xBAD]), (data.train, data.val)
    splits = [change_labels(split, len(classes), row["noise"], rng) for split in right]
    wrong = sum(int((new.labels != old.labels).sum()) for new, old in zip(splits, right, strict=True))
    named = mended = 0
    if row["labels"] == "reviewed":
        both = np.stack([features[name] for split in splits for name in split.names])
        splits, named, mended = review_labels(both, splits, right, row["seed"])
    data = replace(data, train=splits[0], val=splits[1])
    val, test = fit_all(data, row["seed"]) if row["strategy"] == "full" else fit_alone(data, features, row["seed"])
    return {
        "num_train": len(data.train), "num_val": len(data.val), "num_test": len(data.test),
        "num_wrong": wrong, "num_named": named, "num_mended": mended,
        "val_balanced_accuracy": balanced_accuracy(data.val.labels, val),
        "balanced_accuracy": balanced_accuracy(data.test.labels, test),
    }  # fmt: skip


def main():
    """Measure, record and print the table."""
    parser = make_parser(__doc__)
    parser.add_argument("--seeds", type=int, nargs="+", default=list(SEEDS), choices=SEEDS, help="default: all")
    options = parser.parse_args()
    if mirror_dir() is None:
        raise BadInput("the real sets are needed; set TLBOOK_DATA_DIR to the folder that holds them")
    rows = [
        {"set": name, "strategy": strategy, "labels": labels, "per_class": per_class, "noise": noise, "seed": seed}
        for seed in options.seeds for name in SETS for strategy, labels, per_class, noise in SETTINGS
    ]  # fmt: skip
    rows.sort(key=lambda row: row["strategy"] == "full")  # what is quick comes first
    measured = run_grid(results_path(NAME), rows, _measure, key=KEY, processes=options.processes)
    inputs = [find_archive(name) for name in SETS]
    write_record(NAME, command="python -m benchmarks.label_noise", protocol=__doc__, columns=COLUMNS, inputs=inputs)
    print(format_summary(measured, KEY[:-1], "balanced_accuracy"))


if __name__ == "__main__":
    main()

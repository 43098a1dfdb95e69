"""When a source hurts: thickness of plates from a head on `photos`, against a network that starts from nothing.

Protocol, written down before the final run. Synthetic plates of two thicknesses (`tlbook.synthetic.surfaces`), which
differ in their mean grey level alone; 200 training, 100 validation and 400 test images, 96 px. A logistic head on
pooled features, its regularisation strength chosen on validation: after the top of `photos`, after its stem, after the
top of the same network with random weights (seed of the row), and on the mean grey level alone. Beside them, by the
recipe of `adapt`, all of `photos` fine-tuned and the same network from scratch; and a small network from scratch (Adam,
rate 0.003, 20 epochs, the last one kept). Balanced accuracy on the test set. Seeds 0 to 4 vary images, initialisation
and order.

What was seen beforehand: one seed of earlier images of the kind, on which this target was chosen of six (roughness,
tint, brightness, noise, mirrored signs and mirrored radiographs), because the head on photos did worst there beside
the one on random weights.

Run it as ``python -m benchmarks.negative_transfer``. It goes on where it was stopped.
"""

import numpy as np

from benchmarks.measuring import make_parser
from tlbook.datasets.dataset import Dataset, Split
from tlbook.datasets.stores import ArrayStore
from tlbook.evidence.comparisons import format_summary
from tlbook.evidence.experiments import run_grid
from tlbook.evidence.metrics import balanced_accuracy
from tlbook.evidence.results import results_path, write_record
from tlbook.models.heads import fit_head
from tlbook.models.networks import build_small_network
from tlbook.models.sources import load_source
from tlbook.run.adapt import adapt
from tlbook.run.predicting import predict_split
from tlbook.runtime import import_keras
from tlbook.synthetic.surfaces import make_surfaces
from tlbook.training.stage_features import extract_stage_features

NAME = "negative_transfer"
SEEDS, PLATES = range(5), (200, 100, 400)
WAYS = ("head", "early_head", "random_head", "grey_level", "small_scratch", "full", "scratch")
COLUMNS = {
    "way": "what was trained: a head after the top or the stem of photos, after the top of random weights, or on the "
    "mean grey level; a small network or the same network from scratch; all of photos",
    "seed": "of images, initialisation and order",
    "num_train": "training images",
    "num_test": "test images",
    "balanced_accuracy": "on the test set, fraction",
    "seconds": "of the row, beside another one",
}


def make_plates(seed):
    """Make training, validation and test images with their labels."""
    return [make_surfaces("thickness", n, seed=3 * seed + k) for k, n in enumerate(PLATES)]


def fit_logistic(features, parts):
    """Fit a head to features of the three sets and predict the test set."""
    train, val, test = features
    return fit_head(train, parts[0][1], val, parts[1][1], 2).predict(test)


def train_small(parts, seed):
    """Train the small network from scratch and predict the test set."""
    keras = import_keras()
    keras.utils.set_random_seed(seed)
    model = build_small_network(2)
    model.compile(keras.optimizers.Adam(3e-3), "sparse_categorical_crossentropy")
    model.fit(*parts[0], batch_size=32, epochs=20, verbose=0)
    return model.predict(parts[2][0], verbose=0)


def train_by_recipe(parts, strategy, seed):
    """Adapt photos by a strategy and predict the test set."""
    splits = []
    for name, (images, labels) in zip(("train", "val", "test"), parts, strict=True):
        names = tuple(f"{name}_{i}" for i in range(len(labels)))
        splits.append(Split(ArrayStore(images), labels, names, np.array(names)))
    data = Dataset("plates", ("thin", "thick"), *splits)
    run = adapt(data, load_source("photos"), strategy, seed=seed, cache=False, quiet=True)
    return predict_split(run, data.test, quiet=True)


def _predict(way, parts, seed):
    if way in ("full", "scratch"):
        return train_by_recipe(parts, way, seed)
    if way == "small_scratch":
        return train_small(parts, seed)
    if way == "grey_level":
        return fit_logistic([images.mean(axis=(1, 2, 3))[:, None] for images, _ in parts], parts)
    source = load_source("random", seed=seed) if way == "random_head" else load_source("photos")
    depth = "stem" if way == "early_head" else "top"
    return fit_logistic([extract_stage_features(source, images)[depth] for images, _ in parts], parts)


def _measure(row):
    parts = make_plates(row["seed"])
    score = balanced_accuracy(parts[2][1], _predict(row["way"], parts, row["seed"]))
    return {"num_train": PLATES[0], "num_test": PLATES[2], "balanced_accuracy": score}


def main():
    """Measure, record and print the table."""
    options = make_parser(__doc__).parse_args()
    rows = [{"way": way, "seed": seed} for way in WAYS for seed in SEEDS]
    measured = run_grid(results_path(NAME), rows, _measure, key=("way", "seed"), processes=options.processes)
    write_record(NAME, command="python -m benchmarks.negative_transfer", protocol=__doc__, columns=COLUMNS)
    print(format_summary(measured, ("way",), "balanced_accuracy"))


if __name__ == "__main__":
    main()

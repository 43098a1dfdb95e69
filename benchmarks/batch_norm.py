"""What becomes of batch normalisation in fine-tuning: statistics, scale and shift, momentum, size of the batch.

Protocol, fixed before the run. Case signs at 48 px, synthetic and real, source ``worlds``, at most 20 training images
a class; seeds 0 to 4: a seed draws its own images (of the real variant: its own split) and its order of batches. Every
row starts from the same network under the same logistic head, which was fitted to features of the frozen source, its
penalty chosen on validation.

- ``head``: that head, nothing trained.
- ``frozen``, ``affine``, ``trained``: every convolution trains, and of batch normalisation nothing (``layer.trainable =
  False``), a scale and a shift behind each frozen layer, or all. In batches of 4 and of 32; ``trained`` with momentum
  0.9 and 0.999.
- ``film``, ``norm``: no convolution trains, only a scale and a shift behind each frozen layer, or batch normalisation
  as it is. In batches of 32.

Five epochs; Adam with warm-up and half a cosine (``tlbook.training.fit.compile_model``), at its peak 1e-3 for batches
of 32 and 1e-3 / sqrt(8) for batches of 4; 5e-3 for ``film`` and ``norm``. No augmentation, no choice of an epoch: the
last one counts. Balanced accuracy on the test set; where statistics train it is scored a second time after they were
taken anew, as the plain mean over the training images in batches of 32, all weights as they were. Epochs and pixels
were set after ``frozen`` and ``trained`` had been tried on synthetic seeds 0 and 90, where their test scores were seen.
The real variant has ``frozen`` and ``trained`` only.

Run it as ``python -m benchmarks.batch_norm``; the real signs must lie in TLBOOK_DATA_DIR. It goes on where it was
stopped.
"""

import argparse
from functools import lru_cache

import numpy as np

from benchmarks.cases import find_archive
from tlbook.cases import load_case
from tlbook.errors import BadInput
from tlbook.evidence.comparisons import paired_difference, summarise
from tlbook.evidence.experiments import run_grid
from tlbook.evidence.metrics import balanced_accuracy
from tlbook.evidence.results import results_path, write_record
from tlbook.models.adapters import list_batch_norm
from tlbook.models.classifiers import build_classifier, build_feature_model, count_parameters, set_head
from tlbook.models.heads import fit_head
from tlbook.models.sources import load_source
from tlbook.models.strategies import FiLMOnly, FullFineTune, HeadOnly, NormOnly
from tlbook.runtime import data_dir, mirror_dir, set_seed
from tlbook.training.fit import compile_model

NAME = "batch_norm"
SOURCE = "worlds"
VARIANTS = ("synthetic", "real")
SEEDS = range(5)
IMAGE_SIZE = 48
PER_CLASS = 20
EPOCHS = 5
STRATEGIES = {
    "head": HeadOnly(),
    "frozen": FullFineTune(batch_norm="frozen"),
    "trained": FullFineTune(batch_norm="trained"),
    "film": FiLMOnly(),
    "norm": NormOnly(),
}
SETTINGS = (
    *(("frozen", None, size) for size in (4, 32)),
    *(("affine", None, size) for size in (4, 32)),
    *(("trained", momentum, size) for momentum in (0.9, 0.999) for size in (4, 32)),
    ("film", None, 32),
    ("norm", 0.9, 32),
    ("head", None, None),
)
COLUMNS = {
    "variant": "of the case signs: synthetic or real",
    "batch_norm": "what trains, as the protocol says",
    "momentum": "of the moving statistics; empty where they are frozen",
    "batch_size": "images; empty where nothing trains by gradients",
    "seed": "of images or split, and of the order of batches",
    "weights": "first 12 digits of the source weights' SHA-256",
    "num_train": "training images",
    "num_test": "test images",
    "steps": "of training",
    "trainable_params": "weights that trained, the head's included",
    "train_loss": "mean over the last epoch, as training sees it; empty where nothing trains by gradients",
    "train_balanced_accuracy": "on the training images, in use, fraction",
    "balanced_accuracy": "on the test set, in use, fraction",
    "recounted": "the same after the statistics were taken anew from the training images; empty where they are frozen",
    "seconds": "of the row on a shared machine; the first row of a seed also draws or reads the images",
}


@lru_cache(maxsize=1)
def load_seed(variant, seed):
    """Load the images of one seed and fit the head that every row starts from.

    Parameters
    ----------
    variant : str
    seed : int

    Returns
    -------
    train, test : tuple of numpy.ndarray
        Images, uint8, and labels.
    head : tlbook.models.heads.LogisticHead
    classes : tuple of str
    """
    case = load_case("signs", variant=variant, per_class=PER_CLASS, seed=seed)
    train, val, test = ((s.load(IMAGE_SIZE, quiet=True), s.labels) for s in (case.train, case.val, case.test))
    network = build_feature_model(load_source(SOURCE, image_size=IMAGE_SIZE).backbone)
    features = [network.predict(images, verbose=0) for images in (train[0], val[0])]
    return train, test, fit_head(features[0], train[1], features[1], val[1], len(case.classes)), case.classes


def build_model(source, classes, batch_norm, momentum):
    """Build a classifier in which batch normalisation is treated as one setting says.

    Parameters
    ----------
    source : SourceModel
    classes : tuple of str
    batch_norm : str
        A key of ``STRATEGIES``, or ``affine``.
    momentum : float or None

    Returns
    -------
    keras.Model
        Not compiled.
    """
    if batch_norm == "affine":
        model = build_classifier(source.backbone, classes, film=True)
        for layer in list_batch_norm(model):
            layer.trainable = False
    else:
        model = STRATEGIES[batch_norm].build(source, classes, seed=0)
    for layer in list_batch_norm(model):
        layer.momentum = layer.momentum if momentum is None else momentum
    return model


def recount_statistics(model, images, seed):
    """Take the statistics of batch normalisation anew: the plain mean over batches of 32, in one pass.

    Parameters
    ----------
    model : keras.Model
        Changed in place, its weights excepted.
    images : numpy.ndarray
        uint8, (n, size, size, 3).
    seed : int
        Of the order.
    """
    order = np.random.default_rng(seed).permutation(len(images))
    for k in range(len(images) // 32):
        for layer in list_batch_norm(model):
            layer.momentum = k / (k + 1)  # the first batch replaces what was there, the others join the mean
        model(images[order[32 * k : 32 * k + 32]], training=True)


def _measure(row):
    """Train and score one setting.

    Parameters
    ----------
    row : dict
        ``variant``, ``batch_norm``, ``momentum``, ``batch_size``, ``seed``.

    Returns
    -------
    dict
        The other columns.
    """
    train, test, head, classes = load_seed(row["variant"], row["seed"])
    source = load_source(SOURCE, image_size=IMAGE_SIZE)
    model = build_model(source, classes, row["batch_norm"], row["momentum"])
    set_head(model, head)
    set_seed(row["seed"])
    steps, loss, recounted = 0, None, None
    if row["batch_size"]:
        steps = EPOCHS * -(-len(train[1]) // row["batch_size"])
        rate = 5e-3 if row["batch_norm"] in ("film", "norm") else 1e-3 * (row["batch_size"] / 32) ** 0.5
        compile_model(model, rate, steps)
        fitted = model.fit(*train, batch_size=row["batch_size"], epochs=EPOCHS, verbose=0)
        loss = fitted.history["loss"][-1]
    on_train, on_test = (balanced_accuracy(y, np.asarray(model(x, training=False))) for x, y in (train, test))
    if row["momentum"]:
        recount_statistics(model, train[0], row["seed"])
        recounted = balanced_accuracy(test[1], np.asarray(model(test[0], training=False)))
    return {
        "weights": source.weights_sha256[:12], "num_train": len(train[1]), "num_test": len(test[1]), "steps": steps,
        "trainable_params": count_parameters(model)[0], "train_loss": loss, "train_balanced_accuracy": on_train,
        "balanced_accuracy": on_test, "recounted": recounted,
    }  # fmt: skip


def print_table(rows):
    """Print means over seeds with their t intervals, and the paired differences to frozen batch normalisation."""
    by = ("variant", "batch_norm", "momentum", "batch_size")
    for row in summarise(rows, by, "balanced_accuracy"):
        print(*(str(row[column] or "-").ljust(10) for column in by), row["balanced_accuracy"])
    for variant in VARIANTS:
        for size in (4, 32):
            at = [row for row in rows if row["variant"] == variant and row["batch_size"] == size]
            named = [{**row, "setting": (row["batch_norm"], row["momentum"])} for row in at]
            for other in sorted({row["setting"] for row in named if row["batch_norm"] != "frozen"}, key=str):
                figure = paired_difference(named, "setting", (other, ("frozen", None)), value="balanced_accuracy")
                print(f"{variant}, batches of {size}: {other[0]} {other[1] or ''} minus frozen {figure}")


def main():
    """Measure what the table lacks, write its lab record and print what it says."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.parse_args()
    if mirror_dir() is None:
        raise BadInput("the benchmark needs the real road signs; set TLBOOK_DATA_DIR to the folder that holds them")
    keys = ("variant", "batch_norm", "momentum", "batch_size", "seed")
    settings = [
        dict(zip(keys, (variant, *setting, seed), strict=True))
        for variant in VARIANTS for seed in SEEDS for setting in SETTINGS
        if variant == "synthetic" or setting[0] in ("frozen", "trained")
    ]  # fmt: skip
    rows = run_grid(results_path(NAME), settings, _measure, key=keys)
    protocol = __doc__.split("Protocol, fixed before the run.")[1].split("Run it as")[0].strip()
    inputs = [data_dir() / "weights" / f"{SOURCE}.npz", find_archive("signs")]
    write_record(NAME, command="python -m benchmarks.batch_norm", protocol=protocol, columns=COLUMNS, inputs=inputs)
    print_table(rows)


if __name__ == "__main__":
    main()

"""How deep to train at how many labels: four strategies on nine real sets, by the recipe of `adapt`.

Protocol, written down before the run. Nine real sets whole (of the brains every sixth slice of a person, of the
characters every third class), at 96 px; a fifth is the test set, whole groups in one split; of the rest 10 or 50
labelled images a class, or as many as there are, a quarter of them for validation: n counts both. Source photos; head,
last third of the blocks, full and scale-and-shift as `adapt` does them by default (views and regularisation of the head
by grouped cross-validation, training from that head, the same augmentation, the source's rate, the default number of
steps, the last epoch); and the head of ImageNet's MobileNetV2 at width 0.35. Beside them what `auto` keeps of head and
full. Seeds 0 to 4 vary split, initialisation and order. Balanced accuracy, AUROC (one class against the rest, the mean
over classes) and calibration error (15 bins of equal width of the highest probability) on the test set; balanced
accuracy on validation as the run reports it. "All" is not measured where a class has fewer than 60 labelled images.

Cut from the plan, so that the table takes about an hour of two cores: from scratch (measured in
`transfer_or_scratch`), fine-tuning of ImageNet's networks, 160 px, synthetic cases, ten seeds for heads.

Run it as ``python -m benchmarks.how_deep --processes 2``; needs TLBOOK_DATA_DIR. It goes on where it was stopped, seed
after seed.
"""

from functools import lru_cache

import numpy as np

from benchmarks.cases import SETS, find_archive, load_whole
from benchmarks.measuring import make_parser
from tlbook.datasets.dataset import Dataset
from tlbook.datasets.splits import nested_subset, split_groups
from tlbook.errors import BadInput
from tlbook.evidence.comparisons import format_summary
from tlbook.evidence.counting import auroc
from tlbook.evidence.experiments import run_grid
from tlbook.evidence.metrics import balanced_accuracy, calibration_error
from tlbook.evidence.results import results_path, write_record
from tlbook.models.sources import load_source
from tlbook.run.adapt import adapt_each, choose_run
from tlbook.run.predicting import predict_split
from tlbook.runtime import mirror_dir

NAME = "how_deep"
LABELS, SEEDS, IMAGE_SIZE = (10, 50, "all"), range(5), 96
STRATEGIES = {"head": "head", "third": "partial", "full": "full", "scale_shift": "film"}  # column and word
RUNS = {**{key: f"{key.replace('_', ' and ')}, photos" for key in STRATEGIES}, "imagenet_head": "head, MobileNetV2"}
COLUMNS = {
    "set": "real data set, by its case",
    "per_class": "labelled images a class, at most, training and validation together",
    "seed": "of split, initialisation and order",
    "num_classes": "of the set",
    "num_train": "training images",
    "num_val": "validation images",
    "num_test": "test images",
    **{key: f"balanced accuracy on the test set, fraction: {name}" for key, name in RUNS.items()},
    "auto": "which of head and full `auto` keeps, photos",
    **{f"auroc_{key}": f"AUROC on the test set: {name}" for key, name in RUNS.items()},
    **{f"ece_{key}": f"calibration error on the test set, fraction: {name}" for key, name in RUNS.items()},
    **{f"val_{key}": f"balanced accuracy on validation, fraction: {name}" for key, name in RUNS.items()},
    **{f"train_seconds_{key}": f"of the run with its features, beside another: {name}" for key, name in RUNS.items()},
    "weights": "first 12 digits of the SHA-256 of photos",
    "seconds": "of the row",
}


@lru_cache(maxsize=1)
def load_pool(name):
    """Read a real set whole, of the brains every sixth slice of a person; and count its classes."""
    whole, num_classes = load_whole(name, IMAGE_SIZE)
    if name == "brains":
        whole = whole.take(sorted(range(len(whole)), key=lambda i: (whole.groups[i], whole.names[i]))[::6])
    return whole, num_classes


def divide_labels(whole, num_classes, per_class, *, seed):
    """Set a fifth aside as test set; of the rest label so many images a class, a quarter of them for validation."""
    split = split_groups(whole.labels, whole.groups, fractions=(0.8, 0.2), seed=seed)
    pool, test = (np.flatnonzero(split == s) for s in (0, 1))
    most = len(pool) if per_class == "all" else per_class
    pool = pool[nested_subset(whole.labels[pool], whole.groups[pool], most, seed=seed)]
    split = split_groups(whole.labels[pool], whole.groups[pool], fractions=(0.75, 0.25), seed=seed)
    classes = tuple(f"class_{c}" for c in range(num_classes))
    return Dataset("divided", classes, whole.take(pool[split == 0]), whole.take(pool[split == 1]), whole.take(test))


def mean_auroc(labels, probabilities):
    """Mean over the classes of the AUROC of one against the rest."""
    return float(np.mean([auroc(labels == c, probabilities[:, c]) for c in np.unique(labels)]))


def _measure(row):
    whole, num_classes = load_pool(row["set"])
    data = divide_labels(whole, num_classes, row["per_class"], seed=row["seed"])
    options = {"seed": row["seed"], "cache": False, "quiet": True}
    photos, imagenet = (load_source(name, image_size=IMAGE_SIZE) for name in ("photos", "mobilenet_v2_035"))
    runs = dict(zip(STRATEGIES, adapt_each(data, photos, list(STRATEGIES.values()), **options), strict=True))
    runs["imagenet_head"] = adapt_each(data, imagenet, ["head"], **options)[0]
    answers = {key: predict_split(run, data.test, quiet=True) for key, run in runs.items()}
    labels = data.test.labels
    return {
        "num_classes": num_classes, "num_train": len(data.train), "num_val": len(data.val), "num_test": len(data.test),
        **{key: balanced_accuracy(labels, values) for key, values in answers.items()},
        "auto": choose_run([runs["head"], runs["full"]]).strategy,
        **{f"auroc_{key}": mean_auroc(labels, values) for key, values in answers.items()},
        **{f"ece_{key}": calibration_error(labels, values) for key, values in answers.items()},
        **{f"val_{key}": run.val_balanced_accuracy for key, run in runs.items()},
        **{f"train_seconds_{key}": run.seconds["features"] + run.seconds["train"] for key, run in runs.items()},
        "weights": photos.weights_sha256[:12],
    }  # fmt: skip


def list_rows():
    """List the settings: seed after seed, few labels first."""
    few = {"dogs": 80, "signs": 72, "textures": 96, "characters": 16, "objects": 80}
    return [
        {"set": name, "per_class": per_class, "seed": seed}
        for seed in SEEDS for per_class in LABELS for name in SETS
        if not (per_class == 50 and few.get(name, 100) < 50) and not (per_class == "all" and few.get(name, 100) < 60)
    ]  # fmt: skip


def main():
    """Measure, record and print the table."""
    parser = make_parser(__doc__)
    parser.add_argument("--labels", nargs="+", default=[str(n) for n in LABELS], choices=[str(n) for n in LABELS])
    options = parser.parse_args()
    if mirror_dir() is None:
        raise BadInput("the real sets are needed; set TLBOOK_DATA_DIR to the folder that holds them")
    rows = [row for row in list_rows() if str(row["per_class"]) in options.labels]
    key = ("set", "per_class", "seed")
    measured = run_grid(results_path(NAME), rows, _measure, key=key, processes=options.processes)
    inputs = [find_archive(name) for name in SETS]
    write_record(NAME, command="python -m benchmarks.how_deep --processes 2", protocol=__doc__, columns=COLUMNS,
                 inputs=inputs)  # fmt: skip
    for strategy in RUNS:
        print(format_summary(measured, ("per_class",), strategy))


if __name__ == "__main__":
    main()

"""Which depth's features serve which target: a logistic probe after every stage of the embedded network.

Protocol, written down before the run. Frozen `photos` and the same network with random weights (seed 0), 96 px; the
activations after the stem, the last block of each stage and the top, averaged over all places; on each a logistic head,
its regularisation strength chosen on validation; balanced accuracy on the test set. Real sets: objects, textures,
signs, fractures and brains (every fourth slice of a person), whole groups in one split, 60/20/20, at most 50 training
images a class (of the brains 15 people's slices). Synthetic targets, which neither network has seen: signs (20 images a
class), roughness and thickness of plates (`tlbook.synthetic.surfaces`: 200 training, 100 validation and 400 test
images). Seeds 0 to 4 vary the split, or the images where these are synthetic.

Run it as ``python -m benchmarks.features_by_depth``; needs TLBOOK_DATA_DIR. It goes on where it was stopped.
"""

from functools import lru_cache

from benchmarks.cases import divide, find_archive, load_whole
from benchmarks.measuring import make_parser
from tlbook.cases import load_case
from tlbook.errors import BadInput
from tlbook.evidence.comparisons import format_summary
from tlbook.evidence.experiments import run_grid
from tlbook.evidence.metrics import balanced_accuracy
from tlbook.evidence.results import results_path, write_record
from tlbook.models.heads import fit_head
from tlbook.models.sources import load_source
from tlbook.runtime import mirror_dir
from tlbook.synthetic.surfaces import GRADES, make_surfaces
from tlbook.training.stage_features import extract_stage_features

NAME = "features_by_depth"
REAL = ("objects", "textures", "signs", "fractures", "brains")
SYNTHETIC = ("signs", *GRADES)
SOURCES, SEEDS, IMAGE_SIZE = ("photos", "random"), range(5), 96
PER_CLASS, PEOPLE, SLICES = 50, 15, 8
PLATES = (200, 100, 400)
DEPTHS = {
    "stem": "stem", "stage1_block2": "stage 1", "stage2_block2": "stage 2", "stage3_block2": "stage 3",
    "stage4_block2": "stage 4", "top": "top",
}  # fmt: skip
COLUMNS = {
    "variant": "real or synthetic",
    "target": "data set, by its case, or the synthetic plates' target",
    "source": "frozen network; random is the network of photos with random weights",
    "seed": "of the split, or of the synthetic images",
    "num_classes": "of the target",
    "num_train": "training images",
    "num_test": "test images",
    **{name.replace(" ", "_"): f"balanced accuracy of a probe after the {name}, fraction" for name in DEPTHS.values()},
    "weights": "first 12 digits of the weights' SHA-256",
    "seconds": "of the row, beside another one; the first of a set computes its features",
}


@lru_cache(maxsize=1)
def load_real(name):
    """Read a real set whole, of the brains every fourth slice of a person; and name its classes."""
    whole, classes = load_whole(name, IMAGE_SIZE)
    if name == "brains":
        whole = whole.take(sorted(range(len(whole)), key=lambda i: (whole.groups[i], whole.names[i]))[::4])
    return whole, classes


@lru_cache(maxsize=2)
def run_real(name, source):
    """Features of a real set at each depth."""
    whole, _ = load_real(name)
    return extract_stage_features(load_source(source), whole.load(IMAGE_SIZE, quiet=True))


def split_real(name, source, seed):
    """Features and labels of training, validation and test set of a real set."""
    whole, classes = load_real(name)
    features = run_real(name, source)
    numbers = {path: i for i, path in enumerate(whole.names)}
    data = divide(whole, classes, PEOPLE * SLICES if name == "brains" else PER_CLASS, seed=seed)
    rows = [[numbers[path] for path in split.names] for split in (data.train, data.val, data.test)]
    return [({k: v[r] for k, v in features.items()}, whole.labels[r]) for r in rows], len(classes)


def split_synthetic(name, source, seed):
    """Features and labels of training, validation and test set of a synthetic target."""
    if name in GRADES:
        num_classes = GRADES[name]
        parts = [make_surfaces(name, n, seed=3 * seed + k) for k, n in enumerate(PLATES)]
    else:
        data = load_case(name, per_class=20, seed=seed)
        num_classes = len(data.classes)
        parts = [(split.load(IMAGE_SIZE, quiet=True), split.labels) for split in (data.train, data.val, data.test)]
    network = load_source(source)
    return [(extract_stage_features(network, images), labels) for images, labels in parts], num_classes


def _measure(row):
    split = split_real if row["variant"] == "real" else split_synthetic
    parts, num_classes = split(row["target"], row["source"], row["seed"])
    (_, train), (_, val), (_, test) = parts
    scores = {}
    for block, name in DEPTHS.items():
        x = [features[block] for features, _ in parts]
        head = fit_head(x[0], train, x[1], val, num_classes)
        scores[name.replace(" ", "_")] = balanced_accuracy(test, head.predict(x[2]))
    return {
        "num_classes": num_classes, "num_train": len(train), "num_test": len(test), **scores,
        "weights": load_source(row["source"]).weights_sha256[:12],
    }  # fmt: skip


def main():
    """Measure, record and print the table."""
    options = make_parser(__doc__).parse_args()
    if mirror_dir() is None:
        raise BadInput("the real sets are needed; set TLBOOK_DATA_DIR to the folder that holds them")
    targets = [("synthetic", name) for name in SYNTHETIC] + [("real", name) for name in REAL]
    rows = [
        {"variant": variant, "target": name, "source": source, "seed": seed}
        for variant, name in targets for source in SOURCES for seed in SEEDS
    ]  # fmt: skip
    key = ("variant", "target", "source", "seed")
    measured = run_grid(results_path(NAME), rows, _measure, key=key, processes=options.processes)
    inputs = [find_archive(name) for name in REAL]
    write_record(NAME, command="python -m benchmarks.features_by_depth", protocol=__doc__, columns=COLUMNS,
                 inputs=inputs)  # fmt: skip
    for name in DEPTHS.values():
        print(format_summary(measured, ("variant", "target", "source"), name.replace(" ", "_")))


if __name__ == "__main__":
    main()

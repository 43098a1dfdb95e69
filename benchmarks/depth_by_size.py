"""Is deeper better as data grows: head, last third, two thirds and all of the network, at four sizes of training set.

Protocol, written down before the run. Synthetic cases fractures, brains and dogs (brains counts people); the embedded
default source at 96 px; validation and test splits do not depend on the size; of the former 160 images at most, evenly
spaced, since they are looked at after every epoch. Whatever trains by gradients gets 240 steps of 32 images (Adam, the
strategy's own learning rate, warm-up and half cosine, the epoch that is best on validation), so that size changes what
is seen, not how long; a fitted head to start from; mirrored images on fractures and dogs. Balanced accuracy on the test
split; seeds 0 to 4 vary drawn images, initialisation and order; t intervals.

Run it as ``python -m benchmarks.depth_by_size``; it needs no files and goes on where it was stopped, seed after seed.
"""

from dataclasses import replace

from benchmarks.cases import load_splits
from benchmarks.measuring import COLUMNS as MEASURED
from benchmarks.measuring import count_epochs, make_parser, score_strategy
from tlbook.evidence.comparisons import paired_difference, summarise
from tlbook.evidence.experiments import run_grid
from tlbook.evidence.results import results_path, write_record
from tlbook.models.sources import load_source
from tlbook.models.strategies import FullFineTune, HeadOnly, PartialUnfreeze

NAME = "depth_by_size"
SOURCE, IMAGE_SIZE = "photos", 96
STEPS, BATCH_SIZE = 240, 32
MAX_VAL = 160
SIZES = {"fractures": (25, 50, 100, 200), "brains": (2, 4, 8, 15), "dogs": (3, 5, 10, 20)}
NO_MIRROR = ("brains",)
SEEDS = range(5)
DEPTHS = ("head", "third", "two_thirds", "full")
COLUMNS = {
    "case": "synthetic case",
    "per_class": "training images a class; people a class for brains",
    "depth": "what trains under the head: nothing, the last third of the blocks, two thirds, everything",
    "seed": "of drawn images, initialisation and order",
    **MEASURED,
}


def make_strategy(depth, case, num_train):
    """Turn a depth into a strategy of so many steps.

    Parameters
    ----------
    depth : str
        One of ``DEPTHS``.
    case : str
    num_train : int

    Returns
    -------
    Strategy
    """
    if depth == "head":
        return HeadOnly()
    epochs = count_epochs(STEPS, num_train, BATCH_SIZE)
    options = {"epochs": epochs, "batch_size": BATCH_SIZE, "mirror": case not in NO_MIRROR}
    if depth == "full":
        return FullFineTune(**options)
    return PartialUnfreeze(fraction={"third": 1 / 3, "two_thirds": 2 / 3}[depth], **options)


def _measure(row):
    data = load_splits(row["case"], "synthetic", row["per_class"], row["seed"])
    data = replace(data, val=data.val.take(range(0, len(data.val), -(-len(data.val) // MAX_VAL))))
    source = load_source(SOURCE, image_size=IMAGE_SIZE)
    strategy = make_strategy(row["depth"], row["case"], len(data.train))
    return score_strategy(data, source, strategy, seed=row["seed"])


def print_table(rows):
    """Print means over seeds, and what full fine-tuning gains over the head at the smallest and the largest size."""
    for row in summarise(rows, ["case", "per_class", "depth"], "balanced_accuracy"):
        print(f"{row['case']:10} {row['per_class']:4}  {row['depth']:11} {row['balanced_accuracy']}")
    for case, sizes in SIZES.items():
        for size in (sizes[0], sizes[-1]):
            at = [row for row in rows if (row["case"], row["per_class"]) == (case, size)]
            gain = paired_difference(at, "depth", ("full", "head"), value="balanced_accuracy")
            print(f"{case} at {size}: full - head {gain}")


def main():
    """Measure, record and print the table."""
    options = make_parser(__doc__).parse_args()
    rows = [
        {"case": case, "per_class": size, "depth": depth, "seed": seed}
        for seed in SEEDS for case, sizes in SIZES.items() for size in sizes for depth in DEPTHS
    ]  # fmt: skip
    measured = run_grid(
        results_path(NAME), rows, _measure, key=("case", "per_class", "depth", "seed"), processes=options.processes
    )
    write_record(NAME, command="python -m benchmarks.depth_by_size", protocol=__doc__, columns=COLUMNS)
    print_table(measured)


if __name__ == "__main__":
    main()

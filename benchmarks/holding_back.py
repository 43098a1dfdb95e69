"""What mirrored and moved images, mixup and smoothed labels are worth to full fine-tuning.

Protocol, written down before the run. As the careful runs of ``benchmarks.gentle_steps``: case dogs at its easiest
level, drawn at 64 px and read at 48, 24 training images a breed (480), 300 test images, the embedded network, all of it
trained from a fitted head for ten passes at a peak rate of 0.003, batch normalisation as in the source, the last epoch
kept. Ways: ``none``; ``mirror`` (half of the images); ``mirror and mixup`` (alpha 0.2); ``mirror and smoothing`` (a
tenth of each label). Where half of the
training images are mirrored, predictions average an image and its mirror image, as the package does. Balanced accuracy
on the test set and on training images; seeds 0 to 4 vary drawn images, order and variations; t intervals.

Run it as ``python -m benchmarks.holding_back``; it needs no files and goes on where it was stopped, seed after seed.
"""

import functools

from benchmarks.measuring import make_parser
from tlbook.cases import load_case
from tlbook.evidence.comparisons import format_summary
from tlbook.evidence.experiments import run_grid
from tlbook.evidence.metrics import balanced_accuracy
from tlbook.evidence.results import results_path, write_record
from tlbook.models.sources import load_source
from tlbook.models.strategies import FullFineTune
from tlbook.run.adapt import adapt
from tlbook.run.predicting import predict_split
from tlbook.training.augmentation import Augmentation
from tlbook.training.options import Training

NAME, SEEDS, IMAGE_SIZE, PER_CLASS = "holding_back", range(5), 48, 24
MIRROR = Augmentation(mirror=True)
WAYS = {
    "none": Training(augmentation=None),
    "mirror": Training(augmentation=MIRROR),
    "mirror and mixup": Training(augmentation=MIRROR, mixup=0.2),
    "mirror and smoothing": Training(augmentation=MIRROR, label_smoothing=0.1),
}
COLUMNS = {
    "way": "what is done to images or labels",
    "seed": "of drawn images, order and variations",
    "train_balanced_accuracy": "on the training images as they are, fraction",
    "balanced_accuracy": "on the test set, fraction",
    "seconds": "of the row, beside other programs: nothing to compare",
    "commit": "state of the code that the row was measured at; <=: at that one or an earlier one",
}


@functools.lru_cache(maxsize=1)
def _load(seed):
    return load_case("dogs", per_class=PER_CLASS, difficulty=0, size=64, seed=seed)


def _measure(row):
    data, source = _load(row["seed"]), load_source("photos", image_size=IMAGE_SIZE)
    strategy = FullFineTune(learning_rate=3e-3, epochs=10)
    run = adapt(data, source, strategy, training=WAYS[row["way"]], seed=row["seed"], cache=False, quiet=True)
    scores = (
        balanced_accuracy(split.labels, predict_split(run, split, quiet=True)) for split in (data.train, data.test)
    )
    return dict(zip(("train_balanced_accuracy", "balanced_accuracy"), scores, strict=True))


def main():
    """Measure, record and print the table."""
    options = make_parser(__doc__).parse_args()
    rows = [{"way": way, "seed": seed} for seed in SEEDS for way in WAYS]
    measured = run_grid(results_path(NAME), rows, _measure, key=("way", "seed"), processes=options.processes)
    write_record(NAME, command="python -m benchmarks.holding_back", protocol=__doc__, columns=COLUMNS)
    print(format_summary(measured, ("way",), "balanced_accuracy"))


if __name__ == "__main__":
    main()

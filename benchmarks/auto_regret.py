"""What the default costs: how far `adapt`'s own choice stays below the best strategy there, in hindsight.

Protocol, written down before the run. Eight sets of ``how_deep`` with 50 and with up to 200 labelled images a class,
the split of seed 0, source photos at 96 px; for each
``tlbook.adapt(data, source)``: a head and full fine-tuning are compared on validation images, the head is kept unless
full leads by more than one standard error, and what was chosen learns in the end from training and validation images.
Balanced accuracy on the test set. Regret: the best score among head, last third, full, and scale and shift on the same
split, by ``how_deep``, minus the default's; never below zero there unless the default was better by chance of its
training. Means of each set over its rows; intervals are over sets. What the default said on validation stands beside.

What was seen beforehand: the rows of ``how_deep``. Cut from the plan: 10 labelled images a class, further seeds.

Run it as ``python -m benchmarks.auto_regret --processes 2``; needs TLBOOK_DATA_DIR. It goes on where it was stopped,
seed after seed.
"""

import numpy as np

from benchmarks.cases import SETS, find_archive
from benchmarks.how_deep import IMAGE_SIZE, STRATEGIES, TOO_SMALL, divide_labels, load_pool
from benchmarks.measuring import make_parser
from tlbook.errors import BadInput
from tlbook.evidence.experiments import run_grid
from tlbook.evidence.intervals import t_interval
from tlbook.evidence.metrics import balanced_accuracy
from tlbook.evidence.results import read_table, results_path, write_record
from tlbook.models.sources import load_source
from tlbook.run.adapt import adapt
from tlbook.run.predicting import predict_images
from tlbook.runtime import mirror_dir

NAME, LABELS, SEEDS = "auto_regret", (200, 50), range(1)
COLUMNS = {
    "set": "real data set, by its case",
    "per_class": "labelled images a class, training and validation together, at most: a set with fewer gives all",
    "seed": "of split, initialisation and order",
    "num_val": "validation images",
    "strategy": "what was chosen",
    "val_balanced_accuracy": "of what was chosen, on validation, fraction, before it learned from these images too",
    "balanced_accuracy": "on the test set, fraction",
    "reason": "what the run says of its choice",
    "training_seconds": "of the run, beside another",
    "seconds": "of the row",
}


def _measure(row):
    whole, classes = load_pool(row["set"])
    data = divide_labels(whole, classes, row["per_class"], seed=row["seed"])
    source = load_source("photos", image_size=IMAGE_SIZE)
    run = adapt(data, source, seed=row["seed"], cache=False, quiet=True)
    answers = predict_images(run.model, data.test.load(IMAGE_SIZE, quiet=True))
    return {
        "num_val": len(data.val), "strategy": run.strategy, "val_balanced_accuracy": run.val_balanced_accuracy,
        "balanced_accuracy": balanced_accuracy(data.test.labels, answers), "reason": run.strategy_reason,
        "training_seconds": sum(run.seconds.values()),
    }  # fmt: skip


def describe(rows):
    """Say how large the regrets of the default and of two habits are, over sets, and how validation compares."""
    scores = {(row["set"], row["per_class"], row["seed"]): row for row in read_table("how_deep")}
    regrets, gaps = {}, {}
    for row in rows:
        beside = scores[row["set"], row["per_class"], row["seed"]]
        best = max(beside[key] for key in STRATEGIES)
        taken = {"the default": row["balanced_accuracy"], "always head": beside["head"], "always full": beside["full"]}
        for how, score in taken.items():
            regrets.setdefault(how, {}).setdefault(row["set"], []).append(100 * (best - score))
        gap = 100 * (row["val_balanced_accuracy"] - row["balanced_accuracy"])
        gaps.setdefault(row["set"], []).append(gap)
    told = {f"regret of {how}": by_set for how, by_set in regrets.items()} | {"validation minus test": gaps}
    means = {words: t_interval([np.mean(values) for values in by_set.values()]) for words, by_set in told.items()}
    text = "{0}: {1.value:.1f} points [{1.low:.1f}, {1.high:.1f}], {1.n} sets"
    return "\n".join(text.format(words, mean) for words, mean in means.items())


def main():
    """Measure, record and print the table."""
    options = make_parser(__doc__).parse_args()
    if mirror_dir() is None:
        raise BadInput("the real sets are needed; set TLBOOK_DATA_DIR to the folder that holds them")
    rows = [
        {"set": name, "per_class": per_class, "seed": seed}
        for seed in SEEDS for per_class in LABELS for name in SETS if name not in TOO_SMALL
    ]  # fmt: skip
    key = ("set", "per_class", "seed")
    measured = run_grid(results_path(NAME), rows, _measure, key=key, processes=options.processes)
    inputs = [find_archive(name) for name in SETS]
    write_record(
        NAME, command="python -m benchmarks.auto_regret --processes 2", protocol=__doc__, columns=COLUMNS, inputs=inputs
    )
    print(describe(measured))


if __name__ == "__main__":
    main()

"""Head alone, everything fine-tuned, or from scratch: nine real sets and five synthetic cases, one source for all.

Protocol, written down before the final run. The embedded network at 96 px, its weights from the default source or drawn
anew. Training images a class: fractures 200, pets, textures and flowers 20, dogs, signs, characters and objects 10,
brains 15 people. Real sets: whole groups in one split, 60/20/20, at most as many validation images a class as training
images, all test images; Moderate left out of the Alzheimer set; every third of Omniglot's 183 characters. Synthetic
cases: their own splits. From scratch and full get the same number of steps (240 of 32 images, Adam, warm-up and half
cosine, the epoch that is best on validation); from scratch the best of three learning rates by balanced accuracy on
validation, full its default one, batch normalisation as in the source; transfer is head or full, whichever is better
on validation. Mirrored images where left and right mean nothing. Balanced accuracy on the test set; seeds 0 to 4 vary
split, drawn images, initialisation and order; t intervals over paired seeds.

What was seen beforehand: 27 rows of seed 0 with the epoch of the lowest validation loss. They had from scratch at
chance on four of six sets, sent back to its first epoch, and were thrown away; since then balanced accuracy chooses.
The rows of full of seed 0 that had batch normalisation trained, then its default, were thrown away as well, after
``strategies_real`` had shown what that costs.

Run it as ``python -m benchmarks.transfer_or_scratch``; the real sets need TLBOOK_DATA_DIR. It goes on where it was
stopped, seed after seed.
"""

import numpy as np

from benchmarks.cases import SETS, find_archive, load_splits
from benchmarks.measuring import COLUMNS as MEASURED
from benchmarks.measuring import count_epochs, make_parser, score_strategy
from tlbook.errors import BadInput
from tlbook.evidence.comparisons import choose_on_validation
from tlbook.evidence.experiments import run_grid
from tlbook.evidence.intervals import paired_t_interval, t_interval
from tlbook.evidence.results import results_path, write_record
from tlbook.models.sources import load_source
from tlbook.models.strategies import FromScratch, FullFineTune, HeadOnly
from tlbook.runtime import mirror_dir

NAME = "transfer_or_scratch"
SOURCE = "photos"
IMAGE_SIZE = 96
STEPS, BATCH_SIZE = 240, 32
SCRATCH_RATES = (1e-3, 3e-3, 1e-2)
FULL_RATE = 1e-3
SEEDS = range(5)
PER_CLASS = {
    "fractures": 200, "brains": 15, "dogs": 10, "pets": 20, "signs": 10,
    "textures": 20, "flowers": 20, "characters": 10, "objects": 10,
}  # fmt: skip
SYNTHETIC = ("fractures", "brains", "dogs", "pets", "signs")
NO_MIRROR = ("brains", "signs", "characters")
COLUMNS = {
    "set": "data set, by its case",
    "variant": "real or synthetic",
    "strategy": "scratch, head or full",
    "learning_rate": "peak; 0 for a head, which is fitted to convergence",
    "seed": "of the split or the drawing, of initialisation and of the order of images",
    **MEASURED,
}


def make_strategy(row, num_train):
    """Turn a row into a strategy of so many steps.

    Parameters
    ----------
    row : dict
    num_train : int

    Returns
    -------
    Strategy
    """
    if row["strategy"] == "head":
        return HeadOnly()
    kind = {"scratch": FromScratch, "full": FullFineTune}[row["strategy"]]
    epochs = count_epochs(STEPS, num_train, BATCH_SIZE)
    mirror = row["set"] not in NO_MIRROR
    return kind(epochs=epochs, learning_rate=row["learning_rate"], batch_size=BATCH_SIZE, mirror=mirror)


def _measure(row):
    data = load_splits(row["set"], row["variant"], PER_CLASS[row["set"]], row["seed"])
    source = load_source(SOURCE, image_size=IMAGE_SIZE)
    return score_strategy(data, source, make_strategy(row, len(data.train)), seed=row["seed"])


def list_rows(sets):
    """List the settings, seed after seed.

    Parameters
    ----------
    sets : sequence of (str, str)
        Set and variant.

    Returns
    -------
    list of dict
    """
    settings = [("head", 0.0), ("full", FULL_RATE), *(("scratch", rate) for rate in SCRATCH_RATES)]
    return [
        {"set": name, "variant": variant, "strategy": strategy, "learning_rate": rate, "seed": seed}
        for seed in SEEDS for name, variant in sets for strategy, rate in settings
    ]  # fmt: skip


def print_table(rows, sets):
    """Print mean test scores and the paired difference of transfer and from scratch for each set."""
    print("| set | from scratch | head | full | head or full | gain | interval |")
    print("|---" * 7 + "|")
    wins = {"real": 0, "synthetic": 0}
    for name, variant in sets:
        of_set = [row for row in rows if (row["set"], row["variant"]) == (name, variant)]
        columns = []
        for strategies in (("scratch",), ("head",), ("full",), ("head", "full")):
            chosen = choose_on_validation([row for row in of_set if row["strategy"] in strategies], ("seed",))
            columns.append(np.array([row["balanced_accuracy"] for row in chosen]))
        gain = paired_t_interval(columns[3] - columns[0])
        wins[variant] += gain.low > 0
        cells = " | ".join(f"{100 * t_interval(column).value:.1f}" for column in columns)
        interval = f"[{100 * gain.low:.1f}, {100 * gain.high:.1f}]"
        print(f"| {name} ({variant}) | {cells} | {100 * gain.value:+.1f} | {interval}, {gain.n} seeds |")
    print(f"above zero: {wins['real']} real, {wins['synthetic']} synthetic")


def main():
    """Measure, record and print the table."""
    parser = make_parser(__doc__)
    parser.add_argument("--synthetic", action="store_true", help="the synthetic cases alone")
    options = parser.parse_args()
    if mirror_dir() is None and not options.synthetic:
        raise BadInput("the real sets are needed; set TLBOOK_DATA_DIR to the folder that holds them")
    sets = [(name, "synthetic") for name in SYNTHETIC]
    if not options.synthetic:
        sets = [(name, "real") for name in SETS] + sets
    key = ("set", "variant", "strategy", "learning_rate", "seed")
    measured = run_grid(results_path(NAME), list_rows(sets), _measure, key=key, processes=options.processes)
    inputs = [] if options.synthetic else [find_archive(name) for name in SETS]
    command = "python -m benchmarks.transfer_or_scratch"
    write_record(NAME, command=command, protocol=__doc__, columns=COLUMNS, inputs=inputs)
    print_table(measured, sets)


if __name__ == "__main__":
    main()

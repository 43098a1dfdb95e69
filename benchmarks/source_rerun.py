"""A pre-training that is run again: do the new weights do what the shipped ones do.

The protocol is that of ``benchmarks/source_probe.py``, at 96 px, for weights that ``python -m tlbook pretrain`` wrote
from the same recipe and seed, on another machine or another backend than the card names. They are not the shipped
weights bit by bit, since sums are taken in another order; what is asked is that the mean over the nine sets lies within
one point of the card's.

Run it as ``python -m benchmarks.source_rerun photos FILE.npz --place "where it was pre-trained"``; needs
TLBOOK_DATA_DIR. It goes on where it was stopped.
"""

import argparse
import sys
from pathlib import Path

import numpy as np

from benchmarks.cases import SETS, find_archive
from benchmarks.source_probe import IMAGE_SIZE, SEEDS, make_measure
from tlbook.datasets.cards import load_card
from tlbook.evidence.experiments import run_grid
from tlbook.evidence.results import read_table, results_path, write_record
from tlbook.files import hash_file
from tlbook.runtime import mirror_dir

NAME = "source_rerun"
COLUMNS = {
    "source": "whose recipe was run again",
    "place": "where: machine and backend",
    "set": "real data set, by its case",
    "seed": "of the split",
    "weights": "first 12 digits of the new weights' SHA-256",
    "num_train": "training images",
    "num_test": "test images",
    "penalty": "scikit-learn's C, chosen on validation",
    "balanced_accuracy": "on the test set, fraction",
    "seconds": "of the row, on the machine of the lab record",
}


def main():
    """Measure, record, and print the new weights' mean beside the card's, set by set."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("source", choices=("photos", "worlds"))
    parser.add_argument("file", type=Path, help="what `tlbook pretrain` wrote")
    parser.add_argument("--place", required=True, help="machine and backend that wrote it, for the table")
    options = parser.parse_args()
    if mirror_dir() is None:
        parser.error("the probe needs the real sets; set TLBOOK_DATA_DIR to the folder that holds them")
    key = ("source", "place", "set", "seed")
    rows = [dict(zip(key, (options.source, options.place, *row), strict=True)) for row in _list_sets()]
    measure = make_measure({options.source: options.file})
    done = run_grid(results_path(NAME), rows, lambda row: measure({**row, "image_size": IMAGE_SIZE}), key=key)
    if {row["weights"] for row in done} != {hash_file(options.file)[:12]}:
        parser.error(f"the table holds other weights from {options.place!r}; name another place, or remove those rows")
    command = 'python -m benchmarks.source_rerun SOURCE FILE --place "…"'
    inputs = [find_archive(name) for name in SETS]
    write_record(NAME, command=command, protocol=__doc__, columns=COLUMNS, inputs=inputs)
    shipped = [r for r in read_table("source_probe") if (r["source"], r["image_size"]) == (options.source, IMAGE_SIZE)]
    for name in SETS:
        new, old = (np.mean([r["balanced_accuracy"] for r in table if r["set"] == name]) for table in (done, shipped))
        print(f"{name:12} {new:.3f}, shipped {old:.3f}")
    mean = np.mean([row["balanced_accuracy"] for row in done])
    card = load_card(options.source).facts["probe"]["balanced_accuracy"]
    print(f"mean {mean:.4f}, on the card {card:.3f}: {100 * (mean - card):+.2f} points")


def _list_sets():
    return [(name, seed) for name in SETS for seed in SEEDS]


if __name__ == "__main__":
    sys.exit(main())

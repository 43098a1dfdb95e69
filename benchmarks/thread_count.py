"""The same seed on one core and on two: how far the scores of one command lie apart.

The FracAtlas subset, unpacked, as a user would adapt to it: ``python -m tlbook adapt`` with its table of
near-duplicates, default source, the head alone and full fine-tuning at its defaults, seeds 0 to 4 for split and
order. Each row is a process of its own, with TensorFlow held to one thread an operation or to two, and with its own
cache of features. Nothing else differs. Sums are taken in another order then, which moves last digits; training
by gradients lets them grow.

Run it as ``python -m benchmarks.thread_count``; needs TLBOOK_DATA_DIR and two cores. It goes on where it was stopped.
"""

import argparse
import sys
import tempfile
from pathlib import Path

from benchmarks.cases import find_archive
from benchmarks.measuring import run_adapt
from tlbook.datasets.archives import extract_archives
from tlbook.evidence.comparisons import format_summary, paired_differences
from tlbook.evidence.experiments import run_grid
from tlbook.evidence.intervals import RESPLITS
from tlbook.evidence.results import results_path, write_record
from tlbook.runtime import mirror_dir

NAME = "thread_count"
STRATEGIES, THREADS, SEEDS = ("head", "full"), (1, 2), range(5)
COLUMNS = {
    "strategy": "head, or full: everything trains",
    "threads": "that TensorFlow may use within an operation (TF_NUM_INTRAOP_THREADS)",
    "seed": "of the split and of the order of the images",
    "num_train": "training images",
    "num_test": "test images",
    "auroc": "area under the ROC curve on the test set",
    "balanced_accuracy": "on the test set, fraction",
    "seconds": "of the row, on the machine of the lab record: starting, decoding and reports included",
}


def run_command(folder, strategy, threads, seed):
    """Run the command once and read its report.

    Parameters
    ----------
    folder : pathlib.Path
        The unpacked archive.
    strategy : str
    threads, seed : int

    Returns
    -------
    dict
        Under the names of ``COLUMNS``.
    """
    words = ["--groups", str(folder / "metadata.csv"), "--strategy", strategy, "--seed", str(seed)]
    report, _ = run_adapt(folder, *words, TF_NUM_INTRAOP_THREADS=str(threads))
    scores = {name: report[name]["value"] for name in ("auroc", "balanced_accuracy")}
    return {"num_train": report["n_train"], "num_test": report["n_test"], **scores}


def main():
    """Measure, record, and print how far one thread lies from two."""
    argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter).parse_args()
    if mirror_dir() is None:
        sys.exit("the radiographs are not on this machine; set TLBOOK_DATA_DIR to the folder that holds them")
    key = ("strategy", "threads", "seed")
    rows = [dict(zip(key, (how, n, seed), strict=True)) for how in STRATEGIES for seed in SEEDS for n in THREADS]
    with tempfile.TemporaryDirectory() as place:
        folder = extract_archives([find_archive("fractures")], Path(place) / "radiographs")
        table = run_grid(results_path(NAME), rows, lambda row: run_command(folder, **row), key=key)
    command = "python -m benchmarks.thread_count"
    write_record(NAME, command=command, protocol=__doc__, columns=COLUMNS, inputs=[find_archive("fractures")])
    print(format_summary(table, ("strategy", "threads"), "balanced_accuracy", test_to_train=RESPLITS))
    print("one thread minus two, seed by seed, fraction:")
    options = {"value": "balanced_accuracy", "test_to_train": RESPLITS}
    for (how,), gap in paired_differences(table, ("strategy",), "threads", THREADS, **options).items():
        print(how, gap)


if __name__ == "__main__":
    sys.exit(main())

"""What measurements share: command line, a row of a strategy, a run of the command, the length of training."""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from tlbook.evidence.metrics import balanced_accuracy
from tlbook.run.adapt import adapt
from tlbook.run.predicting import predict_split
from tlbook.training.options import Training

# The recipe that the stored tables were measured with: one view, training images alone, the best epoch on validation.
EARLIER = Training(augmentation=None, refit=False, patience=100_000)

COLUMNS = {
    "weights": "first 12 digits of the source weights' SHA-256; empty from scratch",
    "num_train": "training images",
    "num_val": "validation images",
    "num_test": "test images",
    "epochs": "that were run; 0 for a head, which is fitted to convergence",
    "trainable_params": "weights that trained, the head's included",
    "val_balanced_accuracy": "of the kept epoch on the validation set, fraction: what settings are chosen by",
    "balanced_accuracy": "on the test set, fraction",
    "seconds": "of the row, alone or beside another one: nothing to compare",
}


def make_parser(description):
    """Make the command line of a benchmark whose rows may be measured side by side.

    Parameters
    ----------
    description : str
        The benchmark's docstring.

    Returns
    -------
    argparse.ArgumentParser
        With ``--processes``.
    """
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--processes", type=int, default=1, metavar="N", help="rows side by side, each on one thread (default: 1)"
    )
    return parser


def score_strategy(data, source, strategy, *, seed, parts=None):
    """Adapt a source to a data set and score it on the test set.

    Parameters
    ----------
    data : Dataset
    source : SourceModel
    strategy : Strategy
    seed : int
    parts : dict of str to numpy.ndarray, optional
        Test images of some classes, bool, (n,), under the name of their column: scored by themselves as well. Where
        there are none the result is None.

    Returns
    -------
    dict
        Under the names of ``COLUMNS`` and of the parts, without the seconds.
    """
    run = adapt(data, source, strategy, training=EARLIER, seed=seed, cache=False)
    labels, answers = data.test.labels, predict_split(run, data.test)
    return {
        "weights": "" if strategy.name == "scratch" else source.weights_sha256[:12],
        "num_train": len(data.train), "num_val": len(data.val), "num_test": len(data.test), "epochs": run.epochs,
        "trainable_params": run.trainable_params, "val_balanced_accuracy": run.val_balanced_accuracy,
        "balanced_accuracy": balanced_accuracy(labels, answers),
        **{name: balanced_accuracy(labels[p], answers[p]) if p.any() else None for name, p in (parts or {}).items()},
    }  # fmt: skip


def run_adapt(folder, *words, **environment):
    """Run ``python -m tlbook adapt`` in a process of its own, with an empty cache, and watch it.

    Parameters
    ----------
    folder : pathlib.Path
    *words : str
        Further words of the command.
    **environment : str
        Variables to set for it.

    Returns
    -------
    report : dict
        What it wrote as ``report.json``.
    usage : resource.struct_rusage
        What the operating system saw of it.
    """
    with tempfile.TemporaryDirectory() as place:
        out, held = Path(place) / "run", {"TLBOOK_CACHE_DIR": str(Path(place) / "cache"), **environment}
        command = [sys.executable, "-m", "tlbook", "adapt", str(folder), "--out", str(out), "--no-images", "--quiet"]
        process = subprocess.Popen([*command, *words], env=os.environ | held, stdout=subprocess.DEVNULL)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            raise subprocess.CalledProcessError(process.returncode, process.args)
        return json.loads((out / "report.json").read_text()), usage


def count_epochs(steps, num_train, batch_size):
    """Turn optimiser steps into whole epochs.

    Parameters
    ----------
    steps, num_train, batch_size : int

    Returns
    -------
    int
        At least 1.
    """
    return max(1, round(steps / -(-num_train // batch_size)))


def print_rows(rows, columns):
    """Print a table in text.

    Parameters
    ----------
    rows : list of dict
    columns : sequence of str
    """
    print("| " + " | ".join(columns) + " |\n|" + "---|" * len(columns))
    for row in rows:
        print("| " + " | ".join("" if row[c] is None else str(row[c]) for c in columns) + " |")

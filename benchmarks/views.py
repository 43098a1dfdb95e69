"""What mirrored and moved views are worth to a head, by kind of image.

Protocol, written down before the run. Four real sets: dogs (20 training images a class), signs (20), fractures (100)
and flowers (40). Source photos at 64 px, frozen; four views
of each training and validation image (as it is, moved, mirrored, both; moves: shift and zoom by at most 10 %, turn by
at most 10 degrees). Grouped cross-validation over training and validation images chooses views and strength, as the
package does by default (``auto``; it mirrors nothing where a class is named after a side, as three of the signs are:
that rule is younger than the other rows, and the five rows of it were measured again). For each choice of views a head
is fitted to all of these images at that strength. A head that has learned from mirrored images answers with the mean
features of an image and its mirror image, and once more from the image alone. Balanced accuracy on the test set; seeds
0 to 4 vary split and folds; t intervals.

Run it as ``python -m benchmarks.views``; it needs TLBOOK_DATA_DIR. It goes on where it was stopped.
"""

import functools

import numpy as np

from benchmarks.cases import find_archive
from benchmarks.measuring import make_parser
from tlbook.cases import load_case
from tlbook.evidence.comparisons import format_summary
from tlbook.evidence.experiments import run_grid
from tlbook.evidence.metrics import balanced_accuracy
from tlbook.evidence.results import results_path, write_record
from tlbook.models.head_search import fit_views, search_head
from tlbook.models.sources import load_source
from tlbook.training.augmentation import AUTO
from tlbook.training.features import extract_views
from tlbook.training.views import list_policies, list_views

NAME, SEEDS, IMAGE_SIZE = "views", range(5), 64
PER_CLASS = {"dogs": 20, "signs": 20, "fractures": 100, "flowers": 40}
CHOICES = ("none", "mirror", "moves", "mirror and moves", AUTO)
COLUMNS = {
    "case": "real data set, by its case",
    "choice": "of views: none, mirror, moves, both; auto: by cross-validation, the package's default",
    "seed": "of split and folds",
    "num_train": "images that the head learns from, training and validation",
    "num_test": "test images",
    "chosen": "what auto chose; elsewhere the choice itself",
    "val_loss": "cross-validated, at the strength that is best for one view",
    "balanced_accuracy": "on the test set, fraction",
    "one_view": "the same where the answer comes from the image alone, not from its mirror image as well",
    "seconds": "of the row; a seed's first one holds the features of all",
    "commit": "state of the code that the row was measured at; <=: at that one or an earlier one",
}


@functools.lru_cache(maxsize=1)
def _prepare(case, seed):
    """Return test labels, features and labels of what is learned from, features of the test set, and what is chosen."""
    data = load_case(case, per_class=PER_CLASS[case], variant="real", seed=seed)
    source, views = load_source("photos", image_size=IMAGE_SIZE), list_views(AUTO)  # all, for the fixed choices
    options = {"cache": False, "quiet": True}
    known = [extract_views(source, split, views, **options) for split in (data.train, data.val)]
    ends = extract_views(source, data.test, (views[0], views[len(views) // 2]), **options)
    labels, groups = (np.concatenate([getattr(s, k) for s in (data.train, data.val)]) for k in ("labels", "groups"))
    known = np.concatenate(known)
    told = dict.fromkeys((list_policies(AUTO), list_policies(AUTO, data.classes)))
    found = [search_head(known, labels, groups, len(data.classes), policies, seed=seed) for policies in told]
    return data.test.labels, known, labels, ends, found


def _measure(row):
    truth, known, labels, ends, found = _prepare(row["case"], row["seed"])
    found = found[-1 if row["choice"] == AUTO else 0]
    name = found.policy.name if row["choice"] == AUTO else row["choice"]
    policy = next(p for p in list_policies(AUTO) if p.name == name)
    head = fit_views(known, labels, found.probabilities.shape[1], policy, found.C)
    both = ends.mean(1) if len(policy.predict) > 1 else ends[:, 0]
    return {
        "num_train": len(labels), "num_test": len(truth), "chosen": name, "val_loss": found.losses[name],
        "balanced_accuracy": balanced_accuracy(truth, head.predict(both)),
        "one_view": balanced_accuracy(truth, head.predict(ends[:, 0])),
    }  # fmt: skip


def main():
    """Measure, record and print the table."""
    options = make_parser(__doc__).parse_args()
    rows = [
        {"case": case, "choice": choice, "seed": seed} for seed in SEEDS for case in PER_CLASS for choice in CHOICES
    ]  # fmt: skip
    key = ("case", "choice", "seed")
    measured = run_grid(results_path(NAME), rows, _measure, key=key, processes=options.processes)
    inputs = [find_archive(name) for name in PER_CLASS]
    write_record(NAME, command="python -m benchmarks.views", protocol=__doc__, columns=COLUMNS, inputs=inputs)
    print(format_summary(measured, ("case", "choice"), "balanced_accuracy"))


if __name__ == "__main__":
    main()

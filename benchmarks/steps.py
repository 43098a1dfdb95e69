"""How many steps full fine-tuning takes where no epochs are given: 50 to 200, by their validation score.

Protocol, written down before the run. Six real sets, of each at most 60 images a class (`keras_guide`'s), 60/20/20,
whole groups in one split, seeds 0 to 2; photos at 96 px; full fine-tuning as `adapt` does it (head first, the chosen
augmentation, warm-up and cosine, the last epoch kept), 50, 100 and 200 steps. Balanced accuracy on the validation set,
from which no epoch is chosen; test sets are not touched. The rule that it is to judge: ten passes over the training
images, at least 100 steps and at most 300.

Run it as ``python -m benchmarks.steps``; needs TLBOOK_DATA_DIR. It goes on where it was stopped.
"""

from benchmarks.cases import divide, find_archive
from benchmarks.keras_guide import load_some
from benchmarks.measuring import count_epochs, make_parser
from tlbook.errors import BadInput
from tlbook.evidence.comparisons import format_summary
from tlbook.evidence.experiments import run_grid
from tlbook.evidence.metrics import balanced_accuracy
from tlbook.evidence.results import results_path, write_record
from tlbook.models.sources import load_source
from tlbook.models.strategies import FullFineTune
from tlbook.run.adapt import train_model
from tlbook.run.predicting import predict_images
from tlbook.run.preparing import prepare_head
from tlbook.runtime import mirror_dir
from tlbook.training.options import Training

NAME = "steps"
SETS = ("flowers", "textures", "pets", "signs", "objects", "fractures")
STEPS, SEEDS, SOURCE, IMAGE_SIZE = (50, 100, 200), range(3), "photos", 96
COLUMNS = {
    "set": "real data set, by its case",
    "seed": "of split, initialisation and order",
    "num_train": "training images",
    "num_val": "validation images",
    **{f"val_{steps}": f"balanced accuracy on the validation set after {steps} steps, fraction" for steps in STEPS},
    **{f"train_seconds_{steps}": f"of {steps} steps, beside another row" for steps in STEPS},
    "val_head": "of the head alone, by heads that had not seen the image, fraction",
    "seconds": "of the row",
}


def _measure(row):
    whole, classes = load_some(row["set"])
    data = divide(whole, classes, len(whole), seed=row["seed"])
    plans = [FullFineTune(epochs=count_epochs(steps, len(data.train), 32)) for steps in STEPS]
    source = load_source(SOURCE, image_size=IMAGE_SIZE)
    options = {"seed": row["seed"], "quiet": True}
    prepared = prepare_head(data, source, Training(), cache=False, **options)
    runs = [train_model(data, source, plan, prepared, Training(), **options) for plan in plans]
    images, labels = data.val.load(IMAGE_SIZE, quiet=True), data.val.labels
    scores = [balanced_accuracy(labels, predict_images(run.model, images)) for run in runs]
    return {
        "num_train": len(data.train), "num_val": len(data.val),
        **{f"val_{steps}": score for steps, score in zip(STEPS, scores, strict=True)},
        **{f"train_seconds_{steps}": run.seconds for steps, run in zip(STEPS, runs, strict=True)},
        "val_head": balanced_accuracy(labels, prepared.val_probabilities),
    }  # fmt: skip


def main():
    """Measure, record and print the table."""
    options = make_parser(__doc__).parse_args()
    if mirror_dir() is None:
        raise BadInput("the real sets are needed; set TLBOOK_DATA_DIR to the folder that holds them")
    rows = [{"set": name, "seed": seed} for seed in SEEDS for name in SETS]
    measured = run_grid(results_path(NAME), rows, _measure, key=("set", "seed"), processes=options.processes)
    inputs = [find_archive(name) for name in SETS]
    write_record(NAME, command="python -m benchmarks.steps", protocol=__doc__, columns=COLUMNS, inputs=inputs)
    for steps in STEPS:
        print(format_summary(measured, ("set",), f"val_{steps}"))


if __name__ == "__main__":
    main()

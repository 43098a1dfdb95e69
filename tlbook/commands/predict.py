"""``tlbook predict``: new images through an adapted model, as CSV."""

import csv
import sys

from tlbook.datasets.formats import describe_passed
from tlbook.errors import escape
from tlbook.report.record import format_prediction
from tlbook.run.folder import MODEL
from tlbook.run.predicting import list_images, predict_listed
from tlbook.run.saved import load_model, open_run, read_range


def run_predict(options):
    """Print a line of CSV for every image; return 0, or 1 where an image could not be read."""
    report, files, classes = open_run(options.run_folder)
    listed, passed = list_images(options.images, read_range(files[MODEL], options.run_folder))
    if passed := describe_passed(passed):
        print(f"tlbook: {escape(passed)}", file=sys.stderr)
    model = load_model(files[MODEL], classes, report["image_size"], options.run_folder, trust=options.trust)
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(["path", "predicted", *(f"p_{name}" for name in classes)])
    problems = {}
    answers = predict_listed(model, report["image_size"], listed, quiet=options.quiet, problems=problems)
    for names, probabilities in answers:
        for name, row in zip(names, probabilities, strict=True):
            writer.writerow([name, *format_prediction(row, classes)])
    for name, reason in problems.items():
        print(f"tlbook: {escape(f'{name} cannot be read: {reason}')}", file=sys.stderr)
    return 1 if problems else 0

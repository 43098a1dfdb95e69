"""``tlbook predict``: new images through an adapted model, as CSV."""

import csv
import sys

from tlbook.datasets.columns import choose_column
from tlbook.datasets.formats import describe_passed
from tlbook.datasets.texts import open_texts
from tlbook.errors import BadInput, escape
from tlbook.report.record import format_prediction
from tlbook.run.folder import MODEL
from tlbook.run.predicting import list_images, predict_listed, predict_words
from tlbook.run.saved import load_model, load_run, open_run, read_range


def run_predict(options):
    """Print a line of CSV for every image; return 0, or 1 where an image could not be read."""
    report, files, classes = open_run(options.run_folder)
    if not report["image_size"]:
        return _predict_texts(options)
    if options.text_column is not None:
        raise BadInput("received `text_column` for a run on images; expected it with a run on texts alone")
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


def _predict_texts(options):
    """Print a line of CSV for every row of the files, named by its file where there are several."""
    names, texts, column = [], [], options.text_column or "text"
    for path in options.images:
        columns, name, _, warnings = open_texts(path, [column])
        for line in warnings:
            print(f"tlbook: {escape(line)}", file=sys.stderr)
        found = choose_column(columns, "text_column", column)
        names += [f"{name} row {at}" if len(options.images) > 1 else f"row {at}" for at in range(1, len(found) + 1)]
        texts += [str(text) for text in found]
    if not texts:
        raise BadInput("received no text; expected a CSV file with a row a text")
    run = load_run(options.run_folder, trust=options.trust)
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(["path", "predicted", *(f"p_{name}" for name in run.classes)])
    for name, row in zip(names, predict_words(run.model, run.words, texts), strict=True):
        writer.writerow([name, *format_prediction(row, run.classes)])
    return 0

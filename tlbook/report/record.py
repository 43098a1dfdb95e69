"""What ``report.json`` says of a run, and its tables."""

import csv
import io
from dataclasses import asdict

import numpy as np

from tlbook.models.hub import warn_of_modules
from tlbook.runtime import hardware, name_backend, versions

SCHEMA = 1


def build_report(run, dataset, scores, *, seconds, options):
    """Gather what ``report.json`` says; ``seconds`` by step, ``options`` without absolute paths."""
    splits = (dataset.train, dataset.val, dataset.test)
    groups = [set(split.groups.tolist()) for split in splits] if dataset.has_groups else [set()] * 3
    disjoint = not (groups[0] & groups[1] or groups[0] & groups[2] or groups[1] & groups[2])
    return {
        "schema": SCHEMA,
        "classes": list(run.classes),
        "n_train": len(dataset.train),
        "n_val": len(dataset.val),
        "n_test": len(dataset.test),
        "n_groups": len(set.union(*groups)),
        "n_skipped": len(dataset.skipped),
        "groups_disjoint": disjoint if dataset.has_groups else None,
        "split_origin": dataset.split_origin,
        "groups_origin": dataset.groups_origin,
        "left_out": list(dataset.left_out),
        "value_range": dataset.value_range and list(dataset.value_range),
        "source": run.source,
        "weights_sha256": run.weights_sha256,
        "strategy": run.strategy,
        "strategy_reason": run.strategy_reason,
        "image_size": run.image_size,
        "epochs": run.epochs,
        "augmentation": run.augmentation and asdict(run.augmentation),
        "refitted": run.refitted,
        "val_balanced_accuracy": run.val_balanced_accuracy,
        "cached_activations": run.cached_activations,
        "trainable_params": run.trainable_params,
        "total_params": run.total_params,
        **scores.as_dict(),
        "seconds": {key: round(value, 3) for key, value in seconds.items()},
        "seed": run.seed,
        "options": options,
        "backend": name_backend(),
        "versions": versions(),
        "hardware": hardware(),
        "warnings": [*dataset.warnings, *scores.warnings, *warn_of_modules(run.model)],
    }


def format_predictions(split, probabilities, classes, *, has_groups):
    """Return the text of ``predictions.csv``; without groups that column is empty."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["path", "group", "true", "predicted", *(f"p_{name}" for name in classes)])
    for name, group, label, row in zip(split.names, split.groups, split.labels, probabilities, strict=True):
        writer.writerow([name, group if has_groups else "", classes[label], *format_prediction(row, classes)])
    return text.getvalue()


def format_prediction(probabilities, classes):
    """Write one image's prediction: class, and probabilities with nine digits, which give back the same float32."""
    return [classes[int(np.argmax(probabilities))], *(f"{p:.9g}" for p in probabilities)]


def format_splits(dataset):
    """Return the text of ``splits.csv``: every image used, with its class, group and split."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["path", "class", "group", "split"])
    for part in ("train", "val", "test"):
        split = getattr(dataset, part)
        for name, label, group in zip(split.names, split.labels, split.groups, strict=True):
            writer.writerow([name, dataset.classes[label], group if dataset.has_groups else "", part])
    return text.getvalue()

"""Sentences and numbers of a report, as plain text (the page escapes them)."""

from tlbook.models.strategies import STRATEGIES
from tlbook.training.views import find_sided

SPLITS = {"train": "for training", "val": "for validation", "test": "for the test"}


def format_value(estimate, percent=True):
    """Write the value of an estimate (``value``, ``low``, ``high``) in per cent, or with three decimals."""
    return "undefined" if estimate["value"] is None else _number(estimate["value"], percent)


def format_interval(estimate, percent=True):
    """Write the interval of an estimate in per cent, or with three decimals."""
    if estimate["low"] is None:
        return "none"
    return f"{_number(estimate['low'], percent)} to {_number(estimate['high'], percent)}"


def _number(value, percent):
    return f"{100 * value:.1f}" if percent else f"{value:.3f}"


def format_seconds(seconds):
    """Write a time in seconds, or in minutes from two of them on."""
    return f"{seconds:.1f} s" if seconds < 120 else f"{seconds / 60:.1f} min"


def format_count(count):
    """Write a whole number with a thin space between thousands."""
    return f"{int(count):,}".replace(",", "\u202f")


def format_plain(value):
    """Write a value of any kind as a reader would."""
    if value is None:
        return "not set"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value)) or "none"
    return str(value)


def list_facts(report):
    """List what a run is in numbers: (value, name)."""
    return [
        (format_count(report["n_train"]), "training images"),
        (format_count(report["n_val"]), "validation images"),
        (format_count(report["n_test"]), "test images"),
        (format_count(len(report["classes"])), "classes"),
        (report["source"] or "none", "source model"),
        (report["strategy"], "strategy"),
        (format_count(report["trainable_params"]), "trained parameters"),
        (format_seconds(report["seconds"]["total"]), "from images to report"),
    ]


def list_split(report):
    """List where the training, validation and test set came from; what an older report does not say is left out."""
    sizes = (f"{format_count(report[f'n_{key}'])} {name}" for key, name in SPLITS.items())
    listed = {"Images": ", ".join(sizes)}
    if report.get("split_origin"):
        listed["Split"] = report["split_origin"]
    groups = "none were given: each image counts by itself"
    if report["groups_disjoint"] is not None:
        groups = "; ".join(filter(None, [report.get("groups_origin"), describe_groups(report)]))
    listed["Groups"] = groups
    if report.get("value_range"):
        low, high = report["value_range"]
        listed["Values"] = f"images of more than 8 bits: {low:g} became black, {high:g} white, in all three sets alike"
    return listed


def list_making(report):
    """List how a run was made; what an older report does not say is left out."""
    seconds = report["seconds"]
    took = [f"{key} {format_seconds(value)}" for key, value in seconds.items() if key != "total" and value is not None]
    made = {
        "Strategy": describe_strategy(report),
        "Why this strategy": report["strategy_reason"],
        "Source model": report["source"] or "none",
        "Weights, SHA-256": report["weights_sha256"] or "none",
        "Model, SHA-256": report.get("model_sha256"),
        "Trained parameters": f"{format_count(report['trainable_params'])} of {format_count(report['total_params'])}",
        "Image size": f"{report['image_size']} × {report['image_size']} pixels",
        "Epochs": report["epochs"],
        "Augmentation": describe_augmentation(report),
        "Fitted on": describe_fitting(report),
        "Cached activations": describe_cached_activations(report),
        "Seed": report["seed"],
        "Keras backend": report.get("backend"),
        "Time": f"{format_seconds(seconds['total'])}: {', '.join(took)}",
    }
    return {name: value for name, value in made.items() if value is not None}


def describe_data(report):
    """Say in a line what was learned from what."""
    line = f"A model for {len(report['classes'])} classes, tested on {format_count(report['n_test'])} images"
    if report["groups_disjoint"] is not None:
        line += f"; {describe_groups(report)}"
    if report["n_skipped"]:
        line += f"; {format_count(report['n_skipped'])} unreadable images left out"
    return line + "."


def describe_groups(report):
    """Count the groups, and say whether each is in one split."""
    where = "each in one split" if report["groups_disjoint"] else "some of them in several splits"
    return f"{format_count(report['n_groups'])} groups, {where}"


def describe_strategy(report):
    """Name the strategy and what it trains."""
    name = report["strategy"]
    return STRATEGIES[name].summary if name in STRATEGIES else name


def describe_intervals(report):
    """Say in a sentence what the intervals mean, and what they rest on."""
    who, how = "other images of the same kind", ""
    if report["accuracy"]["method"] == "wilson_group":
        who = "other groups (people, say) of the same kind"
        how = " It rests on the differences between whole groups, since images of one group are not independent."
    return (
        f"A 95\u00a0% interval shows how far a number could move by chance: if the test were repeated with {who}, "
        f"about 95 of 100 intervals made in this way would hold the true value.{how}"
    )


def verdict(report):
    """Weigh the accuracy against the majority baseline: ``good``, ``unclear`` or ``bad``, and the sentence."""
    accuracy, baseline = report["accuracy"], report["majority_baseline"]
    if accuracy["value"] is None or accuracy["low"] is None:
        return "unclear", "There is no interval for the accuracy: nothing can be said about other images."
    found = (
        f"The model is right on {100 * accuracy['value']:.1f}\u00a0% of the test images "
        f"(95\u00a0% interval {100 * accuracy['low']:.1f} to {100 * accuracy['high']:.1f}\u00a0%)"
    )
    always = f"always predicting the most frequent class ({100 * baseline:.1f}\u00a0%)"
    if accuracy["low"] > baseline:
        return "good", f"{found}: better than {always}, beyond what chance explains."
    if accuracy["high"] < baseline:
        return "bad", f"{found}: worse than {always}."
    balanced = report["balanced_accuracy"]
    if balanced["low"] is not None and balanced["low"] > 1 / len(report["classes"]):
        return "unclear", (
            f"{found}: that can't be told apart from {always}. Its balanced accuracy of "
            f"{100 * balanced['value']:.1f}\u00a0% is above guessing: with uneven classes, read that, AUROC and recall."
        )
    return "unclear", f"{found}: with this many test images that can't be told apart from {always}."


def describe_augmentation(report):
    """Say how images were varied, and what a prediction averages; None where the report does not say it."""
    if report.get("augmentation") is None:
        return None
    ranges = {"shift": "shift {:.0%}", "zoom": "zoom {:.0%}", "turn": "turn {:g}°"}
    ranges |= {"brightness": "brightness {:.0%}", "contrast": "contrast {:.0%}"}
    found = [text.format(report["augmentation"][key]) for key, text in ranges.items() if report["augmentation"][key]]
    if report["augmentation"]["mirror"]:
        return ", ".join(["mirrored", *found]) + "; a prediction averages the image and its mirror image"
    sided = find_sided(report["classes"])
    return (", ".join(found) or "none") + (f"; not mirrored: a class is called {sided[0]}" if sided else "")


def describe_fitting(report):
    """Say which images the model learned from, and how it did on validation before; None where it is not said."""
    if "refitted" not in report:
        return None
    score = report["val_balanced_accuracy"]
    told = "" if score is None else f" (balanced accuracy on validation {100 * score:.1f}\u00a0%"
    if report["refitted"]:
        return "training and validation images, once all settings were chosen" + (told and f"{told}, before that)")
    return "training images" + (told and f"{told})")


def describe_cached_activations(report):
    """Say which part of the network was run once instead of in every epoch; None where the report does not say it."""
    if report["epochs"] == 0:
        return "the whole source model: each image passed it once, and the head was fitted to its features"
    if "cached_activations" not in report:
        return None
    cached = report["cached_activations"]
    if cached is None:
        return "nothing; each epoch ran the whole network"
    where = {"ram": "in memory", "disk": "on disk"}[cached["where"]]
    size = f"{cached['bytes'] / 1e6:,.1f} MB of activations kept {where}"
    return f"all up to {cached['stage']}, {size}, views of a training image: {cached['views']}"

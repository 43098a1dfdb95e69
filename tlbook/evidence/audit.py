"""What would make a score worth less than it seems, found in the images before anything is trained on them."""

from dataclasses import dataclass

import numpy as np

from tlbook.datasets.assemble import NO_GROUPS
from tlbook.datasets.crops import SMALL
from tlbook.datasets.detail_search import EMPTY, choose_scale, find_details, search_details
from tlbook.datasets.formats import describe_conversion
from tlbook.datasets.images import shrink_image
from tlbook.datasets.parallel import map_in_threads
from tlbook.datasets.provenance import count
from tlbook.datasets.quality import COLUMNS, find_odd, measure_image
from tlbook.datasets.window_search import WindowPairs, search_windows
from tlbook.evidence.intervals import wilson_interval
from tlbook.evidence.label_errors import can_judge, find_suspects, judge_labels, try_errors

UNEVEN = 3.0  # largest class over smallest from which accuracy misleads
MOST_DETAILED = 3000  # images whose details are compared; more would take minutes
WIDE = 10  # points: half of an interval that says little
SUPPOSED = 0.8  # accuracy that the width of the interval is worked out for
SPLITS = {"train": "training", "val": "validation", "test": "test"}
FEW = 20  # training images a class, below which all of a network is not proposed to be trained
ADVICE = {
    "images of one grey": "they hold no picture: leave them out",
    "dark images": "is what matters to be seen in them?",
    "light images": "is what matters to be seen in them?",
    "images with little in them": "are they pictures of the class?",
    "blurred images": "is what matters to be seen in them?",
    "images of an odd size": "do they come from elsewhere? A network then learns that",
    "images of an odd shape": "they are squashed to squares: cut them to what matters",
}


@dataclass(frozen=True)
class Finding:
    """One thing that an audit found.

    Attributes
    ----------
    kind : str
        A short name, such as ``copies under two labels``.
    message : str
        What was found and what to do about it, in one line.
    files : tuple of str
        The images concerned, by their names; of pairs one after the other.
    captions : tuple of str
        What is to be said of each of them, or nothing.
    paired : bool
        True where files come in pairs.

    Examples
    --------
    >>> Finding("dark images", "1 (a.png): is what matters to be seen in them?", ("a.png",)).kind
    'dark images'
    """

    kind: str
    message: str
    files: tuple[str, ...] = ()
    captions: tuple[str, ...] = ()
    paired: bool = False


class AllImages:
    """All images of a data set in one row, with what is known of each."""

    def __init__(self, data):
        splits = (data.train, data.val, data.test)
        self.classes, self.has_groups = data.classes, data.has_groups
        self.places = [(split.images, i) for split in splits for i in range(len(split))]
        self.names = [name for split in splits for name in split.names]
        self.labels, self.groups = (np.concatenate([getattr(s, key) for s in splits]) for key in ("labels", "groups"))
        self.splits = np.repeat([0, 1, 2], [len(split) for split in splits])

    def __len__(self):
        return len(self.places)

    def read(self, index):
        """Read one image, uint8, (height, width, 3)."""
        store, place = self.places[index]
        return store.read(place)

    def fingerprint(self, index):
        """Return bytes that are equal only for equal content."""
        store, place = self.places[index]
        return store.fingerprint(place)

    def describe(self, index):
        """Say of an image its class and its split."""
        return f"{self.classes[self.labels[index]]}, {tuple(SPLITS.values())[self.splits[index]]}"


@dataclass(frozen=True)
class Looks:
    """What one reading of all images gives.

    Attributes
    ----------
    likeness : WindowPairs
        Pairs that may show the same, and of each image the one that it is most like.
    detailed : bool
        Whether details were compared: of few images, and not of small ones.
    same, agreement : numpy.ndarray
        Pairs that show the same at the same size, int64, (k, 2), and how well they agree, float32, (k,).
    patterns : numpy.ndarray
        bool, (n,): images that repeat themselves.
    measures : numpy.ndarray
        float32, (n, 7), as `tlbook.datasets.quality.COLUMNS` names them.
    """

    likeness: WindowPairs
    detailed: bool
    same: np.ndarray
    agreement: np.ndarray
    patterns: np.ndarray
    measures: np.ndarray


def look_at_images(images, *, quiet=False):
    """Read each image once, measure it and compare it with all others."""
    scale = choose_scale(images) if len(images) <= MOST_DETAILED else None
    pixels = np.empty((len(images), SMALL, SMALL), np.uint8)
    measures = np.empty((len(images), len(COLUMNS)), np.float32)

    def look(index):
        image = images.read(index)
        pixels[index], measures[index] = shrink_image(image, SMALL), measure_image(image)
        return EMPTY if scale is None else find_details(image, scale)

    details = map_in_threads(look, len(images), "looking at images", quiet=quiet)
    likeness = search_windows(pixels, quiet=quiet)
    return Looks(likeness, scale is not None, *search_details(details, quiet=quiet), measures)


def list_facts(data):
    """Return what a reader ought to know of a data set, in a few lines: name to text."""
    counts, units = _count_classes(data), len(set(data.test.groups))
    low, high = _expect(units)
    sizes = ", ".join(f"{part} {len(getattr(data, key)):,}" for key, part in SPLITS.items())
    return {
        "images": f"{sum(counts):,} ({sizes})",
        "images per class": ", ".join(f"{name} {number:,}" for name, number in zip(data.classes, counts, strict=True)),
        "groups": data.groups_origin or "given" if data.has_groups else "none given",
        "majority baseline": f"{100 * counts.max() / counts.sum():.1f} %",
        "interval to expect": f"at 80 % right, {low} to {high} % ({units:,} independent test images)",
        "proposed protocol": _propose(data, counts),
    }


def _propose(data, counts):
    """Say in a line how to go on: split, groups, strategy, and what to read."""
    split = data.split_origin or "as the case is made"
    groups = "whole groups" if data.has_groups else "no groups (give them, if several images show one person or thing)"
    few = np.bincount(data.train.labels, minlength=len(data.classes)).min() < FEW
    strategy = "the head alone" if few else "the head alone against full fine-tuning, by validation"
    read = "balanced accuracy" if counts.max() >= UNEVEN * counts.min() else "accuracy"
    return f"split {split}; {groups}; strategy: {strategy}; read {read} with its interval, on the test set, once"


def look_at_files(data, images, measures):
    """Tell which images cannot be read, what a reader of folders warned of, and which images are odd."""
    if data.skipped:
        names, reasons = zip(*(line.partition(": ")[::2] for line in data.skipped), strict=True)
        total = len(names) + len(images)
        message = f"{len(names)} of {total:,} images cannot be read: copy them again, or leave them out"
        yield Finding("unreadable", message, names, reasons)
    for line in list_warnings(data)[0]:
        yield Finding("as it was read", line)
    for kind, rows in find_odd(measures).items():
        names = tuple(images.names[i] for i in rows)
        yield Finding(kind, f"{len(rows)} ({_name(names)}): {ADVICE[kind]}", names, _describe(images, rows))


def list_warnings(data):
    """Sort what the reader of a folder warned of: what is a finding, and what is to be noted."""
    findings, notes = [], []
    for line in data.warnings:
        if line.startswith(("skipped, unreadable: ", "left out: ")) or "nearly equal a training image" in line:
            continue  # told elsewhere
        pictures = describe_conversion(data.ignored) or any("image" in kind for kind in data.ignored)
        is_note = line == NO_GROUPS or (line.startswith("passed over: ") and not pictures)
        (notes if is_note else findings).append(line)
    return findings, notes


def look_at_counts(data):
    """Tell uneven classes, and a test set that is too small to say much."""
    counts, units = _count_classes(data), len(set(data.test.groups))
    if counts.max() >= UNEVEN * counts.min():
        few, many = data.classes[counts.argmin()], data.classes[counts.argmax()]
        yield Finding(
            "uneven classes",
            f"{many} has {counts.max():,} images and {few} {counts.min():,}: read balanced accuracy, AUROC and recall",
        )
    low, high = _expect(units)
    if high - low > 2 * WIDE:
        yield Finding(
            "small test set",
            f"with {units} independent test images a score of 80 % means {low} to {high} %: test on more, or don't "
            "compare models that differ by less",
        )


def look_at_labels(images, features, *, seed=0, quiet=False):
    """Tell labels that look wrong to heads that have not seen the image; ``features`` are float32, (n, channels).

    Return findings and notes: where labels changed on trial would not be found, a note says so, and none is named.
    """
    probabilities = judge_labels(features, images.labels, images.groups, seed=seed, quiet=quiet)
    judged = np.isfinite(probabilities).all(axis=1)
    if not judged.any():
        return [], ["labels were not judged: that takes two classes of ten images, or groups, each"]
    suspects, proposed = find_suspects(probabilities, images.labels)
    found = try_errors(features, images.labels, images.groups, seed=seed, quiet=quiet)
    if not can_judge(found, len(suspects) / judged.sum()):
        return [], [
            f"labels cannot be judged by these features: of labels changed on trial {100 * found:.0f} % would be "
            f"named, and {100 * len(suspects) / judged.sum():.0f} % as they are; look at a sample yourself, or give a "
            "`source` that suits the images better"
        ]
    if not len(suspects):
        return [], []
    agreed = np.mean(probabilities[judged].argmax(axis=1) == images.labels[judged])
    names = tuple(images.names[i] for i in suspects)
    labels = [(images.classes[images.labels[i]], images.classes[c]) for i, c in zip(suspects, proposed, strict=True)]
    told = tuple(f"{given}, or {other}?" for given, other in labels)
    shown = ", ".join(f"{name} ({text})" for name, text in zip(names[:3], told, strict=False))
    message = (
        f"{count(len(names), 'image')} whose label is doubted by heads that were fitted without them and agree "
        f"with {100 * agreed:.0f} % of all labels ({shown}{', …' if len(names) > 3 else ''}): look at them; some "
        f"labels are right, and the image is hard; of labels changed on trial {100 * found:.0f} % would be named"
    )
    return [Finding("labels that look wrong", message, names, told)], []


def _describe(images, rows):
    return tuple(images.describe(i) for i in rows)


def _count_classes(data):
    return np.bincount(np.concatenate([data.train.labels, data.val.labels, data.test.labels]))


def _expect(units):
    """Return the interval of a score of 80 % on so many independent images, in whole per cent."""
    interval = wilson_interval(round(SUPPOSED * units), units)
    return round(100 * interval.low), round(100 * interval.high)


def _name(names):
    return ", ".join(names[:3]) + (", …" if len(names) > 3 else "")

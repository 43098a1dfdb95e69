"""A second look at a folder before anything is trained: what would make a score worth less than it seems."""

import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from tlbook.datasets.crops import find_crops, shrink_images
from tlbook.datasets.dataset import Dataset
from tlbook.datasets.folders import from_folder
from tlbook.datasets.printing import format_html, format_text
from tlbook.errors import BadInput
from tlbook.evidence.intervals import wilson_interval

UNEVEN = 3.0  # largest class over smallest from which accuracy misleads
WIDE = 10  # points: half of an interval that says little
SUPPOSED = 0.8  # accuracy that the width of the interval is worked out for
SPLITS = {"train": "training", "val": "validation", "test": "test"}
MOST_FILES = 6  # named in a line
COUNTER = re.compile(r"^(.+?)[ _.-]*\(?\d+\)?$")  # a name and the number of an image of it
FORGOTTEN = 3.0  # times as often as by chance are images most like one of the same name


@dataclass(frozen=True)
class Finding:
    """One thing that an audit found.

    Attributes
    ----------
    kind : str
        A short name, such as ``same picture, two labels``.
    message : str
        What was found and what to do about it, in one line.
    files : tuple of str
        The images concerned, by their names; of pairs one after the other.
    """

    kind: str
    message: str
    files: tuple[str, ...] = ()


@dataclass(frozen=True)
class Audit:
    """What :func:`tlbook.audit` found; it prints as a table.

    Attributes
    ----------
    name : str
        Of the data set.
    facts : dict of str to str
        Images, groups, classes, the majority baseline, and the width of the interval to expect.
    findings : tuple of Finding
        Empty where nothing was found.
    notes : tuple of str
        What was left out, and how the splits came about.

    Examples
    --------
    >>> import tlbook as tl
    >>> found = tl.audit(tl.load_case("fractures", per_class=4, size=32), quiet=True)
    >>> found.facts["images"]
    '528 (training 8, validation 120, test 400)'
    """

    name: str
    facts: dict[str, str]
    findings: tuple[Finding, ...]
    notes: tuple[str, ...]

    def as_dict(self) -> dict[str, Any]:
        """Return all of it, ready for JSON.

        Returns
        -------
        dict
            ``name``, ``facts``, ``findings`` and ``notes``.
        """
        findings = [{"kind": f.kind, "message": f.message, "files": list(f.files)} for f in self.findings]
        return {"name": self.name, "facts": self.facts, "findings": findings, "notes": list(self.notes)}

    def _list_rows(self):
        rows = [["", ""], *([key, value] for key, value in self.facts.items())]
        rows += [[f"! {finding.kind}", finding.message] for finding in self.findings]
        return rows + [["note", note] for note in self.notes]

    def __repr__(self):
        count = len(self.findings)
        above = f"{self.name}: {count or 'no'} finding{'' if count == 1 else 's'}"
        return f"{above}\n{format_text(self._list_rows()[1:], left=(0, 1))}"

    def _repr_html_(self):
        return format_html(self._list_rows(), self.name)


def audit(
    data: Dataset | str | os.PathLike[str], *, groups: str | os.PathLike[str] | None = None, quiet: bool = False
) -> Audit:
    """Look at images before anything is trained on them.

    Counts and imbalance, copies and near-duplicates (centre crops included) within and across classes, groups and
    splits, the same picture under two labels, images of one grey, groups that look forgotten, and how wide the interval
    of a score will be.

    Parameters
    ----------
    data : Dataset, str or pathlib.Path
        A data set, or a folder or zip file as :func:`tlbook.from_folder` reads it.
    groups : str, optional
        As for :func:`tlbook.from_folder`; not with a data set.
    quiet : bool
        True shows no progress bar.

    Returns
    -------
    Audit

    Raises
    ------
    BadInput
        The folder cannot be learned from at all.

    Notes
    -----
    Near-duplicates are told by thumbnails of 16 pixels (``tlbook.datasets.crops.find_crops``, which says how often they
    are wrong): rarely of photographs, more often of textures, radiographs and slices. Look at the pairs.

    Examples
    --------
    >>> import tlbook as tl
    >>> found = tl.audit(tl.load_case("pets", per_class=10, size=32), quiet=True)
    >>> found.facts["majority baseline"]
    '50.0 %'
    """
    if isinstance(data, str | Path):
        data = from_folder(data, groups=groups, quiet=quiet)
    elif not isinstance(data, Dataset):
        raise BadInput(f"received `data` of type {type(data).__name__}; expected a Dataset, or the path of a folder")
    elif groups is not None:
        raise BadInput("received `groups` beside a data set, which has its own; expected one of the two")
    images = _Images(data)
    small = shrink_images(images, label="looking at images", quiet=quiet)
    crops = find_crops(small, quiet=quiet)
    findings = [
        *_look_at_files(data, small, images), *_look_at_counts(data), *_look_at_copies(images, crops, data),
        *_look_at_names(images, crops, data),
    ]  # fmt: skip
    notes = (*((f"split: {data.split_origin}",) if data.split_origin else ()), *data.left_out)
    return Audit(data.name, _list_facts(data), tuple(findings), notes)


class _Images:
    """All images of a data set in one row, with what is known of each."""

    def __init__(self, data):
        splits = (data.train, data.val, data.test)
        self.places = [(split.images, i) for split in splits for i in range(len(split))]
        self.names = [name for split in splits for name in split.names]
        self.labels, self.groups = (np.concatenate([getattr(s, key) for s in splits]) for key in ("labels", "groups"))
        self.splits = np.repeat([0, 1, 2], [len(split) for split in splits])

    def __len__(self):
        return len(self.places)

    def read(self, index):
        store, place = self.places[index]
        return store.read(place)

    def fingerprint(self, index):
        store, place = self.places[index]
        return store.fingerprint(place)


def _list_facts(data):
    counts, units = _count_classes(data), len(set(data.test.groups))
    low, high = _expect(units)
    sizes = ", ".join(f"{part} {len(getattr(data, key)):,}" for key, part in SPLITS.items())
    return {
        "images": f"{sum(counts):,} ({sizes})",
        "images per class": ", ".join(f"{name} {count:,}" for name, count in zip(data.classes, counts, strict=True)),
        "groups": data.groups_origin or "given" if data.has_groups else "none given",
        "majority baseline": f"{100 * counts.max() / counts.sum():.1f} %",
        "interval to expect": f"at 80 % right, {low} to {high} % ({units:,} independent test images)",
    }


def _count_classes(data):
    return np.bincount(np.concatenate([data.train.labels, data.val.labels, data.test.labels]))


def _expect(count):
    """Return the interval of a score of 80 % on so many independent images, in whole per cent."""
    interval = wilson_interval(round(SUPPOSED * count), count)
    return round(100 * interval.low), round(100 * interval.high)


def _look_at_files(data, small, images):
    if data.skipped:
        yield Finding("unreadable", f"{len(data.skipped)} images cannot be read: copy them again", data.skipped)
    grey = np.flatnonzero(small.pixels.reshape(len(small), -1).std(axis=1) < 1.0)
    if len(grey):
        names = tuple(images.names[i] for i in grey)
        yield Finding("images of one grey", f"{len(grey)} hold no picture: {_name(names)}; leave them out", names)


def _look_at_counts(data):
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


def _look_at_copies(images, crops, data):
    """Copies first, byte for byte; then images that nearly equal another one or its middle."""
    firsts, copies = {}, []
    for i in range(len(images)):
        digest = images.fingerprint(i)
        copies += [(firsts[digest], i)] if digest in firsts else []
        firsts.setdefault(digest, i)
    known = set(copies)
    alike = [(int(crops.partners[i]), int(i)) for i in crops.list_pairs()]
    alike = list(dict.fromkeys(tuple(sorted(pair)) for pair in alike if tuple(sorted(pair)) not in known))
    for what, pairs in (("copies", copies), ("near-duplicates", alike)):
        labels = [pair for pair in pairs if images.labels[pair[0]] != images.labels[pair[1]]]
        apart = [pair for pair in pairs if images.splits[pair[0]] != images.splits[pair[1]] and pair not in set(labels)]
        if data.has_groups:
            apart = [pair for pair in apart if images.groups[pair[0]] != images.groups[pair[1]]]
        rest = [p for p in pairs if p not in set(labels) | set(apart) and not _share_group(images, p, data)]
        yield from _tell_pairs(
            images,
            labels,
            f"{what} under two labels",
            "one label is wrong, or the picture does not tell the classes apart",
        )
        yield from _tell_pairs(images, apart, f"{what} across splits", "a score on them is partly memory: group them")
        yield from _tell_pairs(images, rest, what, "they count as one image: group them, or leave one out")


def _share_group(images, pair, data):
    return data.has_groups and images.groups[pair[0]] == images.groups[pair[1]]


def _tell_pairs(images, pairs, kind, advice):
    if pairs:
        files = tuple(images.names[i] for pair in pairs for i in pair)
        shown = ", ".join(f"{a} = {b}" for a, b in zip(files[:MOST_FILES:2], files[1:MOST_FILES:2], strict=True))
        more = ", …" if len(files) > MOST_FILES else ""
        yield Finding(kind, f"{len(pairs):,} pair{'s' * (len(pairs) > 1)} ({shown}{more}): {advice}", files)


def _look_at_names(images, crops, data):
    """Say where names, numbers aside, look like groups, and images are most like others of their name."""
    if data.has_groups:
        return
    stems = [COUNTER.match(Path(name).with_suffix("").as_posix()) for name in images.names]
    names = np.array([stem[1] if stem else images.names[i] for i, stem in enumerate(stems)])
    kinds, counts = np.unique(names, return_counts=True)
    if not 3 * len(data.classes) <= len(kinds) <= len(names) / 2:
        return
    chance = np.sum((counts / len(names)) ** 2)
    share = np.mean(names == names[crops.partners])
    if share >= FORGOTTEN * chance and share >= 0.3:
        yield Finding(
            "groups that look forgotten",
            f"{100 * share:.0f} % of the images are most like one of the same name but for its number (by chance "
            f"{100 * chance:.1f} %), as in {_name(images.names[:2])}: say with `groups` what belongs together",
        )


def _name(names):
    return ", ".join(names[:3]) + (", …" if len(names) > 3 else "")

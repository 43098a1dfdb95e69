"""A second look at a folder before anything is trained on it, as an object and as a page."""

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from tlbook.datasets.dataset import Dataset
from tlbook.datasets.folders import from_folder
from tlbook.datasets.options import MAX_UNREADABLE
from tlbook.datasets.printing import format_html, format_text
from tlbook.errors import BadInput, check_number
from tlbook.evidence.audit import (
    MOST_DETAILED,
    AllImages,
    Finding,
    list_facts,
    list_warnings,
    look_at_counts,
    look_at_files,
    look_at_images,
    look_at_labels,
)
from tlbook.evidence.audit_pairs import find_copies, look_at_copies, look_at_names, look_at_near_duplicates
from tlbook.files import replace_file
from tlbook.models.sources import SourceModel, as_source
from tlbook.training.features import extract_features


@dataclass(frozen=True)
class Audit:
    """What :func:`tlbook.audit` found; it prints as a table, and :meth:`report` writes it as a page with pictures.

    Attributes
    ----------
    name : str
        Of the data set.
    facts : dict of str to str
        Images, groups, classes, the majority baseline, the interval to expect, and the proposed protocol.
    findings : tuple of Finding
        Empty where nothing was found.
    notes : tuple of str
        What was left out, and how the splits came about.
    refused : str
        Why :func:`tlbook.from_folder` would refuse these images; empty where it would not.
    data : Dataset
        What was looked at.

    Examples
    --------
    >>> import tlbook as tl
    >>> found = tl.audit(tl.load_case("fractures", per_class=4, size=32), quick=True, quiet=True)
    >>> found.facts["images"]
    '528 (training 8, validation 120, test 400)'
    """

    name: str
    facts: dict[str, str]
    findings: tuple[Finding, ...]
    notes: tuple[str, ...]
    refused: str
    data: Dataset = field(repr=False)

    def as_dict(self) -> dict[str, Any]:
        """Return all of it, ready for JSON.

        Returns
        -------
        dict
            ``name``, ``facts``, ``findings`` (each with all its files), ``notes`` and ``refused``.
        """
        findings = [
            {"kind": f.kind, "message": f.message, "files": list(f.files), "captions": list(f.captions)}
            for f in self.findings
        ]
        facts = {"name": self.name, "facts": self.facts, "findings": findings}
        return facts | {"notes": list(self.notes), "refused": self.refused}

    def report(self, path: str | os.PathLike[str], *, images: bool = True) -> Path:
        """Write it as one page that needs nothing from elsewhere, with pictures of what was found.

        Parameters
        ----------
        path : str or pathlib.Path
            Of the HTML file.
        images : bool
            False leaves out all pictures.

        Returns
        -------
        pathlib.Path
        """
        from tlbook.report.audit_page import render_audit

        page = render_audit(self.as_dict(), self.findings, AllImages(self.data) if images else None)
        with replace_file(path) as file:
            file.write(page.encode("utf-8", "backslashreplace"))
        return Path(path)

    def _list_rows(self):
        rows = [["", ""], *([key, value] for key, value in self.facts.items())]
        for finding in self.findings:
            rows.append([f"! {finding.kind}", finding.message])
            if finding.kind == "unreadable":
                pairs = zip(finding.files, finding.captions, strict=True)
                rows += [["", f"{name}: {reason}"] for name, reason in pairs]
        return rows + [["note", note] for note in self.notes]

    def __repr__(self):
        count = len(self.findings)
        above = f"{self.name}: {count or 'no'} finding{'' if count == 1 else 's'}"
        return f"{above}\n{format_text(self._list_rows()[1:], left=(0, 1))}"

    def _repr_html_(self):
        return format_html(self._list_rows(), self.name)


def audit(
    data: Dataset | str | os.PathLike[str],
    *,
    source: str | SourceModel | None = None,
    quick: bool = False,
    quiet: bool = False,
    max_unreadable: float = MAX_UNREADABLE,
    **reading: Any,
) -> Audit:
    """Look at images before anything is trained on them.

    Counts and imbalance; copies and near-duplicates (crops included) within and across classes, groups and
    splits; the same picture under two labels; groups that look forgotten; images that cannot be read, are dark, light,
    blurred, empty, or of an odd size or shape; labels that look wrong; how wide the interval of a score will be; and
    how to go on.

    Parameters
    ----------
    data : Dataset, str or pathlib.Path
        A data set, or a folder or zip file as :func:`tlbook.from_folder` reads it.
    source : str or SourceModel, optional
        Whose features labels are judged by; None is ``"photos"``. The better the source suits the images, the more
        errors are found and the fewer right labels are named.
    quick : bool
        True leaves out the look at labels, which runs a network.
    quiet : bool
        True shows no progress bar.
    max_unreadable : float
        Share of the images that may be unreadable, 0-1. Beyond it the audit goes on, and ``refused`` says so.
    **reading
        ``groups``, ``labels``, ``label_column``, ``exclude``, ``min_images``, ``range`` and ``seed``, as for
        :func:`tlbook.from_folder`; not with a data set.

    Returns
    -------
    Audit

    Raises
    ------
    BadInput
        The folder cannot be learned from at all.

    Notes
    -----
    ``benchmarks/audit.py`` measures how much of what was planted in real sets is found, and how often a finding is
    none. Near-duplicates are rarely wrong, most often of boards, stripes and slices; of labels that look wrong many are
    right, and where labels changed on trial would not be found none is named and a note says so. Look at them.

    Examples
    --------
    >>> import tlbook as tl
    >>> found = tl.audit(tl.load_case("pets", per_class=10, size=32), quick=True, quiet=True)
    >>> found.facts["majority baseline"]
    '50.0 %'
    """
    path = None if isinstance(data, Dataset) else data
    data, refused = _read(data, max_unreadable, quiet, reading)
    source = None if quick else as_source(source)
    images = AllImages(data)
    looks = look_at_images(images, quiet=quiet)
    copies = find_copies(images, quiet=quiet)
    findings = [
        *look_at_files(data, images, looks.measures), *look_at_counts(data), *look_at_copies(images, copies),
        *look_at_near_duplicates(images, looks, copies), *look_at_names(images, looks.likeness, path),
    ]  # fmt: skip
    told = []
    if len(images) > MOST_DETAILED:
        told = [
            f"details were not compared, as of up to {MOST_DETAILED:,} images: near-duplicates by their shades alone"
        ]
    if source is not None:
        splits = (data.train, data.val, data.test)
        features = np.concatenate([extract_features(source, split, quiet=quiet) for split in splits])
        suspects, more = look_at_labels(images, features, quiet=quiet)
        findings, told = findings + suspects, told + more
    notes = (
        *((f"split: {data.split_origin}",) if data.split_origin else ()),
        *list_warnings(data)[1],
        *data.left_out,
        *told,
    )
    return Audit(data.name, list_facts(data), tuple(findings), notes, refused, data)


def _read(data, max_unreadable, quiet, reading):
    """Return the data set, whatever the share of unreadable images, and why it would be refused."""
    if isinstance(data, Dataset):
        if reading:
            raise BadInput(f"received `{next(iter(reading))}` beside a data set; expected one of the two")
        return data, ""
    if not isinstance(data, str | os.PathLike):
        raise BadInput(f"received `data` of type {type(data).__name__}; expected a Dataset, or the path of a folder")
    check_number("max_unreadable", max_unreadable, 0, 1)
    data = from_folder(data, quiet=quiet, max_unreadable=1.0, **reading)
    total = len(data.skipped) + len(data.train) + len(data.val) + len(data.test)
    if len(data.skipped) <= max_unreadable * total:
        return data, ""
    return data, (
        f"{len(data.skipped)} of {total} images cannot be read; expected at most {100 * max_unreadable:g} %; copy them "
        "again, remove them, or raise `max_unreadable`"
    )

"""A folder or a zip file of images as a data set."""

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from tlbook.datasets.assemble import assemble_dataset, leave_out
from tlbook.datasets.dataset import Dataset
from tlbook.datasets.expressions import check_spec
from tlbook.datasets.formats import describe_conversion
from tlbook.datasets.groups import read_groups
from tlbook.datasets.labelled import propose_labels, read_labelled
from tlbook.datasets.labels import order_classes
from tlbook.datasets.layout import WANTED, read_layout
from tlbook.datasets.options import MAX_UNREADABLE, check_options
from tlbook.datasets.provenance import Provenance
from tlbook.datasets.scan import scan_folder
from tlbook.datasets.tree import NoClasses
from tlbook.errors import BadInput, check_path


def from_folder(
    path: str | os.PathLike[str],
    *,
    groups: str | os.PathLike[str] | None = None,
    per_class: int | None = None,
    seed: int = 0,
    exclude: Sequence[str] = (),
    quiet: bool = False,
    labels: str | os.PathLike[str] | None = None,
    label_column: str | None = None,
    min_images: int | None = None,
    max_unreadable: float = MAX_UNREADABLE,
    range: tuple[float, float] | None = None,
) -> Dataset:
    r"""Read a folder or a zip file of images, one sub-folder a class, as a data set.

    Without split folders the images are divided 60/20/20 into train, val and test, by class and by whole groups;
    ``FOLDER/{train,val,test}/<class>/`` is kept as it is, and without val a fifth of the training groups validates.
    Folders are read by the rules of `tlbook.datasets.layout`: splits by many names, above or below the classes; masks,
    annotations and unlabelled test images are left out. ``split_origin``, ``left_out`` and ``warnings`` say what was
    done; what can be read in two ways is refused. Without a test set the given validation set is the test set.
    Every image is decoded once: those that are unreadable are skipped and named, and ``warnings`` names validation and
    test images that nearly equal a training image.

    Parameters
    ----------
    path : str or pathlib.Path
        The folder, or the zip file.
    groups : str or pathlib.Path, optional
        Which images belong together (those of one patient, say): a CSV file with the columns ``path`` (or ``file``)
        and ``group``, looked for beside the images and then in the working directory; or, if there is no such file,
        a regular expression with exactly one group, searched for in each path, as in ``r"patient(\d+)"``; or an
        element of DICOM headers, as in ``"dicom:PatientID"``. An image whose group is empty is a group of its own.
    per_class : int, optional
        At most so many TRAINING images a class, nested in one another; val and test do not depend on it.
    seed : int
        0 to 2**32 - 1.
    exclude : sequence of str
        Classes to leave out.
    quiet : bool
        True shows no progress bar.
    labels : str or pathlib.Path, optional
        Labels that do not stand in the folders' names: a CSV file, looked for as that of ``groups``, one of whose
        columns names the images (by path, file name or id, with or without ending) and one gives their labels; or a
        regular expression with exactly one group, as in ``r"/(cat|dog)\."``. One file may give labels and groups.
        Folders in which no image has a label are left out.
    label_column : str, optional
        Column of the labels, where ``labels`` is a file; by default the one called label, class, target, diagnosis, …
    min_images : int, optional
        Classes of fewer images are left out and named; with groups also those of fewer than 3 groups.
    max_unreadable : float
        Share of the images that may be unreadable, 0 to 1; beyond it the folder is refused.
    range : tuple of float, optional
        Which values of images of more than 8 bits become 0 and 255. None takes the window that all DICOM files propose,
        else the bits used, or the 0.5th to the 99.5th percentile where they lie close together, of the training images;
        ``value_range`` says which.

    Returns
    -------
    Dataset

    Raises
    ------
    BadInput
        The folder cannot be learned from; the message says why and what mends it.

    See Also
    --------
    from_table : Images that a table names.
    from_arrays : Images in memory.

    Examples
    --------
    Twenty images, two of each patient:

    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> import numpy as np
    >>> import tlbook as tl
    >>> from PIL import Image
    >>> rng, root = np.random.default_rng(0), TemporaryDirectory()
    >>> for number in range(20):
    ...     folder = Path(root.name, "broken" if number < 10 else "whole")
    ...     folder.mkdir(exist_ok=True)
    ...     Image.fromarray(rng.integers(0, 255, (32, 32, 3), "uint8")).save(folder / f"p{number // 2}_{number}.png")
    >>> data = tl.from_folder(root.name, groups=r"(p\d+)_")
    >>> data.classes, len(data.train), data.split_origin
    (('broken', 'whole'), 12, '60/20/20 by class and whole groups, seed 0')
    """
    check_path("path", path, "a folder or a zip file of images")
    check_spec("groups", groups)
    check_spec("labels", labels)
    if label_column is not None and (labels is None or not isinstance(label_column, str)):
        raise BadInput(f"received `label_column` {label_column!r}; expected the name of a column of the file `labels`")
    options = check_options(
        per_class, seed, exclude, quiet, min_images=min_images, max_unreadable=max_unreadable, value_range=range
    )
    listing = scan_folder(path)
    name = Path(path).resolve().name if Path(path).is_dir() else Path(path).stem
    _check_listing(listing, Path(path).name)
    if labels is None:
        table, about = _read_folders(name, listing, options.exclude)
    else:
        table, about = _read_labels(name, listing, labels, label_column, options.exclude)
    if groups is not None:
        found, origin = read_groups(groups, listing.store.container, table.names.tolist())
        table, about = replace(table, groups=found), replace(about, groups=origin)
    about = replace(about, ignored=_leave_tables(about.ignored, listing.tables, (labels, groups)))
    order = None if labels is None else order_classes(table.classes.tolist())
    return assemble_dataset(table, listing.store, about, options, order=order)


def _check_listing(listing, name):
    """Refuse a folder without an image."""
    if not listing.names:
        passed = ", ".join(f"{count} {kind}" for kind, count in listing.ignored.items()) or "nothing"
        advice = describe_conversion(listing.ignored)
        raise BadInput(
            f"{name!r} holds no class: no image, but {passed}; expected FOLDER/<class>/… with "
            f"jpg, png, bmp, gif, webp or tiff files{advice and '; ' + advice}"
        )


def _read_folders(name, listing, exclude):
    """Read classes and splits from a listing's folders; return the table and what is known about it."""
    try:
        table, reading = read_layout(
            listing.names, listing.folders, exclude=exclude, fingerprint=listing.store.fingerprint, root=name
        )
    except NoClasses as error:
        raise BadInput(f"{error}; {propose_labels(listing)}") from error
    if len(set(table.classes.tolist())) == 1 and listing.tables and not exclude:
        raise BadInput(f"received one class, {str(table.classes[0])!r}; {WANTED}; or labels: {propose_labels(listing)}")
    ignored, given = dict(listing.ignored), reading.given
    stray = len(listing.names) - len(table) - reading.num_left_out
    if stray:
        ignored["image outside a class folder"] = stray
    warnings = (*reading.warnings, *_warn_of_test(given), *(f"left out: {line}" for line in reading.left_out))
    about = Provenance(
        name, given.where, ignored=ignored, left_out=reading.left_out, in_folders=True, test_from=given.test_from,
        part=given.part, warnings=warnings,
    )  # fmt: skip
    return leave_out(table, about, tuple(name for name in exclude if name not in reading.settled))


def _read_labels(name, listing, labels, column, exclude):
    """Read the labels of a listing's images from elsewhere; return the table and what is known about it."""
    found = read_labelled(labels, column, listing)
    warnings = (*_warn_of_test(found.given), *(f"left out: {line}" for line in found.left_out), *found.warnings)
    about = Provenance(
        name, found.given.where, ignored=dict(listing.ignored), left_out=found.left_out, warnings=warnings,
        test_from=found.given.test_from, part=found.given.part,
    )  # fmt: skip
    return leave_out(found.table, about, exclude)


def _leave_tables(ignored, tables, used):
    """Return the counts of files passed over without the CSV files that were used."""
    ignored = dict(ignored)
    for file in {str(name) for name in used} & set(tables):
        kind = f"{Path(file).suffix.lower()} file"
        if file.rpartition("/")[2].lower() != "metadata.csv" and kind in ignored:
            ignored[kind] -= 1
    return {kind: number for kind, number in ignored.items() if number}


def _warn_of_test(given):
    """Say where the test set comes from, where none was given."""
    if given.test_from:
        return (
            f"no test set with labels was given: the given validation set ({given.test_from}) is the test set, and a "
            "fifth of the training images validates",
        )
    return (f"no test set with labels was given: all three sets are taken from {given.part}",) if given.part else ()

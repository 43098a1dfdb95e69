"""A table of image files, with a label each, as a data set."""

import os
import unicodedata
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from tlbook.datasets.assemble import assemble_dataset, leave_out
from tlbook.datasets.columns import choose_column, open_table
from tlbook.datasets.containers import Folder
from tlbook.datasets.dataset import Dataset
from tlbook.datasets.labels import (
    is_missing,
    list_three,
    name_classes,
    name_exclude,
    name_value,
    order_classes,
    read_splits,
)  # fmt: skip
from tlbook.datasets.layout import Table
from tlbook.datasets.options import MAX_UNREADABLE, check_options
from tlbook.datasets.provenance import Provenance, count
from tlbook.datasets.stores import FileStore
from tlbook.datasets.texts import read_texts
from tlbook.errors import BadInput, check_path, shorten

if TYPE_CHECKING:
    import pandas


def from_table(
    table: "str | os.PathLike[str] | pandas.DataFrame",
    *,
    path: str = "path",
    text: str | None = None,
    label: str = "label",
    group: str | None = None,
    split: str | None = None,
    root: str | os.PathLike[str] | None = None,
    per_class: int | None = None,
    seed: int = 0,
    exclude: Sequence[str] = (),
    quiet: bool = False,
    min_images: int | None = None,
    max_unreadable: float = MAX_UNREADABLE,
    range: tuple[float, float] | None = None,
) -> Dataset:
    """Read the image files that a table names, or the texts that it holds, one row each, as a data set.

    Without a column of splits the images are divided 60/20/20 into train, val and test, by class and by whole groups.
    Every image is decoded once: those that are unreadable are skipped and named, and ``warnings`` names
    validation and test images that nearly equal a training image: as `from_folder` does it.

    With ``text`` the rows are texts. Rows without one, or with more cells than the header has, are skipped and named. A
    text is cut after 1,000 words. A file that is not UTF-8 is read as cp1252. ``warnings`` tells all of it, and which
    test texts stand in the training set too. ``path``, ``root`` and ``range`` then mean nothing.

    Parameters
    ----------
    table : pandas.DataFrame, str or pathlib.Path
        A table, or a CSV file: columns set apart by comma, semicolon or tab, UTF-8.
    path : str
        Column of the paths, absolute or relative to ``root``.
    text : str, optional
        Column of the texts; the data set is then one of texts.
    label : str
        Column of the labels: text, or anything that can be written as one (0 becomes "0").
    group : str, optional
        Column that says which images belong together (the patient of each, say). An image whose group is empty is a
        group of its own.
    split : str, optional
        Column of given splits: train, test and perhaps val (valid, validation), in any case. Without val a fifth of
        the training groups validates.
    root : str or pathlib.Path, optional
        Folder that paths are relative to; by default that of the CSV file, of a DataFrame the working directory.
    per_class : int, optional
        At most so many TRAINING images a class, nested in one another; val and test do not depend on it.
    seed : int
        0 to 2**32 - 1.
    exclude : sequence
        Labels of classes to leave out; their files need not be there.
    quiet : bool
        True shows no progress bar.
    min_images : int, optional
        Classes of fewer images are left out and named; with groups also those of fewer than 3 groups.
    max_unreadable : float
        Share of the images that may be unreadable, 0 to 1; beyond it the table is refused.
    range : tuple of float, optional
        Which values of images of more than 8 bits become 0 and 255, as `from_folder` takes it.

    Returns
    -------
    Dataset
        Its classes are sorted, whole numbers by their value. Its images are named by their paths relative to ``root``;
        where one lies outside of it, relative to the deepest folder that holds them all.

    Raises
    ------
    BadInput
        The table lacks a column, a value or a file, contradicts itself, or its images cannot be learned from; the
        message says why and what mends it.

    See Also
    --------
    from_folder : Images in a folder or a zip file.
    from_arrays : Images in memory.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> import numpy as np
    >>> import pandas as pd
    >>> import tlbook as tl
    >>> from PIL import Image
    >>> rng, root = np.random.default_rng(0), TemporaryDirectory()
    >>> frame = pd.DataFrame({"file": [f"{number}.png" for number in range(20)]})
    >>> frame["finding"], frame["patient"] = ["broken", "whole"] * 10, frame.index // 2
    >>> for name in frame["file"]:
    ...     Image.fromarray(rng.integers(0, 255, (32, 32, 3), "uint8")).save(Path(root.name, name))
    >>> data = tl.from_table(frame, path="file", label="finding", group="patient", root=root.name)
    >>> data.classes, len(data.train), data.groups_origin
    (('broken', 'whole'), 12, 'the column patient of the table')

    The same of texts:

    >>> messages = {"message": [f"Where is order {number}?" for number in range(10)] + ["Stop it!"] * 10}
    >>> messages["kind"] = ["question"] * 10 + ["complaint"] * 10
    >>> tl.from_table(pd.DataFrame(messages), text="message", label="kind").train.texts[0]
    'Where is order 1?'
    """
    options = check_options(
        per_class, seed, name_exclude(exclude), quiet, min_images=min_images, max_unreadable=max_unreadable,
        value_range=range,
    )  # fmt: skip
    if text is not None:
        return read_texts(table, {"text": text, "label": label, "group": group, "split": split}, options)
    chosen = {"path": path, "label": label} | {k: v for k, v in (("group", group), ("split", split)) if v is not None}
    columns, name, folder = open_table(table, chosen.values())
    root = _check_root(folder if root is None else root)
    cells = {argument: choose_column(columns, argument, column) for argument, column in chosen.items()}
    listed, again = _list_images(cells, root)
    about = Provenance(
        name or Path(root).name or "table",
        given="" if split is None else f"the column {split}",
        groups="" if group is None else f"the column {group} of the table",
        left_out=(f"{count(again, 'row')} that named an image again",) if again else (),
    )
    listed, about = leave_out(listed, about, options.exclude)
    base, images = _locate_files(listed, root)
    order = order_classes(images.classes.tolist())
    return assemble_dataset(images, FileStore(Folder(base), tuple(images.names.tolist())), about, options, order=order)


def _check_root(root):
    """Return the folder that paths are relative to, absolute."""
    check_path("root", root, "the folder that the paths start from")
    if not os.path.isdir(root):
        raise BadInput(
            f"received `root` {shorten(str(root))}; expected the folder that the paths start from; it is none"
        )
    return os.path.abspath(root)


def _list_images(cells, root):
    """Return a table with one row an image, named by its absolute path, and the number of rows that repeat one."""
    paths = cells["path"]
    if not paths:
        raise BadInput("received `table` without a row; expected one an image")
    empty = [str(row) for row, path in enumerate(paths, 1) if is_missing(path)]
    if empty:
        shown = ", ".join(empty[:3]) + (", …" if len(empty) > 3 else "")
        raise BadInput(f"received no `path` in {count(len(empty), 'row')} of the table ({shown}); expected one in each")
    paths = [str(path) for path in paths]
    classes = name_classes("label", cells["label"], paths).tolist()
    groups = ["" if is_missing(group) else name_value(group) for group in cells.get("group", [""] * len(paths))]
    splits = read_splits(cells["split"], paths) if "split" in cells else [""] * len(paths)
    rows = {}
    for path, *facts in zip(paths, classes, groups, splits, strict=True):
        file = os.path.join(root, path)
        known = rows.setdefault(_find_file(file) or os.path.normpath(file), facts)
        if known != facts:
            one, other = next((a, b) for a, b in zip(known, facts, strict=True) if a != b)
            raise BadInput(
                f"the table names the image {path!r} more than once, with {one!r} and with {other!r}; expected the "
                "same label, group and split; mend the table"
            )
    columns = [np.array(column, dtype=str) for column in zip(*rows.values(), strict=True)]
    table = Table(np.array(list(rows), dtype=str), columns[0], columns[2], columns[1], np.arange(len(rows)))
    return table, len(paths) - len(rows)


def _locate_files(listed, root):
    """Name the images of a table by their paths below one folder; return that folder and the table, sorted."""
    files = listed.names.tolist()
    missing = [Path(os.path.relpath(file, root)).as_posix() for file in files if not os.path.isfile(file)]
    if missing:
        raise BadInput(
            f"the table names {list_three(missing)} that are not there, of {len(files)}; expected paths that are "
            f"absolute or start from {Path(root).name!r}; mend them or give `root`"
        )
    base = _find_base(files, root)
    names = np.array([Path(file[len(base) :]).as_posix().lstrip("/") for file in files], dtype=str)
    groups = np.where(listed.groups == "", names, listed.groups)
    order = np.argsort(names)
    table = Table(names[order], listed.classes[order], listed.splits[order], groups[order], np.arange(len(order)))
    return Path(base), table


def _find_base(files, root):
    """Return the root where all files lie in it, else the deepest folder that holds them all."""
    if all(file.startswith(os.path.join(root, "")) for file in files) or not files:
        return root
    try:
        return os.path.commonpath([os.path.dirname(file) for file in files])
    except ValueError as error:  # on several drives
        raise BadInput("received `path` with files on several drives; expected all of them on one") from error


def _find_file(path):
    """Return the path of a file, however its letters are composed and its folders set apart, if there is one."""
    written = (path, path.replace("\\", "/"))
    for candidate in dict.fromkeys([*written, *(unicodedata.normalize(form, path) for form in ("NFC", "NFD"))]):
        if os.path.isfile(candidate):
            return os.path.normpath(candidate)
    return None

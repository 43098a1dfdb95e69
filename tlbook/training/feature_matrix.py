"""One matrix of features for many tasks: computed once by a frozen network, then classified, described, searched."""

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from tlbook.datasets.dataset import Dataset, Split
from tlbook.errors import BadInput, check_whole, shorten
from tlbook.files import replace_file
from tlbook.models.feature_heads import ClassHead, MultiLabelHead, fit_class_head, fit_multilabel_head
from tlbook.models.fingerprint import hash_network
from tlbook.models.sources import SourceModel, load_source
from tlbook.training.feature_files import VALUES, check_new, make_folder, read_features, write_about, write_values
from tlbook.training.feature_run import list_parts, name_rows, run_parts
from tlbook.training.features import extract_features
from tlbook.training.nearest import Matches, search_blocks


@dataclass(frozen=True, eq=False)
class Features:
    """What a frozen network makes of many images: one row of numbers each, for as many tasks as you like.

    Attributes
    ----------
    values : numpy.ndarray
        float32, (n, channels), in memory or memory-mapped. Features of any other network may stand here too.
    names : tuple of str
        Of the images; by default "0", "1", …
    groups : numpy.ndarray
        str, (n,): images that show the same person or object share one; by default each image is a group of its own.
    source : str
        The network's name; empty where it is not known.
    image_size : int
        Pixels a side that the network saw; 0 where that is not known.
    fingerprint : str
        Digest of the network; only features with the same one can be compared.
    skipped : dict of str to str
        Why an image could not be read, by its name; such images have no row.

    Raises
    ------
    BadInput
        No matrix, or more or fewer names or groups than rows.

    Examples
    --------
    >>> import tlbook as tl
    >>> case = tl.load_case("pets", per_class=10, size=32)
    >>> features = tl.Features.of(case.train, tl.load_source("random", image_size=32), quiet=True)
    >>> features
    Features(20 images, 768 numbers each, by 'random' at 32 pixels)
    >>> head = features.fit_head(case.train.labels)
    >>> head.predict(features).shape
    (20, 2)
    """

    values: np.ndarray
    names: tuple[str, ...] = ()
    groups: np.ndarray | None = None
    source: str = ""
    image_size: int = 0
    fingerprint: str = ""
    skipped: dict[str, str] = field(default_factory=dict)

    def __post_init__(self):
        values = self.values if isinstance(self.values, np.ndarray) else np.asarray(self.values)
        if values.ndim != 2 or values.dtype.kind not in "fiu" or not values.size:
            raise BadInput(
                f"received `values` of the shape {values.shape} and type {values.dtype}; expected numbers, (images, "
                "channels); make them of images with tl.Features.of(images, source)"
            )
        names = tuple(map(str, self.names)) or tuple(map(str, range(len(values))))
        groups = np.array(names if self.groups is None else self.groups, dtype=str)
        for key, found in {"names": len(names), "groups": len(groups)}.items():
            if found != len(values):
                raise BadInput(
                    f"received {len(values)} rows of `values` and {found} `{key}`; expected one for each row"
                )
        values = values if values.dtype == np.float32 else values.astype(np.float32)
        for key, value in {"values": values, "names": names, "groups": groups}.items():
            object.__setattr__(self, key, value)

    @classmethod
    def of(
        cls,
        images: "Dataset | Split | ArrayLike | str | os.PathLike[str]",
        source: SourceModel | str,
        *,
        groups: Sequence[Any] | None = None,
        path: str | os.PathLike[str] | None = None,
        quiet: bool = False,
    ) -> "Features":
        """Run a frozen network once over images of any number.

        Parameters
        ----------
        images : Dataset, Split, array_like, str or pathlib.Path
            A data set stands for its training, validation and test images, in this order. An array is (n, height,
            width, 3), 0-255. A folder or a zip file stands for every image in it, in the order of their paths, with
            labels or without; what cannot be read is passed over and told in ``skipped``.
        source : SourceModel or str
            The network, or the name of one; it stays as it is.
        groups : sequence, optional
            (n,), which images belong together, where ``images`` do not say so themselves.
        path : str or pathlib.Path, optional
            A folder to be made. The features go there batch by batch and come back memory-mapped, so that their number
            is limited by the disk. Default: they stay in memory, and are kept in the cache where images have labels.
        quiet : bool
            True shows no progress bar.

        Returns
        -------
        Features

        Raises
        ------
        BadInput
            Nothing readable, a ``path`` that is there already, or as many groups as there are not images.
        """
        source = load_source(source) if isinstance(source, str) else source
        parts = list_parts(images, groups)
        about = {"source": source.name, "image_size": source.image_size, "fingerprint": hash_network(source.backbone)}
        if path is not None:
            folder = check_new(path)
            with make_folder(folder):
                found = write_values(folder, parts, source, quiet=quiet)
                features = cls(np.load(folder / VALUES, mmap_mode="r"), **found, **about)
                write_about(folder, features)
            return features
        if isinstance(images, str | os.PathLike):
            return cls(**run_parts(parts, source, quiet=quiet), **about)
        values = np.concatenate([extract_features(source, part, quiet=quiet) for part in parts])
        return cls(values, **name_rows(parts), **about)

    def __len__(self):
        return len(self.values)

    def __repr__(self):
        made = f", by {self.source!r} at {self.image_size} pixels" if self.source else ""
        return f"Features({len(self):,} images, {self.values.shape[1]} numbers each{made})"

    def take(self, rows: ArrayLike) -> "Features":
        """Choose images.

        Parameters
        ----------
        rows : array_like
            int, (k,), places from 0; or bool, (n,), True for what is kept.

        Returns
        -------
        Features
            Of these images, in this order, in memory.
        """
        rows = np.asarray(rows)
        rows = np.flatnonzero(rows) if rows.dtype == bool else rows.astype(np.int64)
        names = tuple(self.names[i] for i in rows)
        about = {"source": self.source, "image_size": self.image_size, "fingerprint": self.fingerprint}
        return Features(np.asarray(self.values[rows]), names, self.groups[rows], **about)

    def fit_head(self, labels: ArrayLike, *, seed: int = 0, quiet: bool = True) -> ClassHead:
        """Fit a new head: a logistic one, whose regularisation cross-validation over whole groups chooses.

        Of more than 1,000 images one fold of five chooses it.

        Parameters
        ----------
        labels : array_like
            (n,), text or whole numbers, one an image.
        seed : int
            Of the folds.
        quiet : bool
            True shows no progress bar.

        Returns
        -------
        ClassHead

        Raises
        ------
        BadInput
            One class only, a class with a single group, or more or fewer labels than images.
        """
        return fit_class_head(self.values, labels, self.groups, seed=seed, quiet=quiet)

    def fit_multilabel(
        self, attributes: ArrayLike, *, names: Sequence[str] | None = None, seed: int = 0, quiet: bool = True
    ) -> MultiLabelHead:
        """Fit a yes-or-no head for each attribute; an image may have any number of them.

        Each has a regularisation of its own, chosen as in :meth:`fit_head`.

        Parameters
        ----------
        attributes : array_like
            0 and 1, (n, attributes); of a table the columns give the names.
        names : sequence of str, optional
            (attributes,), by default "0", "1", …
        seed : int
            Of the folds.
        quiet : bool
            True shows no progress bar.

        Returns
        -------
        MultiLabelHead

        Raises
        ------
        BadInput
            Other values, an attribute that nearly all images have or lack, or more or fewer rows than images.
        """
        return fit_multilabel_head(self.values, attributes, self.groups, names, seed=seed, quiet=quiet)

    def search(
        self, query: "int | Sequence[int] | Features | np.ndarray", k: int = 5, *, other_groups: bool = False
    ) -> Matches:
        """Find the images whose features point most nearly the same way: by cosine similarity, among all rows.

        Parameters
        ----------
        query : int, sequence of int, Features or numpy.ndarray
            Rows of these features, each of which does not find itself; or features of other images by the same network
            (as an array float, (queries, channels)).
        k : int
            How many to find.
        other_groups : bool
            True passes over images of the query's own group.

        Returns
        -------
        Matches
            Rows and similarities, the most similar first.

        Raises
        ------
        BadInput
            A query by another network, a row that is not there, or fewer than k images to be found.

        References
        ----------
        Razavian et al. 2014, doi:10.1109/CVPRW.2014.131.
        """
        check_whole("k", k, 1)
        values, rows, groups = self._read_query(query)
        forbid = None
        if rows is not None or other_groups:
            if groups is None and other_groups:
                raise BadInput(
                    "received `other_groups` and an array of features; expected rows, or Features with groups"
                )

            def forbid(part):
                own = np.zeros((len(values), part.stop - part.start), bool)
                if rows is not None:
                    own |= rows[:, None] == np.arange(part.start, part.stop)
                return own | (groups[:, None] == self.groups[part]) if other_groups else own

        if k > len(self):
            raise BadInput(f"received `k` {k}; expected at most {len(self)}, the number of images; ask for fewer")
        found = search_blocks(self.values, values, k, forbid=forbid)
        if np.isneginf(found.similarity).any():
            most = int((~np.isneginf(found.similarity)).sum(axis=1).min())
            raise BadInput(f"received `k` {k}; expected at most {most}: a query leaves out itself or its group")
        return found

    def _read_query(self, query):
        """Return the features of a query, its rows in this matrix (None of other images) and its groups (or None)."""
        if isinstance(query, Features):
            if query.fingerprint != self.fingerprint:
                raise BadInput(
                    f"received a `query` by {query.source or 'an unknown network'!r} for features by "
                    f"{self.source or 'an unknown network'!r}; expected the same network at the same weights; make "
                    "both with tl.Features.of and one source"
                )
            return query.values, None, query.groups
        array = np.atleast_1d(np.asarray(query))
        if array.ndim == 1 and array.dtype.kind in "iu":
            wrong = [int(row) for row in array if not 0 <= row < len(self)]
            if wrong:
                raise BadInput(f"received the row {wrong[0]} as `query`; expected 0 to {len(self) - 1}")
            return self.values[array], array, self.groups[array]
        array = np.atleast_2d(array)
        if array.dtype.kind != "f" or array.ndim != 2 or array.shape[1] != self.values.shape[1]:
            raise BadInput(
                f"received a `query` {shorten(query, 40)} of the shape {array.shape}; expected rows (whole numbers), "
                f"Features, or float, (queries, {self.values.shape[1]})"
            )
        return array, None, None

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write a folder: ``values.npy``, which any program with NumPy can map, ``images.csv`` and ``about.json``.

        Parameters
        ----------
        path : str or pathlib.Path
            Folder to be made.

        Returns
        -------
        pathlib.Path
            The folder.

        Raises
        ------
        BadInput
            The folder is there and not empty.
        """
        folder = check_new(path)
        with make_folder(folder):
            with replace_file(folder / VALUES) as file:
                np.lib.format.write_array(file, self.values)
            write_about(folder, self)
        return folder

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> "Features":
        """Open what :meth:`save`, or :meth:`of` with a path, wrote; the numbers stay on the disk until they are used.

        Parameters
        ----------
        path : str or pathlib.Path
            The folder.

        Returns
        -------
        Features
            With memory-mapped ``values``, read-only.

        Raises
        ------
        BadInput
            No such folder, a file that is missing, damaged or of another version, or files that do not fit together.
        """
        return cls(**read_features(path))

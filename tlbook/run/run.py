"""A run: an adapted model with all that is known of it."""

import os
import time
import warnings
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from tlbook.datasets.dataset import Dataset, Split
from tlbook.datasets.formats import describe_passed
from tlbook.errors import BadInput
from tlbook.evidence.metrics import Scores, score_predictions
from tlbook.run.predicting import list_images, predict_listed, predict_split
from tlbook.training.augmentation import Augmentation

if TYPE_CHECKING:
    import keras
    import pandas


@dataclass(frozen=True, repr=False)
class Run:
    """A source model that was adapted to a data set: what :func:`tlbook.adapt` and :func:`tlbook.load_run` return.

    Attributes
    ----------
    model : keras.Model
        Raw pixels, uint8 or float32, (n, image_size, image_size, 3), 0-255, to probabilities, float32, (n, classes).
    classes : tuple of str
        In the order of the model's outputs.
    strategy, source : str
        Their names.
    strategy_reason : str
        Why this strategy, with the scores it was chosen by.
    weights_sha256 : str
        Of the source's weights.
    image_size : int
        Pixels a side.
    epochs : int
        Epochs that were run; 0 for a head alone.
    history : dict of str to list of float
        Loss and accuracy an epoch; empty for a head alone and for a loaded run.
    trainable_params, total_params : int
        Weights that were trained, and all.
    val_balanced_accuracy : float or None
        On the validation set, 0-1, before any refitting: what the strategy was chosen by; None of a loaded run.
    seconds : dict of str to float
        ``load`` (of data and source, where known), ``features`` and ``train``.
    seed : int
        Of the order of the images and of what starts at random.
    cached_activations : dict or None
        What of the network was run only once, in the first phase that had such a
        part; None where each epoch ran all of it, and for a head alone.
    value_range : tuple of float or None
        What becomes 0 and 255 of images of more than 8 bits, as in its training; None where those had 8.
    data : Dataset or None
        What it was adapted to; None of a loaded run.
    augmentation : Augmentation or None
        How images were varied; None of a loaded run.
    val_probabilities : numpy.ndarray or None
        float32, (n, classes), for the validation set, by models that have not seen it; None of a loaded run.
    refitted : bool
        True where the head was fitted once more, on training and validation images together.
    saved : dict of str to bytes, or None
        The files of a loaded run, by name, which it is saved with again; None of a new one.

    Examples
    --------
    >>> import tlbook as tl
    >>> case = tl.load_case("pets", per_class=6, size=32)
    >>> run = tl.adapt(case, tl.load_source("random", image_size=32), "head", cache=False)
    >>> run.predict(case.test.take([0, 1])).columns.tolist()
    ['path', 'predicted', 'p_cats', 'p_dogs']
    """

    model: "keras.Model"
    classes: tuple[str, ...]
    strategy: str
    source: str
    strategy_reason: str
    weights_sha256: str
    image_size: int
    epochs: int
    history: dict[str, list[float]]
    trainable_params: int
    total_params: int
    val_balanced_accuracy: float | None
    seconds: dict[str, float]
    seed: int
    cached_activations: dict[str, Any] | None = None
    value_range: tuple[float, float] | None = None
    data: Dataset | None = None
    augmentation: Augmentation | None = None
    val_probabilities: np.ndarray | None = None
    refitted: bool = False
    saved: dict[str, bytes] | None = None

    def evaluate(
        self, split: Split | Dataset | None = None, *, positive: str | None = None, quiet: bool = False
    ) -> Scores:
        """Score the predictions for a split that the run has not learned from, with 95 % intervals.

        Parameters
        ----------
        split : Split or Dataset, optional
            None is the test set of the run's own data; of a data set it is the test set.
        positive : str, optional
            Of two classes, the one whose AUROC is meant; None takes the last.
        quiet : bool
            True shows no progress bar.

        Returns
        -------
        Scores
            Intervals by whole groups where images share one.

        Raises
        ------
        BadInput
            No split of this run's classes.
        """
        return self._score(self._find_split(split), positive=positive, quiet=quiet)[1]

    def predict(self, images: Any, *, quiet: bool = False) -> "pandas.DataFrame":
        """Predict images.

        Parameters
        ----------
        images : str, pathlib.Path, array_like, Split, or a sequence
            Paths of images, folders, zip files or CSV files (with a column ``path``, ``file``, ``filename`` or
            ``image``, from the CSV file's folder); raw pixels from 0 to 255, one image or several, as for
            :func:`tlbook.from_arrays`; PIL images; or a split of a data set.
        quiet : bool
            True shows no progress bar.

        Returns
        -------
        pandas.DataFrame
            ``path`` (of an array its place in it; from the folder as given where two images would have one name),
            ``predicted`` and ``p_<class>``, a row an image. Images that can't be read are left out, with a warning,
            and listed in ``.attrs["unreadable"]``; a warning counts the files of other kinds.

        Raises
        ------
        BadInput
            There is no image.
        """
        import pandas as pd

        names, rows, problems = [], [np.empty((0, len(self.classes)), np.float32)], {}
        listed, passed = list_images(images, self.value_range)
        for batch, probabilities in predict_listed(self.model, self.image_size, listed, quiet=quiet, problems=problems):
            names += batch
            rows.append(probabilities)
        if passed := describe_passed(passed):
            warnings.warn(passed, stacklevel=2)
        if problems:
            shown = "; ".join(f"{name}: {why}" for name, why in list(problems.items())[:3])
            warnings.warn(f"{len(problems)} images cannot be read and are left out: {shown}", stacklevel=2)
        rows = np.concatenate(rows)
        table = pd.DataFrame(rows, columns=[f"p_{name}" for name in self.classes])
        table.insert(0, "predicted", [self.classes[i] for i in rows.argmax(-1)])
        table.insert(0, "path", names)
        table.attrs["unreadable"] = problems
        return table

    def report(
        self,
        path: str | os.PathLike[str],
        *,
        title: str | None = None,
        images: bool = True,
        positive: str | None = None,
    ) -> Path:
        """Write the report as one page that needs nothing from elsewhere.

        Parameters
        ----------
        path : str or pathlib.Path
            Of the HTML file.
        title : str, optional
            Heading; None is the name of the data.
        images : bool
            False leaves out all pictures.
        positive : str, optional
            As for :meth:`evaluate`.

        Returns
        -------
        pathlib.Path
        """
        from tlbook.files import replace_file
        from tlbook.run.saved import make_files

        files = self.saved or make_files(self, title=title, images=images, positive=positive)
        with replace_file(path) as file:
            file.write(files["report.html"])
        return Path(path)

    def save(
        self,
        path: str | os.PathLike[str],
        *,
        overwrite: bool = False,
        title: str | None = None,
        images: bool = True,
        positive: str | None = None,
        options: dict[str, Any] | None = None,
    ) -> Path:
        """Write the run as the command does: model, report, predictions for the test set, and splits.

        Parameters
        ----------
        path : str or pathlib.Path
            Folder; it appears whole or not at all.
        overwrite : bool
            True replaces an earlier run, and nothing else.
        title : str, optional
            Heading of the report; None is the name of the data.
        images : bool
            False leaves pictures out of the report.
        positive : str, optional
            As for :meth:`evaluate`.
        options : dict, optional
            What was asked for, as ``report.json`` lists it.

        Returns
        -------
        pathlib.Path

        Raises
        ------
        BadInput
            The folder is in use or cannot be written.
        """
        from tlbook.run.saved import save_run

        more = {"title": title, "images": images, "positive": positive, "options": options}
        return save_run(self, Path(path), overwrite=overwrite, **more)

    def _find_split(self, split):
        """Return the split to evaluate on, or say why there is none."""
        if split is None:
            split = self.data
        if isinstance(split, Dataset):
            if split.classes != self.classes:
                raise BadInput(
                    f"received data of the classes {', '.join(split.classes)}; expected {', '.join(self.classes)}"
                )
            split = split.test
        if split is None:
            raise BadInput("received no `split`, and a loaded run has no data of its own; expected one: data.test, say")
        if not isinstance(split, Split):
            raise BadInput(f"received `split` {split!r}; expected a Split: data.test, say")
        return split

    def _score(self, split, *, positive=None, quiet=False):
        """Return the probabilities for a split, their scores, and the seconds that both took."""
        start = time.perf_counter()
        probabilities = predict_split(self, split, quiet=quiet)
        own_groups = self.data is not None and self.data.has_groups and split is self.data.test
        groups = split.groups if own_groups or len(set(split.groups)) < len(split) else None
        options = {"groups": groups, "positive": positive}
        scores = score_predictions(split.labels, probabilities, self.classes, **options)
        return probabilities, scores, time.perf_counter() - start

    def _list_facts(self):
        score = self.val_balanced_accuracy
        return {
            "strategy": f"{self.strategy} ({self.strategy_reason})",
            "source": self.source,
            "classes": ", ".join(self.classes),
            "image size": f"{self.image_size} px",
            "epochs": self.epochs,
            "trained parameters": f"{self.trainable_params:,} of {self.total_params:,}",
            "balanced accuracy on validation": "not known" if score is None else f"{score:.3f}",
        }

    def __repr__(self):
        return "Run\n" + "\n".join(f"  {name:32} {value}" for name, value in self._list_facts().items())

    def _repr_html_(self):
        rows = (f"<tr><th>{k}</th><td>{escape(str(v))}</td></tr>" for k, v in self._list_facts().items())
        return f"<table>{''.join(rows)}</table>"


def evaluate(
    run: Run, split: Split | Dataset | None = None, *, positive: str | None = None, quiet: bool = False
) -> Scores:
    """Score a run's predictions, with intervals: :meth:`Run.evaluate` as a function.

    Parameters
    ----------
    run : Run
        From :func:`tlbook.adapt` or :func:`tlbook.load_run`.
    split : Split or Dataset, optional
        None is the test set of the run's own data; of a data set it is the test set.
    positive : str, optional
        Of two classes, the one whose AUROC is meant; None takes the last.
    quiet : bool
        True shows no progress bar.

    Returns
    -------
    Scores
        Intervals by whole groups where images share one.

    Raises
    ------
    BadInput
        No run, or no split of its classes.

    Examples
    --------
    >>> import tlbook as tl
    >>> case = tl.load_case("fractures", per_class=4, size=32)
    >>> run = tl.adapt(case, tl.load_source("random", image_size=32), "head", cache=False, quiet=True)
    >>> scores = evaluate(run, case.val, quiet=True)
    >>> scores.accuracy.n, scores.accuracy.method
    (120, 'wilson_group')
    """
    if not isinstance(run, Run):
        raise BadInput(f"received `run` of type {type(run).__name__}; expected a Run, as adapt and load_run return it")
    return run.evaluate(split, positive=positive, quiet=quiet)

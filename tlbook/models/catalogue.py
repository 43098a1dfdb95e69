"""Which source models there are, by name: known before any model is built, without TensorFlow."""

import csv
import difflib
import functools
import os
from dataclasses import dataclass

from tlbook.datasets.cards import load_cards
from tlbook.errors import BadInput
from tlbook.runtime import data_dir

RANDOM = "random"
COMPACT_SIZE = 96
COMPACT_SMALLEST = 32
COMPACT_PARAMETERS = 804_720


@dataclass(frozen=True)
class Application:
    """One model of ``keras.applications``, a row of ``data/applications.csv``.

    Attributes
    ----------
    name : str
        The source's name, snake case; a width other than 1 is part of it (``mobilenet_v2_035``).
    constructor : str
        Name in ``keras.applications``.
    alpha : float or None
        Width multiplier, for the constructors that have one.
    preprocessing : str
        ``"tf"`` (-1 to 1), ``"caffe"`` (BGR, mean subtracted), ``"torch"`` (mean and standard deviation a channel) or
        ``"inside"`` (the model scales raw pixels itself).
    image_size : int
        Pixels a side where none is asked for: the size of the pre-training, but 160 for the MobileNets, for CPUs.
    smallest : int
        Fewest pixels a side that the network can take.
    channels : int
        Channels of the last feature map.
    parameters : int
        Without the classifier; no two rows have the same number.
    url : str
        Where Keras downloads the weights without the classifier.
    digest : str
        MD5 or SHA-256 that Keras checks them by; empty where it checks none.
    """

    name: str
    constructor: str
    alpha: float | None
    preprocessing: str
    image_size: int
    smallest: int
    channels: int
    parameters: int
    url: str
    digest: str

    @property
    def file(self):
        """Keras's own name of the weights file."""
        return self.url.rsplit("/", 1)[1]


def list_embedded():
    """Names of the source models whose weights travel with the package: those of the cards that name a file."""
    return [card.name for card in load_cards("source") if "weights" in card.facts]


@functools.cache
def list_applications():
    """Every application of the table.

    Returns
    -------
    dict of str to Application
        By name, in the order of the table.
    """
    rows = {}
    with (data_dir() / "applications.csv").open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            row["alpha"] = float(row["alpha"]) if row["alpha"] else None
            for column in ("image_size", "smallest", "channels", "parameters"):
                row[column] = int(row[column])
            rows[row["name"]] = Application(**row)
    return rows


def find_application(name):
    """Look a ``keras.applications`` model up by its name.

    Parameters
    ----------
    name : str
        In any spelling: ``resnet50_v2``, ``ResNet50V2`` and ``resnet50v2`` are one.

    Returns
    -------
    Application
        Its row of ``data/applications.csv``.

    Raises
    ------
    BadInput
        No source has this name; the message names those with a similar one.

    Examples
    --------
    >>> found = find_application("ResNet50V2")
    >>> found.name, found.preprocessing, found.image_size
    ('resnet50_v2', 'tf', 224)
    """
    spellings = {_squeeze(known): known for known in list_applications()}
    if _squeeze(name) in spellings:
        return list_applications()[spellings[_squeeze(name)]]
    ours = [*list_embedded(), RANDOM]
    known = [*ours, *list_applications()]
    close = difflib.get_close_matches(name.lower(), known, n=4, cutoff=0.5)
    meant = f"; did you mean {' or '.join(close)}?" if close else ""
    if name and os.path.exists(os.path.join(name, "saved_model.pb")):
        meant = f"; for the module that lies here write ./{name}"
    raise BadInput(
        f"received `source` {name!r}; expected {', '.join(ours)}, a model of keras.applications (mobilenet_v2, …) "
        f"or the handle (https://…) or path of a TensorFlow Hub module{meant} ('python -m tlbook sources' lists all)"
    )


def _squeeze(name):
    return name.lower().replace("_", "").replace("-", "")

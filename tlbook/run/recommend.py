"""Recommend a strategy for a data set before anything but a head is fitted."""

from tlbook.datasets.dataset import Dataset
from tlbook.errors import BadInput, check_flag, check_whole
from tlbook.evidence.recommending import TABLE, Recommendation, fit_gains, recommend_from
from tlbook.evidence.results import read_table
from tlbook.models.sources import SourceModel, as_source
from tlbook.run.preparing import prepare_head
from tlbook.runtime import LARGEST_SEED, set_seed
from tlbook.training.options import Training


def recommend(
    data: Dataset,
    source: str | SourceModel | None = None,
    *,
    seed: int = 0,
    cache: bool = True,
    quiet: bool = False,
) -> Recommendation:
    """Recommend how deep to train: the head alone, the last third, everything, or a scale and a shift per channel.

    A head is fitted to frozen features and scored by cross-validation. From its score, the number of labelled images a
    class and the number of classes follows what deeper training has added on nine real sets
    (``data/results/how_deep.csv``, source ``photos`` at 96 pixels): for another source it is a guess. The test set is
    not looked at.

    Parameters
    ----------
    data : Dataset
        Its training and validation images are looked at.
    source : str or SourceModel, optional
        A name, as :func:`tlbook.load_source` knows it, or a model; None is ``"photos"``.
    seed : int
        Of the folds, 0 to 2**32 - 1.
    cache : bool
        False neither reads nor writes features on disk.
    quiet : bool
        True shows no progress bar.

    Returns
    -------
    Recommendation

    Raises
    ------
    BadInput
        An argument is not what is expected.

    Examples
    --------
    >>> import tlbook as tl
    >>> case = tl.load_case("pets", per_class=6, size=32)
    >>> told = tl.recommend(case, tl.load_source("random", image_size=32), cache=False, quiet=True)
    >>> told.strategy in ("head", "partial", "full", "film")
    True
    """
    if not isinstance(data, Dataset):
        raise BadInput(
            f"received `data` of type {type(data).__name__}; expected a Dataset, as from_folder, from_table, "
            "from_arrays and load_case return it"
        )
    check_whole("seed", seed, 0, LARGEST_SEED)
    check_flag("quiet", quiet)
    source = as_source(source)
    set_seed(seed)
    prepared = prepare_head(data, source, Training(), seed=seed, cache=cache, quiet=quiet)
    per_class = (len(data.train) + len(data.val)) / len(data.classes)
    return recommend_from(fit_gains(read_table(TABLE)), per_class, len(data.classes), prepared.score)

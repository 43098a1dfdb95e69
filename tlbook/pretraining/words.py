"""Pre-train word vectors: count which words stand near each other, and keep the directions that explain it best.

Positive pointwise mutual information and a truncated singular value decomposition: at a few million words as good as
predicting words by gradients (Levy, Goldberg and Dagan 2015), with no learning rate, and the same on every run.
"""

import zipfile
from collections import Counter
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from tlbook.datasets.textstore import split_words
from tlbook.errors import BadInput, check_path, first_line
from tlbook.models.weights import READ_ERRORS
from tlbook.models.words import save_words
from tlbook.runtime import show_progress

MOST_BYTES = 2**30  # of one file of the corpus


@dataclass(frozen=True)
class WordRecipe:
    """Every number that decides what word vectors are.

    Attributes
    ----------
    dimensions : int
        Numbers a word.
    most_words, least_count : int
        Of the vocabulary: the most frequent words, and how often a word has to occur.
    window : int
        Words to each side that count as near; the next one counts fully, the last one 1 / window.
    smoothing : float
        Exponent of the frequencies of near words: rare ones count less (0.75, as in word2vec).
    power : float
        Of the singular values that scale the directions.
    seed : int
        Of the decomposition.

    References
    ----------
    Levy and Goldberg 2014, "Neural word embedding as implicit matrix factorization", NIPS; Levy, Goldberg and Dagan
    2015, on the exponents, doi:10.1162/tacl_a_00134.
    """

    dimensions: int = 100
    most_words: int = 25_000
    least_count: int = 5
    window: int = 5
    smoothing: float = 0.75
    power: float = 0.5
    seed: int = 0


def read_corpus(path, *, exclude=()):
    """Read a corpus: a zip archive of plain-text files, a paragraph a line.

    Parameters
    ----------
    path : str or pathlib.Path
    exclude : sequence of str
        Names of files to leave out, without ``.txt``.

    Returns
    -------
    dict of str to list of list of str
        The words of every line, by file.

    Raises
    ------
    BadInput
        It is no zip archive of texts, or has no file of a name that is to be left out.
    """
    check_path("corpus", path, "a zip archive of plain-text files")
    try:
        with zipfile.ZipFile(path) as archive:
            infos = {Path(i.filename).stem: i for i in archive.infolist() if i.filename.endswith(".txt")}
            unknown = sorted(set(exclude) - set(infos))
            if unknown or not infos:
                raise BadInput(
                    f"received `exclude` {unknown[0]!r}; expected names of its files: {', '.join(infos)}"
                    if unknown else f"{path} holds no .txt file; expected a zip archive of plain-text files"
                )  # fmt: skip
            kept = {name: info for name, info in sorted(infos.items()) if name not in exclude}
            large = [name for name, info in kept.items() if info.file_size > MOST_BYTES]
            if large:
                raise BadInput(f"the file {large[0]!r} of {path} has more than {MOST_BYTES:,} bytes; expected less")
            texts = {name: archive.read(info).decode() for name, info in kept.items()}
    except READ_ERRORS as error:
        if isinstance(error, BadInput):
            raise
        raise BadInput(
            f"{path} cannot be read as a corpus ({first_line(error)}); expected a zip archive of UTF-8 .txt files"
        ) from error
    return {name: [words for words in map(split_words, text.splitlines()) if words] for name, text in texts.items()}


def count_pairs(lines, vocabulary, window):
    """Count how often words stand near each other, a symmetric sparse matrix, (words, words); near ones weigh more."""
    from scipy.sparse import coo_matrix, csr_matrix

    place = {word: row for row, word in enumerate(vocabulary)}
    gap = [-1] * window  # no window reaches over the end of a line
    flat = np.fromiter((place.get(word, -1) for line in lines for word in (*line, *gap)), np.int32)
    total = csr_matrix((len(vocabulary),) * 2, dtype=np.float32)
    for distance in range(1, window + 1):
        left, right = flat[:-distance], flat[distance:]
        near = (left >= 0) & (right >= 0)
        weights = np.full(int(near.sum()), (window - distance + 1) / window, np.float32)
        pairs = coo_matrix((weights, (left[near], right[near])), shape=total.shape).tocsr()
        total = total + pairs + pairs.T
    return total


def compute_vectors(pairs, recipe):
    """Turn counts of pairs into vectors, float32, (words, dimensions): positive information, then its decomposition."""
    from scipy.sparse import csr_matrix
    from sklearn.utils.extmath import randomized_svd

    pairs = pairs.tocoo()
    of_word = np.asarray(pairs.sum(1)).ravel()
    of_near = np.asarray(pairs.sum(0)).ravel() ** recipe.smoothing
    information = np.log(pairs.data * of_near.sum() / (of_word[pairs.row] * of_near[pairs.col]))
    kept = information > 0
    matrix = csr_matrix((information[kept], (pairs.row[kept], pairs.col[kept])), shape=pairs.shape, dtype=np.float32)
    left, values, _ = randomized_svd(matrix, recipe.dimensions, n_iter=4, random_state=recipe.seed)
    vectors = left * values**recipe.power
    return (vectors / vectors.std()).astype(np.float32)


def pretrain_words(corpus, path, *, recipe=None, exclude=(), quiet=False):
    """Pre-train word vectors on a corpus and write them to a file.

    Parameters
    ----------
    corpus : str or pathlib.Path
        A zip archive of plain-text files.
    path : pathlib.Path
        Of the ``.npz`` file to write.
    recipe : WordRecipe, optional
    exclude : sequence of str
        Files of the corpus to leave out, without ``.txt``.
    quiet : bool
        True shows no progress bar.

    Returns
    -------
    dict
        ``weights`` and ``sha256``, ``words`` of the vocabulary, ``words_seen`` by file, and the recipe.

    Raises
    ------
    BadInput
        The corpus cannot be read, or holds too few words.
    """
    recipe = recipe or WordRecipe()
    steps = iter(show_progress(["reading", "counting", "decomposing"], "pre-training words", quiet=quiet))
    next(steps)
    files = read_corpus(corpus, exclude=exclude)
    lines = [line for file in files.values() for line in file]
    next(steps)
    counts = Counter(word for line in lines for word in line)
    frequent = sorted(counts.items(), key=lambda item: (-item[1], item[0]))[: recipe.most_words]
    vocabulary = [word for word, number in frequent if number >= recipe.least_count]
    if len(vocabulary) <= recipe.dimensions:
        raise BadInput(
            f"received a `corpus` with {len(vocabulary)} words that occur {recipe.least_count} times; expected more "
            f"than {recipe.dimensions}"
        )
    pairs = count_pairs(lines, vocabulary, recipe.window)
    next(steps)
    digest = save_words(vocabulary, compute_vectors(pairs, recipe), path)
    next(steps, None)
    seen = {name: sum(map(len, file)) for name, file in files.items()}
    return {"weights": path, "sha256": digest, "words": len(vocabulary), "words_seen": seen, "recipe": asdict(recipe)}

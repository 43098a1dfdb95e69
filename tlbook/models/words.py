"""Word vectors: the source model of texts, a table with one row a word."""

import io
import os
import zipfile
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

import numpy as np

from tlbook.datasets.cards import load_card
from tlbook.datasets.textstore import split_words
from tlbook.errors import BadInput, first_line
from tlbook.files import hash_file
from tlbook.models.weights import READ_ERRORS
from tlbook.runtime import data_dir

WORDS = "words"  # the embedded source of texts
PADDING, UNKNOWN = 0, 1  # rows before the first word
SHORTEST = 8  # words that a batch is filled up to, at least
MOST_VALUES = 2**28


@dataclass(frozen=True)
class WordVectors:
    """A source model of texts: a vector for each of many words, learned from text without labels.

    Attributes
    ----------
    name : str
        What the report calls it.
    words : tuple of str
        The vocabulary, the most frequent first.
    vectors : numpy.ndarray
        float32, (words, dimensions).
    weights_sha256 : str
        Of the file.
    origin : str
        Where it comes from, in a few words.
    learning_rate : float
        Peak that full fine-tuning starts from unless told otherwise.

    Examples
    --------
    >>> source = WordVectors("tiny", ("good", "bad"), np.eye(2, dtype=np.float32))
    >>> source.encode(["Good, good or bad?", "Nothing known"])[:, :4]
    array([[2, 2, 3, 0],
           [1, 0, 0, 0]], dtype=int32)
    >>> source.embed(["Good, good or bad?"]).round(2)
    array([[0.67, 0.33]], dtype=float32)
    """

    name: str
    words: tuple[str, ...]
    vectors: np.ndarray = field(repr=False)
    weights_sha256: str = ""
    origin: str = ""
    learning_rate: float = 1e-2

    def __repr__(self):
        return f"WordVectors({self.name!r}: {len(self.words):,} words, {self.vectors.shape[1]} dimensions)"

    @cached_property
    def places(self) -> dict[str, int]:
        """Row of each word in the table of the network, whose first two are padding and unknown words."""
        return {word: row for row, word in enumerate(self.words, UNKNOWN + 1)}

    @property
    def table(self) -> np.ndarray:
        """The table of the network: zeros for padding and for unknown words, then the vectors."""
        return np.concatenate([np.zeros((UNKNOWN + 1, self.vectors.shape[1]), np.float32), self.vectors])

    def encode(self, texts) -> np.ndarray:
        """Turn texts into rows of the table; words that are not in it are left out.

        Parameters
        ----------
        texts : sequence of str

        Returns
        -------
        numpy.ndarray
            int32, (n, length), filled up with 0; a text without a known word is a single 1. The length is a power of 2.
        """
        places = self.places
        rows = [[places[word] for word in split_words(text) if word in places] or [UNKNOWN] for text in texts]
        longest = max(map(len, rows), default=1)
        length = max(SHORTEST, 1 << (longest - 1).bit_length())
        out = np.full((len(rows), length), PADDING, np.int32)
        for at, row in enumerate(rows):
            out[at, : len(row)] = row
        return out

    def embed(self, texts) -> np.ndarray:
        """Turn each text into the mean of its words' vectors: the features that a head learns from.

        Parameters
        ----------
        texts : sequence of str

        Returns
        -------
        numpy.ndarray
            float32, (n, dimensions); zeros where no word is known.
        """
        return average_rows(self.table, self.encode(texts))

    def find_nearest(self, word: str, number: int = 5) -> list[str]:
        """List the words whose vectors point most nearly the same way.

        Parameters
        ----------
        word : str
            Of the vocabulary.
        number : int

        Returns
        -------
        list of str

        Raises
        ------
        BadInput
            The word is not in the vocabulary.
        """
        if word not in self.places:
            raise BadInput(f"received the word {word!r}, which {self.name} does not know; expected one of its words")
        units = self.vectors / (np.linalg.norm(self.vectors, axis=1, keepdims=True) + 1e-9)
        row = self.places[word] - UNKNOWN - 1
        order = np.argsort(-(units @ units[row]))
        return [self.words[i] for i in order if i != row][:number]

    def take_table(self, table: np.ndarray) -> "WordVectors":
        """Return the same words with the vectors of a table that was trained."""
        return replace(self, vectors=np.asarray(table[UNKNOWN + 1 :], np.float32))


def average_rows(table, ids):
    """Average the rows of a table that each text names, padding aside.

    Parameters
    ----------
    table : numpy.ndarray
        float32, (rows, dimensions).
    ids : numpy.ndarray
        int32, (n, length).

    Returns
    -------
    numpy.ndarray
        float32, (n, dimensions).
    """
    from scipy.sparse import csr_matrix

    known = ids != PADDING
    counts = known.sum(1)
    starts = np.concatenate([[0], np.cumsum(counts)])
    weights = np.repeat(1 / np.maximum(counts, 1), counts).astype(np.float32)
    return csr_matrix((weights, ids[known], starts), shape=(len(ids), len(table))) @ table


def save_words(words, vectors, path):
    """Write word vectors as 8-bit numbers with a scale a word, equal bytes for equal vectors; return the SHA-256.

    Parameters
    ----------
    words : sequence of str
        Without line breaks.
    vectors : numpy.ndarray
        float32, (words, dimensions).
    path : pathlib.Path
        Of the ``.npz`` file.

    Returns
    -------
    str
    """
    scale = (np.abs(vectors).max(1) / 127).clip(1e-6).astype(np.float16)
    stored = {
        "words": np.frombuffer("\n".join(words).encode(), np.uint8),
        "scale": scale,
        "vectors": np.rint(vectors / scale.astype(np.float32)[:, None]).clip(-127, 127).astype(np.int8),
    }
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, value in stored.items():
            member = io.BytesIO()
            np.save(member, value)
            info = zipfile.ZipInfo(f"{name}.npy", (1980, 1, 1, 0, 0, 0))  # np.savez would stamp the clock
            archive.writestr(info, member.getvalue(), zipfile.ZIP_DEFLATED)
    return hash_file(path)


def load_words(path: "str | os.PathLike[str] | None" = None, *, name: str = WORDS) -> WordVectors:
    """Load word vectors from a file that ``tlbook pretrain --source words`` wrote; None is the embedded one.

    Parameters
    ----------
    path : str or pathlib.Path, optional
    name : str
        What the report calls it.

    Returns
    -------
    WordVectors

    Raises
    ------
    BadInput
        There is no such file, or it holds no word vectors.

    Examples
    --------
    >>> source = load_words()
    >>> source.vectors.dtype.name, source.embed(["a good film"]).shape == (1, source.vectors.shape[1])
    ('float32', True)
    """
    facts = load_card(WORDS).facts["weights"] if path is None else None
    file = data_dir() / facts["file"] if facts else Path(path).expanduser()
    expected = "expected a file that tlbook pretrain wrote"
    if not file.is_file():
        raise BadInput(f"no word vectors at {file}; {expected}")
    digest = hash_file(file)
    if facts and digest != facts["sha256"]:
        raise BadInput(f"{file} is not the file on the card of {WORDS} (its sha256 differs); restore it")
    try:
        words, vectors = _read_words(file)
    except READ_ERRORS as error:
        raise BadInput(f"{file} cannot be read as word vectors ({first_line(error)}); {expected}") from error
    return WordVectors(name, words, vectors, digest, f"pre-trained word vectors, file {file.name}")


def _read_words(file):
    with zipfile.ZipFile(file) as archive:
        if sum(info.file_size for info in archive.infolist()) > MOST_VALUES:
            raise ValueError("it holds more than any vocabulary does")
    with np.load(file) as stored:
        words = tuple(stored["words"].tobytes().decode().split("\n"))
        vectors = stored["vectors"].astype(np.float32) * stored["scale"].astype(np.float32)[:, None]
    if vectors.ndim != 2 or len(words) != len(vectors) or len(set(words)) < len(words):
        raise ValueError("words and vectors do not match")
    return words, vectors


def build_word_network(table, num_classes, *, trainable=True):
    """Build the network of texts: rows of a table, their mean, and a softmax head; all of them stock layers.

    Parameters
    ----------
    table : numpy.ndarray
        float32, (rows, dimensions); the first row is padding.
    num_classes : int
    trainable : bool
        False freezes the table.

    Returns
    -------
    keras.Model
        Rows of the table, int32, (n, length), to probabilities, float32, (n, classes).

    Examples
    --------
    >>> build_word_network(np.zeros((5, 3), np.float32), 2).output_shape
    (None, 2)
    """
    from tlbook.runtime import import_keras

    keras = import_keras()
    ids = keras.Input((None,), dtype="int32", name="words")
    lookup = keras.layers.Embedding(*table.shape, mask_zero=True, name="table", trainable=trainable)
    mean = keras.layers.GlobalAveragePooling1D(name="mean")(lookup(ids))
    model = keras.Model(ids, keras.layers.Dense(num_classes, activation="softmax", name="head")(mean), name="texts")
    lookup.set_weights([table])
    return model

"""Texts in memory, where a split of images has its images."""

import hashlib
import re
from dataclasses import dataclass

from tlbook.errors import BadInput

WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?|\d+|[.,;:!?\"()$%]")
MOST_WORDS = 1000


def split_words(text):
    """Split a text into words: lower-case letters, with one apostrophe inside; numbers; and common marks.

    Parameters
    ----------
    text : str
        Of any length.

    Returns
    -------
    list of str

    Examples
    --------
    >>> split_words("It's 3 o'clock, isn't it?")
    ["it's", '3', "o'clock", ',', "isn't", 'it', '?']
    """
    return [word.replace("’", "'") for word in WORD.findall(text.lower())]


def cut_text(text, most=MOST_WORDS):
    """Return a text, cut after so many words, and whether it was cut."""
    if len(text) <= most:  # no more words than characters
        return text, False
    for number, word in enumerate(WORD.finditer(text)):
        if number == most:
            return text[: word.start()].rstrip(), True
    return text, False


@dataclass(frozen=True)
class TextStore:
    """Texts in memory.

    Attributes
    ----------
    texts : tuple of str
        In the order of the split.

    Examples
    --------
    >>> store = TextStore(("Who are you?", "Stop it."))
    >>> len(store), store.take([1]).read(0)
    (2, 'Stop it.')
    """

    texts: tuple

    def __len__(self):
        return len(self.texts)

    def read(self, index):
        """Return one text, str."""
        return self.texts[index]

    def inspect(self, index):
        """Refuse: a text has no pixels to look at."""
        raise BadInput("received a data set of texts; expected one of images: this looks at pixels")

    def take(self, indices):
        """Choose texts by their places, in this order."""
        return TextStore(tuple(self.texts[i] for i in indices))

    def fingerprint(self, index):
        """Return the SHA-256 of one text."""
        return hashlib.sha256(self.texts[index].encode("utf-8", "surrogatepass")).digest()

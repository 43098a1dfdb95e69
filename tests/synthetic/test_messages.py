"""The invented messages: reproducible, even, and with nothing but nouns to tell departments by."""

import numpy as np
import pytest

from tlbook.datasets.textstore import split_words
from tlbook.errors import BadInput
from tlbook.models.words import load_words
from tlbook.synthetic.messages import NOUNS, THINGS, make_messages


def test_messages_are_the_same_for_a_seed():
    one, again, other = make_messages(20, seed=1), make_messages(20, seed=1), make_messages(20, seed=2)
    assert one.equals(again) and not one.equals(other)
    assert one["department"].value_counts().tolist() == [20, 20, 20]
    assert one["customer"].value_counts().unique().tolist() == [2]
    with pytest.raises(BadInput, match="per_class"):
        make_messages(0)


def test_only_the_nouns_say_which_department_is_meant():
    frame = make_messages(600)
    nouns = {noun for words in NOUNS.values() for noun in words}
    assert len(nouns) == 60 and not nouns & set(THINGS)
    counts = {}
    for message, department in zip(frame["message"], frame["department"], strict=True):
        for word in set(split_words(message)):
            counts.setdefault(word, dict.fromkeys(NOUNS, 0))[department] += 1
        assert {w for w in split_words(message) if w in nouns} <= set(NOUNS[department])
    for word, found in counts.items():
        if word not in nouns:
            assert np.ptp(list(found.values())) < 0.25 * max(max(found.values()), 150), word


def test_the_embedded_source_knows_every_noun():
    source = load_words()
    assert [noun for words in NOUNS.values() for noun in words if noun not in source.places] == []

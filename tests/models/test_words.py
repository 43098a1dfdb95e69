"""Word vectors: what a text becomes, and the file that holds them."""

import numpy as np
import pytest

from tlbook.datasets.cards import load_card
from tlbook.errors import BadInput
from tlbook.files import hash_file
from tlbook.models.sources import as_source, load_source
from tlbook.models.words import WordVectors, average_rows, build_word_network, load_words, save_words
from tlbook.runtime import data_dir

WORDS = ("good", "bad", "film", "it's")
VECTORS = np.random.default_rng(0).normal(size=(4, 6)).astype(np.float32)
SOURCE = WordVectors("tiny", WORDS, VECTORS)


def test_a_text_is_the_mean_of_its_known_words():
    assert np.allclose(SOURCE.embed(["A GOOD, good film"])[0], (2 * VECTORS[0] + VECTORS[2]) / 3)
    assert not SOURCE.embed(["nothing known", ""]).any()


def test_the_network_computes_what_the_features_say():
    texts = ["good film", "bad", "nothing", "it's a good bad good bad good bad good bad film"]
    model = build_word_network(SOURCE.table, 3)
    kernel, bias = model.get_layer("head").get_weights()
    logits = SOURCE.embed(texts) @ kernel + bias
    odds = np.exp(logits - logits.max(1, keepdims=True))
    told = np.asarray(model.predict_on_batch(SOURCE.encode(texts)))
    assert np.allclose(told, odds / odds.sum(1, keepdims=True), atol=1e-5)


def test_the_length_of_others_does_not_matter():
    alone, beside = SOURCE.encode(["good film"]), SOURCE.encode(["good film", "bad " * 40])
    assert beside.shape == (2, 64)
    assert np.allclose(average_rows(SOURCE.table, alone)[0], average_rows(SOURCE.table, beside)[0])


def test_a_file_keeps_words_and_nearly_the_vectors(tmp_path):
    digest = save_words(WORDS, VECTORS, tmp_path / "words.npz")
    assert digest == save_words(WORDS, VECTORS, tmp_path / "again.npz")
    again = load_words(tmp_path / "words.npz", name="mine")
    assert (again.name, again.words, again.weights_sha256) == ("mine", WORDS, digest)
    assert np.abs(again.vectors - VECTORS).max() <= np.abs(VECTORS).max() / 200
    assert load_source("words", weights=tmp_path / "words.npz").words == WORDS
    assert as_source(again) is again


def test_files_that_are_none_are_refused(tmp_path):
    with pytest.raises(BadInput, match="no word vectors at"):
        load_words(tmp_path / "none.npz")
    (tmp_path / "broken.npz").write_bytes(b"PK nothing")
    with pytest.raises(BadInput, match="cannot be read as word vectors"):
        load_words(tmp_path / "broken.npz")
    np.savez(tmp_path / "short.npz", words=np.zeros(3, np.uint8), vectors=np.zeros((2, 2), np.int8), scale=np.ones(2))
    with pytest.raises(BadInput, match="do not match"):
        load_words(tmp_path / "short.npz")


def test_the_embedded_vectors_are_what_their_card_says():
    facts, source = load_card("words").facts, load_source("words")
    file = data_dir() / facts["weights"]["file"]
    assert (hash_file(file), file.stat().st_size) == (facts["weights"]["sha256"], facts["weights"]["bytes"])
    assert file.stat().st_size <= 4_000_000
    assert source.vectors.size == facts["parameters"] and len(source.words) == 25_000
    assert {"movie", "picture"} & set(source.find_nearest("film")) and "glass" in source.find_nearest("wood")
    with pytest.raises(BadInput, match="does not know"):
        source.find_nearest("xyzzy")

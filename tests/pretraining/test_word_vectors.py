"""Word vectors from a corpus made by formula: words of like company become neighbours."""

import zipfile

import numpy as np
import pytest

from tlbook.__main__ import main
from tlbook.errors import BadInput
from tlbook.models.words import load_words
from tlbook.pretraining.words import WordRecipe, count_pairs, pretrain_words, read_corpus

RECIPE = WordRecipe(dimensions=6, least_count=2)
KINDS = {"sea": ["ship", "boat", "port", "wave"], "money": ["bank", "bill", "cash", "tax"]}


def write_corpus(path, kinds=KINDS, lines=400):
    rng = np.random.default_rng(0)
    with zipfile.ZipFile(path, "w") as archive:
        for name, words in kinds.items():
            text = "\n".join(" ".join(rng.choice([*words, "the", "of", "and"], 6)) for _ in range(lines))
            archive.writestr(f"{name}.txt", text)
    return path


def test_words_of_like_company_are_neighbours(tmp_path):
    found = pretrain_words(write_corpus(tmp_path / "c.zip"), tmp_path / "w.npz", recipe=RECIPE, quiet=True)
    source = load_words(found["weights"])
    assert found["words"] == 11 and found["words_seen"] == {"money": 2400, "sea": 2400}
    for words in KINDS.values():
        for word in words:
            assert set(source.find_nearest(word, 3)) == set(words) - {word}
    again = pretrain_words(tmp_path / "c.zip", tmp_path / "w2.npz", recipe=RECIPE, quiet=True)
    assert again["sha256"] == found["sha256"]


def test_near_words_count_more_and_no_pair_crosses_a_line():
    pairs = count_pairs([["a", "b", "c"], ["a"]], ["a", "b", "c"], 2).toarray()
    assert pairs.tolist() == [[0, 1, 0.5], [1, 0, 1], [0.5, 1, 0]]


def test_files_are_left_out_by_name(tmp_path):
    path = write_corpus(tmp_path / "c.zip")
    assert list(read_corpus(path, exclude=["sea"])) == ["money"]
    with pytest.raises(BadInput, match="received `exclude` 'land'; expected names of its files: sea, money"):
        read_corpus(path, exclude=["land"])
    with pytest.raises(BadInput, match="cannot be read as a corpus"):
        read_corpus(__file__)
    with pytest.raises(BadInput, match="words that occur 5 times; expected more than 100"):
        pretrain_words(write_corpus(tmp_path / "d.zip", {"x": ["a"]}, 5), tmp_path / "w.npz", quiet=True)


def test_the_command(tmp_path, capsys):
    corpus = write_corpus(tmp_path / "c.zip")
    assert main(["pretrain", "--source", "words", "--quiet", "--work", str(tmp_path)]) == 2
    assert "received no --corpus" in capsys.readouterr().err
    assert main(["pretrain", "--source", "worlds", "--corpus", str(corpus)]) == 2
    assert main(["pretrain", "--source", "words", "--corpus", str(corpus), "--quiet", "--work", str(tmp_path)]) == 2
    assert "expected more than 100" in capsys.readouterr().err

"""A table of texts becomes a data set, or one line says why not."""

import pandas as pd
import pytest

from tlbook.datasets.tables import from_table
from tlbook.datasets.textstore import MOST_WORDS, cut_text, split_words
from tlbook.errors import BadInput

ROWS = [("Where is it?", "question"), ("Stop it now!", "complaint")] * 15
LINES = [f"{text} {number},{label}" for number, (text, label) in enumerate(ROWS)]


def write(tmp_path, *lines, encoding="utf-8", header="text,label"):
    path = tmp_path / "texts.csv"
    path.write_bytes("\n".join([header, *lines, ""]).encode(encoding))
    return path


def frame_of(**columns):
    return pd.DataFrame(ROWS, columns=["text", "label"]).assign(**columns)


def test_words_keep_their_apostrophe_and_marks_that_mean_something():
    assert split_words("It’s 3 o'clock - isn't it? (Café!)") == [
        "it's", "3", "o'clock", "isn't", "it", "?", "(", "café", "!", ")",
    ]  # fmt: skip


def test_a_file_becomes_a_data_set_of_texts(tmp_path):
    data = from_table(write(tmp_path, *LINES), text="text", seed=3)
    assert (data.name, data.classes) == ("texts", ("complaint", "question"))
    assert [len(split) for split in (data.train, data.val, data.test)] == [18, 6, 6]
    assert data.split_origin == "60/20/20 by class, seed 3"
    assert data.train.unit == "text" and "texts" in repr(data) and "18 texts" in repr(data.train)
    for split in (data.train, data.val, data.test):
        for name, text in zip(split.names, split.texts, strict=True):
            assert f"{text},{data.classes[split.labels[split.names.index(name)]]}" == LINES[int(name[4:]) - 1]
    assert data.train.take([1, 0]).texts == (data.train.texts[1], data.train.texts[0])
    assert not any("image" in line for line in (*data.warnings, *data.left_out))


def test_groups_splits_and_nesting_are_those_of_images():
    frame = frame_of(who=[f"p{number // 3}" for number in range(30)])
    data = from_table(frame, text="text", group="who")
    groups = [set(split.groups.tolist()) for split in (data.train, data.val, data.test)]
    assert data.has_groups and sum(map(len, groups)) == len(set.union(*groups)) == 10
    few, more = (from_table(frame, text="text", group="who", per_class=n) for n in (2, 4))
    assert set(few.train.names) < set(more.train.names) and few.test.names == more.test.names
    given = from_table(frame_of(part=["train", "test", "train"] * 10), text="text", split="part")
    assert len(given.test) == 10 and given.split_origin.startswith("train and test as given, validation: a fifth")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252", "latin-1"])
def test_other_encodings_are_read_and_said(tmp_path, encoding):
    data = from_table(write(tmp_path, *LINES, "Où est le café ?,question", encoding=encoding), text="text")
    texts = [text for split in (data.train, data.val, data.test) for text in split.texts]
    assert "Où est le café ?" in texts
    said = [line for line in data.warnings if "not UTF-8" in line]
    assert said == ([] if encoding.startswith("utf") else ["texts.csv is not UTF-8 and was read as cp1252"])


def test_rows_that_cannot_be_used_are_skipped_and_named(tmp_path):
    lines = [*LINES * 2, "one, two,question", '"  ",question', "?!;-,question"]
    data = from_table(write(tmp_path, *lines), text="text")
    assert list(data.unreadable) == ["row 61", "row 62"]
    assert "not in quotes" in data.unreadable["row 61"] and data.unreadable["row 62"] == "it has no text"
    assert any(line.startswith("2 rows skipped (row 61: it has 3 cells and the header 2") for line in data.warnings)
    assert "2 rows without a readable text" in data.left_out
    with pytest.raises(BadInput, match=r"^3 of 33 rows cannot be used \(row 31: .*`max_unreadable`$"):
        from_table(write(tmp_path, *LINES, *[",question"] * 3), text="text")


def test_a_very_long_text_is_cut_and_said(tmp_path):
    long = "word " * 30_000
    data = from_table(write(tmp_path, *LINES, f'"{long}",question'), text="text")
    assert "1 text cut after 1,000 words" in data.warnings
    longest = max((text for s in (data.train, data.val, data.test) for text in s.texts), key=len)
    assert len(split_words(longest)) == MOST_WORDS
    assert cut_text("a b c", 2) == ("a b c", False) or cut_text("a b c", 2) == ("a b", True)
    assert cut_text("a bc d", 2) == ("a bc", True)


def test_texts_that_stand_in_training_too_are_said():
    data = from_table(frame_of(), text="text")
    assert any("6 validation and 6 test texts stand word for word" in line for line in data.warnings)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"text": "txt"}, r"received `text` 'txt'; expected a column of the table: text, label; did you mean 'text'\?"),
        ({"text": "text", "label": "kind"}, "received `label` 'kind'; expected a column"),
        ({"text": "text", "exclude": "question"}, "received one class, 'complaint'; expected two or more"),
        ({"text": "text", "min_images": 0}, "received `min_images` 0"),
    ],
)
def test_what_cannot_be_is_said_in_one_line(options, message):
    with pytest.raises(BadInput, match=message) as caught:
        from_table(frame_of(), **options)
    assert "\n" not in str(caught.value)


def test_labels_that_are_missing_are_named():
    frame = frame_of()
    frame.loc[4, "label"] = None
    with pytest.raises(BadInput, match=r"received no `label` for 1 text \('row 5'\)"):
        from_table(frame, text="text")


def test_too_few_texts_are_counted_as_texts():
    with pytest.raises(BadInput, match="the class 'a' has 2 texts; expected at least 3 a class; add texts"):
        from_table(pd.DataFrame({"text": ["x y"] * 9, "label": ["a"] * 2 + ["b"] * 7}), text="text")


def test_pixels_are_not_to_be_had():
    split = from_table(frame_of(), text="text").train
    with pytest.raises(BadInput, match="a text has no pixels"):
        split.load(32)
    with pytest.raises(BadInput, match="a text has no pixels"):
        next(split.batches(32))
    assert split.images.fingerprint(0) == split.take([0]).images.fingerprint(0)

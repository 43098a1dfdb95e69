"""A table of image files becomes a data set, or one line says why not."""

import os
import unicodedata
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests.conftest import encode_image
from tlbook.datasets.folders import from_folder
from tlbook.datasets.tables import from_table
from tlbook.errors import BadInput

NAMES = [f"{kind}/{k:02}.png" for kind in ("cat", "dog") for k in range(10)]
ROWS = [{"path": name, "label": name[:3], "who": f"p{int(name[4:6]) // 2}"} for name in NAMES]


def list_names(data):
    return [split.names for split in (data.train, data.val, data.test)]


def frame_of(**columns):
    return pd.DataFrame(ROWS).assign(**columns)


@pytest.mark.parametrize("mark", [",", ";", "\t"])
def test_a_csv_file_gives_the_data_set_of_its_folder(make_folder, mark):
    folder = make_folder(NAMES)
    rows = [
        ["path", "note, if any", "label", "who"],
        *([row["path"], "x, y", row["label"], row["who"]] for row in ROWS),
    ]
    text = "\ufeff" + "\r\n".join(mark.join(f'"{c}"' if mark in c else c for c in row) for row in rows) + "\r\n\r\n"
    (folder / "list.csv").write_text(text, encoding="utf-8")
    data = from_table(folder / "list.csv", group="who", seed=3)
    same = from_folder(folder, groups=r"(\d)\.png", seed=3)
    assert (data.name, data.classes, data.has_groups) == ("list", ("cat", "dog"), True)
    assert data.groups_origin == "the column who of the table"
    assert data.split_origin == "60/20/20 by class and whole groups, seed 3"
    assert data.left_out == ()
    alone = from_table(folder / "list.csv", seed=3)
    assert (alone.has_groups, alone.groups_origin) == (False, "")
    assert list_names(alone) == list_names(from_folder(folder, seed=3))
    assert (alone.test.load(4) == from_folder(folder, seed=3).test.load(4)).all()
    groups = [set(split.groups.tolist()) for split in (data.train, data.val, data.test)]
    assert set.union(*groups) == {f"p{k}" for k in range(5)} and sum(map(len, groups)) == 5
    assert same.classes == data.classes


def test_neither_the_kind_of_table_nor_the_order_of_its_rows_counts(make_folder, monkeypatch):
    folder = make_folder(NAMES)
    pd.DataFrame(ROWS).to_csv(folder / "list.csv", index=False)
    data = from_table(str(folder / "list.csv"), group="who", per_class=3)
    shuffled = pd.DataFrame(ROWS).sample(frac=1, random_state=0)
    other = from_table(shuffled, group="who", per_class=3, root=folder)
    assert other.name == "images"
    assert list_names(other) == list_names(data)
    monkeypatch.chdir(folder)
    assert list_names(from_table(shuffled, group="who", per_class=3)) == list_names(data)


def test_labels_may_be_numbers(make_folder):
    names = [f"{k}.png" for k in range(33)]
    frame = pd.DataFrame({"path": names, "label": [k % 11 for k in range(33)]})
    folder = make_folder(names)
    data = from_table(frame, root=folder)
    assert data.classes == tuple(str(k) for k in range(11))
    assert sorted(int(name[:-4]) % 11 for name in data.train.names) == sorted(data.train.labels.tolist())
    frame.to_csv(folder / "list.csv", index=False)
    assert from_table(folder / "list.csv").classes == data.classes
    assert from_table(frame.assign(label=frame["label"].astype(float)), root=folder).classes == data.classes
    assert from_table(frame, root=folder, exclude=[10, "3"]).classes == tuple("012456789")


def test_absolute_paths_are_named_below_one_folder(make_folder, tmp_path):
    folder = make_folder(NAMES)
    frame = frame_of(path=[str(folder / name) for name in NAMES])
    assert sorted(sum(list_names(from_table(frame, root=tmp_path)), ())) == [f"images/{name}" for name in NAMES]
    (tmp_path / "elsewhere").mkdir()
    data = from_table(frame, root=tmp_path / "elsewhere")
    assert sorted(sum(list_names(data), ())) == NAMES
    assert data.test.load(4).shape == (4, 4, 4, 3)
    outside = from_table(frame_of(path=[f"../images/{name}" for name in NAMES]), root=tmp_path / "elsewhere")
    assert list_names(outside) == list_names(data)
    said = [data.name, data.origin, data.split_origin, data.groups_origin, *data.left_out, *data.warnings]
    assert not any(str(tmp_path) in line for line in said)


def test_paths_may_be_written_in_other_ways(make_folder):
    names = [*NAMES, "dog/u\u0308.png"]
    rows = [*NAMES, unicodedata.normalize("NFC", "dog/u\u0308.png")]
    frame = pd.DataFrame(
        {"path": [row.replace("/", "\\") for row in rows[:10]] + rows[10:], "label": ["a", "b"] * 10 + ["a"]}
    )
    folder = make_folder(names)
    again = pd.concat([frame, pd.DataFrame({"path": ["./cat/00.png"], "label": ["a"]})])
    data = from_table(again, root=folder)
    assert sorted(sum(list_names(data), ())) == sorted(names)
    assert data.left_out == ("1 row that named an image again",)


def test_given_splits_are_kept(make_folder):
    words = ["Train", "train", "TRAIN", "train", "valid", "Validation", "val", "test", "Test", "TEST"] * 2
    folder = make_folder(NAMES)
    data = from_table(frame_of(fold=words), split="fold", root=folder)
    assert data.split_origin == "as given in the column fold"
    assert [[name[4:6] for name in names[: len(names) // 2]] for names in list_names(data)] == [
        ["00", "01", "02", "03"],
        ["04", "05", "06"],
        ["07", "08", "09"],
    ]
    without = from_table(frame_of(fold=(["train"] * 5 + ["test"] * 5) * 2), split="fold", root=folder, seed=1)
    assert without.split_origin == "train and test as given, validation: a fifth of the training images, seed 1"
    assert [len(names) for names in list_names(without)] == [8, 2, 10]


def test_an_empty_group_is_a_group_of_its_own(make_folder):
    folder = make_folder(NAMES)
    for empty in (None, float("nan"), pd.NA, "", " "):
        data = from_table(frame_of(who=[empty, *["x", "y", "z"] * 6, empty]), group="who", root=folder)
        groups = np.concatenate([data.train.groups, data.val.groups, data.test.groups])
        assert set(groups.tolist()) == {"x", "y", "z", NAMES[0], NAMES[-1]}


def test_files_of_classes_left_out_need_not_be_there(make_folder):
    gone = pd.DataFrame({"path": ["gone.png", "gone2.png"], "label": ["bird", "bird"]})
    data = from_table(pd.concat([pd.DataFrame(ROWS), gone]), root=make_folder(NAMES), exclude="bird")
    assert data.classes == ("cat", "dog")
    assert data.left_out == ("the class 'bird', excluded (2 images)",)


def test_unreadable_and_alike_images_are_told_as_of_a_folder(make_folder):
    names = [f"{k:02}.png" for k in range(40)]
    files = {name: encode_image(k // 4, size=(40, 30)) for k, name in enumerate(names)} | {"03.png": b"broken"}
    frame = pd.DataFrame({"path": names, "label": ["a", "b"] * 20})
    data = from_table(frame, root=make_folder(files))
    assert data.skipped == ("03.png: no image of a known format",)
    assert data.left_out == ("1 unreadable image",)
    assert any("nearly equal a training image" in line for line in data.warnings)
    with pytest.raises(BadInput, match="1 of 40 images cannot be read"):
        from_table(frame, root=make_folder(files), max_unreadable=0.01)
    frame.loc[38:, "label"] = "c"
    assert from_table(frame, root=make_folder(files), min_images=3).classes == ("a", "b")


TWICE = [*ROWS, {"path": "cat/00.png", "label": "dog", "who": "p0"}]
BAD_TABLES = {
    "a number": (3, {}, "received `table` 3; expected the path of a CSV file, or a pandas DataFrame"),
    "a dict": ({"path": []}, {}, "received `table` .'path': .... expected the path of a CSV file"),
    "gone": ("gone.csv", {}, "received `table` 'gone.csv'; expected a CSV file, .*; there is no such file"),
    "a folder": (
        ".",
        {},
        "received `table` '.'; expected a CSV file, or a pandas DataFrame; read a folder with from_f",
    ),
    "no column": (
        ROWS,
        {"path": "paths"},
        "received `path` 'paths'; expected a column of the table: path, label, who; did",
    ),
    "no column at all": (ROWS, {"label": 7}, "received `label` 7; expected a column of the table: path, label, who$"),
    "a list of columns": (ROWS, {"group": ["who"]}, "received `group` .'who'.; expected a column of the table"),
    "no split": (ROWS, {"split": "fold"}, "received `split` 'fold'; expected a column of the table: path"),
    "no row": ([], {}, "received `path` 'path'; expected a column of the table: none"),
    "no row below": (pd.DataFrame(ROWS)[:0], {}, "received `table` without a row; expected one an image"),
    "two columns": (
        pd.DataFrame([["a.png", "a", "b"]], columns=["path", "label", "label"]),
        {},
        "several columns 'label'",
    ),
    "no path": (
        frame_of(path=[None, float("nan"), "", " ", *NAMES[4:]]),
        {},
        r"no `path` in 4 rows of the table \(1, 2, 3, …",
    ),
    "no label": (
        frame_of(label=[None, float("nan"), pd.NA, *["a", "b"] * 8, ""]),
        {},
        "no `label` for 4 images .'cat/00.png', 'cat/01.png', 'cat/02.png', ….; expected one",
    ),
    "mixed labels": (
        frame_of(label=[1, "1"] * 10),
        {},
        "received `label` 1 as int and str; expected labels of one kind",
    ),
    "lists": (frame_of(label=[[0, 1]] * 20), {}, "received `label` with .0, 1.; expected one value an image"),
    "two labels": (TWICE, {}, "names the image 'cat/00.png' more than once, with 'cat' and with 'dog'"),
    "two groups": (
        [*ROWS, {"path": "./cat/00.png", "label": "cat", "who": "p9"}],
        {"group": "who"},
        "with 'p0' and with 'p9'",
    ),
    "no files": (
        frame_of(path=[f"x{k}" for k in range(20)]),
        {},
        "names 20 images .'x0', 'x1', 'x2', …. that are not there, of 20; .* start from 'images'; mend them or",
    ),
    "no root": (ROWS, {"root": "gone"}, "received `root` 'gone'; expected the folder that the paths start from"),
    "a number for a root": (
        ROWS,
        {"root": 3},
        "received `root` 3; expected the path of the folder that the paths start",
    ),
    "a strange split": (
        frame_of(fold=["train", "holdout"] * 10),
        {"split": "fold"},
        "received `split` 'holdout' for 10 images",
    ),
    "an empty split": (
        frame_of(fold=["train", None] * 10),
        {"split": "fold"},
        "received no `split` for 10 images .'cat/01.p",
    ),
    "no test": (
        frame_of(fold=["train", "val"] * 10),
        {"split": "fold"},
        "received `split` with train and val alone; expected train",
    ),
    "uneven splits": (
        frame_of(fold=["train"] * 12 + ["test"] * 8),
        {"split": "fold"},
        "the class 'cat' has no image in test",
    ),
    "a group in two splits": (
        frame_of(fold=["train", "test"] * 10),
        {"split": "fold", "group": "who"},
        "the group 'p0' is both in test and in train|in train and in test",
    ),
    "one class": (frame_of(label="a"), {}, "received one class, 'a'; expected two or more$"),
    "an unknown class": (ROWS, {"exclude": 5}, "received `exclude` '5'; expected one of the classes: cat, dog"),
    "a word for a seed": (ROWS, {"seed": "x"}, "received `seed` 'x'; expected a whole number"),
    "one a class": (ROWS, {"per_class": 0}, "received `per_class` 0; expected a whole number"),
}


@pytest.mark.parametrize(("table", "options", "message"), BAD_TABLES.values(), ids=BAD_TABLES)
def test_a_bad_table_is_one_line(make_folder, tmp_path, table, options, message):
    folder = make_folder(NAMES)
    if isinstance(table, list):
        table = pd.DataFrame(table)
    with pytest.raises(BadInput, match=message) as caught:
        from_table(table, **{"root": folder} | options)
    assert "\n" not in str(caught.value)
    assert "--" not in str(caught.value)
    assert str(tmp_path) not in str(caught.value)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"\xff\xfe\x00", "the table 'list.csv' is not UTF-8 text; expected a CSV file; save it as UTF-8"),
        (b"", "expected a column of the table: none"),
        (b"path,label,label\n", "several columns 'label'"),
        (b"path,label\n\n ,\n", "received `table` without a row"),
        (b"path,label\ncat/00.png\ncat/01.png,cat\n", r"received no `label` for 1 image \('cat/00.png'\)"),
        (b"a,b,c,d,e,f,g,h,i,j,k,l,m,n\n", "the table: a, b, c, d, e, f, g, h, i, j, k, l, …$"),
    ],
)
def test_a_bad_file_is_one_line(make_folder, data, message):
    folder = make_folder(NAMES)
    (folder / "list.csv").write_bytes(data)
    with pytest.raises(BadInput, match=message):
        from_table(folder / "list.csv")


@pytest.mark.skipif(os.name == "nt", reason="a name that Windows does not allow")
def test_a_file_that_is_there_as_written_is_taken(make_folder):
    folder = make_folder(NAMES)
    Path(folder, "a\\b.png").write_bytes(encode_image(7))
    frame = pd.concat([pd.DataFrame(ROWS), pd.DataFrame({"path": ["a\\b.png"], "label": ["cat"]})])
    assert "a\\b.png" in sum(list_names(from_table(frame, root=folder)), ())

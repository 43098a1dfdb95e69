"""Labels from a CSV file or from the paths, and the time that an expression may take."""

import time

import pytest

from tlbook.datasets import expressions
from tlbook.datasets.folders import from_folder
from tlbook.datasets.tables import from_table
from tlbook.errors import BadInput

NAMES = [f"images/{c}_{k}.png" for c in ("cat", "dog") for k in range(10)]


def write_table(*header, rows=None, mark=","):
    """Return a CSV file's bytes; by default a row an image: id without ending, label, patient."""
    rows = rows or [(n[7:-4], n[7:10], f"p{int(n[11:-4]) // 2}") for n in NAMES]
    return "\n".join(mark.join(row) for row in [header, *rows]).encode()


def list_names(data):
    return sorted(sum((split.names for split in (data.train, data.val, data.test)), ()))


@pytest.mark.parametrize("mark", [",", ";", "\t"])
@pytest.mark.parametrize(("image", "label"), [("id", "label"), ("image_id", "dx"), ("Image Index", "Class"),
                                               ("file_name", "diagnosis"), ("id_code", "target")])  # fmt: skip
def test_a_column_gives_the_labels(make_folder, mark, image, label):
    folder = make_folder(dict.fromkeys(NAMES) | {"train.csv": write_table(image, label, "patient", mark=mark)})
    data = from_folder(folder, labels="train.csv", groups="train.csv")
    assert data.classes == ("cat", "dog")
    assert list_names(data) == NAMES
    assert data.groups_origin == "train.csv, column patient"
    assert all(data.classes[y] == name[7:10] for y, name in zip(data.test.labels, data.test.names, strict=True))
    groups = [set(split.groups.tolist()) for split in (data.train, data.val, data.test)]
    assert sum(map(len, groups)) == len(set.union(*groups)) == 5
    assert data.ignored == {}
    alone = from_folder(folder, labels="train.csv")
    assert any("'patient'" in line and "groups" in line for line in alone.warnings)


@pytest.mark.parametrize("write", [lambda n: n, lambda n: n[7:], lambda n: n[7:-4], lambda n: f"data/{n}",
                                    lambda n: f"./{n}", lambda n: n.replace("/", "\\")])  # fmt: skip
def test_images_are_named_in_many_ways(make_folder, make_zip, write):
    table = write_table("image", "label", rows=[(write(n), n[7:10]) for n in NAMES])
    folder = make_folder(dict.fromkeys(NAMES) | {"labels.csv": table})
    data = from_folder(folder, labels="labels.csv")
    assert list_names(data) == NAMES
    packed = from_folder(make_zip(folder, top="set/"), labels="labels.csv")
    assert (packed.train.names, packed.classes) == (data.train.names, data.classes)


def test_an_expression_gives_the_labels(make_folder):
    names = [f"train/{c}.{k}.jpg" for c in ("cat", "dog") for k in range(8)]
    folder = make_folder([*names, "test1/1.jpg", "test1/2.jpg"])
    data = from_folder(folder, labels=r"(cat|dog)\.")
    assert list_names(data) == names
    assert data.left_out == ("2 images in the folder 'test1': without labels, neither used nor scored",)
    with pytest.raises(BadInput, match=r"2 of 18 images do not match .*'train/dog.7.jpg'.*expected a label"):
        from_folder(folder, labels=r"(cat|dog)\.[0-6]")


def test_given_splits_are_kept(make_folder):
    names = [f"{s}/{c}{k}.jpg" for s in ("Training", "Validation") for c in ("cat", "dog") for k in range(5)]
    data = from_folder(make_folder(names), labels="(cat|dog)")
    assert {name.split("/")[0] for name in data.test.names} == {"Validation"}
    assert len(data.test) == 10
    assert "the given validation set (Validation) as the test set" in data.split_origin


def test_masks_have_no_label(make_folder):
    masks = [f"masks/{n[7:]}" for n in NAMES]
    folder = make_folder(dict.fromkeys([*NAMES, *masks]) | {"labels.csv": write_table("id", "label", "patient")})
    for labels in ("labels.csv", "(cat|dog)"):
        data = from_folder(folder, labels=labels)
        assert list_names(data) == NAMES
        assert any("masks" in line and "20 images" in line for line in data.left_out)


@pytest.mark.parametrize("others", [("masks", "drawings"), ("test", "train"), ("images", "whole"), ("val", "labels")])
def test_each_top_folder_is_a_class_where_that_is_said(make_folder, others):
    data = from_folder(make_folder([f"{c}/{k}.png" for c in others for k in range(5)]), labels="^([^/]+)/")
    assert set(data.classes) == set(others)


def test_whole_numbers_are_sorted_by_their_value(make_folder):
    names = [f"{k}.png" for k in range(44)]
    table = write_table("id", "label", rows=[(str(k), str(k % 11)) for k in range(44)])
    data = from_folder(make_folder(dict.fromkeys(names) | {"l.csv": table}), labels="l.csv")
    assert data.classes == tuple(str(k) for k in range(11))


def test_the_name_of_the_table_says_which_of_two_images_is_meant(make_folder):
    names = [f"{s}/{k}.png" for s in ("test", "train") for k in range(10)]
    table = write_table("id", "label", rows=[(str(k), "ab"[k % 2]) for k in range(10)])
    folder = make_folder(dict.fromkeys(names) | {"train_labels.csv": table, "list.csv": table})
    assert list_names(from_folder(folder, labels="train_labels.csv")) == [f"train/{k}.png" for k in range(10)]
    with pytest.raises(BadInput, match="both 'test/0.png' and 'train/0.png' are named so; expected one image"):
        from_folder(folder, labels="list.csv")


TWO = [(n[7:-4], n[7:10], n[-5]) for n in NAMES]
HOT = [(r[0], str(int(r[1] == "cat")), str(int(r[1] == "dog"))) for r in TWO]
BAD_TABLES = {
    "no image named": (write_table("id", "label", rows=[("x", "cat")]), {}, "none names one of the 20 images"),
    "no label": (write_table("id", "age", "height", rows=[(*r[:1], "1", "2") for r in TWO]), {}, "no column that is"),
    "two columns": (write_table("id", "label", "target", rows=TWO), {}, "several columns .* `label_column`"),
    "no such column": (write_table("id", "label", "x"), {"label_column": "y"}, "`label_column` 'y'; expected a column"),
    "several labels": (
        write_table("id", "label", rows=[*(r[:2] for r in TWO), ("cat_1", "dog")]),
        {}, "gives 'images/cat_1.png' several labels, 'cat' and 'dog'; expected one label an image: one of several",
    ),
    "several in a cell": (
        write_table("id", "label", rows=[("cat_0", "cat|dog"), *(r[:2] for r in TWO[1:])]),
        {}, r"holds several labels in one cell .'cat\|dog'.; expected one label",
    ),
    "words in a cell": (
        write_table("id", "label", rows=[("cat_0", "cat dog"), *(r[:2] for r in TWO[1:])]), {}, "holds several labels",
    ),
    "several labels a row": (
        write_table("id", "cat", "dog", rows=[*HOT[1:], ("cat_0", "1", "1")]),
        {}, "0 and 1 for each of 2 labels .*'cat_0' has 'cat' and 'dog'; expected one label an image",
    ),
    "no label in a row": (
        write_table("id", "cat", "dog", rows=[*HOT[1:], ("cat_0", "0", "0")]), {}, "'cat_0' has none; expected one",
    ),
    "an image without label": (
        write_table("id", "label", rows=[r[:2] for r in TWO[1:]]), {}, "1 of 20 images have no label in 'l.csv'",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("table", "options", "message"), BAD_TABLES.values(), ids=BAD_TABLES)
def test_a_bad_table_of_labels_is_one_line(make_folder, table, options, message):
    folder = make_folder(dict.fromkeys(NAMES) | {"l.csv": table})
    with pytest.raises(BadInput, match=message) as caught:
        from_folder(folder, labels="l.csv", **options)
    assert "\n" not in str(caught.value)


def test_one_of_several_columns_may_be_chosen(make_folder):
    folder = make_folder(dict.fromkeys(NAMES) | {"l.csv": write_table("id", "label", "target", rows=TWO)})
    assert from_folder(folder, labels="l.csv", label_column="Label").classes == ("cat", "dog")
    same = write_table("id", "label", "class", rows=[(r[0], r[1], r[1].upper()) for r in TWO])
    (folder / "l.csv").write_bytes(same)
    assert from_folder(folder, labels="l.csv").classes == ("cat", "dog")


@pytest.mark.parametrize("names", [NAMES, [f"xrays/{n[7:]}" for n in NAMES], [n[7:] for n in NAMES],
                                    [f"part_{k % 2}/{n[7:]}" for k, n in enumerate(NAMES)]])  # fmt: skip
def test_a_file_that_looks_like_labels_is_proposed(make_folder, names):
    folder = make_folder(
        dict.fromkeys(names) | {"sizes.csv": b"width\n3\n", "train.csv": write_table("id", "dx", "sex")}
    )
    with pytest.raises(BadInput, match="'train.csv' has the columns id, dx, sex: give it as `labels` train.csv"):
        from_folder(folder)


def test_labels_in_file_names_are_proposed(make_folder):
    with pytest.raises(BadInput, match="if in the file names, an expression with one group, as in `labels`"):
        from_folder(make_folder([f"train/cat.{k}.png" for k in range(4)]))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"labels": 3}, "received `labels` 3; expected the name of a CSV file, or a regular expression"),
        ({"labels": "cat"}, "received `labels` 'cat'; .* it has 0 groups"),
        ({"labels": "(x)"}, "20 of 20 images do not match the expression '.x.'"),
        ({"label_column": "dx"}, "received `label_column` 'dx'; expected the name of a column of the file `labels`"),
        ({"labels": "(cat|dog)", "label_column": "dx"}, "`label_column` 'dx' without a CSV file"),
        ({"min_images": 0}, "received `min_images` 0; expected a whole number of at least 1"),
        ({"max_unreadable": 2}, "received `max_unreadable` 2; expected a number from 0 to 1"),
    ],
)
def test_bad_options_are_one_line(make_folder, options, message):
    with pytest.raises(BadInput, match=message):
        from_folder(make_folder(NAMES), **options)


@pytest.mark.parametrize("argument", ["groups", "labels"])
def test_an_expression_that_never_ends_is_stopped(make_folder, monkeypatch, argument):
    monkeypatch.setattr(expressions, "SECONDS", 1)
    names = [f"{c}/{'a' * 60}{k}!.png" for c in ("alpha", "beta") for k in range(4)]
    start = time.monotonic()
    with pytest.raises(BadInput, match=f"received `{argument}` .*not through with 8 names after 1 seconds"):
        from_folder(make_folder(names), **{argument: "^alpha/(a+)+$"})
    assert time.monotonic() - start < 20


def test_rare_classes_are_left_out_and_named(make_folder):
    names = [f"{c}/{k}.png" for c in ("cat", "dog") for k in range(10)] + [
        f"rare{k}/{i}.png" for k in range(5) for i in "12"
    ]
    folder = make_folder(names)
    with pytest.raises(BadInput, match="5 classes have fewer than 3 images: 'rare0' 2, .*'rare4' 2; .*`min_images` 3"):
        from_folder(folder)
    data = from_folder(folder, min_images=3)
    assert data.classes == ("cat", "dog")
    line = (
        "5 classes of fewer than 3 images, left out (10 images): 'rare0' 2, 'rare1' 2, 'rare2' 2, 'rare3' 2, 'rare4' 2"
    )
    assert line in data.warnings and line in data.left_out


def test_classes_of_few_groups_are_left_out_with_the_rare(make_folder):
    names = [f"{c}/p{k}_1.png" for c in ("cat", "dog") for k in range(10)] + [f"one/p1_{k}.png" for k in range(9)]
    folder = make_folder(names)
    with pytest.raises(BadInput, match="the class 'one' has 1 group; .* `min_images` 3"):
        from_folder(folder, groups="/(p[0-9]+)_")
    assert from_folder(folder, groups="/(p[0-9]+)_", min_images=3).classes == ("cat", "dog")


def test_the_share_of_unreadable_images_may_be_raised(make_folder):
    files = dict.fromkeys(f"{c}/{k}.png" for c in ("cat", "dog") for k in range(10)) | {
        "cat/3.png": b"",
        "cat/4.png": b"",
    }
    folder = make_folder(files)
    with pytest.raises(BadInput, match="2 of 20 images cannot be read .* at most 5 %.* `max_unreadable`"):
        from_folder(folder)
    assert len(from_folder(folder, max_unreadable=0.1).skipped) == 2


@pytest.mark.parametrize("write", [str, lambda cell: f"{cell}.0", lambda cell: cell.replace("0", "")])
def test_a_column_of_0_and_1_a_class_gives_its_name(make_folder, write):
    table = write_table("image", "cat", "dog", "patient", rows=[(r[0], *map(write, r[1:]), f"p{r[0]}") for r in HOT])
    folder = make_folder(dict.fromkeys(NAMES) | {"truth.csv": table})
    plain = make_folder(dict.fromkeys(NAMES) | {"truth.csv": write_table("image", "cat", "dog", rows=HOT)}, "plain")
    with pytest.raises(BadInput, match="give it as `labels` truth.csv$"):
        from_folder(plain)
    data = from_folder(folder, labels="truth.csv")
    assert data.classes == ("cat", "dog")
    assert all(data.classes[y] == name[7:10] for y, name in zip(data.test.labels, data.test.names, strict=True))
    assert any("names of 2 columns of truth.csv, of which each row has one 1" in line for line in data.warnings)


@pytest.mark.parametrize("how", ["names", "table", "submission"])
def test_images_for_testing_among_the_labelled_are_left_out(make_folder, how):
    extra = [f"images/{'Test_' if how == 'names' else ''}{k}.png" for k in range(4)]
    other = {"names": {}, "table": {"test.csv": "test.csv"}, "submission": {"x": "sample_submission.csv"}}[how]
    tables = {"train.csv": write_table("id", "label", rows=[r[:2] for r in TWO])}
    tables |= {name: write_table("id", "width", rows=[(n[7:-4], "3") for n in extra]) for name in other.values()}
    data = from_folder(make_folder(dict.fromkeys([*NAMES, *extra]) | tables), labels="train.csv")
    assert list_names(data) == NAMES
    assert any("4 images" in line and "for testing" in line and extra[0] in line for line in data.left_out)
    folder = make_folder(dict.fromkeys([*NAMES, *extra, "images/z.png"]) | tables)
    with pytest.raises(BadInput, match=r"1 of 21 images have no label .*'images/z.png'.*test.csv\)"):
        from_folder(folder, labels="train.csv")


@pytest.mark.parametrize("argument", ["labels", "groups", "table"])
@pytest.mark.parametrize("number", [3_000, 90_000, 1_000_000])
def test_a_table_of_very_many_columns_is_one_short_line(make_folder, argument, number):
    wide = "\n".join([",".join(map(str, range(number))), "x," * number]).encode()
    folder = make_folder(dict.fromkeys(NAMES) | {"wide.csv": wide})
    start = time.monotonic()
    with pytest.raises(BadInput) as caught:
        from_table(folder / "wide.csv") if argument == "table" else from_folder(folder, **{argument: "wide.csv"})
    assert len(str(caught.value)) < 500
    assert time.monotonic() - start < 20


@pytest.mark.parametrize("words", [("train", "test"), ("TRAINING", "testing"), ("train_set", "val")])
def test_a_column_of_splits_is_kept(make_folder, words):
    rows = [f"{c}{i}.png;{c};{words[i >= 6]}" for c in ("cat", "dog") for i in range(9)]
    images = {f"img/{row.split(';')[0]}": None for row in rows}
    data = from_folder(
        make_folder(images | {"meta.csv": "\n".join(["file;label;split", *rows]).encode()}), labels="meta.csv"
    )
    assert sorted(data.test.names) == [f"img/{c}{i}.png" for c in ("cat", "dog") for i in (6, 7, 8)]
    assert len(data.train) + len(data.val) == 12


def test_a_column_of_splits_without_a_test_set_is_told(make_folder):
    rows = [f"{c}{i}.png,{c},train" for c in ("cat", "dog") for i in range(9)]
    images = {f"img/{row.split(',')[0]}": None for row in rows}
    data = from_folder(make_folder(images | {"m.csv": "\n".join(["file,label,split", *rows]).encode()}), labels="m.csv")
    assert any("the column 'split' of m.csv was not read as splits" in line for line in data.warnings)


def test_labels_and_groups_from_one_table_of_odd_columns(make_folder):
    rows = [f"im{i}.png;{('cat', 'dog')[i % 2]};p{i // 2}" for i in range(20)]
    images = {f"pics/im{i}.png": None for i in range(20)}
    folder = make_folder(images | {"befunde.csv": "\n".join(["Bildname;Befund;Patient", *rows]).encode()})
    data = from_folder(folder, labels="befunde.csv", label_column="Befund", groups="befunde.csv")
    assert data.groups_origin == "befunde.csv, column Patient"
    assert not set(data.train.groups.tolist()) & set(data.test.groups.tolist())

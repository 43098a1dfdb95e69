"""A folder of images becomes a data set, or one line says why not."""

import re

import numpy as np
import pytest

from tests.conftest import encode_image
from tlbook.datasets import images
from tlbook.datasets.assemble import NO_GROUPS
from tlbook.datasets.folders import from_folder
from tlbook.errors import BadInput

TWO = {"cats": 10, "dogs": 20}


def name_images(counts, before=""):
    """Name images: a count a class."""
    return [f"{before}{folder}/{k:03}.png" for folder, count in counts.items() for k in range(count)]


def list_names(case):
    return {split: getattr(case, split).names for split in ("train", "val", "test")}


def test_a_folder_is_split_by_class(make_folder):
    case = from_folder(make_folder(name_images(TWO)))
    assert case.classes == ("cats", "dogs")
    assert case.name == "images"
    assert [np.bincount(getattr(case, split).labels).tolist() for split in ("train", "val", "test")] == [
        [6, 12],
        [2, 4],
        [2, 4],
    ]
    names = sum(list_names(case).values(), ())
    assert sorted(names) == sorted(name_images(TWO))
    assert all(case.classes[label] == name[:4] for name, label in zip(case.val.names, case.val.labels, strict=True))
    assert (case.train.groups == case.train.names).all()
    assert (case.has_groups, case.skipped, case.warnings, case.ignored) == (False, (), (NO_GROUPS,), {})


def test_images_belong_to_their_names(make_folder):
    folder = make_folder(name_images(TWO))
    split = from_folder(folder).test
    alone = from_folder(folder, seed=1)
    known = {name: alone.train.images.fingerprint(k) for k, name in enumerate(alone.train.names)}
    shared = [k for k, name in enumerate(split.names) if name in known]
    assert shared
    assert all(split.images.fingerprint(k) == known[split.names[k]] for k in shared)
    assert split.load(4).shape == (6, 4, 4, 3)


def test_a_zip_gives_the_same_data_set(make_folder, make_zip):
    folder = make_folder(name_images(TWO))
    case = from_folder(folder)
    for top in ("", "top/"):
        other = from_folder(make_zip(folder, top=top))
        assert list_names(other) == list_names(case)
        assert (other.train.load(8) == case.train.load(8)).all()


def test_the_seed_decides(make_folder):
    folder = make_folder(name_images(TWO))
    assert list_names(from_folder(folder, seed=3)) == list_names(from_folder(folder, seed=3))
    assert list_names(from_folder(folder, seed=3)) != list_names(from_folder(folder, seed=4))


def test_the_class_is_the_first_folder(make_folder):
    case = from_folder(make_folder([*name_images(TWO), "cats/wild/lion.png", "cats/wild/big/tiger.png"]))
    assert case.classes == ("cats", "dogs")
    assert sum(np.bincount(split.labels)[0] for split in (case.train, case.val, case.test)) == 12


@pytest.mark.parametrize("val", ["val", "valid", "validation", "Val"])
def test_given_sides_are_kept(make_folder, val):
    names = name_images({"cats": 4, "dogs": 3}, "train/") + name_images({"cats": 1, "dogs": 2}, f"{val}/")
    names += name_images({"cats": 2, "dogs": 2}, "test/")
    case = from_folder(make_folder(names))
    assert case.classes == ("cats", "dogs")
    assert [len(split) for split in (case.train, case.val, case.test)] == [7, 3, 4]
    assert all(name.startswith(f"{val}/") for name in case.val.names)
    assert all(name.startswith("test/") for name in case.test.names)


def test_without_val_a_fifth_of_the_training_groups_validates(make_folder):
    names = name_images({"cats": 10, "dogs": 20}, "train/") + name_images({"cats": 2, "dogs": 2}, "test/")
    case = from_folder(make_folder(names))
    assert [np.bincount(split.labels).tolist() for split in (case.train, case.val, case.test)] == [
        [8, 16],
        [2, 4],
        [2, 2],
    ]
    assert all(name.startswith("train/") for name in (*case.train.names, *case.val.names))


def test_train_may_be_a_class(make_folder):
    assert from_folder(make_folder(name_images({"bus": 3, "train": 3}))).classes == ("bus", "train")


def test_groups_stay_whole(make_folder):
    case = from_folder(make_folder(name_images(TWO)), groups=r"(\d)\.png")
    assert case.has_groups
    groups = [set(split.groups.tolist()) for split in (case.train, case.val, case.test)]
    assert sorted(set.union(*groups)) == [str(k) for k in range(10)]
    assert sum(map(len, groups)) == 10


def test_near_duplicates_across_splits_are_named(make_folder):
    names = name_images({"cats": 30, "dogs": 30})
    files = dict(zip(names, [encode_image(k // 3, size=(40, 30)) for k in range(60)], strict=True))
    folder = make_folder(files)
    case = from_folder(folder, seed=1)
    assert case.warnings[0] == NO_GROUPS
    (line,) = case.warnings[1:]
    found = re.fullmatch(r"(\d+) of 24 validation and test images nearly equal a training image, .*give groups.*", line)
    held_out = {name: names.index(name) // 3 for name in (*case.val.names, *case.test.names)}
    trained = {names.index(name) // 3 for name in case.train.names}
    assert int(found[1]) == sum(number in trained for number in held_out.values()) > 3
    pairs = re.findall(r"'(\w+/\w+\.png)' and '(\w+/\w+\.png)'", line)
    assert len(pairs) == 3
    for one, other in pairs:
        assert one in held_out
        assert other in case.train.names
        assert names.index(one) // 3 == names.index(other) // 3
    rows = "path,group\n" + "".join(f"{name},{k // 3}\n" for k, name in enumerate(names))
    (folder / "metadata.csv").write_text(rows)
    assert from_folder(folder, groups="metadata.csv").warnings == ()
    (narrow,) = from_folder(folder, groups=r"(.*)").warnings
    assert "the groups given may be too small: give wider ones" in narrow


def test_groups_of_classes_left_out_are_not_needed(make_folder):
    rows = "path,group\n" + "".join(f"{name},{k}\n" for k, name in enumerate(name_images(TWO)))
    names = dict.fromkeys(name_images(TWO | {"birds": 5})) | {"groups.csv": rows.encode()}
    assert from_folder(make_folder(names), groups="groups.csv", exclude=["birds"]).classes == ("cats", "dogs")


def test_per_class_nests_and_leaves_the_rest_alone(make_folder):
    folder = make_folder(name_images({"cats": 20, "dogs": 40}))
    whole = from_folder(folder)
    previous = set()
    for per_class in (1, 5, 12, 24):
        case = from_folder(folder, per_class=per_class)
        assert (case.val.names, case.test.names) == (whole.val.names, whole.test.names)
        assert previous < set(case.train.names)
        assert np.bincount(case.train.labels).tolist() == [min(per_class, 12), min(per_class, 24)]
        previous = set(case.train.names)
    assert previous == set(whole.train.names)
    assert case.warnings == ("fewer than 24 training images: cats 12", NO_GROUPS)


def test_unreadable_images_are_skipped_counted_and_named(make_folder):
    folder = make_folder(dict.fromkeys(name_images({"cats": 20, "dogs": 20})) | {"dogs/003.png": b"broken"})
    case = from_folder(folder)
    assert case.skipped == ("dogs/003.png: no image of a known format",)
    assert case.warnings == ("skipped, unreadable: dogs/003.png: no image of a known format", NO_GROUPS)
    assert len(case.train) + len(case.val) + len(case.test) == 39


def test_other_files_are_counted_and_told(make_folder):
    junk = {"metadata.csv": b"", "cats/notes.txt": b"", "loose.png": b"", ".DS_Store": b""}
    case = from_folder(make_folder(dict.fromkeys(name_images(TWO)) | junk))
    expected = {"metadata.csv": 1, "hidden file": 1, ".txt file": 1, "image outside a class folder": 1}
    assert case.ignored == expected
    assert case.warnings == ("passed over: 1 .txt file, 1 hidden file, 1 image outside a class folder", NO_GROUPS)


def test_it_says_how_it_was_split_and_grouped(make_folder, tmp_path):
    folder = make_folder(name_images(TWO))
    case = from_folder(folder, seed=3)
    assert (case.split_origin, case.groups_origin, case.left_out) == ("60/20/20 by class, seed 3", "", ())
    case = from_folder(folder, groups=r"(\d)\.png")
    assert case.split_origin == "60/20/20 by class and whole groups, seed 0"
    assert case.groups_origin == r"the expression '(\d)\.png'"
    (tmp_path / "people.csv").write_text("file,group\n" + "".join(f"{n},{n[-6:]}\n" for n in name_images(TWO)))
    assert from_folder(folder, groups=str(tmp_path / "people.csv")).groups_origin == "people.csv, column group"


def test_it_says_where_given_splits_stand(make_folder):
    given = from_folder(
        make_folder([f"{s}/{c}/{k}.png" for s in ("Train", "valid", "test") for c in TWO for k in "123"])
    )
    assert given.split_origin == "as given in the folders Train, valid, test"
    folder = make_folder([f"{s}/{c}/{k}.png" for s in ("train", "test") for c in TWO for k in range(5)], "two")
    case = from_folder(folder, seed=2)
    assert case.split_origin == "train and test as given, validation: a fifth of the training images, seed 2"
    case = from_folder(folder, groups="(.*)")
    assert case.split_origin == "train and test as given, validation: a fifth of the training groups, seed 0"


def test_what_was_left_out_is_told(make_folder):
    junk = {"cats/notes.txt": b"", "dogs/notes.txt": b"", "loose.png": b"", "dogs/003.png": b"broken"}
    files = dict.fromkeys(name_images({"cats": 20, "dogs": 20, "bats": 3, "rats": 1})) | junk | {"metadata.csv": b""}
    case = from_folder(make_folder(files), exclude=("bats", "rats"), per_class=10)
    assert case.left_out == (
        "2 classes, excluded (4 images): 'bats', 'rats'",
        "1 unreadable image",
        "2 .txt files",
        "1 image outside a class folder",
        "3 training images beyond 10 a class",
    )
    assert len(case.train) == 20


def test_a_data_set_prints_as_a_table(make_folder):
    folder = make_folder(name_images(TWO))
    assert repr(from_folder(folder)).splitlines() == [
        "images: 2 classes, 60/20/20 by class, seed 0",
        "split       images  cats  dogs",
        "training        18     6    12",
        "validation       6     2     4",
        "test             6     2     4",
        "1 warning: see .warnings",
    ]
    many = make_folder(name_images({f"<{k}>": 5 + k for k in range(7)}), "many")
    case = from_folder(many, groups=r"(.*)")
    assert "training        34      34            3 to 7" in repr(case)
    page = case._repr_html_()
    assert "<td>3 to 7</td>" in page and page.count("<tr>") == 4
    assert "<th>&lt;0&gt;</th>" in from_folder(many, exclude=["<6>"])._repr_html_()


def test_an_image_that_goes_away_later_is_one_line(make_folder):
    folder = make_folder(name_images(TWO))
    case = from_folder(folder)
    (folder / case.test.names[1]).unlink()
    for use in (lambda: case.test.load(8), lambda: list(case.test.batches(8)), lambda: case.test.images.fingerprint(1)):
        with pytest.raises(BadInput, match=f"the image '{case.test.names[1]}' .* cannot be read now .No such file"):
            use()


def test_an_image_too_large_for_the_memory_is_skipped_and_named(make_folder, monkeypatch):
    folder, convert = make_folder(name_images({"cats": 20, "dogs": 20})), images.convert_to_rgb

    def refuse(image, *more):
        if image.size == (9, 9):
            raise MemoryError
        return convert(image, *more)

    monkeypatch.setattr(images, "convert_to_rgb", refuse)
    (folder / "dogs/003.png").write_bytes(encode_image(1, size=(9, 9)))
    case = from_folder(folder)
    assert case.skipped == ("dogs/003.png: it takes more memory than is free",)
    assert len(case.train) + len(case.val) + len(case.test) == 39
    (folder / case.test.names[0]).write_bytes(encode_image(1, size=(9, 9)))
    with pytest.raises(BadInput, match="cannot be read now .it takes more memory than is free.*free memory, or leave"):
        case.test.load(8)


TRAIN = name_images({"cats": 4, "dogs": 4}, "train/")
TEST = name_images({"cats": 2, "dogs": 2}, "test/")
BROKEN = dict.fromkeys(["cats/000.png", "cats/001.png"], b"")
BAD_FOLDERS = {
    "empty": ([], {}, "'images' holds no class: no image, but nothing; expected FOLDER/<class>/"),
    "no image": (
        {"cats/a.ppm": b""},
        {},
        "'images' holds no class: no image, but 1 .ppm file; expected FOLDER/<class>/",
    ),
    "flat": (["a.png", "b.png"], {}, "received no class: 2 image.s., none of them in a sub-folder"),
    "one class": (name_images({"cats": 5}), {}, "received one class, 'cats'; expected two or more; expected FOLDER"),
    "one deep class": (name_images(TWO, "set/"), {}, "received one class, 'set'; .* give the folder 'set' itself"),
    "one left": (name_images(TWO), {"exclude": ["dogs"]}, "received one class, 'cats'; expected two or more"),
    "none left": (name_images(TWO), {"exclude": ["cats", "dogs"]}, "received no class; expected two or more"),
    "unknown class": (
        name_images(TWO),
        {"exclude": "fish"},
        "received `exclude` 'fish'; expected one of .* cats, dogs",
    ),
    "two images": (
        name_images(TWO | {"birds": 2}),
        {},
        "the class 'birds' has 2 images; .* least 3 .* `exclude` birds",
    ),
    "one image": (name_images(TWO | {"birds": 1}), {}, "the class 'birds' has 1 image; expected at least 3"),
    "unread class": (
        [*name_images(TWO), "birds/a.jxl"],
        {},
        "the folder 'birds' holds no image .* `exclude` birds; .*djxl",
    ),
    "one group": (
        name_images(TWO),
        {"groups": "(cats|dogs)"},
        "2 classes have fewer than 3 groups: 'cats' 1, 'dogs' 1; .* `min_images` 3",
    ),
    "no group": (name_images(TWO), {"groups": "(cats)"}, "20 of 30 images do not match .*'dogs/000.png', "),
    "no groups file": (name_images(TWO), {"groups": "gone.csv"}, "'gone.csv'; there is no such file"),
    "over 5 %": (dict.fromkeys(name_images(TWO)) | BROKEN, {}, "2 of 30 images cannot be read .cats/000.png: the file"),
    "too few whole": (
        dict.fromkeys(name_images({"cats": 4, "dogs": 60})) | BROKEN,
        {},
        "without 2 unreadable images .* the class 'cats' has 2 images; expected at least 3",
    ),
    "no images a class": (name_images(TWO), {"per_class": 0}, "received `per_class` 0; expected a whole number of at"),
    "half an image": (name_images(TWO), {"per_class": 2.5}, "received `per_class` 2.5; expected a whole number"),
    "a word a class": (name_images(TWO), {"per_class": "x"}, "received `per_class` 'x'; expected a whole number of at"),
    "a truth a class": (name_images(TWO), {"per_class": True}, "received `per_class` True; expected a whole number"),
    "a word for a seed": (name_images(TWO), {"seed": "a"}, "received `seed` 'a'; expected a whole number from 0 to 42"),
    "a number of groups": (name_images(TWO), {"groups": 7}, "received `groups` 7; expected the name of a CSV file, or"),
    "an empty name": (name_images(TWO), {"groups": ""}, "received `groups` ''; expected the name of a CSV file, or"),
    "a list of groups": (name_images(TWO), {"groups": ["a"]}, "received `groups` .'a'.; expected the name of a CSV"),
    "a number to leave out": (name_images(TWO), {"exclude": 5}, "received `exclude` 5; expected names of classes"),
    "numbers to leave out": (name_images(TWO), {"exclude": [5]}, "received `exclude` .5.; expected names of classes"),
    "seed": (name_images(TWO), {"seed": -1}, "received `seed` -1; expected a whole number from 0 to 4294967295"),
    "train alone": (TRAIN, {}, "received the split folders 'train', without test; .* give the folder 'train' itself"),
    "no training": (TEST + name_images(TWO, "val/"), {}, "split folders 'test', 'val', without train"),
    "two vals": (TRAIN + TEST + name_images(TWO, "val/") + name_images(TWO, "valid/"), {}, "two of them for one split"),
    "beside": (TRAIN + TEST + name_images({"more": 3}), {}, "split folders .test, train. beside others .'more'."),
    "flat splits": (["train/a.png", "test/b.png"], {}, "lie directly in the split folders 'test', 'train'"),
    "uneven splits": (TRAIN + name_images({"cats": 5}, "test/"), {}, "the class 'dogs' has no image in test"),
    "empty split": ([*TRAIN, *name_images({"cats": 5}, "test/"), "test/dogs/a.ppm"], {}, "'test/dogs' holds no image"),
    "group in two splits": (
        TRAIN + TEST,
        {"groups": r"(\d+)\.png"},
        "'000' is both in test and in train .2 such groups",
    ),
    "nothing to validate": (name_images({"cats": 1, "dogs": 4}, "train/") + TEST, {}, "'cats' has 1 image in train"),
    "one group to validate": (
        name_images({"cats": 4, "dogs": 4}, "train/") + name_images({"cats": 2, "dogs": 2}, "test/"),
        {"groups": r"(train/cats|train/dogs/.*|test/.*)"},
        "'cats' has 1 group in train, and no validation images are given; expected at least 2",
    ),
}


def test_an_empty_folder_is_a_class_without_images(make_folder):
    folder = make_folder(name_images(TWO))
    (folder / "birds").mkdir()
    with pytest.raises(
        BadInput, match="the folder 'birds' holds no image that is read here; expected at least 3 a class"
    ):
        from_folder(folder)
    assert from_folder(folder, exclude=["birds"]).classes == ("cats", "dogs")


def test_a_folder_of_other_files_is_no_class(make_folder):
    case = from_folder(make_folder(dict.fromkeys(name_images(TWO)) | {"docs/a.txt": b"", "docs/more/b.xml": b""}))
    assert case.classes == ("cats", "dogs")
    assert case.ignored == {".txt file": 1, ".xml file": 1}


@pytest.mark.parametrize("path", [3, None, "", b"images", ["images"]])
def test_what_is_no_path_is_one_line(path):
    with pytest.raises(BadInput, match="received `path` .*; expected the path of a folder or a zip file of images"):
        from_folder(path)


@pytest.mark.parametrize(("files", "options", "message"), BAD_FOLDERS.values(), ids=BAD_FOLDERS)
def test_a_bad_folder_is_one_line(make_folder, tmp_path, files, options, message):
    folder = make_folder(files)
    with pytest.raises(BadInput, match=message) as caught:
        from_folder(folder, **options)
    assert "\n" not in str(caught.value)
    assert str(tmp_path) not in str(caught.value)


def test_it_says_which_reading_was_taken(make_folder):
    names = name_images({"cats": 6, "dogs": 6}, "train/") + name_images({"cats": 2, "dogs": 2}, "valid/")
    case = from_folder(make_folder([*names, "test/1.png", "test/2.png", "train/cats/masks/1.png"]))
    assert [len(split) for split in (case.train, case.val, case.test)] == [10, 2, 4]
    assert all(name.startswith("valid/") for name in case.test.names)
    assert case.split_origin == (
        "train as given, the given validation set (valid) as the test set, validation: a fifth of the training images, "
        "seed 0"
    )
    assert [line.split(":")[0] for line in case.left_out] == [
        "2 images in the folder 'test'", "1 image ('train/cats/masks')"
    ]  # fmt: skip
    assert all(any(line in warning for warning in case.warnings) for line in case.left_out)
    alone = from_folder(make_folder([*names[:12], "test/1.png"], "alone"))
    assert alone.split_origin == "60/20/20 by class, seed 0, of the folder train"
    assert "all three sets are taken from train" in alone.warnings[0]

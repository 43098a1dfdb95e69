"""Layouts as people have them: read by the rules, or refused with both readings and what settles it."""

import pytest

from tlbook.datasets.layout import read_layout
from tlbook.errors import BadInput


def name_images(*patterns, number=4):
    """Name images: ``{c}`` in a pattern stands for cat and for dog."""
    return sorted(f"{p.format(c=c)}/{k}.png" for p in patterns for c in ("cat", "dog")[: 1 + ("{c}" in p)]
                  for k in range(number))  # fmt: skip


def read(names, **options):
    folders = {"/".join(parts[:k]) for name in names if (parts := name.split("/")) for k in range(1, len(parts))}
    return read_layout(tuple(names), frozenset(folders), **options)


def count(table):
    """Count the images of each split and class."""
    rows = list(zip(table.splits.tolist(), table.classes.tolist(), strict=True))
    return {row: rows.count(row) for row in sorted(set(rows))}


BOTH = {("test", "cat"): 4, ("test", "dog"): 4, ("train", "cat"): 4, ("train", "dog"): 4}
NONE = {("", "cat"): 4, ("", "dog"): 4}
READ = {
    "plain": (["{c}"], NONE, 0),
    "any case": (["Training/{c}", "Testing/{c}"], BOTH, 0),
    "capitals": (["TRAIN/{c}", "EVAL/{c}"], BOTH, 0),
    "with set": (["training_set/{c}", "test-set/{c}"], BOTH, 0),
    "in one word": (["trainset/{c}", "testset/{c}"], BOTH, 0),
    "camels": (["TrainSet/{c}", "TestImages/{c}"], BOTH, 0),
    "with images": (["train_images/{c}", "test images/{c}"], BOTH, 0),
    "numbers": (["train2017/{c}", "test1/{c}"], BOTH, 0),
    "a shared word before": (["seg_train/{c}", "seg_test/{c}"], BOTH, 0),
    "a shared word behind": (["train_cleaned/{c}", "test_cleaned/{c}"], BOTH, 0),
    "repeated": (["seg_train/seg_train/{c}", "seg_test/seg_test/{c}"], BOTH, 0),
    "repeated with another word": (["train/training_data/{c}", "test/test_images/{c}"], BOTH, 0),
    "pictures in splits": (["train/images/{c}", "test/images/{c}"], BOTH, 0),
    "three": (
        ["train/{c}", "dev/{c}", "evaluation/{c}"],
        BOTH | {("val", "cat"): 4, ("val", "dog"): 4},
        0,
    ),
    "the validation set as test set": (["train/{c}", "valid/{c}"], BOTH, 0),
    "an unlabelled heap": (["train/{c}", "valid/{c}", "test"], BOTH, 4),
    "a heap in a folder": (["train/{c}", "test/{c}", "test1/unknown"], BOTH, 4),
    "a heap to predict": (["seg_train/seg_train/{c}", "seg_test/seg_test/{c}", "seg_pred/seg_pred"], BOTH, 4),
    "training alone has labels": (["train/{c}", "test"], NONE, 4),
    "heaps of images folders": (["train/{c}/images", "val/images", "test/images"], NONE, 8),
    "a heap with another word": (["Training/{c}", "Test/{c}", "test-multiple_fruits"], BOTH, 4),
    "splits below": (["{c}/train", "{c}/test"], BOTH, 0),
    "splits below, without test": (["{c}/Training", "{c}/val"], BOTH, 0),
    "splits below images": (["{c}/images/train", "{c}/images/test"], BOTH, 0),
    "masks below splits below": (
        ["{c}/train/images", "{c}/train/masks", "{c}/test/images", "{c}/test/masks"],
        BOTH,
        16,
    ),
    "a set in a set": (["archive/data/train/{c}", "archive/data/test/{c}"], BOTH, 0),
    "parts": (["part_1/{c}", "part_2/{c}/more"], {("", "cat"): 8, ("", "dog"): 8}, 0),
    "masks in classes": (["{c}/images", "{c}/masks"], NONE, 8),
    "masks beside pictures": (["{c}", "{c}/Segmentation_Masks"], NONE, 8),
    "masks in splits": (["train/images/{c}", "train/masks/{c}", "test/images/{c}", "test/masks/{c}"], BOTH, 16),
    "masks of class and split": (["train/{c}/imgs", "train/{c}/mask", "test/{c}"], BOTH, 8),
    "annotations at the top": (["images/{c}", "annotations/trimaps"], NONE, 4),
    "annotations beside splits": (["train/{c}", "test/{c}", "Annotations"], BOTH, 4),
    "masks named by the class": (["{c}", "{c}_masks"], NONE, 8),
    "ground truth": (["{c}/images", "{c}/ground_truth"], NONE, 8),
    "a set in data": (["data/{c}"], NONE, 0),
    "splits in a single folder": (["chest_xray/train/{c}", "chest_xray/test/{c}"], BOTH, 0),
    "nested splits": (["Data/Data/Train/{c}", "Data/Data/Val/{c}"], BOTH, 0),
}


@pytest.mark.parametrize(("patterns", "expected", "left_out"), READ.values(), ids=READ)
def test_a_layout_is_read(patterns, expected, left_out):
    table, reading = read(name_images(*patterns))
    assert count(table) == expected
    assert reading.num_left_out == left_out
    assert bool(reading.left_out) == bool(left_out)


REFUSED = {
    "pictures and drawings": (["images", "annotations"], ["no class"]),
    "numbered parts": (["HAM10000_images_part_1", "HAM10000_images_part_2"], ["no class"]),
    "labels in names": (["train", "test1"], ["no class", "'test1', 'train'"]),
    "a test among classes": (["{c}", "test"], ["'test'", "either it is a class, or a split", "`exclude` test"]),
    "validation and test among classes": (["{c}", "val", "test"], ["either it is a class", "`exclude`"]),
    "train and val beside others": (["train/{c}", "val/{c}", "more/x"], ["beside others", "'more'", "`exclude` more"]),
    "masks among classes": (["{c}", "masks"], ["'masks'", "either it is a class, or", "`exclude` masks", "`labels`"]),
    "images among classes": (["{c}", "images"], ["'images'", "either it is a class, or", "`exclude` images"]),
    "splits in some classes": (["a/train", "a/test", "b"], ["'a' holds the splits", "'b'", "either"]),
    "classes below splits below": (["x/train/{c}", "x/test/{c}", "y/train/{c}", "y/test/{c}"], ["either", "`labels`"]),
    "nothing but masks": (["{c}/masks"], ["'cat' all lie in 'cat/masks'", "either", "`labels`"]),
    "the others again": (["{c}", "whole_set/{c}"], ["'whole_set' holds 'cat', 'dog' again", "`exclude` whole_set"]),
    "the others again in train": (["{c}", "train/{c}"], ["'train' holds 'cat', 'dog' again"]),
    "the splits again": (["train/{c}", "test/{c}", "chest/train/{c}", "chest/test/{c}"], ["'chest' holds", "again"]),
    "all beside splits": (["train/{c}", "test/{c}", "all_pets/{c}"], ["'all_pets' holds 'cat', 'dog' again"]),
    "versions": (["color/{c}", "grayscale/{c}", "segmented/{c}"], ["either", "versions", "one of them as the folder"]),
    "two patterns": (["a_train/{c}", "a_test/{c}", "b_train/{c}", "b_test/{c}"], ["either they are splits"]),
    "different words": (["train_station/{c}", "test_tube/{c}"], ["either they are splits"]),
    "no training": (["val/{c}", "test/{c}"], ["without train"]),
    "a split by another word": (["train/{c}", "holdout/{c}"], ["'train'", "either it is a class"]),
    "folds": (["fold1/train/{c}", "fold1/test/{c}", "fold2/train/{c}", "fold2/test/{c}"], ["each with splits"]),
    "twice": (["train/{c}", "test/{c}", "testing/{c}"], ["two of them for one split"]),
    "named as a copy": (["{c}", "cat - Copy"], ["'cat - Copy' is named as a copy of 'cat'", "`exclude` 'cat - Copy'"]),
    "a copy in a split": (["train/{c}", "train/Copy of dog", "test/{c}"], ["'train/Copy of dog' is named as a copy"]),
    "classes in what is unlabelled": (["train/{c}", "test/{c}", "pred/{c}"], ["'pred' says that it is unlabelled"]),
}  # fmt: skip


@pytest.mark.parametrize(("patterns", "words"), REFUSED.values(), ids=REFUSED)
def test_a_layout_is_refused(patterns, words):
    with pytest.raises(BadInput) as caught:
        read(name_images(*patterns))
    assert all(word in str(caught.value) for word in words), str(caught.value)


CLASSES = [("bus", "train"), ("mask", "no_mask"), ("with_mask", "without_mask"), ("valid", "invalid"),
           ("cat_1", "cat_2"), ("hard copy", "soft copy"), ("type (1)", "type (2)"),
           ("bullet_train", "steam_train"), ("test_strip", "test_tube"), ("whole", "part"), ("0", "1")]  # fmt: skip


@pytest.mark.parametrize("classes", CLASSES)
def test_names_that_are_classes(classes):
    table, reading = read(name_images(*classes))
    assert set(table.classes.tolist()) == set(classes)
    assert reading.left_out == ()


def test_a_class_keeps_its_deeper_folders():
    table, _ = read(["cat/labelled/1.png", "cat/p1/2.png", "dog/p1/1.png", "dog/unmasked/2.png"])
    assert len(table) == 4


def test_masks_as_files_beside_their_pictures_are_left_out():
    names = [f"{c}/{c} ({k}){m}.png" for c in ("benign", "normal") for k in range(3) for m in ("", "_mask", "_mask_1")]
    table, reading = read([*names, "normal/face_mask.png"])
    assert len(table) == 7
    assert reading.num_left_out == 12
    assert "mask" in reading.left_out[0]


def test_parts_are_looked_through():
    table, _ = read(name_images("part_1/{c}", "part_2/{c}"))
    assert count(table) == {("", "cat"): 8, ("", "dog"): 8}


@pytest.mark.parametrize("folder", ["whole_set", "cats_and_dogs"])
def test_what_holds_the_others_again_is_left_out_where_its_content_is_theirs(folder):
    names = name_images("{c}", folder + "/{c}")
    table, reading = read(names, fingerprint=lambda index: names[index][-9:])
    assert count(table) == NONE
    assert repr(folder) in reading.left_out[0]


@pytest.mark.parametrize("folder", ["{c} (1)", "{c}_copy", "{c} - Kopie (2)", "Copy of {c}"])
def test_a_second_copy_of_a_class_is_left_out_where_its_content_is_there(folder):
    names = name_images("{c}", folder)
    table, reading = read(names, fingerprint=lambda index: names[index][-5:])
    assert count(table) == NONE
    assert "a copy of 'cat', file for file" in reading.left_out[0]


@pytest.mark.parametrize(("patterns", "extra"), [(["{c}"], "test"), (["{c}"], "masks"), (["{c}"], "images"),
                                                  (["{c}"], "all/{c}"),
                                                  (["train/{c}", "test/{c}"], "more/x")])  # fmt: skip
def test_exclude_settles_it(patterns, extra):
    top = extra.split("/")[0]
    table, reading = read(name_images(*patterns, extra), exclude=(top,))
    assert set(table.classes.tolist()) == {"cat", "dog"}
    assert reading.settled == {top}
    assert top in reading.left_out[0]


def test_the_same_folders_in_each_class_are_doubted():
    table, reading = read(name_images("left/{c}", "right/{c}"))
    assert set(table.classes.tolist()) == {"left", "right"}
    assert "'cat', 'dog'" in reading.warnings[0]
    assert read(name_images("left/{c}", "right"))[1].warnings == ()


def test_the_name_of_the_folder_repeated_inside_it():
    assert count(read(name_images("pets/{c}"), root="Pets")[0]) == NONE

"""Images in memory become a data set, or one line says why not."""

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from tlbook.datasets.arrays import from_arrays
from tlbook.datasets.assemble import NO_GROUPS
from tlbook.datasets.images import decode_image
from tlbook.errors import BadInput

RNG = np.random.default_rng(0)
IMAGES = RNG.integers(0, 256, (20, 6, 8, 3), dtype=np.uint8)
LABELS = ["cat", "dog"] * 10


def load_all(data):
    """Images by name, over all splits."""
    splits = (data.train, data.val, data.test)
    return {name: split.images.read(i) for split in splits for i, name in enumerate(split.names)}


def test_arrays_are_split_by_class():
    data = from_arrays(IMAGES, LABELS)
    assert (data.name, data.classes, data.has_groups, data.groups_origin) == ("arrays", ("cat", "dog"), False, "")
    assert data.split_origin == "60/20/20 by class, seed 0"
    assert [np.bincount(split.labels).tolist() for split in (data.train, data.val, data.test)] == [
        [6, 6],
        [2, 2],
        [2, 2],
    ]
    assert data.warnings == (NO_GROUPS,)
    found = load_all(data)
    assert sorted(found) == [f"image_{k:02}" for k in range(20)]
    assert all((image == IMAGES[int(name[-2:])]).all() for name, image in found.items())
    assert all(int(name[-2:]) % 2 == label for name, label in zip(data.train.names, data.train.labels, strict=True))


def test_groups_stay_whole_whatever_they_are():
    for groups in ([k // 4 for k in range(20)], [("p", k // 4) for k in range(20)], pd.Series(np.arange(20) // 4.0)):
        data = from_arrays(IMAGES, LABELS, groups)
        found = [set(split.groups.tolist()) for split in (data.train, data.val, data.test)]
        assert len(set.union(*found)) == sum(map(len, found)) == 5
        assert (data.has_groups, data.groups_origin) == (True, "as given")
        assert data.split_origin == "60/20/20 by class and whole groups, seed 0"
    data = from_arrays(IMAGES, LABELS, groups=[None, float("nan"), "", *["a", "b", "c", "d"] * 4, "d"])
    groups = np.concatenate([data.train.groups, data.val.groups, data.test.groups])
    assert set(groups.tolist()) == {"image_00", "image_01", "image_02", "a", "b", "c", "d"}


@pytest.mark.parametrize("kind", ["int", "float", "numpy", "text"])
def test_whole_numbers_keep_their_order(kind):
    labels = [k % 11 for k in range(44)]
    labels = {"float": list(map(float, labels)), "numpy": np.array(labels), "text": list(map(str, labels))}.get(
        kind, labels
    )
    images = RNG.integers(0, 256, (44, 4, 4), dtype=np.uint8)
    data = from_arrays(images, labels)
    assert data.classes == tuple(str(k) for k in range(11))
    assert all(int(name[-2:]) % 11 == label for name, label in zip(data.test.names, data.test.labels, strict=True))


def test_labels_of_any_kind_are_named():
    assert from_arrays(IMAGES, [True, False] * 10).classes == ("False", "True")
    assert from_arrays(IMAGES, [("a", 1), ("b", 2)] * 10).classes == ("('a', 1)", "('b', 2)")
    assert from_arrays(IMAGES, pd.Categorical(LABELS)).classes == ("cat", "dog")
    assert from_arrays(IMAGES, pd.Series(LABELS, index=range(20, 0, -1))).classes == ("cat", "dog")


def test_any_pixels_become_rgb():
    grey = IMAGES[..., 0]
    expected = np.repeat(grey[..., None], 3, axis=-1)
    for images in (
        grey,
        grey[..., None],
        grey.astype(np.float64),
        grey.astype(np.int64),
        list(grey),
        np.fmax(grey - 0.25, 0),
    ):
        found = load_all(from_arrays(images, LABELS))
        assert all((image == expected[int(name[-2:])]).all() for name, image in found.items())
        assert {image.dtype for image in found.values()} == {np.dtype("uint8")}
    alpha = np.concatenate([IMAGES, np.zeros((20, 6, 8, 1), np.uint8)], axis=-1)
    assert all((image == 255).all() for image in load_all(from_arrays(alpha, LABELS)).values())


def test_transparency_is_that_of_files(tmp_path):
    alpha = RNG.integers(0, 256, (20, 6, 8, 4), dtype=np.uint8)
    Image.fromarray(alpha[3]).save(tmp_path / "a.png")
    found = load_all(from_arrays(alpha, LABELS))["image_03"]
    assert (found == decode_image((tmp_path / "a.png").read_bytes())).all()


def test_images_may_differ_in_size():
    images = [RNG.integers(0, 256, (4 + k, 9, 3) if k % 2 else (5, 4 + k), dtype=np.uint8) for k in range(20)]
    data = from_arrays(images, LABELS)
    found = load_all(data)
    assert all(image.shape == (*images[int(name[-2:])].shape[:2], 3) for name, image in found.items())
    assert data.train.load(16).shape == (12, 16, 16, 3)
    assert len({data.train.images.fingerprint(i) for i in range(12)}) == 12
    assert from_arrays(np.array(images, dtype=object), LABELS).train.names == data.train.names


def test_pillow_images_are_looked_up_in_their_palette():
    images = [Image.fromarray(image) for image in IMAGES]
    found = load_all(from_arrays([image.convert("P") for image in images], LABELS))
    assert all(
        (image == np.asarray(images[int(n[-2:])].convert("P").convert("RGB"))).all() for n, image in found.items()
    )


def test_names_classes_and_numbers_may_be_given():
    names = [f"scan {k}" for k in range(20)]
    data = from_arrays(IMAGES, [k % 3 for k in range(20)], names=names, exclude=[2], per_class=2, seed=4)
    assert data.classes == ("0", "1")
    assert set(data.train.names) < set(names)
    assert len(data.train) == 4
    assert data.left_out == ("the class '2', excluded (6 images)", "6 training images beyond 2 a class")


def test_near_duplicates_across_splits_are_named():
    images = np.repeat(RNG.integers(0, 256, (5, 40, 40, 3), dtype=np.uint8), 4, axis=0)
    assert any("nearly equal a training image" in line for line in from_arrays(images, LABELS).warnings)


FLOATS = IMAGES / 255
HOLES = np.where(np.arange(20)[:, None, None, None] % 5 == 0, np.nan, IMAGES)
BAD_ARRAYS = {
    "fractions": (
        {"images": FLOATS},
        r"received `images` .float64. from 0 to 1; expected raw pixels from 0 to 255; multiply",
    ),
    "small fractions": ({"images": FLOATS / 2}, "from 0 to 0.5; expected raw pixels from 0 to 255; multiply by 255"),
    "single fractions": (
        {"images": list(FLOATS.astype("float32"))},
        "received `images` .float32. from 0 to 1; .* multiply by 255",
    ),
    "masks": ({"images": IMAGES > 100}, "received `images` .bool. from 0 to 1; .* multiply by 255"),
    "ones": ({"images": IMAGES // 255}, "received `images` .uint8. from 0 to 1; .* multiply by 255"),
    "centred": ({"images": FLOATS * 2 - 1}, "from -1 to 1; expected raw pixels from 0 to 255; undo what was done"),
    "wide": (
        {"images": IMAGES.astype(np.uint16) * 257},
        "received `images` .uint16. from 0 to 65535; expected raw pixels",
    ),
    "holes": ({"images": HOLES}, r"NaN or infinity in 4 of them \(number 0, 5, 10, …\); expected"),
    "words": ({"images": np.full((20, 4, 4), "a")}, "received `images` of the type <U1; expected raw pixels"),
    "a path": (
        {"images": "photos"},
        "received `images` 'photos'; expected an array, or a list of arrays, of raw pixels",
    ),
    "a stream": ({"images": iter(IMAGES)}, "received `images` <.*; expected an array, or a list of arrays"),
    "channels first": (
        {"images": IMAGES.transpose(0, 3, 1, 2)},
        r"number 0 has the shape \(3, 6, 8\); .* the channels last",
    ),
    "flat": ({"images": IMAGES.reshape(20, -1)}, r"number 0 has the shape \(144,\)"),
    "empty pictures": ({"images": IMAGES[:, :0]}, r"number 0 has the shape \(0, 8, 3\)"),
    "nothing": ({"images": [], "labels": []}, "received no `images`; expected at least one"),
    "few labels": ({"labels": LABELS[:-1]}, "received 20 `images` and 19 `labels`; expected one an image"),
    "few groups": ({"groups": [1, 2]}, "received 20 `images` and 2 `groups`; expected one an image"),
    "few names": ({"names": ["a"]}, "received 20 `images` and 1 `names`; expected one an image"),
    "a name twice": (
        {"names": ["a"] * 20},
        "received `names` with 'a' more than once; expected another name for each image",
    ),
    "one-hot": ({"labels": np.eye(20)}, r"received `labels` of shape \(20, 20\); .* one-hot vectors give the argmax"),
    "one-hot lists": ({"labels": np.eye(20).tolist()}, "received `labels` with .1.0, 0.0"),
    "a word": ({"labels": "cats"}, "received `labels` 'cats'; expected a sequence with one value an image"),
    "a number": ({"labels": 3}, "received `labels` 3; expected a sequence with one value an image"),
    "an expression": ({"groups": r"(\d+)"}, "received `groups` .*; expected a sequence with one value an image"),
    "no label": (
        {"labels": [None, float("nan"), "", *LABELS[3:]]},
        "no `labels` for 3 images .'image_00', 'image_01', 'image_02'.;",
    ),
    "two kinds": (
        {"labels": [1, "1"] * 10},
        "received `labels` 1 as int and str; expected labels of one kind; convert",
    ),
    "one class": ({"labels": ["a"] * 20}, "received one class, 'a'; expected two or more$"),
    "a rare class": (
        {"labels": ["a", "a", *["b"] * 18]},
        "the class 'a' has 2 images; expected at least 3 a class; add",
    ),
    "an unknown class": ({"exclude": 7}, "received `exclude` '7'; expected one of the classes: cat, dog"),
    "seed": ({"seed": None}, "received `seed` None; expected a whole number from 0 to 4294967295"),
}


@pytest.mark.parametrize(("given", "message"), BAD_ARRAYS.values(), ids=BAD_ARRAYS)
def test_bad_arrays_are_one_line(given, message):
    with pytest.raises(BadInput, match=message) as caught:
        from_arrays(**{"images": IMAGES, "labels": LABELS} | given)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 300


@pytest.mark.parametrize("kind", [np.uint16, np.int32, np.float32])
def test_a_range_scales_values_of_more_than_8_bits(kind):
    values = np.random.default_rng(0).integers(0, 4096, (20, 8, 9)).astype(kind)
    data = from_arrays(values, ["a", "b"] * 10, range=(0, 4095))
    assert data.value_range == (0, 4095)
    number = int(data.test.names[0].removeprefix("image_"))
    assert np.abs(data.test.images.read(0)[..., 0] - values[number] * (255 / 4095)).max() <= 0.51
    with pytest.raises(BadInput, match="to 409.; .* or give from_arrays their `range`"):
        from_arrays(values, ["a", "b"] * 10)
    with pytest.raises(BadInput, match="received `range`"):
        from_arrays(values, ["a", "b"] * 10, range=(3, 2))


def test_rare_classes_of_arrays_are_left_out():
    images = np.random.default_rng(0).integers(0, 256, (22, 8, 8)).astype(np.uint8)
    labels = ["a"] * 10 + ["b"] * 10 + ["c"] * 2
    data = from_arrays(images, labels, min_images=3)
    assert data.classes == ("a", "b")
    assert any("'c' 2" in line for line in data.left_out)

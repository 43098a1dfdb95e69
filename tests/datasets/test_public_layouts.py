"""Public data sets as they lie on disk after unpacking, in small: read right, or refused with the remedy."""

import shutil

import pytest

from tlbook.datasets.folders import from_folder
from tlbook.errors import BadInput


def spread(pattern, count, start=0):
    """Return names with the numbers of a run in the place of ``{i}``."""
    return [pattern.format(i=i) for i in range(start, start + count)]


def write_csv(header, rows):
    return "\n".join(",".join(map(str, row)) for row in [header, *rows]).encode()


def list_images(data):
    """Return the images of each split: sets of names."""
    return [set(split.names) for split in (data.train, data.val, data.test)]


def check(data, classes, num_test=None, unwanted=()):
    """Check the classes, the size of the test set, and that no image lies in unwanted folders."""
    names = set.union(*list_images(data))
    assert data.classes == classes
    assert num_test is None or len(data.test) == num_test
    assert not [name for name in names for word in unwanted if word in name]
    return names


def test_chest_x_ray_pneumonia(make_folder):
    """Two levels of the same name, given splits with a tiny validation set, __MACOSX beside them."""
    files = []
    for split, number in (("train", 12), ("val", 3), ("test", 6)):
        for kind, word in (("NORMAL", "IM-0{i}-0001.jpeg"), ("PNEUMONIA", "person{i}_virus_6.jpeg")):
            files += spread(f"chest_xray/{split}/{kind}/{word}", number)
    litter = {"chest_xray/__MACOSX/train/._NORMAL": b"x", "chest_xray/train/.DS_Store": b"x"}
    plain = dict.fromkeys(files)
    data = from_folder(make_folder(plain | litter, "plain"))
    check(data, ("NORMAL", "PNEUMONIA"), 12)
    assert data.split_origin == "as given in the folders train, val, test"
    folder = make_folder(plain | litter, "packed")  # as Kaggle packs it: the same images once more, one level deeper
    shutil.copytree(folder / "chest_xray", folder / "again")
    shutil.move(folder / "again", folder / "chest_xray" / "chest_xray")
    data = from_folder(folder / "chest_xray")
    check(data, ("NORMAL", "PNEUMONIA"), 12, ["chest_xray/"])
    assert any("42 images in the folder 'chest_xray'" in line for line in data.left_out)


def test_intel_image_classification(make_folder):
    files = []
    for split in ("train", "test"):
        for kind in ("buildings", "forest", "sea"):
            files += spread(f"seg_{split}/seg_{split}/{kind}/{{i}}.jpg", 6)
    files += spread("seg_pred/seg_pred/{i}.jpg", 5)
    data = from_folder(make_folder(files))
    check(data, ("buildings", "forest", "sea"), 18, ["seg_pred"])
    assert any("5 images" in line and "seg_pred" in line for line in data.left_out)


def test_dogs_vs_cats(make_folder):
    files = spread("train/cat.{i}.jpg", 10) + spread("train/dog.{i}.jpg", 10) + spread("test1/{i}.jpg", 5)
    folder = make_folder(dict.fromkeys(files) | {"sampleSubmission.csv": write_csv(["id", "label"], [(1, 0), (2, 0)])})
    with pytest.raises(BadInput, match="`labels`"):
        from_folder(folder)
    check(from_folder(folder, labels=r"train/(cat|dog)\."), ("cat", "dog"), 4, ["test1"])


def test_brain_mri_for_tumour_detection(make_folder):
    """yes and no, and the whole once more in a folder of its own."""
    files = {name: None for name in spread("yes/Y{i}.jpg", 8) + spread("no/{i} no.jpg", 8)}
    folder = make_folder(files)
    for name in files:
        path = folder / "brain_tumor_dataset" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes((folder / name).read_bytes())
    data = from_folder(folder)
    assert len(check(data, ("no", "yes"), None, ["brain_tumor_dataset"])) == 16
    assert any("brain_tumor_dataset" in line for line in data.left_out)


def test_isic_2019(make_folder):
    """One folder of images, diagnoses as columns of 0 and 1, lesions in another table."""
    kinds = ["MEL", "NV", "BCC"]
    rows = [(f"ISIC_00{i}", *(float(i % 3 == k) for k in range(3))) for i in range(24)]
    folder = make_folder(
        dict.fromkeys(spread("ISIC_2019_Training_Input/ISIC_00{i}.jpg", 24))
        | {
            "ISIC_2019_Training_GroundTruth.csv": write_csv(["image", *kinds], rows),
            "ISIC_2019_Training_Metadata.csv": write_csv(
                ["image", "age_approx", "lesion_id", "sex"], [(f"ISIC_00{i}", 40, f"L{i // 2}", "f") for i in range(24)]
            ),
        }
    )
    with pytest.raises(BadInput, match="give it as `labels` ISIC_2019_Training_GroundTruth.csv$"):
        from_folder(folder)
    options = {"labels": "ISIC_2019_Training_GroundTruth.csv", "groups": "ISIC_2019_Training_Metadata.csv"}
    data = from_folder(folder, **options)
    check(data, ("BCC", "MEL", "NV"))
    assert data.groups_origin == "ISIC_2019_Training_Metadata.csv, column lesion_id"


def test_flowers_102(make_folder):
    """Numbers as classes, in given splits, and names of the classes in a JSON file."""
    files = []
    for split, number in (("train", 6), ("valid", 3), ("test", 3)):
        for kind in (1, 2, 10):
            files += spread(f"flower_data/{split}/{kind}/image_0{{i}}.jpg", number)
    data = from_folder(make_folder(dict.fromkeys(files) | {"cat_to_name.json": b'{"1": "pink primrose"}'}))
    check(data, ("1", "10", "2"), 9)
    assert data.ignored == {".json file": 1}


def test_plant_village(make_folder):
    """The same leaves in colour, in grey and cut out: refused, and one of them given alone is read."""
    kinds = ("Apple___Apple_scab", "Apple___healthy")
    files = [n for way in ("color", "grayscale", "segmented") for k in kinds for n in spread(f"{way}/{k}/{{i}}.JPG", 6)]
    folder = make_folder(files)
    with pytest.raises(BadInput, match="the same classes in several versions"):
        from_folder(folder)
    check(from_folder(folder / "color"), kinds)


def test_ham10000(make_folder):
    """Images in two parts, diagnoses and lesions in one table, pixels of the images in another."""
    files = spread("HAM10000_images_part_1/ISIC_00{i}.jpg", 12) + spread(
        "HAM10000_images_part_2/ISIC_00{i}.jpg", 12, 12
    )
    rows = [(f"HAM_{i // 2}", f"ISIC_00{i}", ("nv", "mel")[i // 2 % 2], "histo", 50, "male", "back") for i in range(24)]
    header = ["lesion_id", "image_id", "dx", "dx_type", "age", "sex", "localization"]
    tables = {
        "HAM10000_metadata.csv": write_csv(header, rows),
        "hmnist_8_8_L.csv": write_csv(["pixel0000", "pixel0001", "label"], [(1, 2, 0)] * 5),
    }
    folder = make_folder(dict.fromkeys(files) | tables)
    with pytest.raises(BadInput, match="'HAM10000_metadata.csv' has the columns .*: give it as `labels`"):
        from_folder(folder)
    data = from_folder(folder, labels="HAM10000_metadata.csv", groups="HAM10000_metadata.csv")
    check(data, ("mel", "nv"))
    assert data.groups_origin == "HAM10000_metadata.csv, column lesion_id"
    assert sum(len({*split.groups.tolist()}) for split in (data.train, data.val, data.test)) == 12


def test_covid_19_radiography(make_folder):
    """images and masks in each class, and a spreadsheet a class beside them."""
    kinds = ("COVID", "Lung_Opacity", "Normal", "Viral Pneumonia")
    top = "COVID-19_Radiography_Dataset"
    files = [n for k in kinds for way in ("images", "masks") for n in spread(f"{top}/{k}/{way}/{k}-{{i}}.png", 5)]
    sheets = {f"{top}/{k}.metadata.xlsx": b"x" for k in kinds} | {f"{top}/README.md.txt": b"x"}
    folder = make_folder(dict.fromkeys(files) | sheets)
    with pytest.raises(BadInput, match=f"if its sub-folders are the classes, give the folder '{top}' itself"):
        from_folder(folder)
    data = from_folder(folder / top)
    assert len(check(data, kinds, 4, ["/masks/"])) == 20
    assert any("20 images" in line and "masks" in line for line in data.left_out)


def test_cifar_10_as_images(make_folder):
    files = [n for s, k in (("train", 6), ("test", 3)) for c in ("airplane", "frog")
             for n in spread(f"cifar10/{s}/{c}/{{i}}_{c}.png", k)]  # fmt: skip
    data = from_folder(make_folder(dict.fromkeys(files) | {"cifar10/labels.txt": b"airplane\nfrog"}))
    assert check(data, ("airplane", "frog"), 6) == set(files)
    assert set(data.test.names) == {name for name in files if "/test/" in name}


def test_gtsrb(make_folder):
    """Numbered classes in Train, a table in each; Test a heap whose labels stand in a table elsewhere."""
    files, tables = [], {}
    for kind in ("00000", "00001"):
        files += spread(f"GTSRB/Train/{kind}/0000{{i}}_00001.png", 8)
        tables[f"GTSRB/Train/{kind}/GT-{kind}.csv"] = b"Filename;Width;ClassId\n00000_00001.png;29;0\n"
    files += spread("GTSRB/Test/{i:05}.png", 6)
    data = from_folder(make_folder(dict.fromkeys(files) | tables))
    check(data, ("00000", "00001"), None, ["/Test/"])
    assert any("6 images" in line and "Test" in line for line in data.left_out)


def test_oxford_iiit_pet(make_folder):
    """images beside annotations, the breed in the file's name."""
    files = spread("images/Abyssinian_{i}.jpg", 8) + spread("images/yorkshire_terrier_{i}.jpg", 8)
    marks = [name.replace("images", "annotations/trimaps").replace("jpg", "png") for name in files]
    lists = {"annotations/list.txt": b"x", "annotations/xmls/Abyssinian_1.xml": b"<x/>"}
    folder = make_folder(dict.fromkeys(files + marks) | lists)
    with pytest.raises(BadInput, match="`labels`"):
        from_folder(folder)
    data = from_folder(folder, labels=r"([^/]+)_\d+\.jpg$")
    check(data, ("Abyssinian", "yorkshire_terrier"), None, ["annotations"])


def test_stanford_dogs(make_folder):
    kinds = ("n02085620-Chihuahua", "n02085782-Japanese_spaniel")
    files = [n for k in kinds for n in spread(f"Images/{k}/{k[:9]}_{{i}}.jpg", 8)]
    notes = {f"Annotation/{k}/{k[:9]}_{i}": b"<annotation/>" for k in kinds for i in range(8)}
    data = from_folder(make_folder(dict.fromkeys(files) | notes))
    assert check(data, kinds) == set(files)


def test_tiny_imagenet(make_folder):
    """The classes' images one level deeper in train, a heap with a text of labels in val."""
    kinds = ("n01443537", "n01629819")
    files = [n for k in kinds for n in spread(f"train/{k}/images/{k}_{{i}}.JPEG", 8)]
    files += spread("val/images/val_{i}.JPEG", 4) + spread("test/images/test_{i}.JPEG", 4)
    texts = {f"train/{k}/{k}_boxes.txt": b"x" for k in kinds} | {"wnids.txt": b"x", "val/val_annotations.txt": b"x"}
    data = from_folder(make_folder(dict.fromkeys(files) | texts))
    check(data, kinds, None, ["val/", "test/"])
    assert len(set.union(*list_images(data))) == 16


def test_plant_pathology_2020(make_folder):
    """One folder of training and test images, columns of 0 and 1."""
    rows = [(f"Train_{i}", *(int(i % 4 == k) for k in range(4))) for i in range(24)]
    header = ["image_id", "healthy", "multiple_diseases", "rust", "scab"]
    tables = {
        "train.csv": write_csv(header, rows),
        "test.csv": write_csv(["image_id"], [(f"Test_{i}",) for i in range(5)]),
        "sample_submission.csv": write_csv(header, [(f"Test_{i}", 0.25, 0.25, 0.25, 0.25) for i in range(5)]),
    }
    files = spread("images/Train_{i}.jpg", 24) + spread("images/Test_{i}.jpg", 5)
    data = from_folder(make_folder(dict.fromkeys(files) | tables), labels="train.csv")
    check(data, ("healthy", "multiple_diseases", "rust", "scab"), None, ["Test_"])
    assert any("5 images" in line and "for testing" in line for line in data.left_out)

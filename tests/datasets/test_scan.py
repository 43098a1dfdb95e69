"""What counts as an image, what is passed over, and what a zip file may hold."""

import os
import zipfile
from pathlib import Path

import pytest

from tests.conftest import encode_image
from tlbook.datasets.formats import describe_passed
from tlbook.datasets.scan import check_images, scan_folder
from tlbook.errors import BadInput

JUNK = {
    "metadata.csv": b"path,group\n",
    "cats/metadata.csv": b"",
    "cats/.hidden.png": b"",
    ".git/objects/x.png": b"",
    "__MACOSX/cats/._a.png": b"",
    "cats/notes.txt": b"",
    "cats/Thumbs.db": b"",
    "README": b"",
}


def test_images_of_any_case_and_depth_are_listed(make_folder):
    names = ["a/1.jpg", "a/2.JPG", "a/3.JPEG", "a/b/c/4.Png", "b/5.tif", "b/6.TIFF", "b/7.bmp", "b/8.gif", "b/9.WebP"]
    listing = scan_folder(make_folder({name: b"" for name in names}))
    assert list(listing.names) == names
    assert listing.ignored == {}
    assert listing.folders == {"a", "a/b", "a/b/c", "b"}


def test_other_files_are_counted(make_folder, make_zip):
    folder = make_folder({"cats/1.png": None} | JUNK)
    for path in (folder, make_zip(folder)):
        listing = scan_folder(path)
        assert listing.names == ("cats/1.png",)
        assert listing.ignored == {
            "metadata.csv": 2,
            "hidden file": 2,
            "__MACOSX": 1,
            ".txt file": 1,
            ".db file": 1,
            "file without extension": 1,
        }


def test_a_single_top_folder_of_a_zip_is_looked_through(make_folder, make_zip):
    folder = make_folder(["cats/1.png", "dogs/2.png"])
    listing = scan_folder(make_zip(folder, top="my set/"))
    assert listing.names == ("cats/1.png", "dogs/2.png")
    assert listing.folders == {"cats", "dogs"}
    assert (listing.store.read(1) == scan_folder(folder).store.read(1)).all()


def test_only_one_top_folder_is_looked_through(make_folder, make_zip):
    assert scan_folder(make_zip(make_folder(["a/b/cats/1.png"]))).names == ("b/cats/1.png",)


def test_a_top_folder_with_images_of_its_own_is_a_class(make_folder, make_zip):
    assert scan_folder(make_zip(make_folder(["cats/1.png", "cats/more/2.png"]))).names == (
        "cats/1.png",
        "cats/more/2.png",
    )


def test_what_a_mac_adds_does_not_hide_the_top_folder(make_folder, make_zip):
    folder = make_folder({"set/cats/1.png": None, "__MACOSX/set/cats/._1.png": b"", "set/.DS_Store": b""})
    assert scan_folder(make_zip(folder)).names == ("cats/1.png",)


def test_links_are_followed_but_not_in_circles(make_folder, tmp_path):
    folder = make_folder(["cats/1.png"])
    (folder / "cats" / "up").symlink_to(folder, target_is_directory=True)
    outside = tmp_path / "elsewhere"
    outside.mkdir()
    (outside / "2.png").write_bytes((folder / "cats/1.png").read_bytes())
    (folder / "dogs").symlink_to(outside, target_is_directory=True)
    assert scan_folder(folder).names == ("cats/1.png", "dogs/2.png")


def test_one_image_is_a_listing_too(make_folder):
    listing = scan_folder(make_folder(["cats/1.PNG"]) / "cats/1.PNG")
    assert listing.names == ("1.PNG",)
    assert listing.store.read(0).shape == (6, 8, 3)


@pytest.mark.parametrize("member", ["../x.png", "/etc/x.png", "a/../../x.png", "C:/x.png", "..\\x.png", "C:\\x.png"])
def test_members_that_point_outside_are_refused(make_zip, member):
    with pytest.raises(BadInput, match="points outside") as caught:
        scan_folder(make_zip({"cats/1.png": b"", member: b""}))
    assert "\n" not in str(caught.value)


def test_no_such_folder(tmp_path):
    with pytest.raises(BadInput, match="expected a folder, a zip file or an image; there is no such folder"):
        scan_folder(tmp_path / "gone")


def test_a_file_of_another_kind(make_folder):
    with pytest.raises(BadInput, match="received the file 'a.txt'; expected a folder of images or a .whole. zip file"):
        scan_folder(make_folder({"a.txt": b"hello"}) / "a.txt")


def test_a_truncated_zip(make_folder, make_zip):
    path = make_zip(make_folder(["cats/1.png", "dogs/1.png"]))
    path.write_bytes(path.read_bytes()[:-30])
    with pytest.raises(BadInput, match="expected a folder of images or a .whole. zip file"):
        scan_folder(path)


def test_a_zip_with_a_damaged_directory(make_folder, make_zip):
    path = make_zip(make_folder(["cats/1.png", "dogs/1.png"]))
    data = bytearray(path.read_bytes())
    data[data.rindex(b"PK\x01\x02") + 1] = 0
    path.write_bytes(data)
    with pytest.raises(BadInput, match="cannot be read"):
        scan_folder(path)


def test_names_that_are_not_utf8_are_passed_over(make_folder):
    folder = make_folder(["cats/1.png"])
    try:
        (folder / "cats" / "caf\udce9.png").write_bytes(b"")
    except OSError:
        pytest.skip("this file system takes UTF-8 names only")
    listing = scan_folder(folder)
    assert listing.names == ("cats/1.png",)
    assert listing.ignored == {"file with a name that is not UTF-8": 1}


@pytest.fixture
def close_folder(monkeypatch):
    """Return a function that makes a folder impossible to open, for root as well."""
    scandir = os.scandir

    def close(name):
        def refuse(path):
            if Path(path).name == name:
                raise PermissionError(13, "Permission denied", str(path))
            return scandir(path)

        monkeypatch.setattr(os, "scandir", refuse)

    return close


def test_a_folder_that_cannot_be_opened(make_folder, close_folder):
    folder = make_folder(["cats/1.png", "dogs/1.png"])
    close_folder("dogs")
    with pytest.raises(BadInput, match="the folder 'dogs' cannot be opened .Permission denied.; expected"):
        scan_folder(folder)


def test_a_stray_picture_beside_the_classes_does_not_hide_the_top_folder(make_folder, make_zip):
    folder = make_folder(["cats/1.png", "dogs/2.png", "overview.png"])
    listing = scan_folder(make_zip(folder, top="data/"))
    assert listing.names == ("cats/1.png", "dogs/2.png", "overview.png")
    with zipfile.ZipFile(folder.parent / "stray.zip", "w") as archive:
        for name in ("data/cats/1.png", "data/dogs/2.png", "cover.png"):
            archive.write(folder / "cats/1.png", name)
    listing = scan_folder(folder.parent / "stray.zip")
    assert listing.names == ("cats/1.png", "dogs/2.png")
    assert listing.ignored == {"image outside the top folder": 1}


@pytest.mark.parametrize("spelling", ["./{}", "{}"])
@pytest.mark.parametrize("slash", ["/", "\\"])
def test_members_are_found_however_a_packer_writes_them(make_folder, tmp_path, spelling, slash):
    folder = make_folder(["cats/1.png", "dogs/2.png"])
    with zipfile.ZipFile(tmp_path / "odd.zip", "w") as archive:
        for name in ("cats/1.png", "dogs/2.png"):
            archive.write(folder / name, spelling.format(name.replace("/", slash)))
        archive.writestr(spelling.format("metadata.csv"), "path,group")
    listing = scan_folder(tmp_path / "odd.zip")
    assert listing.names == ("cats/1.png", "dogs/2.png")
    assert (listing.store.read(0) == scan_folder(folder).store.read(0)).all()
    assert listing.store.container.find("./metadata.csv") == b"path,group"


def test_a_damaged_groups_file_in_a_zip_is_bad_input(make_folder, tmp_path):
    path = tmp_path / "damaged.zip"
    with zipfile.ZipFile(path, "w") as archive:  # stored, not packed
        archive.write(make_folder(["cats/1.png"]) / "cats/1.png", "cats/1.png")
        archive.writestr("metadata.csv", "path,group")
    path.write_bytes(path.read_bytes().replace(b"path,group", b"path,groap"))
    with pytest.raises(BadInput, match="metadata.csv.* cannot be read"):
        scan_folder(path).store.container.find("metadata.csv")


def test_a_folder_reached_twice_is_listed_twice(make_folder):
    folder = make_folder(["test/cats/1.png", "test/dogs/2.png"])
    (folder / "val").symlink_to("test")
    assert scan_folder(folder).names == (
        "test/cats/1.png", "test/dogs/2.png", "val/cats/1.png", "val/dogs/2.png",
    )  # fmt: skip


def test_a_class_of_names_that_are_not_utf8_does_not_vanish(make_folder):
    folder = make_folder(["cats/1.png", "dogs/2.png"])
    os.rename(os.fsencode(folder / "dogs"), os.fsencode(folder) + b"/\xffdogs")
    listing = scan_folder(folder)
    assert listing.names == ("cats/1.png",)
    assert len(listing.folders) == 2


def test_a_pipe_is_no_image(make_folder):
    folder = make_folder(["cats/1.png"])
    os.mkfifo(folder / "cats" / "2.png")
    unreadable, *_ = check_images(scan_folder(folder).store, quiet=True)
    assert list(unreadable) == [1]


@pytest.mark.parametrize(("path", "closed"), [(".Trashes/1.png", ".Trashes"), (".git/objects/1.png", "objects")])
def test_a_hidden_folder_that_cannot_be_opened_is_passed_over(make_folder, close_folder, path, closed):
    folder = make_folder(["cats/1.png", path])
    close_folder(closed)
    assert scan_folder(folder).names == ("cats/1.png",)


def test_a_hidden_folder_that_was_asked_for_must_open(make_folder, close_folder):
    folder = make_folder(["cats/1.png"], folder=".images")
    close_folder(".images")
    with pytest.raises(BadInput, match="the folder '.images' cannot be opened"):
        scan_folder(folder)


def test_endings_of_jpeg_are_all_read(make_folder):
    names = [f"cats/{i}{ending}" for i, ending in enumerate((".jpg", ".jpeg", ".JFIF", ".jpe"))]
    listing = scan_folder(make_folder({name: encode_image(kind="JPEG") for name in names}))
    assert list(listing.names) == sorted(names) and not listing.ignored
    assert check_images(listing.store, quiet=True)[0] == {}


def test_other_formats_are_named_with_their_conversion(make_folder):
    folder = make_folder(dict.fromkeys(["cats/1.mha", "cats/2.JXL", "cats/3.nii.gz", "dogs/4.cr2"], b"x"))
    ignored = scan_folder(folder).ignored
    assert ignored == {".mha file": 1, ".jxl file": 1, ".nii.gz file": 1, ".cr2 file": 1}
    text = describe_passed(ignored)
    for words in ("1 .mha file", "MetaImage: SimpleITK", "JPEG XL: djxl", "NIfTI: nibabel", "RAW: darktable"):
        assert words in text
    assert describe_passed({"metadata.csv": 1}) == ""


def spoil_zip(path, old, new):
    """Replace bytes of a zip file's directory, which is what tells the members."""
    data = path.read_bytes()
    start = data.index(b"PK\1\2")
    assert old in data[start:]
    path.write_bytes(data[:start] + data[start:].replace(old, new))


def test_a_zip_that_asks_for_a_newer_program_is_refused(make_zip):
    path = make_zip({"cats/1.png": b"x"})
    data = bytearray(path.read_bytes())
    data[data.index(b"PK\1\2") + 6] = 255
    path.write_bytes(data)
    with pytest.raises(BadInput, match="cannot be read .*25.5"):
        scan_folder(path)


def test_a_zip_with_a_name_that_is_not_utf_8_is_refused(make_zip):
    path = make_zip({"cats/é.png": b"x"})
    spoil_zip(path, "é".encode(), b"\xff\xfe")
    with pytest.raises(BadInput, match="cannot be read"):
        scan_folder(path)


@pytest.mark.parametrize("member", ["cats/C:evil.png", "C:evil.png", "cats/d:/1.png"])
def test_a_member_on_a_drive_is_refused(make_zip, member):
    with pytest.raises(BadInput, match="points outside it"):
        scan_folder(make_zip({"cats/1.png": b"x", member: b"x"}))


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_members_of_one_name_are_counted_and_the_last_is_read(make_zip, tmp_path):
    path = make_zip({"cats/1.png": b"x", "dogs/1.png": b"x"})
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("cats/1.png", encode_image(5))
        archive.writestr("cats\\1.png", encode_image(6))
    listing = scan_folder(path)
    assert listing.names == ("cats/1.png", "dogs/1.png")
    assert listing.ignored == {"file that a later one of the same name replaces": 2}
    assert listing.store.read_bytes(0) == encode_image(6)
    assert "2 files that a later one" in describe_passed(listing.ignored)

"""Groups from a CSV file or from the file names."""

from pathlib import Path

import pytest

from tlbook.datasets.containers import Folder
from tlbook.datasets.groups import read_groups
from tlbook.datasets.scan import scan_folder
from tlbook.errors import BadInput

NAMES = ["cats/p1_a.png", "cats/p1_b.png", "dogs/p2_a.png"]


@pytest.fixture
def read(make_folder):
    """Return a function that reads groups with ``data`` in groups.csv beside the images."""

    def call(spec, data=None, names=NAMES):
        files = dict.fromkeys(names) | ({} if data is None else {"groups.csv": data.encode()})
        listing = scan_folder(make_folder(files))
        return read_groups(spec, listing.store.container, listing.names)[0].tolist()

    return call


@pytest.mark.parametrize("column", ["path", "file", "Path"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_a_table_names_groups(read, column, delimiter):
    rows = [["age", column, "group"], ["5", NAMES[0], "x"], ["6", NAMES[1], "x"], ["7", NAMES[2], "y"]]
    assert read("groups.csv", "\ufeff" + "\r\n".join(delimiter.join(row) for row in rows)) == ["x", "x", "y"]


def test_the_mark_between_columns_is_the_one_that_sets_the_group_apart(read):
    rows = [["file", "age, years", "group"], *([name, "5,5", name[5:7]] for name in NAMES)]
    assert read("groups.csv", "\n".join("\t".join(row) for row in rows)) == ["p1", "p1", "p2"]
    assert read("groups.csv", "sep=;\n" + "\n".join(";".join(row) for row in rows)) == ["p1", "p1", "p2"]


def test_paths_may_be_written_in_other_ways(read):
    table = "path,group\n./cats/p1_a.png,x\ncats\\p1_b.png, x \n dogs/p2_a.png,y\nelsewhere/z.png,y\n"
    assert read("groups.csv", table) == ["x", "x", "y"]


def test_decomposed_letters_are_the_same_letters(read):
    assert read("groups.csv", "path,group\ncats/\u00fc.png,x\n", ["cats/u\u0308.png"]) == ["x"]


def test_an_empty_group_is_a_group_of_its_own(read):
    table = "path,group\ncats/p1_a.png,\ncats/p1_b.png,\ndogs/p2_a.png\n"
    assert read("groups.csv", table) == NAMES


def test_a_table_in_the_working_directory(read, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "people.csv").write_text("file,group\n" + "".join(f"{name},x\n" for name in NAMES))
    assert read("people.csv") == ["x"] * 3


def test_the_folder_comes_before_the_working_directory(read, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "groups.csv").write_text("nonsense")
    assert read("groups.csv", "file,group\n" + "".join(f"{name},x\n" for name in NAMES)) == ["x"] * 3


def test_a_table_at_the_root_of_a_zip(make_folder, make_zip):
    folder = make_folder(NAMES)
    for table in ("inside/groups.csv", "groups.csv"):
        for before in ("", "inside/"):
            rows = "file,group\n" + "".join(f"{before}{name},{name[-7:-6]}\n" for name in NAMES)
            members = {f"inside/{name}": (folder / name).read_bytes() for name in NAMES} | {table: rows.encode()}
            listing = scan_folder(make_zip(members))
            assert read_groups("groups.csv", listing.store.container, listing.names)[0].tolist() == ["1", "1", "2"]


def test_an_expression_finds_groups(read):
    assert read(r"/(p\d+)_") == ["p1", "p1", "p2"]


def test_groups_reach_across_classes(read):
    assert read(r"_(a|b)") == ["a", "b", "a"]


def test_an_optional_part_that_is_absent_is_an_empty_group(read):
    assert read(r"/p(1)?") == ["1", "1", "dogs/p2_a.png"]


@pytest.mark.parametrize(
    ("spec", "table", "message"),
    [
        ("gone.csv", None, "'gone.csv'; there is no such file .* has 0 groups; expected .* exactly one"),
        ("(p)(1)", None, "has 2 groups; expected .* exactly one"),
        ("(p", None, "as a regular expression it is none .missing"),
        ("(zebra)", None, "3 of 3 images do not match .*'cats/p1_a.png', 'cats/p1_b.png', 'dogs/p2_a.png'"),
        ("groups.csv", "path,group\ncats/p1_a.png,x\n", "2 of 3 images are not in .*'cats/p1_b.png', 'dogs/p2_a.png'"),
        ("(x{" + "y" * 5000 + "})", None, "3 of 3 images do not match"),
        ("groups.csv", "path,person\n", "has the columns path, person; expected 'path' .* and 'group'"),
        ("groups.csv", "name,group\n", "has the columns name, group"),
        ("groups.csv", "path,group\n" + "x" * 140_000, "3 of 3 images are not in the groups file"),
        ("groups.csv", "", "has the columns none"),
        ("groups.csv", "path,group\ncats/p1_a.png,x\ncats/p1_a.png,y\n", "two groups, 'x' and 'y'"),
    ],
)
def test_bad_groups_are_refused_in_one_line(read, spec, table, message):
    with pytest.raises(BadInput, match=message) as caught:
        read(spec, table)
    assert "\n" not in str(caught.value)


def test_only_three_images_are_named(read):
    with pytest.raises(BadInput) as caught:
        read("(zebra)", names=[f"cats/{k}.png" for k in range(9)])
    assert str(caught.value).count(".png") == 3


def test_a_table_that_is_no_text_is_refused(make_folder):
    listing = scan_folder(make_folder({"cats/a.png": None, "groups.csv": b"\xff\xfe\x00\x00"}))
    with pytest.raises(BadInput, match="is not UTF-8"):
        read_groups("groups.csv", listing.store.container, listing.names)


def test_a_table_that_cannot_be_read_is_not_taken_for_an_expression(make_folder, monkeypatch):
    folder = make_folder({"groups.csv": b"path,group\n"})

    def refuse(path):
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "read_bytes", refuse)
    with pytest.raises(BadInput, match="the file 'groups.csv' cannot be read .Permission denied."):
        read_groups("groups.csv", Folder(folder), ["cats/1.png"])

"""DICOM: values as the header means them, one range a set, patients as groups; said clearly where it cannot be read."""

import importlib.util

import numpy as np
import pytest
from PIL import Image
from pydicom.encaps import encapsulate
from pydicom.uid import MPEG2MPML, DeflatedExplicitVRLittleEndian, JPEGLosslessSV1

from tests.datasets.dicom_files import write_dicom
from tlbook.datasets import scan
from tlbook.datasets.folders import from_folder
from tlbook.datasets.groups import read_groups
from tlbook.datasets.images import decode_image, inspect_image
from tlbook.datasets.limits import UnreadableImage
from tlbook.datasets.scan import scan_folder
from tlbook.errors import BadInput

DEEP = np.arange(4096, dtype=np.uint16).reshape(64, 64)
EIGHT = np.rint(DEEP / 4095 * 255).astype(np.uint8)


def decode(tmp_path, pixels, value_range=None, **options):
    data = write_dicom(tmp_path / "a.dcm", pixels, **options).read_bytes()
    inspect_image(data)
    return decode_image(data, value_range)


@pytest.mark.parametrize(
    ("pixels", "options"),
    [
        (DEEP, {"bits": 12}),
        (4095 - DEEP, {"bits": 12, "kind": "MONOCHROME1"}),
        (EIGHT, {}),
        (255 - EIGHT, {"kind": "MONOCHROME1"}),
        (DEEP * 16, {"WindowCenter": 32760.5, "WindowWidth": 65521}),
        (DEEP.astype(np.int16) - 1000, {"WindowCenter": [1048, 40], "WindowWidth": [4096, 400]}),
        (DEEP, {"RescaleSlope": 2, "RescaleIntercept": -1024, "WindowCenter": 3071, "WindowWidth": 8190,
                "VOILUTFunction": "LINEAR_EXACT"}),
        (DEEP, {"RescaleSlope": 0.25, "RescaleIntercept": 0.5, "WindowCenter": 512.875, "WindowWidth": 1024.75}),
    ],
)  # fmt: skip
def test_values_are_what_the_header_means(tmp_path, pixels, options):
    image = decode(tmp_path, pixels, **options)
    assert image.shape == (64, 64, 3)
    assert np.abs(image[..., 0].astype(int) - EIGHT).max() <= 1


def test_a_given_range_counts_before_the_window(tmp_path):
    options = {"WindowCenter": 300, "WindowWidth": 10, "RescaleIntercept": -1000, "RescaleSlope": 1}
    assert np.abs(decode(tmp_path, DEEP, (-1000, 3095), **options)[..., 0].astype(int) - EIGHT).max() <= 1


@pytest.mark.parametrize(("bits", "kind"), [(8, np.uint8), (12, np.uint16)])
def test_colours_keep_their_high_bits(tmp_path, bits, kind):
    colours = np.random.default_rng(0).integers(0, 2**bits, (20, 30, 3)).astype(kind)
    assert np.array_equal(decode(tmp_path, colours, kind="RGB", bits=bits), colours >> (bits - 8))


def test_the_first_of_several_frames_is_read_and_said(tmp_path):
    data = write_dicom(tmp_path / "a.dcm", np.stack([EIGHT, 255 - EIGHT]), frames=2).read_bytes()
    assert np.array_equal(decode_image(data)[..., 0], EIGHT)
    assert inspect_image(data)[1].pages


def test_what_lies_outside_the_picture_is_as_dark_as_its_darkest(tmp_path):
    values = DEEP.astype(np.int16) + 100
    values[:10] = -2000
    values = decode(tmp_path, values, PixelPaddingValue=-2000, WindowCenter=2148, WindowWidth=4096)
    assert values[0, 0, 0] == values[10, 0, 0]


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"syntax": JPEGLosslessSV1, "PixelData": encapsulate([b"\xff\xd8\xff\xd9"])}, "JPEG Lossless.* pip install"),
        ({"syntax": MPEG2MPML, "PixelData": encapsulate([b"\0" * 8])}, "MPEG2 .* is not read here"),
        ({"syntax": DeflatedExplicitVRLittleEndian}, "deflated, is not read"),
        ({"Rows": 0}, r"holds no picture \(modality OT\)"),
        ({"Rows": 60_000, "Columns": 60_000}, "would take .* expected at most"),
        ({"PixelData": b"\0" * 10}, "expected|pixel|length"),
    ],
)
def test_what_cannot_be_decoded_says_why(tmp_path, options, reason):
    data = write_dicom(tmp_path / "a.dcm", EIGHT, **options).read_bytes()
    for read in (decode_image, inspect_image):
        with pytest.raises(UnreadableImage, match=reason):
            read(data)


def write_set(root, *, name="{i}.dcm", patients=5, **options):
    """Write ten images of each of two classes, dark and bright."""
    rng = np.random.default_rng(0)
    for kind, top in (("dark", 400), ("light", 4000)):
        for i in range(10):
            pixels = rng.integers(0, top, (24, 24)).astype(np.uint16)
            path = root / kind / name.format(i=i, kind=kind)
            write_dicom(path, pixels, bits=12, PatientID=f"{kind[0]}{i % patients}", **options)
    return root


@pytest.mark.parametrize("name", ["{i}.dcm", "{i}.DICOM", "{i}.IMA", "IM{i:05}", "1.2.840.{i}"])
def test_dicom_is_known_by_its_ending_or_its_mark(tmp_path, make_zip, name):
    root = write_set(tmp_path / "images", name=name)
    (root / "dark" / "README").write_text("no DICOM at all" * 20)
    (root / "DICOMDIR").write_bytes(b"\0" * 128 + b"DICM" + b"\0" * 99)
    for source in (root, make_zip(root, top="set/")):
        data = from_folder(source)
        assert sum(map(len, (data.train, data.val, data.test))) == 20
        assert data.ignored == {"file without extension": 2}
    one = scan_folder(root / "dark" / name.format(i=0))
    assert len(one.names) == 1 and one.store.read(0).shape == (24, 24, 3)


def test_patients_are_proposed_as_groups_and_taken(tmp_path):
    root = write_set(tmp_path / "images")
    warnings = " ".join(from_folder(root).warnings)
    assert "the DICOM files name 10 patients in 20 images: give dicom:PatientID as groups" in warnings
    data = from_folder(root, groups="dicom:PatientID")
    assert "dicom:" not in " ".join(data.warnings)
    assert data.groups_origin == "PatientID in the DICOM headers"
    groups = [set(split.groups.tolist()) for split in (data.train, data.val, data.test)]
    assert sum(map(len, groups)) == len(set.union(*groups)) == 10
    (root / "dark" / "no_picture.dcm").write_bytes(b"\0" * 128 + b"DICM")
    assert from_folder(root, groups="dicom:PatientID").skipped[0].startswith("dark/no_picture.dcm: ")
    (root / "dark" / "no_picture.dcm").unlink()
    with pytest.raises(BadInput, match="20 of 20 images have no SeriesDescription in a DICOM header: 'dark/0.dcm'"):
        from_folder(root, groups="dicom:SeriesDescription")
    with pytest.raises(BadInput, match="received `groups` 'dicom:Patient'; expected the keyword .* dicom:PatientID"):
        from_folder(root, groups="dicom:Patient")


def test_an_image_without_header_has_no_group(tmp_path):
    root = write_set(tmp_path / "images")
    Image.fromarray(EIGHT).save(root / "dark" / "x.png")
    with pytest.raises(BadInput, match="1 of 21 images have no PatientID in a DICOM header: 'dark/x.png'"):
        from_folder(root, groups="dicom:PatientID")


def test_the_range_is_that_of_the_bits_used_before_rescaling(tmp_path):
    root = write_set(tmp_path / "images", RescaleSlope=2, RescaleIntercept=-1024)
    assert from_folder(root).value_range == (-1024, 4095 * 2 - 1024)


def test_a_window_that_all_propose_is_the_range(tmp_path):
    root = write_set(tmp_path / "images", WindowCenter=200.5, WindowWidth=401)
    assert from_folder(root).value_range == (0, 400)
    assert from_folder(root, range=(0, 1000)).value_range == (0, 1000)
    write_dicom(root / "dark" / "0.dcm", DEEP, WindowCenter=50, WindowWidth=100)
    data = from_folder(root)
    assert data.value_range[1] > 400
    assert any("propose 2 different windows, of which none is used" in line for line in data.warnings)


def test_without_the_package_the_extra_is_named(tmp_path, monkeypatch):
    root = write_set(tmp_path / "images")
    write_dicom(root / "dark" / "IM1", DEEP)
    find = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "pydicom" else find(name))
    wanted = r"21 \.dcm file; expected .*pip install 'tlbook\[medical\]'"
    with pytest.raises(BadInput, match=wanted):
        from_folder(root)
    with pytest.raises(UnreadableImage, match=r"not installed: pip install 'tlbook\[medical\]'"):
        decode_image((root / "dark" / "0.dcm").read_bytes())
    for i in range(5):
        Image.fromarray(EIGHT[i:]).save(root / "light" / f"{i}.png")
    with pytest.raises(BadInput, match=r"no image that is read here.*tlbook\[medical\]"):
        from_folder(root)
    with pytest.raises(BadInput, match=r"`groups` 'dicom:PatientID'.*tlbook\[medical\]"):
        read_groups("dicom:PatientID", None, [])


def test_only_files_that_may_be_dicom_are_opened(make_folder, monkeypatch):
    opened = []
    monkeypatch.setattr(scan.Folder, "peek", lambda self, name, size: opened.append(name) or b"")
    scan_folder(make_folder({"a/1.png": None, "a/2.txt": b"x", "b/LICENSE": b"x", "b/1.2.3": b"x", ".b/x": b""}))
    assert sorted(opened) == ["b/1.2.3", "b/LICENSE"]


def test_damage_is_told_in_words_and_never_hangs(tmp_path):
    options = {"RescaleSlope": 1, "RescaleIntercept": -5, "WindowCenter": 40, "WindowWidth": 400}
    whole = write_dicom(tmp_path / "a.dcm", DEEP, **options).read_bytes()
    rng, told = np.random.default_rng(0), []
    for _ in range(120):
        data = bytearray(whole[: int(rng.integers(200, len(whole)))] if rng.random() < 0.3 else whole)
        for at in rng.integers(132, min(len(data), 900), int(rng.integers(1, 6))):
            data[at] = int(rng.integers(0, 256))
        for read in (inspect_image, decode_image):
            try:
                read(bytes(data))
            except UnreadableImage as error:
                told.append(str(error))
    assert told and not any("\n" in line for line in told)

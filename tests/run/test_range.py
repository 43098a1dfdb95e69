"""A run keeps the range of its images' values: it is saved with the model, and what it predicts is scaled by it."""

import json
import zipfile
from dataclasses import replace

import numpy as np
from PIL import Image

from tests.commands.conftest import draw_stripes
from tests.datasets.dicom_files import write_dicom
from tlbook.datasets.folders import from_folder
from tlbook.datasets.images import decode_image
from tlbook.models.sources import load_source
from tlbook.models.strategies import HeadOnly
from tlbook.run import adapt, load_run


def write_stripes(root, kind, scale, count=10):
    """Write two classes of grey stripes, their 8-bit values times a scale."""
    for name in ("lying", "upright"):
        (root / name).mkdir(parents=True)
        for i in range(count):
            grey = np.asarray(draw_stripes(name == "upright", [i, len(name)]).convert("L"))
            Image.fromarray(np.rint(grey * scale).astype(kind)).save(root / name / f"{i}.png")
    return root


def test_8_12_and_16_bits_predict_alike(tmp_path):
    sets, folders = {}, {}
    for bits in (8, 12, 16):
        kind = np.uint8 if bits == 8 else np.uint16
        folders[bits] = write_stripes(tmp_path / str(bits), kind, (2**bits - 1) / 255)
        sets[bits] = from_folder(folders[bits], quiet=True)
        assert sets[bits].value_range == (None if bits == 8 else (0, 2**bits - 1))
        for split in ("train", "val", "test"):
            same = [getattr(sets[b], split).load(32, quiet=True) for b in (8, bits)]
            assert np.array_equal(*same)
    run = adapt(sets[12], load_source("random", image_size=32), HeadOnly(), cache=False, quiet=True)
    expected = run.predict(folders[12])[["p_lying", "p_upright"]].to_numpy()
    for bits in (8, 16):
        found = replace(run, value_range=sets[bits].value_range).predict(folders[bits])
        assert np.abs(found[["p_lying", "p_upright"]].to_numpy() - expected).max() < 1e-5
    saved = run.save(tmp_path / "run", images=False)
    assert json.loads((saved / "report.json").read_text())["value_range"] == [0, 4095]
    with zipfile.ZipFile(saved / "model.keras") as archive:
        assert json.loads(archive.read("value_range.json")) == [0, 4095]
    loaded = load_run(saved)
    assert loaded.value_range == (0, 4095)
    assert np.array_equal(loaded.predict(folders[12])[["p_lying", "p_upright"]].to_numpy(), expected)


def test_a_run_that_is_told_its_range_predicts_with_it(tmp_path):
    folder = write_stripes(tmp_path / "deep", np.uint16, 16)
    data = from_folder(folder, quiet=True, range=(0, 2000))
    run = adapt(data, load_source("random", image_size=32), HeadOnly(), cache=False, quiet=True)
    first = folder / data.test.names[0]
    assert np.array_equal(run.predict(first).iloc[:, 2:].to_numpy(), run.predict(data.test).iloc[:1, 2:].to_numpy())
    assert (data.test.images.read(0) == decode_image(first.read_bytes(), (0, 2000))).all()


def test_dicom_predicts_like_the_same_images_in_8_12_and_16_bits(tmp_path):
    """Stored as they are, inverted, rescaled and with a window: what the values mean counts."""
    plain = write_stripes(tmp_path / "12", np.uint16, 4095 / 255)
    ways = {
        "plain": (lambda v: v, {}),
        "inverted": (lambda v: 4095 - v, {"kind": "MONOCHROME1"}),
        "rescaled": (lambda v: v, {"RescaleSlope": 2, "RescaleIntercept": -1024}),
        "signed": (
            lambda v: v.astype(np.int16) - 1000,
            {"RescaleSlope": 1, "RescaleIntercept": -24, "WindowCenter": 1024, "WindowWidth": 4096},
        ),
    }
    for way, (change, options) in ways.items():
        for path in plain.rglob("*.png"):
            file = tmp_path / way / path.parent.name / f"{path.stem}.dcm"
            write_dicom(file, change(np.asarray(Image.open(path)).astype(np.uint16)), **options)
    for bits, kind in ((8, np.uint8), (16, np.uint16)):
        write_stripes(tmp_path / str(bits), kind, (2**bits - 1) / 255)
    run = adapt(
        from_folder(plain, quiet=True), load_source("random", image_size=32), HeadOnly(), cache=False, quiet=True
    )
    expected = run.predict(plain).iloc[:, 2:].to_numpy()
    for name in ("8", "16", *ways):
        scale = from_folder(tmp_path / name, quiet=True).value_range
        found = replace(run, value_range=scale).predict(tmp_path / name).iloc[:, 2:].to_numpy()
        assert np.abs(found - expected).max() < 0.02, name

"""What an audit finds in a folder where it was planted, and that it finds nothing where nothing is."""

import io
import json

import numpy as np
import pytest
from PIL import Image, ImageEnhance

from tests.datasets.test_crops import draw_pictures
from tlbook.__main__ import main
from tlbook.datasets.folders import from_folder
from tlbook.errors import BadInput
from tlbook.evidence.audit import audit

PER_CLASS = 80


def write_images(root, seed=0):
    """Write two classes of pictures that have nothing in common."""
    for number, name in enumerate(("ashes", "birch")):
        (root / name).mkdir(parents=True)
        for i, picture in enumerate(draw_pictures(PER_CLASS, seed=[seed, number])):
            Image.fromarray(picture).save(root / name / f"{chr(97 + i % 26)}{chr(97 + i // 26)}.png")
    return root


def alter(picture, rng):
    """Crop 5 to 40 % off, turn by up to 2 degrees, change the brightness by up to 15 %, store as JPEG of quality 60."""
    share = np.sqrt(1 - rng.uniform(0.05, 0.4))
    picture = picture.rotate(rng.uniform(-2, 2), Image.Resampling.BILINEAR)
    box = [side * part for part in ((1 - share) / 2, (1 + share) / 2) for side in picture.size]
    picture = ImageEnhance.Brightness(picture.crop(tuple(map(round, box)))).enhance(rng.uniform(0.85, 1.15))
    data = io.BytesIO()
    picture.save(data, "JPEG", quality=60)
    return data.getvalue()


@pytest.fixture(scope="module")
def clean(tmp_path_factory):
    return write_images(tmp_path_factory.mktemp("audit") / "clean")


def find(found, kind):
    return next((finding for finding in found.findings if finding.kind == kind), None)


def list_pairs(found, *kinds):
    files = [finding.files for finding in found.findings if finding.kind in kinds]
    return {frozenset(pair) for names in files for pair in zip(names[::2], names[1::2], strict=True)}


def test_nothing_is_found_where_nothing_is(clean):
    found = audit(from_folder(clean, quiet=True), quiet=True)
    assert [finding for finding in found.findings if finding.kind != "small test set"] == []
    assert found.facts["majority baseline"] == "50.0 %"


NEAR = ("near-duplicates", "near-duplicates across splits", "near-duplicates under two labels")


def test_planted_copies_and_near_duplicates_are_found(tmp_path):
    root, rng = write_images(tmp_path / "planted", seed=5), np.random.default_rng(0)
    copies, alike = set(), set()
    for i, path in enumerate(sorted(root.rglob("*.png"))[:60:2]):
        name = path.relative_to(root).as_posix()
        if i % 3 == 0:
            (path.parent / f"copy{i}.png").write_bytes(path.read_bytes())
            copies.add(frozenset({name, f"{path.parent.name}/copy{i}.png"}))
        else:
            (path.parent / f"like{i}.jpg").write_bytes(alter(Image.open(path), rng))
            alike.add(frozenset({name, f"{path.parent.name}/like{i}.jpg"}))
    found = audit(root, quiet=True)
    assert list_pairs(found, "copies", "copies across splits", "copies under two labels") == copies
    near = list_pairs(found, *NEAR)
    assert len(near & alike) >= 0.9 * len(alike)
    assert len(near - alike) <= 0.01 * 2 * PER_CLASS


def test_one_picture_under_two_labels(tmp_path):
    root = write_images(tmp_path / "twice", seed=6)
    (root / "birch" / "same.png").write_bytes((root / "ashes" / "aa.png").read_bytes())
    finding = find(audit(root, quiet=True), "copies under two labels")
    assert set(finding.files) == {"ashes/aa.png", "birch/same.png"}
    assert "one label is wrong" in finding.message


def test_forgotten_groups_uneven_classes_and_empty_pictures(tmp_path):
    root, rng = tmp_path / "walks", np.random.default_rng(1)
    for name, count in (("ashes", 30), ("birch", 8)):
        (root / name).mkdir(parents=True)
        for walk, picture in enumerate(draw_pictures(count, seed=[7, count])):
            for step in range(3):
                seen = Image.fromarray(picture).crop((step, 0, picture.shape[1] - 5 + step, picture.shape[0]))
                seen.save(root / name / f"walk{walk}_{step}.jpg", quality=int(rng.integers(60, 90)))
    Image.new("RGB", (40, 40), (9, 9, 9)).save(root / "ashes" / "black.png")
    found = audit(root, quiet=True)
    assert "by chance" in find(found, "groups that look forgotten").message
    assert "ashes has 91 images and birch 24" in find(found, "uneven classes").message
    assert find(found, "images of one grey").files == ("ashes/black.png",)
    grouped = audit(root, groups=r"^(.*?)(?:_\d+)?\.", quiet=True)
    assert find(grouped, "groups that look forgotten") is None
    assert list_pairs(grouped, "near-duplicates", "near-duplicates across splits") == set()


def test_the_command_tells_by_its_exit_status(clean, tmp_path, capsys):
    status = main(["audit", str(clean), "--json", "--quiet"])
    answer = json.loads(capsys.readouterr().out)
    assert status == (1 if answer["findings"] else 0)
    assert set(answer) == {"name", "facts", "findings", "notes"}
    assert main(["audit", str(tmp_path / "nowhere")]) == 2
    assert main(["audit", str(clean), "--quiet"]) == status
    assert "majority baseline" in capsys.readouterr().out


def test_what_is_no_data_is_refused(clean):
    with pytest.raises(BadInput, match="expected a Dataset, or the path of a folder"):
        audit(7)
    with pytest.raises(BadInput, match="expected one of the two"):
        audit(from_folder(clean, quiet=True), groups="x")

"""What an audit finds in a folder where it was planted, and that it finds nothing where nothing is."""

import io
import json

import numpy as np
import pytest
from PIL import Image, ImageEnhance

from benchmarks.cases import find_archive
from tests.datasets.test_crops import draw_pictures
from tests.report.test_report import Page
from tests.small_source import make_small_source
from tlbook.__main__ import main
from tlbook.datasets.folders import from_folder
from tlbook.errors import BadInput
from tlbook.evidence.audit_pairs import warn_quickly
from tlbook.run.audit import audit

PER_CLASS = 50


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
    found = audit(from_folder(clean, quiet=True), quick=True, quiet=True)
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
    found = audit(root, quick=True, quiet=True)
    assert list_pairs(found, "copies", "copies across splits", "copies under two labels") == copies
    near = list_pairs(found, *NEAR)
    assert len(near & alike) >= 0.9 * len(alike)
    assert len(near - alike) <= 0.01 * 2 * PER_CLASS


def test_one_picture_under_two_labels(tmp_path):
    root = write_images(tmp_path / "twice", seed=6)
    (root / "birch" / "same.png").write_bytes((root / "ashes" / "aa.png").read_bytes())
    finding = find(audit(root, quick=True, quiet=True), "copies under two labels")
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
    found = audit(root, quick=True, quiet=True)
    assert "by chance" in find(found, "groups that look forgotten").message
    assert "ashes has 91 images and birch 24" in find(found, "uneven classes").message
    assert find(found, "images of one grey").files == ("ashes/black.png",)
    grouped = audit(root, groups=r"^(.*?)(?:_\d+)?\.", quick=True, quiet=True)
    assert find(grouped, "groups that look forgotten") is None
    assert list_pairs(grouped, "near-duplicates", "near-duplicates across splits") == set()


def test_the_command_tells_by_its_exit_status(clean, tmp_path, capsys):
    status = main(["audit", str(clean), "--json", "--quick", "--quiet"])
    answer = json.loads(capsys.readouterr().out)
    assert status == (1 if answer["findings"] else 0)
    assert set(answer) == {"name", "facts", "findings", "notes", "refused"}
    assert main(["audit", str(tmp_path / "nowhere")]) == 2
    assert main(["audit", str(clean), "--quick", "--quiet"]) == status
    assert "majority baseline" in capsys.readouterr().out


def test_every_unreadable_image_is_listed_even_if_they_are_too_many(tmp_path, capsys):
    root = write_images(tmp_path / "broken", seed=8)
    broken = [f"birch/broken{i:02}.png" for i in range(12)]
    for name in broken:
        (root / name).write_bytes(b"\x89PNG\r\n\x1a\n")
    assert main(["audit", str(root), "--quick", "--quiet"]) == 2
    answer = capsys.readouterr()
    assert [name for name in broken if name not in answer.out] == []
    assert answer.err.count("\n") == 1 and "--max-unreadable" in answer.err
    assert main(["audit", str(root), "--quick", "--quiet", "--max-unreadable", "0.2", "--json"]) == 1
    findings = json.loads(capsys.readouterr().out)["findings"]
    assert [finding["files"] for finding in findings if finding["kind"] == "unreadable"] == [broken]


def test_the_options_of_a_reader_of_folders(tmp_path, capsys):
    root = write_images(tmp_path / "flat", seed=9)
    lines = [f"{path.relative_to(root).as_posix()},{path.parent.name}" for path in sorted(root.rglob("*.png"))]
    lines += [f"rare{i}.png,rare" for i in range(4)]
    for i in range(4):
        (root / f"rare{i}.png").write_bytes((root / "ashes" / "aa.png").read_bytes())
    (root / "labels.csv").write_text("\n".join(["image,kind", *lines]))
    words = ["--labels", "labels.csv", "--label-column", "kind", "--min-images", "5", "--quick", "--quiet", "--json"]
    assert main(["audit", str(root), *words]) in (0, 1)
    facts = json.loads(capsys.readouterr().out)["facts"]
    assert facts["images per class"] == "ashes 50, birch 50"
    assert main(["audit", str(root), "--range", "0", "9", "--quick", "--labels", "labels.csv"]) == 2  # all of 8 bits
    assert main(["audit", str(root), "--exclude", "ashes", "--quick"]) == 2  # one class is left


def test_the_page_shows_what_was_found(tmp_path, capsys):
    root = write_images(tmp_path / "a<b>", seed=6)
    (root / "birch" / "same.png").write_bytes((root / "ashes" / "aa.png").read_bytes())
    out = tmp_path / "audit.html"
    assert main(["audit", str(root), "--quick", "--quiet", "--out", str(out)]) == 1
    html = out.read_text()
    page = Page(html)
    assert len(page.all("img")) == 2
    assert "stays on this machine" in " ".join(page.text.split())
    assert "ashes/aa.png" in page.text and "<b>" not in html.partition("<body>")[2].partition("</h1>")[0]
    assert main(["audit", str(root), "--quick", "--out", str(out)]) == 2  # it exists
    words = ["--quick", "--quiet", "--out", str(out), "--overwrite", "--no-images"]
    assert main(["audit", str(root), *words]) == 1
    assert Page(out.read_text()).all("img") == []


def test_labels_that_look_wrong(tmp_path):
    root, rng = tmp_path / "shades", np.random.default_rng(3)
    for number, name in enumerate(("dark", "pale")):
        (root / name).mkdir(parents=True)
        for i in range(30):
            picture = rng.integers(0, 120, (32, 32, 3), dtype=np.uint8) + np.uint8(120 * number)
            Image.fromarray(picture).save(root / name / f"{i}.png")
    (root / "dark" / "7.png").rename(root / "pale" / "planted.png")
    found = audit(root, source=make_small_source(), quiet=True)
    finding = find(found, "labels that look wrong")
    assert finding.files[0] == "pale/planted.png" and finding.captions[0] == "pale, or dark?"
    assert len(finding.files) <= 3


def test_a_table_of_groups_that_was_forgotten(tmp_path):
    root = write_images(tmp_path / "beside", seed=4)
    names = [path.relative_to(root).as_posix() for path in sorted(root.rglob("*.png"))]
    (root / "metadata.csv").write_text("\n".join(["file,patient", *(f"{n},p{i // 2}" for i, n in enumerate(names))]))
    assert "column 'patient'" in find(audit(root, quick=True, quiet=True), "groups that look forgotten").message
    (root / "metadata.csv").write_text("\n".join(["file,patient", *(f"{n}," for n in names)]))
    assert find(audit(root, quick=True, quiet=True), "groups that look forgotten") is None


def test_neighbours_by_number(tmp_path):
    root, rng = tmp_path / "series", np.random.default_rng(2)
    pictures = [*draw_pictures(40, seed=11), *draw_pictures(40, seed=12)]
    for i, picture in enumerate(pictures):
        folder = root / ("ashes", "birch")[i >= 40]
        folder.mkdir(parents=True, exist_ok=True)
        for step in range(2):
            noise = rng.integers(-9, 9, picture.shape)
            seen = np.clip(picture + noise, 0, 255).astype(np.uint8)[:, step * 4 : picture.shape[1] - 4 + step * 4]
            Image.fromarray(seen).save(folder / f"IMG{1000 + 2 * i + step}.png")
    found = [f for f in audit(root, quick=True, quiet=True).findings if f.kind == "groups that look forgotten"]
    assert ["whose number is next to theirs" in finding.message for finding in found] == [True]


def test_adapt_warns_of_what_is_found_quickly(tmp_path):
    root = write_images(tmp_path / "twice", seed=6)
    (root / "birch" / "same.png").write_bytes((root / "ashes" / "aa.png").read_bytes())
    lines = warn_quickly(from_folder(root, quiet=True))
    assert [line.split(":")[0] for line in lines if "label" in line] == ["copies under two labels"]


def test_what_is_no_data_is_refused(clean):
    with pytest.raises(BadInput, match="expected a Dataset, or the path of a folder"):
        audit(7)
    with pytest.raises(BadInput, match="expected one of the two"):
        audit(from_folder(clean, quiet=True), groups="x")


@pytest.mark.real_data
def test_one_flower_under_two_labels():
    found = audit(find_archive("flowers"), quick=True, quiet=True)
    assert find(found, "copies under two labels").files == tuple(
        f"{name}/17104364030_ee31ee279b_n.jpg" for name in ("rose", "tulip")
    )
    named = sum(len(finding.files) for finding in found.findings if "images" in finding.kind)
    assert named <= 0.01 * 1500


@pytest.mark.real_data
def test_copies_and_neighbours_of_radiographs():
    found = audit(find_archive("fractures"), quick=True, quiet=True)
    copies = list_pairs(found, "copies", "copies across splits", "copies under two labels")
    assert len(copies) >= 15
    told = [finding.message for finding in found.findings if finding.kind == "groups that look forgotten"]
    assert any("whose number is next to theirs" in message for message in told)
    assert any("metadata.csv has a column 'group'" in message for message in told)


@pytest.mark.real_data
@pytest.mark.parametrize(
    ("name", "exclude"),
    [("signs", ()), ("brains", ("NonDemented", "VeryMildDemented"))],
)
def test_tracks_of_signs_and_slices_of_brains(name, exclude):
    found = audit(find_archive(name), exclude=exclude, quick=True, quiet=True)
    told = [finding.message for finding in found.findings if finding.kind == "groups that look forgotten"]
    assert any("one of the same name but for its number" in message for message in told)
    assert len(list_pairs(found, "near-duplicates", "near-duplicates across splits")) >= 50

"""How much of what is planted in real sets an audit finds, how often a finding is none, and how long it takes.

Labels: of each set one label in ten is changed to another class, three times; heads on the features of a source are
fitted without the group of an image. A line a set and seed: precision and recall of the labels that look wrong, and
of the rules of cleanlab (confident learning), where that package is installed; and whether the audit, which changes
labels on trial, would judge these at all.

Copies and near-duplicates: of each set 600 images are sampled; of 60 of them each, changed copies are added: cropped
by 5 to 40 % of the area, or of the sides, anywhere; turned by 2 degrees; 15 % brighter or darker; JPEG of quality 60;
and all of these together. A line a set: the share found by kind, and how many pairs of two of the 600 are told, which
``--show`` lists: some show the same indeed. Limits were settled on other samples (seeds 1 and 3) of textures and
radiographs. Copies byte for byte are planted in a folder of blots.

Time: 10,000 images of 256 x 192 pixels, JPEG, the quick part.

Run it as ``python -m benchmarks.audit [labels] [pairs] [time]``; needs TLBOOK_DATA_DIR. It asserts nothing.
"""

import argparse
import io
import tempfile
import time
from pathlib import Path

import numpy as np
from PIL import Image, ImageEnhance

from benchmarks.cases import find_archive
from benchmarks.crop_search import Pictures
from tlbook.cases import load_case
from tlbook.datasets.scan import scan_folder
from tlbook.evidence.audit import AllImages, look_at_images
from tlbook.evidence.audit_pairs import find_alike
from tlbook.evidence.label_errors import can_judge, find_suspects, judge_labels, try_errors
from tlbook.models.sources import load_source
from tlbook.run.audit import audit
from tlbook.training.features import extract_features

LABEL_SETS = ("signs", "objects", "textures", "pets", "flowers", "dogs", "fractures")
PAIR_SETS = ("dogs", "pets", "flowers", "objects", "textures", "fractures")
CHANGES = ("crop", "crop sides", "turn", "brightness", "jpeg", "all", "all sides")
RULES = ("both", "confident_learning", "low_self_confidence")
SAMPLED, PLANTED, MANY = 600, 60, 10_000


def change(picture, kind, rng):
    """Change an image, uint8, (height, width, 3), in one of the ways of ``CHANGES``."""
    image, everything = Image.fromarray(picture), kind.startswith("all")
    if kind == "turn" or everything:
        image = image.rotate(rng.choice([-2, 2]), Image.Resampling.BILINEAR)
    if kind.startswith("crop") or everything:
        kept = 1 - rng.uniform(0.05, 0.4)
        kept = kept if kind.endswith("sides") else np.sqrt(kept)
        width, height = (round(side * kept) for side in image.size)
        left, top = rng.integers(image.width - width + 1), rng.integers(image.height - height + 1)
        image = image.crop((left, top, left + width, top + height))
    if kind == "brightness" or everything:
        image = ImageEnhance.Brightness(image).enhance(rng.choice([0.85, 1.15]))
    if kind == "jpeg" or everything:
        data = io.BytesIO()
        image.save(data, "JPEG", quality=60)
        image = Image.open(io.BytesIO(data.getvalue()))
    return np.asarray(image.convert("RGB"))


def measure_labels(name, source):
    """Print, for three seeds, precision and recall of the labels that look wrong where one in ten was changed."""
    data = load_case(name, variant="real")
    features = np.concatenate([extract_features(source, s, quiet=True) for s in (data.train, data.val, data.test)])
    images, classes = AllImages(data), len(data.classes)
    for seed in range(3):
        rng = np.random.default_rng(seed)
        flipped = rng.random(len(images)) < 0.1
        labels = np.where(flipped, (images.labels + rng.integers(1, classes, len(images))) % classes, images.labels)
        probabilities = judge_labels(features, labels, images.groups, seed=seed, quiet=True)
        found = {"ours": find_suspects(probabilities, labels)[0], **ask_cleanlab(probabilities, labels)}
        agreed = np.mean(probabilities.argmax(axis=1) == images.labels)
        told = "; ".join(
            f"{rule} {flipped[rows].mean():.2f} / {np.isin(np.flatnonzero(flipped), rows).mean():.2f} ({len(rows)})"
            for rule, rows in found.items()
        )
        tried = try_errors(features, labels, images.groups, seed=seed, quiet=True)
        verdict = "judged" if can_judge(tried, len(found["ours"]) / len(labels)) else "not judged"
        told = f"{told}; found on trial {tried:.2f}: {verdict}"
        print(f"{name}, seed {seed}, heads right on {agreed:.2f}, precision / recall (named): {told}", flush=True)


def ask_cleanlab(probabilities, labels):
    """Return what the rules of cleanlab name, dict of rule to indices; nothing where it is not installed."""
    try:
        from cleanlab.filter import find_label_issues
    except ModuleNotFoundError:
        return {}
    rows = np.flatnonzero(np.isfinite(probabilities).all(axis=1))
    kinds, known = np.unique(labels[rows], return_inverse=True)
    own = probabilities[np.ix_(rows, kinds)]
    return {rule: rows[find_label_issues(known, own, filter_by=rule, n_jobs=1)] for rule in RULES}


class Sample(Pictures):
    """What the search for near-duplicates asks of images."""

    def __init__(self, images, labels):
        super().__init__(images)
        self.labels, self.groups = labels, np.arange(len(labels))


def measure_pairs(name, *, seed=0, show=False):
    """Print the share of planted near-duplicates that is found, by kind, and how many pairs of two others are told."""
    listing, rng = scan_folder(find_archive(name)), np.random.default_rng(seed)
    rows = rng.permutation(len(listing.names))[:SAMPLED]
    pictures = [listing.store.read(int(i)) for i in rows]
    classes = np.unique([listing.names[i].split("/")[0] for i in rows], return_inverse=True)[1]
    origin = np.concatenate([np.arange(SAMPLED), *(rng.permutation(SAMPLED)[:PLANTED] for _ in CHANGES)])
    kinds = np.repeat(["", *CHANGES], [SAMPLED, *[PLANTED] * len(CHANGES)])
    planted = [change(pictures[origin[i]], kinds[i], rng) for i in range(SAMPLED, len(origin))]
    images = Sample([*pictures, *planted], classes[origin])
    pairs = np.array(find_alike(images, look_at_images(images, quiet=True)), np.int64).reshape(-1, 2)
    right = origin[pairs[:, 0]] == origin[pairs[:, 1]]
    found = np.isin(np.arange(len(origin)), pairs[right])
    shares = ", ".join(f"{kind} {found[kinds == kind].mean():.2f}" for kind in CHANGES)
    strangers = {tuple(sorted(pair)) for pair in origin[pairs[~right]].tolist()}
    print(
        f"{name}: {shares}; all {found[SAMPLED:].mean():.2f}; pairs of two of the {SAMPLED}: {len(strangers)} "
        f"({len(strangers) / SAMPLED:.4f} an image)", flush=True,
    )  # fmt: skip
    if show:
        for one, other in sorted(strangers):
            print(f"    {listing.names[rows[one]]} = {listing.names[rows[other]]}")


def measure_copies(count=400, planted=100):
    """Print the share of copies byte for byte that is found, in a folder."""
    with tempfile.TemporaryDirectory() as place:
        write_images(Path(place), count, np.random.default_rng(0))
        for i in range(planted):
            path = Path(place, str(i % 2), f"{i}.jpg")
            Path(place, str((i // 2) % 2), f"copy{i}.jpg").write_bytes(path.read_bytes())
        found = audit(place, quick=True, quiet=True).findings
    pairs = {
        frozenset(Path(name).stem.removeprefix("copy") for name in pair)
        for finding in found if finding.kind.startswith("copies")
        for pair in zip(finding.files[::2], finding.files[1::2], strict=True)
    }  # fmt: skip
    print(f"copies: {sum(len(pair) == 1 for pair in pairs) / planted:.3f} of {planted} found, {len(pairs)} told")


def write_images(folder, count, rng):
    """Write images of blots as JPEG, two classes."""
    for label in range(2):
        (folder / str(label)).mkdir()
    for i in range(count):
        picture = np.zeros((192, 256, 3))
        for cells in (3, 6, 12):
            noise = Image.fromarray(rng.integers(0, 256, (cells, cells, 3), dtype=np.uint8))
            picture += np.asarray(noise.resize((256, 192), Image.Resampling.BICUBIC), float) / 3
        Image.fromarray(picture.astype(np.uint8)).save(folder / str(i % 2) / f"{i}.jpg")


def measure_time(count=MANY):
    """Print the seconds of the quick part."""
    with tempfile.TemporaryDirectory() as place:
        write_images(Path(place), count, np.random.default_rng(0))
        start = time.perf_counter()
        audit(place, quick=True, quiet=True)
        print(f"{count:,} images: {time.perf_counter() - start:.1f} s, the quick part")


def main():
    """Measure what was asked for, or all."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", nargs="*", metavar="PART", help="labels, pairs, time (default: all)")
    parser.add_argument("--source", default="photos", metavar="NAME", help="whose features labels are judged by")
    parser.add_argument("--show", action="store_true", help="list the pairs of two different images that are told")
    parser.add_argument("--sets", nargs="+", metavar="NAME", help="real sets (default: those that the parts name)")
    options = parser.parse_args()
    parts = options.parts or ["labels", "pairs", "time"]
    if "labels" in parts:
        source = load_source(options.source)
        for name in options.sets or LABEL_SETS:
            measure_labels(name, source)
    if "pairs" in parts:
        measure_copies()
        for name in options.sets or PAIR_SETS:
            measure_pairs(name, show=options.show)
    if "time" in parts:
        measure_time()


if __name__ == "__main__":
    main()

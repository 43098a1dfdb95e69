"""Near-duplicates between the source's photographs and the nine real target sets.

Every image is shrunk to 16 x 16 grey pixels and standardised; two images are near-duplicates where the correlation of
these thumbnails is at least 0.97, in the upright or the mirrored picture. Each target image is compared with all 66,800
photographs. Prints a table and writes ``data/results/source_overlap.csv``, one row a pair.

Run it as ``python -m benchmarks.source_overlap``; needs TLBOOK_DATA_DIR.
"""

import argparse
import csv

import numpy as np
from PIL import Image

from benchmarks.source_probe import SETS
from tlbook.datasets.scan import scan_folder
from tlbook.errors import BadInput
from tlbook.evidence.results import results_path, write_record
from tlbook.runtime import mirror_dir, show_progress
from tlbook.training.pretraining.photos import ARCHIVE

NAME = "source_overlap"
SIDE = 16
LEAST_CORRELATION = 0.97
COLUMNS = {
    "set": "real data set, by its case",
    "target": "path of the target image",
    "photo": "path of the photograph in the source's archive",
    "correlation": "of the two thumbnails",
}


def draw_thumbnails(path):
    """Shrink every image of an archive.

    Parameters
    ----------
    path : pathlib.Path

    Returns
    -------
    names : tuple of str
    thumbnails : numpy.ndarray
        float32, (n, 256), mean 0, length 1; flat images are all zero.
    """
    listing = scan_folder(path)
    out = np.empty((len(listing.names), SIDE * SIDE), np.float32)
    for i in show_progress(range(len(out)), path.stem):
        grey = Image.fromarray(listing.store.read(i)).convert("L").resize((SIDE, SIDE), Image.Resampling.BOX)
        out[i] = np.asarray(grey, np.float32).ravel()
    out -= out.mean(-1, keepdims=True)
    return listing.names, out / np.maximum(np.linalg.norm(out, axis=-1, keepdims=True), 1.0)


def find_pairs(thumbnails, others, batch=500):
    """Find the most similar other image of each image, mirrored or not.

    Parameters
    ----------
    thumbnails, others : numpy.ndarray
        float32, (n, 256) and (m, 256).
    batch : int

    Returns
    -------
    nearest : numpy.ndarray
        int64, (n,).
    correlation : numpy.ndarray
        float32, (n,).
    """
    nearest, correlation = np.zeros(len(thumbnails), np.int64), np.full(len(thumbnails), -1.0, np.float32)
    mirrored = thumbnails.reshape(-1, SIDE, SIDE)[:, :, ::-1].reshape(len(thumbnails), -1)
    for view in (thumbnails, mirrored):
        for start in range(0, len(view), batch):
            part = slice(start, start + batch)
            products = view[part] @ others.T
            best = products.argmax(-1)
            value = products[np.arange(len(best)), best]
            better = value > correlation[part]
            nearest[part] = np.where(better, best, nearest[part])
            correlation[part] = np.where(better, value, correlation[part])
    return nearest, correlation


def main():
    """Compare, record and print."""
    argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter).parse_args()
    mirror = mirror_dir()
    if mirror is None:
        raise BadInput("the check needs the real sets; set TLBOOK_DATA_DIR to the folder that holds them")
    photo_names, photos = draw_thumbnails(mirror / ARCHIVE)
    rows = []
    print("| set | images | near-duplicates among the photographs | largest correlation |\n|---|---|---|---|")
    for name, stem in SETS.items():
        names, thumbnails = draw_thumbnails(mirror / f"{stem}.zip")
        nearest, correlation = find_pairs(thumbnails, photos)
        found = np.flatnonzero(correlation >= LEAST_CORRELATION)
        rows += [(name, names[i], photo_names[nearest[i]], f"{correlation[i]:.4f}") for i in found]
        print(f"| {name} | {len(names)} | {len(found)} | {correlation.max():.3f} |", flush=True)
    with results_path(NAME).open("w", newline="", encoding="utf-8") as file:
        csv.writer(file, lineterminator="\n").writerows([tuple(COLUMNS), *rows])
    inputs = [mirror / ARCHIVE, *(mirror / f"{stem}.zip" for stem in SETS.values())]
    write_record(NAME, command="python -m benchmarks.source_overlap", protocol=__doc__, columns=COLUMNS, inputs=inputs)


if __name__ == "__main__":
    main()

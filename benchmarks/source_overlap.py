"""Near-duplicates between the source's photographs and the nine real target sets.

Every image is shrunk to 16 x 16 grey pixels and standardised; two images are near-duplicates where the correlation of
these thumbnails is at least 0.97, in the upright or the mirrored picture. Each target image is compared with all 66,800
photographs. Prints a table and writes ``data/results/source_overlap.csv``, one row a pair.

Run it as ``python -m benchmarks.source_overlap``; needs TLBOOK_DATA_DIR.
"""

import argparse
import csv

import numpy as np

from benchmarks.cases import SETS, find_archive
from tlbook.datasets.near_duplicates import draw_thumbnails, find_nearest
from tlbook.datasets.scan import scan_folder
from tlbook.errors import BadInput
from tlbook.evidence.results import results_path, write_record
from tlbook.pretraining.photos import ARCHIVE
from tlbook.runtime import mirror_dir

NAME = "source_overlap"
SIDE = 16
LEAST_CORRELATION = 0.97
COLUMNS = {
    "set": "real data set, by its case",
    "target": "path of the target image",
    "photo": "path of the photograph in the source's archive",
    "correlation": "of the two thumbnails",
}


def read_thumbnails(path):
    """Shrink every image of an archive.

    Parameters
    ----------
    path : pathlib.Path

    Returns
    -------
    names : tuple of str
    thumbnails : numpy.ndarray
        uint8, (n, 16, 16).
    """
    listing = scan_folder(path)
    return listing.names, draw_thumbnails(listing.store, size=SIDE, label=path.stem, quiet=False)


def main():
    """Compare, record and print."""
    argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter).parse_args()
    mirror = mirror_dir()
    if mirror is None:
        raise BadInput("the check needs the real sets; set TLBOOK_DATA_DIR to the folder that holds them")
    photo_names, photos = read_thumbnails(mirror / ARCHIVE)
    rows = []
    print("| set | images | near-duplicates among the photographs | largest correlation |\n|---|---|---|---|")
    for name in SETS:
        names, thumbnails = read_thumbnails(find_archive(name))
        nearest, correlation = find_nearest(thumbnails, photos)
        found = np.flatnonzero(correlation >= LEAST_CORRELATION)
        rows += [(name, names[i], photo_names[nearest[i]], f"{correlation[i]:.4f}") for i in found]
        print(f"| {name} | {len(names)} | {len(found)} | {correlation.max():.3f} |", flush=True)
    results_path(NAME).with_suffix(".json").unlink(missing_ok=True)  # nothing of the earlier table is kept
    with results_path(NAME).open("w", newline="", encoding="utf-8") as file:
        csv.writer(file, lineterminator="\n").writerows([tuple(COLUMNS), *rows])
    inputs = [mirror / ARCHIVE, *(find_archive(name) for name in SETS)]
    write_record(NAME, command="python -m benchmarks.source_overlap", protocol=__doc__, columns=COLUMNS, inputs=inputs)


if __name__ == "__main__":
    main()

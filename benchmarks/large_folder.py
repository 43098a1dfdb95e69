"""What a large folder costs: peak memory and images a second of ``python -m tlbook adapt`` by the number of images.

JPEG files of 96 px in ten classes, a tenth of the images each: stripes at ten angles under noise, each file another
picture. The command is run as a user would run it, in a process of its own: default source, head, an empty cache.
Three times for each size, in turns. Peak memory is the largest resident set that the operating system saw. Images a
second are counted twice: over the whole command, and over the computing of features alone, decoding included.

Run it on a quiet machine as ``python -m benchmarks.large_folder``; it writes 400 MB into a temporary folder and takes
half an hour. It goes on where it was stopped.
"""

import argparse
import sys
import tempfile
from functools import lru_cache
from pathlib import Path

import numpy as np
from PIL import Image

from benchmarks.measuring import run_adapt
from tlbook.evidence.experiments import run_grid
from tlbook.evidence.results import results_path, write_record
from tlbook.runtime import show_progress

NAME = "large_folder"
SIZES = (3_000, 10_000, 30_000, 100_000)
REPEATS = range(3)
NUM_CLASSES, PIXELS = 10, 96
COLUMNS = {
    "images": "in the folder",
    "repeat": "of the measurement",
    "peak_megabytes": "largest resident set of the command, 10**6 bytes",
    "command_seconds": "of the whole command, by its own clock",
    "features_seconds": "of decoding training and validation images and computing their features",
    "featured": "training and validation images",
    "accuracy": "on the test set, fraction: that the work was done",
    "seconds": "of the row, on the machine of the lab record",
}


def draw_image(number):
    """Draw one picture: stripes at the angle of its class, under noise.

    Parameters
    ----------
    number : int
        Its last digit is its class.

    Returns
    -------
    numpy.ndarray
        uint8, (96, 96, 3).
    """
    rng = np.random.default_rng(number)
    angle = np.pi * (number % NUM_CLASSES) / NUM_CLASSES
    y, x = np.mgrid[:PIXELS, :PIXELS] * rng.uniform(0.4, 0.9)
    wave = np.sin(x * np.cos(angle) + y * np.sin(angle) + rng.uniform(0, 6))
    noise = rng.normal(0, 30, (PIXELS // 4, PIXELS // 4, 3)).repeat(4, 0).repeat(4, 1)
    return np.clip(128 + rng.uniform(30, 70) * wave[..., None] + noise, 0, 255).astype(np.uint8)


def write_folder(root, count):
    """Write a folder of images, a subfolder for each class.

    Parameters
    ----------
    root : pathlib.Path
    count : int
    """
    for c in range(NUM_CLASSES):
        (root / f"angle{c}").mkdir(parents=True)
    for number in show_progress(range(count), f"drawing {count:,} images"):
        path = root / f"angle{number % NUM_CLASSES}" / f"{number:06}.jpg"
        Image.fromarray(draw_image(number)).save(path, quality=85)


def run_command(folder):
    """Run the command on a folder, and watch it.

    Parameters
    ----------
    folder : pathlib.Path

    Returns
    -------
    dict
        Under the names of ``COLUMNS``.
    """
    report, usage = run_adapt(folder, "--strategy", "head")
    kilobyte = 1024 if sys.platform == "linux" else 1  # macOS counts bytes
    return {
        "peak_megabytes": round(usage.ru_maxrss * kilobyte / 1e6), "command_seconds": report["seconds"]["total"],
        "features_seconds": report["seconds"]["features"], "featured": report["n_train"] + report["n_val"],
        "accuracy": report["accuracy"]["value"],
    }  # fmt: skip


def print_table(rows):
    """Print medians by size, the ratio of the rates, and what a line through the sizes says of a million images."""
    print("| images | peak memory, MB | whole command, images/s | features alone, images/s |")
    print("|---" * 4 + "|")
    medians = []
    for size in SIZES:
        of_size = [row for row in rows if row["images"] == size]
        peak = np.median([row["peak_megabytes"] for row in of_size])
        whole = np.median([row["images"] / row["command_seconds"] for row in of_size])
        features = np.median([row["featured"] / row["features_seconds"] for row in of_size])
        medians.append((size, peak, size / whole, features))
        print(f"| {size:,} | {peak:.0f} | {whole:.0f} | {features:.0f} |")
    counts, peaks, seconds, rates = np.array(medians).T
    print(f"features alone, {SIZES[-1]:,} images against 10,000: {rates[-1] / rates[SIZES.index(10_000)]:.2f}")
    megabytes, minutes = (np.polyval(np.polyfit(counts, y, 1), 1e6) for y in (peaks, seconds / 60))
    print(f"a million images, by a straight line: {megabytes / 1000:.1f} GB, {minutes:.0f} minutes")


def main():
    """Measure, record and print the table."""
    argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter).parse_args()
    with tempfile.TemporaryDirectory() as place:

        @lru_cache
        def find_folder(size):
            write_folder(Path(place) / str(size), size)
            return Path(place) / str(size)

        rows = [{"images": size, "repeat": repeat} for repeat in REPEATS for size in SIZES]
        measured = run_grid(
            results_path(NAME), rows, lambda row: run_command(find_folder(row["images"])), key=("images", "repeat")
        )
    write_record(NAME, command="python -m benchmarks.large_folder", protocol=__doc__, columns=COLUMNS)
    print_table(measured)


if __name__ == "__main__":
    main()

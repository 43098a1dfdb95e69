"""How many planted centre crops the search for them finds, and how many strangers it takes for crops.

Of each set some images are sampled; of 300 of them the middle, 60 to 90 % of each side, is stored as JPEG of quality
70, half of these at 64 pixels, half mirrored. Prints a line a set: the share of the 300 that is found with the right
partner, and the share of the images that look like a crop of another one of the sample (which it may be: textures
are often cut from one picture). Then the seconds that 10,000 images take among themselves.

Run it as ``python -m benchmarks.crop_search``; needs TLBOOK_DATA_DIR. It measures and asserts nothing.
"""

import argparse
import io
import time

import numpy as np
from PIL import Image

from benchmarks.cases import find_archive
from tlbook.datasets.crops import LEAST_CORRELATION, SMALL, SmallImages, find_crops, shrink_images
from tlbook.datasets.scan import scan_folder
from tlbook.errors import BadInput
from tlbook.pretraining.photos import ARCHIVE
from tlbook.runtime import mirror_dir

PLANTED = 300


class Pictures:
    """Images of any sizes in memory, uint8, (height, width, 3)."""

    def __init__(self, images):
        self.images = images

    def __len__(self):
        return len(self.images)

    def read(self, index):
        """Read one image."""
        return self.images[index]


def cut_middle(picture, share, rng, *, square=False):
    """Cut the middle out, store it as JPEG of quality 70, half of them at 64 pixels, and mirror half of them."""
    height, width = picture.shape[:2]
    across, down = (share * min(height, width),) * 2 if square else (share * width, share * height)
    box = ((width - across) / 2, (height - down) / 2, (width + across) / 2, (height + down) / 2)
    middle = Image.fromarray(picture).crop(tuple(map(round, box)))
    middle = middle.resize((64, 64)) if rng.random() < 0.5 else middle
    data = io.BytesIO()
    middle.save(data, "JPEG", quality=70)
    middle = np.asarray(Image.open(io.BytesIO(data.getvalue())))
    return middle[:, ::-1] if rng.random() < 0.5 else middle


def measure(path, count, seed=0):
    """Return the share of planted crops that is found, and that of strangers taken for crops."""
    listing, rng = scan_folder(path), np.random.default_rng(seed)
    wholes = [listing.store.read(int(i)) for i in rng.permutation(len(listing.names))[:count]]
    middles = [cut_middle(whole, rng.uniform(0.6, 0.9), rng) for whole in wholes[:PLANTED]]
    small, cropped = (shrink_images(Pictures(images), quiet=True) for images in (wholes, middles))
    found, among = find_crops(cropped, small, quiet=True), find_crops(small, quiet=True)
    right = (found.partners == np.arange(PLANTED)) & (found.correlation >= LEAST_CORRELATION)
    return right.mean(), np.mean(among.correlation >= LEAST_CORRELATION)


def main():
    """Measure and print."""
    argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter).parse_args()
    mirror = mirror_dir()
    if mirror is None:
        raise BadInput("the check needs the real sets; set TLBOOK_DATA_DIR to the folder that holds them")
    sets = {"photographs": (mirror / ARCHIVE, 3000)}
    sets |= {name: (find_archive(name), 1000) for name in ("dogs", "textures")}
    for name, (path, count) in sets.items():
        right, strange = measure(path, count)
        print(
            f"{name}: {count} images, {right:.3f} of {PLANTED} crops found, {strange:.4f} taken for crops", flush=True
        )
    pixels = np.random.default_rng(0).integers(0, 256, (10_000, SMALL, SMALL), dtype=np.uint8)
    start = time.perf_counter()
    find_crops(SmallImages(pixels, np.tile([1.0, 1.5], 5000).astype(np.float32)), quiet=True)
    print(f"10,000 images, half of them oblong: {time.perf_counter() - start:.1f} s without reading them")


if __name__ == "__main__":
    main()

"""The middles of other images are found, whatever their size, compression and mirroring, and strangers are not."""

import io
import time

import numpy as np
import pytest
from PIL import Image

from tlbook.datasets.cards import load_card
from tlbook.datasets.crops import LEAST_CORRELATION, find_crops, shrink_images
from tlbook.datasets.scan import scan_folder
from tlbook.runtime import mirror_dir


class Pictures:
    """Images of any sizes in memory."""

    def __init__(self, images):
        self.images = images

    def __len__(self):
        return len(self.images)

    def read(self, index):
        return self.images[index]


def draw_pictures(count, seed=0):
    """Draw pictures of blots of all sizes, 90 x 120 or 100 x 100 pixels."""
    rng, pictures = np.random.default_rng(seed), []
    for i in range(count):
        height, width = (90, 120) if i % 2 else (100, 100)
        picture = np.zeros((height, width, 3))
        for cells in (3, 6, 12):
            noise = Image.fromarray(rng.integers(0, 256, (cells, cells, 3), dtype=np.uint8))
            picture += np.asarray(noise.resize((width, height), Image.Resampling.BICUBIC), float) / 3
        pictures.append(picture.astype(np.uint8))
    return pictures


def cut(picture, share, rng, square=False):
    """Cut the middle out, store it as JPEG of quality 70 at another size, and mirror half of them."""
    height, width = picture.shape[:2]
    across, down = (share * min(height, width),) * 2 if square else (share * width, share * height)
    box = ((width - across) / 2, (height - down) / 2, (width + across) / 2, (height + down) / 2)
    middle = Image.fromarray(picture).crop(tuple(map(round, box)))
    middle = middle.resize((64, 64)) if rng.random() < 0.5 else middle
    data = io.BytesIO()
    middle.save(data, "JPEG", quality=70)
    middle = np.asarray(Image.open(io.BytesIO(data.getvalue())))
    return middle[:, ::-1] if rng.random() < 0.5 else middle


@pytest.mark.parametrize("square", [False, True])
def test_middles_are_found(square):
    rng, wholes = np.random.default_rng(1), draw_pictures(200)
    middles = [cut(whole, rng.uniform(0.6, 0.9), rng, square) for whole in wholes[:100]]
    found = find_crops(*(shrink_images(Pictures(images), quiet=True) for images in (middles, wholes)), quiet=True)
    right = (found.partners == np.arange(100)) & (found.correlation >= LEAST_CORRELATION)
    assert right.mean() >= 0.95
    strangers = shrink_images(Pictures(draw_pictures(200, seed=9)), quiet=True)
    others = find_crops(strangers, shrink_images(Pictures(wholes), quiet=True), quiet=True)
    assert len(others.list_pairs()) <= 2


def test_an_image_is_no_crop_of_itself():
    small = shrink_images(Pictures(draw_pictures(30)), quiet=True)
    assert len(find_crops(small, quiet=True).list_pairs()) == 0
    pictures = draw_pictures(30)
    found = find_crops(shrink_images(Pictures([*pictures, pictures[4]]), quiet=True), quiet=True)
    assert sorted(found.list_pairs()) == [4, 30]
    assert (found.partners[[4, 30]].tolist(), found.shares[[4, 30]].tolist()) == ([30, 4], [1, 1])


def test_the_share_is_told():
    rng, wholes = np.random.default_rng(2), draw_pictures(20)
    middles = [cut(whole, 0.7, rng) for whole in wholes]
    found = find_crops(*(shrink_images(Pictures(images), quiet=True) for images in (middles, wholes)), quiet=True)
    assert np.median(found.shares) == pytest.approx(0.7, abs=0.03)


@pytest.mark.real_data
def test_middles_of_real_photographs_are_found_and_strangers_are_not():
    listing = scan_folder(mirror_dir() / f"{load_card('dogs').facts['real']['stem']}.zip")
    rng = np.random.default_rng(3)
    chosen = rng.permutation(len(listing.names))[:1000]
    wholes = [listing.store.read(int(i)) for i in chosen]
    middles = [cut(whole, rng.uniform(0.6, 0.9), rng) for whole in wholes[:300]]
    small, cropped = (shrink_images(Pictures(images), quiet=True) for images in (wholes, middles))
    found = find_crops(cropped, small, quiet=True)
    right = (found.partners == np.arange(300)) & (found.correlation >= LEAST_CORRELATION)
    start = time.perf_counter()
    among = find_crops(small, quiet=True)
    print(f"found {right.mean():.3f}, strangers {np.mean(among.correlation >= LEAST_CORRELATION):.4f}")
    print(f"{time.perf_counter() - start:.1f} s for {len(small)} images")
    assert right.mean() >= 0.95
    assert np.mean(among.correlation >= LEAST_CORRELATION) <= 0.01

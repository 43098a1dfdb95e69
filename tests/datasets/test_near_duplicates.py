"""Near-duplicates across a split are found, pictures of one kind are not, and the cost stays small."""

import time

import numpy as np
import pytest

from tlbook.datasets.near_duplicates import (
    MAX_PROBES,
    NearDuplicates,
    average_thumbnails,
    describe_near_duplicates,
    draw_thumbnails,
    find_near_duplicates,
    find_nearest,
)
from tlbook.datasets.stores import ArrayStore


def draw_pictures(n, seed=0, size=64):
    """Smooth random pictures that share a bright disc, as pictures of one kind do."""
    rng = np.random.default_rng(seed)
    rows, columns = np.mgrid[:size, :size] / size - 0.5
    disc = 120.0 * (rows**2 + columns**2 < 0.2)
    rough = rng.standard_normal((n, 8, 8)).repeat(size // 8, axis=1).repeat(size // 8, axis=2)
    return np.clip(60 + disc + 12 * rough, 0, 255).astype(np.uint8)[..., None].repeat(3, axis=-1)


@pytest.fixture(scope="module")
def pictures():
    return draw_pictures(60)


def shrink(images):
    return draw_thumbnails(ArrayStore(images))


def test_copies_are_found_and_pictures_of_one_kind_are_not(pictures):
    noise = np.random.default_rng(1).integers(-6, 7, pictures[:3].shape)
    copies = [
        np.clip(pictures[:1] + noise[:1], 0, 255),  # noise
        np.clip(pictures[1:2] * 0.8 + 20, 0, 255),  # other contrast
        pictures[2:3, :, ::-1],  # mirrored
    ]
    thumbnails = shrink(np.concatenate([pictures, *copies]).astype(np.uint8))
    pairs = find_near_duplicates(thumbnails, np.r_[np.zeros(60, int), 2, 1, 2])
    assert dict(zip(pairs.probes.tolist(), pairs.partners.tolist(), strict=True)) == {60: 0, 61: 1, 62: 2}
    assert (np.diff(pairs.correlation) <= 0).all()
    assert (pairs.num_compared, pairs.num_candidates) == (3, 3)


def test_without_the_average_everything_looks_alike(pictures):
    thumbnails = shrink(pictures)
    _, raw = find_nearest(thumbnails[:10], thumbnails[10:])
    _, centred = find_nearest(thumbnails[:10], thumbnails[10:], mean=average_thumbnails(thumbnails))
    assert np.median(raw) > 0.8
    assert centred.max() < 0.7


def test_pictures_of_one_grey_are_nobodys_near_duplicates(pictures):
    flat = np.full((2, 64, 64, 3), 7, np.uint8)
    assert not len(find_near_duplicates(shrink(np.concatenate([pictures, flat])), np.r_[np.zeros(61, int), 1]).probes)


def test_one_side_alone_has_no_near_duplicates(pictures):
    thumbnails = shrink(pictures[:4])
    assert not len(find_near_duplicates(thumbnails, np.zeros(4, int)).probes)
    assert not len(find_near_duplicates(thumbnails, np.ones(4, int)).probes)


def test_two_thousand_cost_little_and_many_are_sampled():
    thumbnails = np.random.default_rng(0).integers(0, 256, (6000, 32, 32), dtype=np.uint8)
    thumbnails[4000:] = thumbnails[:2000]
    start = time.process_time()  # of this process: others may keep the machine busy
    pairs = find_near_duplicates(thumbnails[2000:], np.repeat([0, 1, 2], [2000, 1000, 1000]))
    assert time.process_time() - start < 4
    assert not len(pairs.probes)
    pairs = find_near_duplicates(thumbnails, np.repeat([0, 1], [4000, 2000]))
    assert len(pairs.probes) == MAX_PROBES == pairs.num_compared
    assert pairs.num_candidates == 2000
    assert (pairs.probes - 4000 == pairs.partners).all()
    line = describe_near_duplicates(pairs, [f"{k}.png" for k in range(6000)], grouped=False)
    assert line.startswith("1,000 of 1,000 validation and test images that were compared (of 2,000) nearly equal")


def test_the_line_names_at_most_three_pairs():
    names = ["a", "b", "c", "d", "e", "f", "g", "h"]
    four = NearDuplicates(np.arange(4), np.arange(4, 8), np.ones(4, np.float32), 9, 9)
    line = describe_near_duplicates(four, names, grouped=False)
    assert "'a' and 'e', 'b' and 'f', 'c' and 'g', …; give groups that say which images belong together" in line
    one = NearDuplicates(np.arange(1), np.arange(4, 5), np.ones(1, np.float32), 9, 9)
    assert "memory: 'a' and 'e'; the groups given may be too small" in describe_near_duplicates(
        one, names, grouped=True
    )
    none = NearDuplicates(np.arange(0), np.arange(0), np.ones(0, np.float32), 9, 9)
    assert describe_near_duplicates(none, names, grouped=True) is None

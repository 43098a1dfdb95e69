"""Images that are centre crops of others: the same photographs, which whole thumbnails do not show as such.

A data set may hold the middle of pictures that another one holds whole (Tiny ImageNet's are square middles of
ImageNet's). Each thumbnail is compared with the middles of all others, at many shares of their sides, as the pictures
are and as squares, upright and mirrored. Tiny thumbnails do best: 16 pixels forgive a middle that is off by a pixel.
"""

from dataclasses import dataclass

import numpy as np

from tlbook.datasets.images import shrink_image
from tlbook.datasets.near_duplicates import standardise
from tlbook.datasets.parallel import map_in_threads
from tlbook.runtime import show_progress

SMALL = 64  # pixels a side that middles are cut from
SIZE = 16  # pixels a side that are compared
STEP = 0.05
SHARES = tuple(np.arange(1.0, 0.54, -STEP).round(3))  # of a side
LEAST_CORRELATION = 0.94
MAYBE = 0.8  # from here on the shares between are tried
SQUARE = 0.03  # sides that differ by less make a square
BLOCK = 4096  # images compared at once


@dataclass(frozen=True)
class SmallImages:
    """Images squashed to small grey squares.

    Attributes
    ----------
    pixels : numpy.ndarray
        uint8, (n, 64, 64).
    aspects : numpy.ndarray
        float32, (n,): width over height of each image before.
    """

    pixels: np.ndarray
    aspects: np.ndarray

    def __len__(self):
        return len(self.pixels)

    def take(self, rows):
        """Choose images."""
        return SmallImages(self.pixels[rows], self.aspects[rows])


@dataclass(frozen=True)
class Crops:
    """For each image the one that it is most like a middle of.

    Attributes
    ----------
    partners : numpy.ndarray
        int64, (n,).
    correlation : numpy.ndarray
        float32, (n,), -1 to 1; from 0.94 on most probably the same picture; see :func:`find_crops` for how often not.
    shares : numpy.ndarray
        float32, (n,): of the partner's sides (of the shorter one, where a square was cut from it); 1 is all of it.
    """

    partners: np.ndarray
    correlation: np.ndarray
    shares: np.ndarray

    def list_pairs(self, least=LEAST_CORRELATION):
        """List the images that are middles of others, most alike first; int64, (k,)."""
        order = np.argsort(-self.correlation, kind="stable")
        return order[self.correlation[order] >= least]


def shrink_images(store, *, label="shrinking images", quiet=False):
    """Read images as :class:`SmallImages`."""
    pixels, aspects = np.empty((len(store), SMALL, SMALL), np.uint8), np.empty(len(store), np.float32)

    def shrink(index):
        image = store.read(index)
        pixels[index] = shrink_image(image, SMALL)
        aspects[index] = image.shape[1] / image.shape[0]

    map_in_threads(shrink, len(store), label, quiet=quiet)
    return SmallImages(pixels, aspects)


def find_crops(images, others=None, *, quiet=False):
    """Find for each image the other one that it is most like a centre crop of, or like the whole of.

    Parameters
    ----------
    images, others : SmallImages
        None for ``others`` compares the images among themselves, each with all but itself.
    quiet : bool
        True shows no progress bar.

    Returns
    -------
    Crops

    Notes
    -----
    By ``benchmarks/crop_search.py``: crops to between 60 and 90 % of each side, stored as JPEG of quality 70, are found
    in 300 of 300 cases among 3,000 photographs of 64 pixels (8 of which look like a crop of another) and among 1,000
    dogs (none); of textures in 283 of 300 (49 of 1,000, some of them cut from one picture indeed).

    Examples
    --------
    >>> import numpy as np
    >>> rng = np.random.default_rng(0)
    >>> coarse = rng.integers(0, 256, (5, 8, 8), dtype="uint8")
    >>> whole = SmallImages(coarse.repeat(8, 1).repeat(8, 2), np.ones(5))
    >>> middles = SmallImages(np.kron(coarse[:, 1:7, 1:7], np.ones((1, 11, 11)))[:, :64, :64], np.ones(5))
    >>> find_crops(middles, whole, quiet=True).partners.tolist()
    [0, 1, 2, 3, 4]
    """
    alone = others is None
    others = images if alone else others
    mean = standardise(cut_middles(others, 1.0)).mean(0)
    upright = cut_middles(images, 1.0)
    views = [standardise(view, mean) for view in (upright, upright[:, :, ::-1])]
    found = [np.zeros(len(images), np.int64), np.full(len(images), -1, np.float32), np.ones(len(images), np.float32)]
    every, oblong = np.arange(len(others)), np.flatnonzero(np.abs(others.aspects - 1) > SQUARE)
    jobs = [(share, square, rows) for square, rows in ((False, every), (True, oblong)) for share in SHARES if len(rows)]
    for share, square, rows in show_progress(jobs, "comparing middles", quiet=quiet):
        middles = standardise(cut_middles(others.take(rows), share, square=square), mean)
        for start in range(0, len(images), BLOCK):
            block = slice(start, start + BLOCK)
            for view in views:
                products = view[block] @ middles.T
                if alone:
                    numbers = np.arange(start, start + len(products))
                    columns = np.minimum(np.searchsorted(rows, numbers), len(rows) - 1)
                    itself = np.flatnonzero(rows[columns] == numbers)
                    products[itself, columns[itself]] = -1
                best = products.argmax(axis=1)
                _keep_better(found, block, rows[best], products[np.arange(len(products)), best], share)
    return _refine(Crops(*found), views, others, mean)


def _keep_better(found, block, partners, correlation, share):
    better = correlation > found[1][block]
    for kept, new in zip(found, (partners, correlation, np.full(len(better), share, np.float32)), strict=True):
        kept[block][better] = new[better]


def _refine(crops, views, others, mean):
    """Try the shares between those compared, where it may decide."""
    rows = np.flatnonzero(crops.correlation >= MAYBE)
    if not len(rows):
        return crops
    partners = others.take(crops.partners[rows])
    for step in (-STEP / 2, STEP / 2):
        for square in (False, True):
            middles = np.empty((len(rows), SIZE, SIZE), np.float32)
            shares = np.clip(crops.shares[rows] + step, None, 1).round(3)
            for share in np.unique(shares):
                same = shares == share
                middles[same] = cut_middles(partners.take(np.flatnonzero(same)), share, square=square)
            known = standardise(middles, mean)
            for view in views:
                value = np.einsum("ij,ij->i", view[rows], known)
                better = value > crops.correlation[rows]
                crops.correlation[rows[better]], crops.shares[rows[better]] = value[better], shares[better]
    return crops


def cut_middles(images, share, *, square=False):
    """Shrink the middle of each image; float32, (n, 16, 16). A square has ``share`` of the shorter side."""
    pixels, out = images.pixels.astype(np.float32), np.empty((len(images), SIZE, SIZE), np.float32)
    aspects = images.aspects.round(2) if square else np.ones(len(images), np.float32)
    for aspect in np.unique(aspects):
        rows = aspects == aspect
        out[rows] = _cover(share * min(1, aspect)) @ pixels[rows] @ _cover(share * min(1, 1 / aspect)).T
    return out


def _cover(share):
    """Return the part that each pixel of the middle has of each pixel of a side, (16, 64); its rows sum to 1."""
    edges = SMALL * ((1 - share) / 2 + share * np.linspace(0, 1, SIZE + 1))
    low, high = np.maximum.outer(edges[:-1], np.arange(SMALL)), np.minimum.outer(edges[1:], np.arange(1, SMALL + 1))
    return (np.maximum(high - low, 0) / np.diff(edges)[:, None]).astype(np.float32)

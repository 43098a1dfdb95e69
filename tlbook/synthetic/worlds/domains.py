"""The six source domains and how to draw from them.

An image depends on its domain's name, its class, its number and the seed, on nothing else: asking for more images
never changes those that were there, and any process draws the same bytes.
"""

import hashlib
import zlib
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from tlbook.errors import BadInput, check_whole
from tlbook.synthetic.worlds import contours, creatures, fractals, glyphs, solids, textures


@dataclass(frozen=True)
class Domain:
    """A source domain.

    Parameters
    ----------
    name : str
    num_classes : int
    draw : callable
        ``draw(cls, rng, size)`` -> uint8, (size, size, 3), 0-255.
    """

    name: str
    num_classes: int
    draw: Callable


DOMAINS = (
    Domain("fractals", fractals.NUM_CLASSES, fractals.draw_fractal),
    Domain("textures", textures.NUM_CLASSES, textures.draw_texture),
    Domain("solids", solids.NUM_CLASSES, solids.draw_solid),
    Domain("glyphs", glyphs.NUM_CLASSES, glyphs.draw_glyph),
    Domain("contours", contours.NUM_CLASSES, contours.draw_contour),
    Domain("creatures", creatures.NUM_CLASSES, creatures.draw_creature),
)


def find_domain(name):
    """Look a domain up by name."""
    if isinstance(name, Domain):
        return name
    for domain in DOMAINS:
        if domain.name == name:
            return domain
    known = ", ".join(domain.name for domain in DOMAINS)
    raise BadInput(f"received `domain` {name!r}; expected one of {known}")


def draw_image(domain, cls, index, *, size=96, seed=0):
    """Draw one image: uint8, (size, size, 3), 0-255."""
    domain = find_domain(domain)
    check_whole("cls", cls, 0, domain.num_classes - 1)
    check_whole("index", index, 0)
    check_whole("seed", seed, 0)
    check_whole("size", size, 16)
    rng = np.random.default_rng([zlib.crc32(domain.name.encode()), int(seed), int(cls), int(index)])
    return domain.draw(int(cls), rng, int(size))


def draw_images(domain, cls, indices, *, size=96, seed=0):
    """Draw several images of one class of a source domain.

    Parameters
    ----------
    domain : str or Domain
        ``"fractals"``, ``"textures"``, ``"solids"``, ``"glyphs"``, ``"contours"`` or ``"creatures"``.
    cls : int
        Class, from 0.
    indices : sequence of int
        Numbers of the images, from 0.
    size : int
        Pixels a side, at least 16.
    seed : int
        The source models learned from seed 0.

    Returns
    -------
    numpy.ndarray
        uint8, (len(indices), size, size, 3), 0-255.

    Examples
    --------
    >>> draw_images("glyphs", 3, [0, 1], size=32).shape
    (2, 32, 32, 3)
    """
    images = np.empty((len(indices), size, size, 3), np.uint8)
    for image, index in zip(images, indices, strict=True):
        image[:] = draw_image(domain, cls, index, size=size, seed=seed)
    return images


def hash_domain(domain, n=64, *, seed=0):
    """Fingerprint of a domain: sha256 over its first images at 96 pixels, number by number, class by class."""
    domain = find_domain(domain)
    digest = hashlib.sha256()
    for i in range(n):
        digest.update(draw_image(domain, i % domain.num_classes, i // domain.num_classes, seed=seed).tobytes())
    return digest.hexdigest()

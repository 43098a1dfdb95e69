"""The six source domains and how to draw from them.

An image depends on its domain's name, its class, its number and the seed, on nothing else: asking for more images
never changes those that were there, and any process draws the same bytes.
"""

import hashlib
import zlib
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from tlbook.errors import BadInput
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
    """Look a domain up by name.

    Parameters
    ----------
    name : str or Domain

    Returns
    -------
    Domain

    Raises
    ------
    BadInput
        There is no such domain.
    """
    if isinstance(name, Domain):
        return name
    for domain in DOMAINS:
        if domain.name == name:
            return domain
    known = ", ".join(domain.name for domain in DOMAINS)
    raise BadInput(f"received domain {name!r}; expected one of {known}; correct the name")


def draw_image(domain, cls, index, *, size=96, seed=0):
    """Draw one image.

    Parameters
    ----------
    domain : str or Domain
    cls : int
        Class within the domain, 0 to ``num_classes`` - 1.
    index : int
        Number of the image within the class, 0 and up.
    size : int
        Pixels a side, 16 and up; an image at another size has the same kind of content, not the same content.
    seed : int
        0 and up.

    Returns
    -------
    numpy.ndarray
        uint8, (size, size, 3), 0-255.

    Raises
    ------
    BadInput
        A number lies outside its range.

    Examples
    --------
    >>> draw_image("glyphs", 3, 0).shape
    (96, 96, 3)
    """
    domain = find_domain(domain)
    if not 0 <= cls < domain.num_classes:
        raise BadInput(f"received class {cls}; expected 0 to {domain.num_classes - 1} for {domain.name}; lower it")
    if index < 0 or seed < 0 or size < 16:
        got = f"received index {index}, seed {seed}, size {size}"
        raise BadInput(f"{got}; expected index and seed from 0 and size from 16 up; raise them")
    rng = np.random.default_rng([zlib.crc32(domain.name.encode()), int(seed), int(cls), int(index)])
    return domain.draw(int(cls), rng, int(size))


def draw_images(domain, cls, indices, *, size=96, seed=0):
    """Draw several images of one class.

    Parameters
    ----------
    domain : str or Domain
    cls : int
        Class within the domain.
    indices : sequence of int
        Numbers of the images within the class.
    size, seed : int
        As for ``draw_image``.

    Returns
    -------
    numpy.ndarray
        uint8, (len(indices), size, size, 3), 0-255.
    """
    images = np.empty((len(indices), size, size, 3), np.uint8)
    for image, index in zip(images, indices, strict=True):
        image[:] = draw_image(domain, cls, index, size=size, seed=seed)
    return images


def hash_domain(domain, n=64, *, seed=0):
    """Fingerprint of a domain: sha256 over its first images at 96 pixels, number by number, class by class.

    Parameters
    ----------
    domain : str or Domain
    n : int
        How many images.
    seed : int

    Returns
    -------
    str
        64 hexadecimal digits.
    """
    domain = find_domain(domain)
    digest = hashlib.sha256()
    for i in range(n):
        digest.update(draw_image(domain, i % domain.num_classes, i // domain.num_classes, seed=seed).tobytes())
    return digest.hexdigest()

"""All six source domains as one labelled array, drawn by several processes, and a contact sheet."""

import multiprocessing

import numpy as np

from tlbook.errors import BadInput
from tlbook.runtime import show_progress
from tlbook.synthetic.worlds.domains import DOMAINS, draw_image, find_domain

LABELS = tuple((domain.name, cls) for domain in DOMAINS for cls in range(domain.num_classes))
CHUNK = 64


def _draw_chunk(job):
    """Draw images start to stop of the world's order; job is (start, stop, size, seed)."""
    start, stop, size, seed = job
    images = np.empty((stop - start, size, size, 3), np.uint8)
    for image, i in zip(images, range(start, stop), strict=True):
        domain, cls = LABELS[i % len(LABELS)]
        image[:] = draw_image(domain, cls, i // len(LABELS), size=size, seed=seed)
    return images


def draw_world(per_class, *, size=96, seed=0, processes=1, quiet=False):
    """Draw every class of every domain.

    The order is by number, then class: image ``k * num_labels + label`` is number k of a label, so that the world with
    fewer images a class is the beginning of the world with more. The bytes do not depend on ``processes``.

    Parameters
    ----------
    per_class : int
        Images a class, 1 and up.
    size : int
        Pixels a side, 16 and up.
    seed : int
        0 and up.
    processes : int
        1 draws in this process; more start that many fresh ones (a script needs the usual
        ``if __name__ == "__main__"`` guard).
    quiet : bool
        True shows no progress bar.

    Returns
    -------
    images : numpy.ndarray
        uint8, (per_class * labels, size, size, 3), 0-255.
    labels : numpy.ndarray
        int32, (per_class * labels,), 0 to ``len(LABELS)`` - 1 over all domains in order.

    Raises
    ------
    BadInput
        A number lies outside its range.
    """
    if per_class < 1 or processes < 1 or size < 16 or seed < 0:
        got = f"received per_class {per_class}, processes {processes}, size {size}, seed {seed}"
        raise BadInput(f"{got}; expected per_class and processes from 1, size from 16, seed from 0 up; raise them")
    count = per_class * len(LABELS)
    images = np.empty((count, size, size, 3), np.uint8)
    jobs = [(start, min(start + CHUNK, count), size, seed) for start in range(0, count, CHUNK)]
    if processes == 1:
        _fill(images, jobs, map(_draw_chunk, jobs), quiet)
    else:
        # fresh processes rather than forked ones: a fork after TensorFlow has started its threads can hang
        with multiprocessing.get_context("spawn").Pool(processes) as pool:
            _fill(images, jobs, pool.imap(_draw_chunk, jobs), quiet)
    return images, np.tile(np.arange(len(LABELS), dtype=np.int32), per_class)


def _fill(images, jobs, chunks, quiet):
    """Copy drawn chunks to their places, with a progress bar."""
    for job, chunk in zip(show_progress(jobs, "drawing source images", quiet=quiet), chunks, strict=True):
        images[job[0] : job[1]] = chunk


def draw_sheet(domain, *, columns=12, rows=None, size=96, seed=0, gap=2):
    """Contact sheet of a domain: its classes in order, then their next images.

    Parameters
    ----------
    domain : str or Domain
    columns : int
        Images a row.
    rows : int, optional
        As many as show every class once, where left out.
    size, seed : int
        As for ``draw_image``.
    gap : int
        White pixels between images.

    Returns
    -------
    numpy.ndarray
        uint8, (rows * (size + gap) - gap, columns * (size + gap) - gap, 3), 0-255.
    """
    domain = find_domain(domain)
    rows = -(-domain.num_classes // columns) if rows is None else rows
    pitch = size + gap
    sheet = np.full((rows * pitch - gap, columns * pitch - gap, 3), 255, np.uint8)
    for i in range(rows * columns):
        top, left = i // columns * pitch, i % columns * pitch
        image = draw_image(domain, i % domain.num_classes, i // domain.num_classes, size=size, seed=seed)
        sheet[top : top + size, left : left + size] = image
    return sheet

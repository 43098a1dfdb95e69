"""All six source domains as one labelled array, drawn by several processes, and a contact sheet."""

import multiprocessing

import numpy as np

from tlbook.errors import check_whole
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
    """Draw every class of every domain, by number, then class: images, uint8, and labels, int32."""
    check_whole("per_class", per_class, 1)
    check_whole("processes", processes, 1)
    check_whole("seed", seed, 0)
    check_whole("size", size, 16)
    # A smaller world is the beginning of a larger one: image k * num_labels + label is number k of a label.
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
    """Contact sheet of a domain: its classes in order, then their next images; uint8, RGB."""
    domain = find_domain(domain)
    rows = -(-domain.num_classes // columns) if rows is None else rows
    pitch = size + gap
    sheet = np.full((rows * pitch - gap, columns * pitch - gap, 3), 255, np.uint8)
    for i in range(rows * columns):
        top, left = i // columns * pitch, i % columns * pitch
        image = draw_image(domain, i % domain.num_classes, i // domain.num_classes, size=size, seed=seed)
        sheet[top : top + size, left : left + size] = image
    return sheet

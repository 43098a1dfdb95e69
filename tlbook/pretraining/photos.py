"""The natural photographs that the source model ``photos`` learns from, and their fixed crops."""

import io
import zipfile
from dataclasses import dataclass

import numpy as np
from PIL import Image

from tlbook.errors import BadInput
from tlbook.runtime import data_dir, mirror_dir, show_progress

ARCHIVE = "natural_photos.zip"
EXCLUDED = "excluded_photos.txt"
IMAGE_SIZE = 64
NUM_VIEWS = 4


@dataclass(frozen=True)
class Photos:
    """Natural photographs in memory.

    Attributes
    ----------
    images : numpy.ndarray
        uint8, (n, 64, 64, 3), 0-255.
    labels : numpy.ndarray
        int32, (n,), index into ``classes``.
    classes : tuple of str
    allowed : numpy.ndarray
        int64, (m,), indices of the images that may be learned from: those that resemble no target image.
    """

    images: np.ndarray
    labels: np.ndarray
    classes: tuple
    allowed: np.ndarray


def load_photos(*, quiet=False):
    """Read every photograph of ``TLBOOK_DATA_DIR/natural_photos.zip``, sorted by path."""
    mirror = mirror_dir()
    if mirror is None or not (mirror / ARCHIVE).is_file():
        raise BadInput(
            f"pre-training on photos needs {ARCHIVE}; set TLBOOK_DATA_DIR to the folder that holds it (now: {mirror})"
        )
    with zipfile.ZipFile(mirror / ARCHIVE) as archive:
        names = sorted(n for n in archive.namelist() if n.lower().endswith((".webp", ".jpg", ".jpeg", ".png")))
        images = np.empty((len(names), IMAGE_SIZE, IMAGE_SIZE, 3), np.uint8)
        for i, name in enumerate(show_progress(names, "reading photos", quiet=quiet)):
            images[i] = np.asarray(Image.open(io.BytesIO(archive.read(name))).convert("RGB"))
    folders = [name.split("/")[-2] for name in names]
    classes = tuple(sorted(set(folders)))
    index = {c: i for i, c in enumerate(classes)}
    excluded = read_excluded()
    allowed = np.flatnonzero([name not in excluded for name in names])
    return Photos(images, np.array([index[f] for f in folders], np.int32), classes, allowed)


def read_excluded():
    """Read the paths of the photographs that resemble a target image and are never learned from."""
    lines = (data_dir() / EXCLUDED).read_text(encoding="utf-8").splitlines()
    return frozenset(line for line in lines if line and not line.startswith("#"))


def draw_crops(num_images, *, num_views=NUM_VIEWS, seed=0):
    """Draw the crops that teachers and student both see, the first views of ``NUM_VIEWS``: float32, (views, n, 4)."""
    rng = np.random.default_rng([seed, 1])
    shape = (NUM_VIEWS, num_images)  # all are drawn, so that view k does not depend on how many are used
    side, ratio = np.sqrt(rng.uniform(0.3, 1.0, shape)), np.exp(rng.uniform(-0.25, 0.25, shape) / 2)
    height, width = np.minimum(side * ratio, 1.0), np.minimum(side / ratio, 1.0)
    top, left = rng.uniform(0, 1 - height), rng.uniform(0, 1 - width)
    return np.stack([top, left, top + height, left + width], -1).astype(np.float32)[:num_views]

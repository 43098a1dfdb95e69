"""Folders and zip files of tiny images, made for one test each."""

import io
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image


def encode_image(shade=0, kind="PNG", size=(8, 6)):
    """Return the bytes of a small image whose content depends on ``shade``."""
    pixels = np.random.default_rng(shade).integers(0, 256, (size[1], size[0], 3)).astype(np.uint8)
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, kind)
    return file.getvalue()


@pytest.fixture
def make_folder(tmp_path):
    """Return a function that writes files: a list of names (images by their extension) or a dict of bytes by name."""

    def make(files, folder="images"):
        root = tmp_path / folder
        root.mkdir(exist_ok=True)
        contents = files if isinstance(files, dict) else dict.fromkeys(files)
        for number, (name, data) in enumerate(contents.items()):
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(encode_image(number) if data is None else data)
        return root

    return make


@pytest.fixture
def make_zip(tmp_path):
    """Return a function that packs a folder, or a dict of bytes by member name, into a zip file."""

    def pack(source, name="images.zip", top=""):
        path = tmp_path / name
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            if isinstance(source, Path):
                for file in sorted(source.rglob("*")):
                    archive.write(file, top + file.relative_to(source).as_posix())
            else:
                for member, data in source.items():
                    archive.writestr(member, data)
        return path

    return pack

"""Small folders of images to run the commands on."""

import numpy as np
import pytest
from PIL import Image

PATIENTS = 6
VIEWS = 2


def draw_stripes(upright, seed, size=40):
    """Draw noisy stripes, upright or lying: easy for any network, nothing for a mean colour."""
    rng = np.random.default_rng(seed)
    wave = np.sin(np.arange(size) * rng.uniform(0.5, 1.2) + rng.uniform(0, 6))
    image = 128 + 60 * np.broadcast_to(wave if upright else wave[:, None], (size, size))
    image = image[..., None] + rng.normal(0, 25, (size, size, 3))
    return Image.fromarray(np.clip(image, 0, 255).astype(np.uint8))


def write_folder(root):
    """Write two classes of six patients with two views each, and a table of the patients."""
    rows = ["path,group"]
    for name in ("lying", "upright"):
        (root / name).mkdir(parents=True)
        for patient in range(PATIENTS):
            for view in range(VIEWS):
                path = f"{name}/{name[0]}{patient}_{view}.png"
                draw_stripes(name == "upright", [patient, view, len(name)]).save(root / path)
                rows.append(f"{path},{name[0]}{patient}")
    (root / "metadata.csv").write_text("\n".join(rows) + "\n")
    return root


@pytest.fixture(scope="session")
def stripes(tmp_path_factory):
    """Folder of 24 images, two classes, six patients each; read only."""
    return write_folder(tmp_path_factory.mktemp("data") / "stripes")


@pytest.fixture(scope="session")
def finished_run(stripes, tmp_path_factory):
    """A run of the head alone on the stripes, with groups; read only."""
    from tlbook.__main__ import main

    out = tmp_path_factory.mktemp("runs") / "run"
    options = ["--groups", "metadata.csv", "--strategy", "head", "--image-size", "64", "--quiet"]
    assert main(["adapt", str(stripes), "--out", str(out), *options]) == 0
    return out

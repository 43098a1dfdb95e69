"""Pre-train an embedded source model from its recipe: resumable, and known by seed and step alone."""

import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tlbook.errors import check_arguments, check_flag, check_path
from tlbook.models.networks import save_weights
from tlbook.pretraining.batches import (
    draw_square_crops,
    invert_some,
    jitter_colours,
    resample_crops,
)
from tlbook.pretraining.photos import draw_crops, load_photos
from tlbook.pretraining.recipes import Recipe
from tlbook.pretraining.student import build_student, copy_backbone
from tlbook.pretraining.targets import project_features, read_classifier, soften_labels
from tlbook.pretraining.teachers import TEACHERS, compute_teacher_features
from tlbook.pretraining.template import train_template
from tlbook.runtime import count_cores, import_keras, set_seed, show_progress
from tlbook.training.checkpoint import Checkpoint, load_state, name_run, save_state

CHECKPOINT_EVERY = 250


@dataclass(frozen=True)
class Material:
    """Everything that batches are cut from; the photographs' part is None for a purely synthetic recipe.

    Attributes
    ----------
    worlds : numpy.ndarray
        uint8, (n, 96, 96, 3).
    world_labels : numpy.ndarray
        int32, (n,).
    photos : Photos or None
    boxes : numpy.ndarray or None
        float32, (views, n, 4).
    teachers : numpy.ndarray or None
        float16, (views, n, components of all teachers).
    pooled : numpy.ndarray or None
        float16, (views, n, 768): the features that the classifier of the soft labels takes.
    classifier : tuple or None
        Its kernel and bias.
    """

    worlds: np.ndarray
    world_labels: np.ndarray
    photos: object = None
    boxes: np.ndarray = None
    teachers: np.ndarray = None
    pooled: np.ndarray = None
    classifier: tuple = None


def load_material(recipe, folder, *, quiet=False):
    """Sample or read the source images, and compute what the teachers see in them; ``folder`` keeps all of it."""
    folder.mkdir(parents=True, exist_ok=True)
    worlds, world_labels = _load_worlds(recipe, folder, quiet)
    if not recipe.num_photos:
        return Material(worlds, world_labels)
    photos = load_photos(quiet=quiet)
    boxes = draw_crops(len(photos.labels), num_views=recipe.num_views, seed=recipe.seed)
    features = {name: compute_teacher_features(name, photos, boxes, folder, quiet=quiet) for name in TEACHERS}
    projected = [project_features(f, recipe.teacher_features) for f in features.values()]
    return Material(
        worlds, world_labels, photos, boxes, np.concatenate(projected, -1), features["mobilenet_075"], read_classifier()
    )


def _load_worlds(recipe, folder, quiet):
    from tlbook.synthetic.worlds import draw_world

    path = folder / f"worlds_{recipe.worlds_per_class}_{recipe.seed}.npz"
    images, labels = path.with_suffix(".images.npy"), path.with_suffix(".labels.npy")
    if not labels.exists():
        drawn, classes = draw_world(recipe.worlds_per_class, seed=recipe.seed, processes=os.cpu_count(), quiet=quiet)
        np.save(images, drawn)
        np.save(labels, classes)
    return np.load(images, mmap_mode="r"), np.load(labels)


def draw_batch(recipe, material, step):
    """Cut a step's batch, photographs first, with targets by name; it hangs on nothing but seed and step."""
    rng, size, parts, targets = np.random.default_rng([recipe.seed, 2, step]), recipe.size_at(step), [], {}
    if recipe.num_photos:
        photos = material.photos
        chosen = np.sort(rng.choice(photos.allowed, recipe.num_photos, replace=False))
        view = int(rng.integers(recipe.num_views))
        pixels = resample_crops(photos.images[chosen], material.boxes[view, chosen], size)
        parts.append(jitter_colours(pixels, rng))
        targets["labels"] = photos.labels[chosen]
        targets["teachers"] = material.teachers[view, chosen].astype(np.float32)
        targets["soft_labels"] = soften_labels(material.pooled[view, chosen], *material.classifier)
    chosen = np.sort(rng.choice(len(material.world_labels), recipe.num_worlds, replace=False))
    pixels = resample_crops(material.worlds[chosen], draw_square_crops(recipe.num_worlds, rng), size)
    parts.append(invert_some(jitter_colours(pixels, rng), rng))
    targets["worlds"] = material.world_labels[chosen]
    return np.concatenate(parts), targets


def _batches(recipe, material, first, stop):
    """Batches of steps ``first`` to ``stop`` - 1 as Keras takes them: made ahead in as many threads as cores."""
    keras = import_keras()

    class Batches(keras.utils.PyDataset):
        def __len__(self):
            return stop - first

        def __getitem__(self, index):
            return draw_batch(recipe, material, first + index)

    cores = count_cores()
    return Batches(workers=cores, max_queue_size=2 * cores)


def pretrain(recipe: Recipe, folder: str | os.PathLike, *, quiet: bool = False) -> dict:
    """Pre-train a source model and write its weights.

    A run that was interrupted goes on where it stopped, in the same folder and by the same recipe.

    Parameters
    ----------
    recipe : Recipe
        As :func:`find_recipe <tlbook.pretraining.recipes.find_recipe>` gives.
    folder : str or os.PathLike
        Work folder for source images, teachers' features, checkpoints and the result ``<name>.npz``.
    quiet : bool
        True prints nothing.

    Returns
    -------
    dict
        ``weights`` (path), ``sha256``, ``steps``, ``images`` (seen) and ``loss`` (mean of the last stretch of steps).
        Of the template also ``sets_sha256`` (of its sets) and ``blender`` (share of sets it told right in the end).

    Raises
    ------
    BadInput
        An argument is of another type, the photographs or the teachers' weights are not on this machine, or the folder
        holds the state of a run by another recipe or on other images.

    Examples
    --------
    >>> from tlbook.pretraining.recipes import find_recipe
    >>> pretrain(find_recipe("worlds", steps=200), "work")  # doctest: +SKIP
    """
    check_arguments({"recipe": recipe}, {"recipe": (isinstance(recipe, Recipe), "a Recipe, as find_recipe gives")})
    check_path("folder", folder, "a folder")
    check_flag("quiet", quiet)
    folder = Path(folder)
    keras = import_keras()
    set_seed(recipe.seed)
    material = load_material(recipe, folder, quiet=quiet)
    if recipe.name == "template":
        return train_template(recipe, material, folder, quiet=quiet)
    student = _build_for(recipe, material)
    path = folder / f"{recipe.name}_{recipe.steps}_{recipe.seed}.checkpoint.npz"
    checkpoint = Checkpoint(path, _name_pretraining(recipe, material))
    facts = load_state(checkpoint, student) or {"step": 0, "loss": float("nan")}
    done, loss = facts["step"], facts["loss"]
    bar = iter(show_progress(range(done, recipe.steps), f"pre-training {recipe.name}", quiet=quiet))
    ticks = keras.callbacks.LambdaCallback(on_train_batch_end=lambda batch, logs: next(bar, None))
    for start, stop in recipe.list_stretches(CHECKPOINT_EVERY):
        if stop <= done:
            continue
        batches = _batches(recipe, material, max(done, start), stop)
        loss = student.fit(batches, shuffle=False, verbose=0, callbacks=[ticks]).history["loss"][0]
        save_state(checkpoint, student, {"step": stop, "loss": loss})
        if not quiet:
            print(f"step {stop} of {recipe.steps}: loss {loss:.3f}", flush=True)
    path = folder / f"{recipe.name}.npz"
    sha256 = save_weights(copy_backbone(student), path)
    keras.backend.clear_session()
    images = recipe.steps * (recipe.num_photos + recipe.num_worlds)
    return {"weights": path, "sha256": sha256, "steps": recipe.steps, "images": images, "loss": loss}


def _name_pretraining(recipe, material):
    arrays, photos = [material.worlds, material.world_labels], material.photos
    if photos:
        arrays += [photos.images, photos.labels, photos.allowed, material.boxes, material.teachers, material.pooled]
        arrays += material.classifier
    return name_run(arrays, recipe)


def _build_for(recipe, material):
    photos = material.photos
    return build_student(
        recipe,
        num_labels=len(photos.classes) if photos else 0,
        num_teacher_features=material.teachers.shape[-1] if photos else 0,
        num_soft_labels=len(material.classifier[1]) if photos else 0,
        num_world_classes=int(material.world_labels.max()) + 1,
    )

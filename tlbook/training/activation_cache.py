"""Cached activations: what does not train is run once, and epochs run only what lies above it.

A network whose first stages are frozen computes the same activations of an image in every epoch. They are computed
once, at the border between the last frozen stage and the first that trains, and kept in memory or, if there are too
many, in a file without a name, which vanishes with the process. The rest of the network, the tail, trains on them. It
shares the network's layers, so that the whole network holds the trained weights afterwards.

Losses and gradients are those of the whole network with its frozen part in inference mode. With augmentation, an image
has several fixed views: mirroring has two in all, so that nothing is lost; of other variations four are drawn.
"""

import shutil
import tempfile
from dataclasses import dataclass

import numpy as np

from tlbook.files import MEMORY_LIMIT, make_array
from tlbook.models.prediction import predict_padded
from tlbook.models.stages import cut_stages
from tlbook.runtime import import_keras, show_progress
from tlbook.training.augmentation import augment_images, draw_view

VAL_BATCH_SIZE = 64


@dataclass(frozen=True)
class FrozenPart:
    """A network in two parts that share its layers.

    Attributes
    ----------
    stage : str
        The last frozen one.
    prefix : keras.Model
        Raw pixels to the activations of that stage; nothing in it trains.
    tail : keras.Model
        Those activations to the network's output.
    """

    stage: str
    prefix: object
    tail: object


@dataclass(frozen=True)
class Activations:
    """What a frozen's prefix made of the images.

    Attributes
    ----------
    train : numpy.ndarray
        float32, (views * n, …): all images of the first view, then of the next.
    val : numpy.ndarray
        float32, (n, …).
    num_views : int
    where : str
        ``"ram"`` or ``"disk"``.
    """

    train: np.ndarray
    val: np.ndarray
    num_views: int
    where: str

    @property
    def num_bytes(self):
        """Size of both splits."""
        return self.train.nbytes + self.val.nbytes


def find_frozen_part(model):
    """Cut a network above the last of its leading stages in which nothing trains.

    Parameters
    ----------
    model : keras.Model
        A classifier with its trainable weights set.

    Returns
    -------
    FrozenPart or None
        None where the first stage trains already, or nothing does.
    """
    stages = cut_stages(model)
    moving = [any(_changes(model.get_layer(name)) for name in names) for _, names in stages]
    if not any(moving) or moving[0]:
        return None
    last = moving.index(True) - 1
    name, layers = stages[last]
    border = model.get_layer(layers[-1]).output
    keras = import_keras()
    return FrozenPart(name, keras.Model(model.input, border), keras.Model(border, model.output))


def _changes(layer):
    """True where training changes a layer; a BatchNormalization without scale and shift still has statistics."""
    is_norm = isinstance(layer, import_keras().layers.BatchNormalization)
    return bool(layer.trainable_weights) or (is_norm and layer.trainable)


def choose_cache_place(frozen, num_train, num_val, *, num_views, epochs):
    """Choose where activations are kept.

    Parameters
    ----------
    frozen : FrozenPart or None
    num_train, num_val : int
        Images.
    num_views : int
        Of a training image.
    epochs : int
        To come.

    Returns
    -------
    str or None
        ``"ram"`` up to 1 GiB, else ``"disk"``; None where nothing is saved: there is no frozen, there are no more
        epochs than views, or less than twice the space is free on disk.
    """
    if frozen is None or epochs <= num_views:
        return None
    size = 4 * int(np.prod(frozen.tail.input_shape[1:])) * (num_views * num_train + num_val)
    if size <= MEMORY_LIMIT:
        return "ram"
    return "disk" if shutil.disk_usage(tempfile.gettempdir()).free >= 2 * size else None


def cache_activations(frozen, splits, augmentation, *, where, batch_size=32, seed=0, quiet=False):
    """Run the frozen part once over all images, and over all views of those that train.

    It takes the batches' size from training: the last bits of a convolution depend on the shape that it works on, and
    twenty steps can make them show.

    Parameters
    ----------
    frozen : FrozenPart
    splits : tuple of numpy.ndarray
        Images to train and to validate on, uint8, (n, size, size, 3), 0-255.
    augmentation : Augmentation
    where : str
        ``"ram"`` or ``"disk"``.
    batch_size : int
    seed : int
        Of the views.
    quiet : bool
        True shows no progress bar.

    Returns
    -------
    Activations
    """
    train, val = splits
    num, num_views = len(train), augmentation.num_views
    shape = frozen.tail.input_shape[1:]
    kept = [make_array((n, *shape), np.float32, on_disk=where == "disk") for n in (num_views * num, len(val))]
    jobs = [(train, kept[0][v * num : (v + 1) * num], draw_view(num, seed, v, num_views)) for v in range(num_views)]
    jobs.append((val, kept[1], None))
    sizes = [batch_size] * num_views + [VAL_BATCH_SIZE]
    parts = [(job, slice(i, i + n), n) for job, n in zip(jobs, sizes, strict=True) for i in range(0, len(job[0]), n)]
    for (images, out, numbers), part, size in show_progress(parts, "running what is frozen", quiet=quiet):
        batch = images[part]
        if numbers is not None and num_views > 1:
            batch = np.asarray(augment_images(augmentation, batch, numbers[part]))
        out[part] = predict_padded(frozen.prefix, batch, size)
    return Activations(*kept, num_views, where)

"""From images to the batches that a network trains on."""

import numpy as np

from tlbook.errors import BadInput


def make_pipeline(images, labels=None, *, batch_size=32, shuffle=False, seed=0, augment=None):
    """Make a ``tf.data`` pipeline: cache, shuffle, batch, augment, prefetch.

    The order matters. Augmenting comes after the cache, so that each epoch sees other pictures, and after batching,
    so that it costs one call a batch; shuffling comes after the cache, so that each epoch has another order.

    Parameters
    ----------
    images : numpy.ndarray
        Any dtype, (n, …): raw pixels, or features.
    labels : numpy.ndarray, optional
        (n, …); without them the pipeline yields images alone.
    batch_size : int
        At least 1; the last batch may be smaller.
    shuffle : bool
        True gives a new order each epoch.
    seed : int
        Of the shuffling; the same seed gives the same orders.
    augment : callable, optional
        Takes a batch of images and returns one, built of TensorFlow operations.

    Returns
    -------
    tf.data.Dataset
        Deterministic; pass it to ``fit`` with ``shuffle=False``, for it shuffles itself.

    Raises
    ------
    BadInput
        Numbers of images and labels differ, or the batch size is below 1.
    """
    if batch_size < 1:
        raise BadInput(f"received batches of {batch_size} images; expected at least 1")
    if labels is not None and len(labels) != len(images):
        raise BadInput(f"received {len(images)} images and {len(labels)} labels; expected one label an image")
    import tensorflow as tf

    parts = (images,) if labels is None else (images, labels)
    data = tf.data.Dataset.from_tensor_slices(tuple(np.asarray(part) for part in parts)).cache()
    if shuffle:
        data = data.shuffle(len(images), seed=seed, reshuffle_each_iteration=True)
    data = data.batch(batch_size)
    if augment is not None:
        data = data.map(lambda batch, *rest: (augment(batch), *rest), num_parallel_calls=1, deterministic=True)
    if labels is None:
        data = data.map(lambda batch: batch)
    return data.prefetch(tf.data.AUTOTUNE)


def load_pipeline(split, size, *, batch_size=32, shuffle=False, seed=0, augment=None):
    """Read a side of a data set into memory and make its pipeline; see `make_pipeline`.

    Parameters
    ----------
    split : Split
    size : int
        Pixels a side.
    batch_size, shuffle, seed, augment
        As for `make_pipeline`.

    Returns
    -------
    tf.data.Dataset
        Of (images, labels): uint8, (batch, size, size, 3), 0-255, and int64, (batch,).
    """
    images = split.load(size)
    return make_pipeline(images, split.labels, batch_size=batch_size, shuffle=shuffle, seed=seed, augment=augment)

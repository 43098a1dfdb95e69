"""From images to the batches that a network trains on."""

import numpy as np

from tlbook.errors import BadInput
from tlbook.runtime import import_tensorflow

GATHER = 8  # batches that are gathered in one call
PREFETCHED = 2  # batches


def make_pipeline(images, labels=None, *, batch_size=32, shuffle=False, seed=0, augment=None):
    """Make a ``tf.data`` pipeline of images in memory: shuffle, batch, augment, prefetch.

    The order matters. Augmenting comes after what is kept in memory, so that each epoch sees other pictures, and after
    batching, so that it costs one call a batch.

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

    Examples
    --------
    >>> import numpy as np
    >>> from tlbook.runtime import import_keras
    >>> _ = import_keras()  # TensorFlow without its start-up lines
    >>> data = make_pipeline(np.zeros((10, 8, 8, 3), np.uint8), np.arange(10), batch_size=4)
    >>> [images.shape[0] for images, labels in data]
    [4, 4, 2]
    """
    if labels is not None and len(labels) != len(images):
        raise BadInput(f"received {len(images)} images and {len(labels)} labels; expected one label an image")

    parts = (images,) if labels is None else (images, labels)
    data = gather_batches(order_images(len(images), shuffle=shuffle, seed=seed), parts, batch_size=batch_size)
    if augment is not None:
        data = data.map(lambda batch, *rest: (augment(batch), *rest), num_parallel_calls=1, deterministic=True)
    if labels is None:
        data = data.map(lambda batch: batch)
    return prefetch_batches(data)


def order_images(count, *, shuffle=True, seed=0, skip=0):
    """Give the order of ``count`` images as a dataset of int64 (), another each time it is iterated over.

    An order depends on the number of the iteration, on ``seed`` and on TensorFlow's own seed
    (:func:`tlbook.runtime.set_seed`), and on nothing else: a run that goes on later, with ``skip`` iterations behind
    it, sees what it would have seen.
    """
    tf = import_tensorflow()
    order = tf.data.Dataset.range(count)
    if not shuffle:
        return order
    order = order.shuffle(max(1, count), seed=seed, reshuffle_each_iteration=True)
    for _ in range(skip):
        iter(order)  # draws the seed of an iteration
    return order


def draw_keys(*, seed=0, skip=0):
    """Give a number for each batch, a dataset of int64 () without end, others in each iteration; for what is random."""
    tf = import_tensorflow()
    keys = tf.data.Dataset.random(seed=seed, rerandomize_each_iteration=True)
    for _ in range(skip):
        iter(keys)
    return keys


def gather_batches(order, parts, *, batch_size):
    """Turn an order into batches of the arrays in ``parts``; one call gathers several, nothing is copied before."""
    if batch_size < 1:
        raise BadInput(f"received batches of {batch_size} images; expected at least 1")
    tf = import_tensorflow()
    parts = [np.asanyarray(part) for part in parts]

    def take(indices):
        return [part[indices] for part in parts]

    def gather(indices):
        tensors = tf.numpy_function(take, [indices], [tf.as_dtype(part.dtype) for part in parts], stateful=False)
        return tuple(tf.ensure_shape(t, (None, *p.shape[1:])) for t, p in zip(tensors, parts, strict=True))

    steps = -(-order.cardinality() // batch_size)
    batches = order.batch(GATHER * batch_size).map(gather).rebatch(batch_size)
    return batches.apply(tf.data.experimental.assert_cardinality(steps))


def prefetch_batches(batches):
    """Prepare the next batches while one is used, without tf.data's tuner.

    To stop the tuner's thread took a second or more after each epoch of a network at 160 px, a quarter of the epoch on
    two cores; where all batches lie in memory there is nothing to tune.
    """
    tf = import_tensorflow()
    options = tf.data.Options()
    options.autotune.enabled = False
    return batches.prefetch(PREFETCHED).with_options(options)

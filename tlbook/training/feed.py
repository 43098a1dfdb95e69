"""What training takes a batch from: images and labels in memory, varied, mixed and weighed as it is told to."""

import numpy as np

from tlbook.datasets.pipeline import draw_keys, gather_batches, order_images, prefetch_batches
from tlbook.runtime import import_tensorflow
from tlbook.training.augmentation import augment_images, choose_views, draw_numbers, mix_pairs

VAL_BATCH_SIZE = 64
ITERATIONS = 2  # Keras begins the next iteration at the end of an epoch and throws it away


def make_train_batches(images, labels, training, *, batch_size, num_views=0, seed=0, skip=0, endless=False):
    """Make the batches that a network trains on, in a new order each epoch.

    Parameters
    ----------
    images : numpy.ndarray
        Pixels, uint8, (n, size, size, 3); or activations of ``num_views`` views of each image, one view after the
        other, float32, (num_views * n, …).
    labels : numpy.ndarray
        int64, (n,), or distributions, float32, (n, classes).
    training : Training
        Gives ``augmentation`` and ``mixup``.
    batch_size : int
    num_views : int
        0 for pixels, which are varied here; for activations, of which a view is chosen here, at least 1.
    seed : int
    skip : int
        Epochs that lie behind.
    endless : bool
        True gives one epoch after the other in one iteration, the same ones: to begin an iteration costs 5 ms, which
        is a tenth of an epoch of a small tail. Pass it to ``fit`` with ``steps_per_epoch``.

    Returns
    -------
    tf.data.Dataset
        Of images and labels.
    """
    tf = import_tensorflow()

    def arrange(order, keys):
        options = {"batch_size": batch_size, "num_views": num_views, "seed": seed}
        return _arrange_epoch(order, keys, (images, labels), training, **options)

    order = order_images(len(labels), seed=seed, skip=ITERATIONS * skip)
    keys = draw_keys(seed=seed, skip=ITERATIONS * skip)
    if endless:
        epochs = _list_epochs(order, keys, len(labels), -(-len(labels) // batch_size))
        batches = epochs.flat_map(lambda *parts: arrange(*map(tf.data.Dataset.from_tensor_slices, parts)))
    else:
        batches = arrange(order, keys)
    return prefetch_batches(batches)


def _list_epochs(order, keys, count, num_steps):
    """List the orders and keys of all epochs, without end: those of every iteration that Keras does not throw away."""
    tf = import_tensorflow()
    parts = tf.data.Dataset.zip(order.batch(count), keys.take(num_steps).batch(num_steps)).repeat()
    parts = parts.enumerate().filter(lambda number, _: number % ITERATIONS == 0)
    return parts.map(lambda _, part: (tf.ensure_shape(part[0], (count,)), tf.ensure_shape(part[1], (num_steps,))))


def _arrange_epoch(order, keys, parts, training, *, batch_size, num_views, seed):
    """Turn an order of images, and a number for each batch, into the batches of one epoch."""
    tf = import_tensorflow()
    (images, labels), augmentation = parts, training.variation
    if num_views > 1:
        order = _choose_rows(order, keys, len(labels), num_views, batch_size=batch_size, seed=seed)
        labels = np.tile(labels, (num_views,) + (1,) * (labels.ndim - 1))
    batches = gather_batches(order, (images, labels), batch_size=batch_size)

    def vary(batch, key):
        x, y = batch
        if augmentation.num_views > 1:
            x = augment_images(augmentation, x, draw_numbers(tf.shape(x)[0], seed, key))
        return mix_pairs(x, y, training.mixup, key) if training.mixup else (x, y)

    if num_views == 0 and (training.mixup or augmentation.num_views > 1):
        batches = tf.data.Dataset.zip(batches, keys).map(vary)
    return batches


def _choose_rows(order, keys, count, num_views, *, batch_size, seed):
    """Turn an order of images into one of rows of activations, by the numbers that would vary the same batch."""
    tf = import_tensorflow()

    def choose(indices, key):
        return choose_views(draw_numbers(tf.shape(indices)[0], seed, key), num_views) * count + indices

    rows = tf.data.Dataset.zip(order.batch(batch_size), keys).map(choose).unbatch()
    return rows.apply(tf.data.experimental.assert_cardinality(count))


def make_val_batches(images, labels, weights):
    """Make the batches that a network is validated on.

    Parameters
    ----------
    images, labels : numpy.ndarray
        As for :func:`make_train_batches`, of one view.
    weights : numpy.ndarray
        What each image counts, float32, (n,).

    Returns
    -------
    tf.data.Dataset
        Of images, labels and weights, in order.
    """
    order = order_images(len(labels), shuffle=False)
    return prefetch_batches(gather_batches(order, (images, labels, weights), batch_size=VAL_BATCH_SIZE))


def weigh_batches(batches, weights):
    """Add a weight to each image of a batch: that of its class, or of its distribution over classes.

    Parameters
    ----------
    batches : tf.data.Dataset
        Of images and distributions, float32, (batch, classes).
    weights : numpy.ndarray
        float32, (classes,).

    Returns
    -------
    tf.data.Dataset
        Of images, distributions and weights.
    """
    tf = import_tensorflow()
    return batches.map(lambda images, labels: (images, labels, tf.linalg.matvec(labels, tf.constant(weights))))

"""The pipeline keeps its order of steps: cache, shuffle, batch, augment, prefetch."""

import numpy as np
import pytest

from tlbook.datasets.pipeline import make_pipeline
from tlbook.errors import BadInput

IMAGES = np.arange(10 * 4 * 4 * 3, dtype=np.uint8).reshape(10, 4, 4, 3)
LABELS = np.arange(10)


def read_labels(data):
    return [label for _, labels in data for label in np.asarray(labels).tolist()]


def test_batches_keep_images_and_labels_together():
    seen = 0
    for images, labels in make_pipeline(IMAGES, LABELS, batch_size=4, shuffle=True):
        assert (np.asarray(images) == IMAGES[np.asarray(labels)]).all()
        seen += len(labels)
    assert seen == 10


def test_without_shuffling_the_order_is_kept():
    assert read_labels(make_pipeline(IMAGES, LABELS, batch_size=3)) == LABELS.tolist()


def test_each_epoch_has_another_order_and_each_seed_its_own():
    data = make_pipeline(IMAGES, LABELS, shuffle=True, seed=1)
    epochs = [read_labels(data) for _ in range(3)]
    assert epochs[0] != epochs[1]
    again = make_pipeline(IMAGES, LABELS, shuffle=True, seed=1)
    assert [read_labels(again) for _ in range(3)] == epochs
    assert read_labels(make_pipeline(IMAGES, LABELS, shuffle=True, seed=2)) != epochs[0]


def test_augmentation_is_drawn_anew_each_epoch():
    import tensorflow as tf

    numbers = tf.random.Generator.from_seed(0)
    data = make_pipeline(IMAGES, LABELS, augment=lambda images: tf.cast(images, tf.float32) + numbers.normal([]))
    first, second = (np.asarray(next(iter(data))[0]) for _ in range(2))
    assert (first != second).all()


def test_a_pipeline_is_not_tuned():
    assert make_pipeline(np.zeros((3, 4, 4, 3), np.uint8), [0, 1, 2]).options().autotune.enabled is False


def test_images_alone():
    batches = [np.asarray(batch) for batch in make_pipeline(IMAGES, batch_size=6)]
    assert [batch.shape for batch in batches] == [(6, 4, 4, 3), (4, 4, 4, 3)]


@pytest.mark.parametrize(
    ("labels", "batch_size", "message"),
    [(LABELS[:3], 2, "10 images and 3 labels; expected one"), (LABELS, 0, "batches of 0 images; expected at least 1")],
)
def test_bad_requests(labels, batch_size, message):
    with pytest.raises(BadInput, match=message):
        make_pipeline(IMAGES, labels, batch_size=batch_size)

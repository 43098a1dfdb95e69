"""One iteration without end holds the epochs that Keras would have asked for one by one."""

from itertools import islice

import numpy as np
import pytest

from tlbook.runtime import set_seed
from tlbook.training.augmentation import Augmentation
from tlbook.training.feed import ITERATIONS, make_train_batches, make_val_batches, weigh_batches
from tlbook.training.options import Training

NUM, BATCH_SIZE, EPOCHS = 10, 4, 3
STEPS = 3  # the last batch of an epoch is smaller
PIXELS = np.random.default_rng(0).integers(0, 256, (NUM, 8, 8, 3), dtype=np.uint8)
VARIED = Training(augmentation=Augmentation(mirror=True, brightness=0.2))
CASES = {
    "as they are": (Training(), PIXELS, np.arange(NUM), 0),
    "varied": (VARIED, PIXELS, np.arange(NUM), 0),
    "mixed": (Training(mixup=0.4), PIXELS, np.eye(NUM, dtype=np.float32), 0),
    "views": (VARIED, np.arange(4 * NUM, dtype=np.float32)[:, None], np.arange(NUM), 4),
}


def check_equal(ours, theirs):
    for one, other in zip(ours, theirs, strict=True):
        assert all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))


def list_batches(case, *, endless, skip=0):
    set_seed(0)
    training, images, labels, num_views = CASES[case]
    data = make_train_batches(
        images, labels, training, batch_size=BATCH_SIZE, num_views=num_views, seed=1, skip=skip, endless=endless
    )
    if endless:
        return list(islice(data.as_numpy_iterator(), EPOCHS * STEPS))
    iterations = [list(data.as_numpy_iterator()) for _ in range(ITERATIONS * EPOCHS)]
    return [batch for batches in iterations[::ITERATIONS] for batch in batches]


@pytest.mark.parametrize("case", CASES)
def test_an_endless_feed_gives_the_same_epochs(case):
    one_by_one, endless = list_batches(case, endless=False), list_batches(case, endless=True)
    assert [len(batch[1]) for batch in endless] == [4, 4, 2] * EPOCHS
    check_equal(endless, one_by_one)
    first, second = (np.concatenate([b[0] for b in endless[i : i + STEPS]]) for i in (0, STEPS))
    assert not np.array_equal(first, second), "another order each epoch"


@pytest.mark.parametrize("endless", [False, True])
@pytest.mark.parametrize("case", CASES)
def test_a_feed_goes_on_after_epochs_that_lie_behind(case, endless):
    whole, rest = (list_batches(case, endless=endless, skip=skip) for skip in (0, 1))
    check_equal(rest[:-STEPS], whole[STEPS:])


@pytest.mark.parametrize("endless", [False, True])
def test_no_feed_is_tuned_whose_tuner_would_hold_up_the_end_of_an_epoch(endless):
    ones = np.ones(NUM, np.float32)
    feed = make_train_batches(PIXELS, np.eye(NUM, dtype=np.float32), Training(), batch_size=4, endless=endless)
    feeds = feed, weigh_batches(feed, ones), make_val_batches(PIXELS, np.arange(NUM), ones)
    assert [data.options().autotune.enabled for data in feeds] == [False] * 3

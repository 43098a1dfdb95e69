"""Predict a batch of a fixed size, whatever the backend."""

import numpy as np

from tlbook.runtime import import_keras


def predict_padded(model, batch, size):
    """Predict up to ``size`` images, filled up to it with zeros; float32, (n, …), in NumPy.

    An image's result must not depend on its company, and one shape alone is compiled.
    """
    num = len(batch)
    if num < size:
        batch = np.concatenate([batch, np.zeros((size - num, *batch.shape[1:]), batch.dtype)])
    outputs = import_keras().ops.convert_to_numpy(model.predict_on_batch(batch))
    return np.asarray(outputs, np.float32)[:num]

"""One padded predict: fixed shape, no company, float32 in NumPy."""

import numpy as np

from tlbook.models.prediction import predict_padded


class Model:
    """Notes the shapes it is given, and answers in half precision."""

    def __init__(self):
        self.shapes = []

    def predict_on_batch(self, batch):
        self.shapes.append((batch.shape, batch.dtype))
        return batch.reshape(len(batch), -1)[:, :2].astype(np.float16)


def test_one_shape_only_and_as_many_answers_as_images():
    model, images = Model(), np.arange(3 * 4, dtype=np.uint8).reshape(3, 2, 2, 1)
    for num in (1, 3):
        answers = predict_padded(model, images[:num], 3)
        assert answers.dtype == np.float32
        np.testing.assert_array_equal(answers, images[:num].reshape(num, -1)[:, :2])
    assert model.shapes == [((3, 2, 2, 1), np.uint8)] * 2

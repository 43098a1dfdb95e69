"""The test images that a report shows."""

import numpy as np

from tlbook.report.figures import Picture, shrink_picture
from tlbook.report.page import SAMPLES


def draw_pictures(run, probabilities, *, per_class=4, most_wrong=18):
    """Choose test images of each class, and the most confident mistakes; return two lists of Picture."""
    test = run.data.test
    predicted = probabilities.argmax(-1)

    def draw(i):
        names = run.classes[test.labels[i]], run.classes[predicted[i]]
        image = shrink_picture(test.images.read(i))
        return Picture(test.names[i], image, *names, float(probabilities[i, predicted[i]]))

    classes = range(len(run.classes))[:SAMPLES]  # a page has room for no more
    shown = [i for label in classes for i in np.flatnonzero(test.labels == label)[:per_class]]
    mistakes = np.flatnonzero(predicted != test.labels)
    order = mistakes[np.argsort(-probabilities[mistakes, predicted[mistakes]], kind="stable")]
    return [draw(i) for i in shown], [draw(i) for i in order[:most_wrong]]

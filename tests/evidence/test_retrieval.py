import numpy as np
import pytest
from sklearn.metrics import average_precision_score

from tlbook.errors import BadInput
from tlbook.evidence.retrieval import score_retrieval


def test_scores_agree_with_scikit_learn():
    rng = np.random.default_rng(0)
    values, labels = rng.normal(size=(40, 5)), np.arange(40) % 4
    values[np.arange(40), labels] += 1
    unit = values / np.linalg.norm(values, axis=1, keepdims=True)
    precision, first = [], []
    for i in range(40):
        others = np.delete(np.arange(40), i)
        alike, right = unit[others] @ unit[i], labels[others] == labels[i]
        precision.append(average_precision_score(right, alike))
        first.append(right[alike.argmax()])
    scores = score_retrieval(values, labels)
    assert scores.mean_average_precision == pytest.approx(np.mean(precision), abs=1e-6)
    assert scores.first == pytest.approx(np.mean(first)) and scores.num_queries == 40
    assert scores.chance == pytest.approx(9 / 39)


def test_an_image_of_the_same_group_is_no_answer():
    values, groups = np.repeat(np.eye(4), 2, axis=0), np.repeat(np.arange(4), 2)
    labels = np.array([0, 0, 1, 1, 0, 0, 1, 1])
    assert score_retrieval(values, groups).first == 1
    assert score_retrieval(values, labels, groups=groups).first < 1
    with pytest.raises(BadInput, match="no two images of different groups"):
        score_retrieval(values, groups, groups=groups)


def test_one_label_an_image():
    with pytest.raises(BadInput, match="`labels` of the shape"):
        score_retrieval(np.eye(3), [0, 1])

import numpy as np
import pytest

from tlbook.errors import BadInput
from tlbook.evidence.similarity import linear_cka


@pytest.fixture
def features():
    return np.random.default_rng(0).normal(size=(200, 30))


@pytest.mark.parametrize("debiased", [True, False])
def test_turning_scaling_and_shifting_change_nothing(features, debiased):
    turn = np.linalg.qr(np.random.default_rng(1).normal(size=(30, 30)))[0]
    assert linear_cka(features, 5 * features @ turn + 3, debiased=debiased) == pytest.approx(1)
    stretched = features * np.linspace(0.1, 3, 30)
    assert linear_cka(features, stretched, debiased=debiased) < 0.95


def test_the_original_is_the_formula_of_the_paper(features):
    others = features[:, :12] + np.random.default_rng(2).normal(size=(200, 12))
    x, y = features - features.mean(axis=0), others - others.mean(axis=0)
    formula = np.linalg.norm(y.T @ x) ** 2 / np.linalg.norm(x.T @ x) / np.linalg.norm(y.T @ y)
    assert linear_cka(features, others, debiased=False) == pytest.approx(formula)


def test_unrelated_features_of_many_channels_are_not_taken_for_alike():
    rng = np.random.default_rng(3)
    first, second = rng.normal(size=(60, 600)), rng.normal(size=(60, 600))
    assert linear_cka(first, second, debiased=False) > 0.8
    assert abs(linear_cka(first, second)) < 0.05


def test_features_that_say_nothing_are_like_none():
    assert linear_cka(np.ones((10, 3)), np.arange(10.0)[:, None]) == 0


@pytest.mark.parametrize("shapes", [((5, 2), (6, 2)), ((5,), (5,)), ((3, 2), (3, 2))])
def test_other_images_or_too_few_are_bad_input(shapes):
    with pytest.raises(BadInput, match=r"expected \(n, channels\) twice"):
        linear_cka(*(np.zeros(shape) for shape in shapes))

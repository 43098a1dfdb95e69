"""A search on real signs."""

import pytest

from tlbook import Features
from tlbook.cases import load_case
from tlbook.evidence.retrieval import score_retrieval
from tlbook.models.sources import load_source


@pytest.mark.real_data
def test_a_search_finds_other_signs_of_the_same_kind_and_frames_of_one_sign_more_easily():
    test = load_case("signs", variant="real").test
    features = Features.of(test, load_source("photos", image_size=64), quiet=True)
    signs, frames = (score_retrieval(features, test.labels, groups) for groups in (test.groups, None))
    assert signs.first > 3 * signs.chance
    assert frames.first > signs.first + 0.1

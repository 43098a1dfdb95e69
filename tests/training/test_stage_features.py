import numpy as np
import pytest

import tlbook as tl
from tlbook.training.features import extract_features
from tlbook.training.stage_features import extract_stage_features


def test_every_block_has_its_features_and_the_top_those_that_heads_are_fitted_to():
    source = tl.load_source("random", image_size=32)
    split = tl.load_case("fractures", per_class=2, size=32).train
    found = extract_stage_features(source, split.load(32, quiet=True))
    assert list(found)[0] == "stem" and len(found) == 10
    widths = [values.shape for values in found.values()]
    assert widths[0] == (4, 16) and widths[-1] == (4, 768)
    assert found["top"] == pytest.approx(extract_features(source, split, cache=False, quiet=True), abs=1e-5)
    assert np.isfinite(found["stage2_block1"]).all()

import numpy as np
import pytest

import tlbook as tl
from tlbook.training.features import extract_features
from tlbook.training.stage_features import _stage_model, extract_stage_features


def test_every_block_has_its_features_and_the_top_those_that_heads_are_fitted_to():
    source = tl.load_source("random", image_size=32)
    split = tl.load_case("fractures", per_class=2, size=32).train
    found = extract_stage_features(source, split.load(32, quiet=True))
    assert list(found)[0] == "stem" and len(found) == 10
    widths = [values.shape for values in found.values()]
    assert widths[0] == (4, 16) and widths[-1] == (4, 768)
    assert found["top"] == pytest.approx(extract_features(source, split, cache=False, quiet=True), abs=1e-5)
    assert np.isfinite(found["stage2_block1"]).all()


def test_one_model_serves_all_parts_of_a_data_set_and_sees_weights_that_change():
    source = tl.load_source("random", image_size=32)
    images = np.random.default_rng(0).integers(0, 256, (3, 32, 32, 3), np.uint8)
    before = extract_stage_features(source, images)
    known = _stage_model(source.backbone, source.stages)[0]
    assert _stage_model(source.backbone, source.stages)[0] is known
    kernel = source.backbone.get_layer("stem_conv")
    kernel.set_weights([weights + 0.1 for weights in kernel.get_weights()])
    after = extract_stage_features(source, images)
    assert not np.allclose(after["stem"], before["stem"])

"""A source of two residual blocks, for tests that train: tracing a network takes longer than its few steps."""

from tlbook.models.networks import build_compact_resnet
from tlbook.models.sources import SourceModel
from tlbook.models.stages import cut_stages
from tlbook.runtime import set_seed


def make_small_source():
    """Build the smallest network of the embedded kind, at 32 pixels, with random weights."""
    set_seed(0)
    backbone = build_compact_resnet(32, stage_filters=(4, 8), blocks=1, num_features=8)
    return SourceModel("small", backbone, cut_stages(backbone), 32, "", "")

"""The template's training on images of noise: domains kept apart, what is written, and that it goes on where it was."""

from dataclasses import replace

import numpy as np
import pytest

from tlbook.models.networks import build_compact_resnet, load_weights
from tlbook.models.template import blend_sets
from tlbook.pretraining.recipes import find_recipe
from tlbook.pretraining.run import Material
from tlbook.pretraining.template import build_joint_network, draw_domain_batch, list_ranges, train_template

SMALL = replace(find_recipe("template", steps=2), num_worlds=12, sizes=((1.0, 32),), warmup_steps=1)


@pytest.fixture(scope="module")
def material():
    rng = np.random.default_rng(0)
    return Material(rng.integers(0, 256, (480, 32, 32, 3), dtype=np.uint8), np.tile(np.arange(240, dtype=np.int32), 2))


def test_a_batch_holds_each_domain_in_order(material):
    pixels, labels = draw_domain_batch(SMALL, material, 0, num_each=3)
    assert pixels.shape == (18, 32, 32, 3)
    for part, (first, stop) in zip(labels.reshape(6, 3), list_ranges(), strict=True):
        assert ((part >= first) & (part < stop)).all()
    again, _ = draw_domain_batch(SMALL, material, 0, num_each=3)
    assert np.array_equal(pixels, again)
    assert list_ranges()[0][0] == 0 and list_ranges()[-1][1] == 240


def test_domains_are_normalised_apart(material):
    network = build_joint_network(SMALL, 240)
    layer = network.get_layer("stem_bn")
    x = np.random.default_rng(0).normal(size=(12, 4, 4, 16)).astype(np.float32)
    x[:2] += 5  # the first domain's images
    out = np.asarray(layer(x, training=True))
    gamma, beta = (np.asarray(w)[0] for w in (layer.gamma, layer.beta))
    expected = (x[:2] - x[:2].mean((0, 1, 2))) / np.sqrt(x[:2].var((0, 1, 2)) + 1e-3) * gamma + beta
    np.testing.assert_allclose(out[:2], expected, atol=1e-3)


def test_training_writes_network_and_sets_and_goes_on(material, tmp_path):
    result = train_template(SMALL, material, tmp_path, quiet=True)
    backbone = build_compact_resnet()
    load_weights(backbone, result["weights"])
    with np.load(tmp_path / "template_sets.npz") as stored:
        sets = {name[5:]: stored[name] for name in stored.files if name.startswith("sets/")}
    assert len(sets) == 21 and sets["stem_bn"].shape == (6, 4, 16)
    assert not np.array_equal(sets["stem_bn"][0], sets["stem_bn"][1]), "domains have learned apart"
    even = blend_sets(sets, np.full(6, 1 / 6))["stem_bn"]
    np.testing.assert_allclose(backbone.get_layer("stem_bn").get_weights(), even, rtol=2e-3, atol=2e-3)
    again = train_template(SMALL, material, tmp_path, quiet=True)  # from the state at the end
    assert again["sha256"] == result["sha256"]

"""Pre-training: recipes count steps, batches depend on seed and step alone, runs are equal and resumable."""

from dataclasses import replace
from functools import partial
from types import SimpleNamespace

import numpy as np
import pytest

from tlbook.errors import BadInput
from tlbook.models.networks import build_compact_resnet
from tlbook.pretraining import run as module
from tlbook.pretraining import student
from tlbook.pretraining.batches import draw_square_crops, jitter_colours, resample_crops
from tlbook.pretraining.photos import NUM_VIEWS, Photos, draw_crops, read_excluded
from tlbook.pretraining.recipes import RECIPES, find_recipe
from tlbook.pretraining.run import Material, draw_batch, pretrain
from tlbook.pretraining.targets import project_features, soften_labels
from tlbook.pretraining.teachers import IMAGE_SIZE, weigh_pixels
from tlbook.runtime import import_keras
from tlbook.training.checkpoint import save_state

SMALL = replace(
    RECIPES["photos"],
    steps=4,
    num_photos=4,
    num_worlds=4,
    teacher_features=3,
    sizes=((0.5, 32), (1.0, 40)),
    num_views=2,
)


@pytest.fixture
def material():
    rng = np.random.default_rng(0)

    def pixels(num, size):
        return rng.integers(0, 256, (num, size, size, 3), dtype=np.uint8)

    photos = Photos(pixels(12, 64), np.arange(12, dtype=np.int32) % 3, ("a", "b", "c"), np.arange(2, 12))
    teachers = rng.normal(size=(2, 12, 6)).astype(np.float16)
    pooled = rng.normal(size=(2, 12, 5)).astype(np.float16)
    classifier = rng.normal(size=(5, 7)).astype(np.float32), np.zeros(7, np.float32)
    worlds = pixels(10, 96), np.arange(10, dtype=np.int32) % 5
    return Material(*worlds, photos, draw_crops(12, num_views=2), teachers, pooled, classifier)


def test_resampling_a_whole_image_to_its_size_changes_nothing():
    images = np.random.default_rng(0).integers(0, 256, (2, 16, 16, 3), dtype=np.uint8)
    whole = np.tile(np.float32([0, 0, 1, 1]), (2, 1))
    assert np.allclose(resample_crops(images, whole, 16), images, atol=1e-3)


def test_resampling_cuts_the_box_and_keeps_a_ramp():
    ramp = np.tile(np.arange(32, dtype=np.float32)[None, :, None, None], (1, 1, 32, 3))
    half = resample_crops(ramp, np.float32([[0.5, 0, 1, 1]]), 8)
    assert half.shape == (1, 8, 8, 3)
    assert np.allclose(half[0, :, 0, 0], 16 + 2 * np.arange(8) + 0.5, atol=0.6)


def test_teachers_crops_are_those_of_tensorflow():
    import tensorflow as tf

    rng, boxes = np.random.default_rng(0), draw_crops(6)[0] * 0.999  # past the edge by a rounding, it paints black
    images = rng.uniform(0, 255, (6, 64, 48, 3)).astype(np.float32)
    rows, columns = weigh_pixels(boxes[:, 0], boxes[:, 2], 64), weigh_pixels(boxes[:, 1], boxes[:, 3], 48)
    crops = np.einsum("nph,nqw,nhwc->npqc", rows, columns, images)
    expected = tf.image.crop_and_resize(images, boxes, range(6), (IMAGE_SIZE, IMAGE_SIZE)).numpy()
    np.testing.assert_allclose(crops, expected, atol=0.02)


def test_stretches_cover_every_step_once_at_one_image_size():
    stretches = RECIPES["photos"].list_stretches(250)
    assert np.array_equal(np.concatenate([np.arange(*s) for s in stretches]), np.arange(20000))
    assert all(len({RECIPES["photos"].size_at(step) for step in range(*s)}) == 1 for s in stretches)
    assert SMALL.list_stretches(250) == [(0, 2), (2, 4)]


def test_jitter_stays_in_range_and_moves_every_image():
    rng = np.random.default_rng(0)
    images = rng.uniform(0, 255, (20, 8, 8, 3)).astype(np.float32)
    jittered = jitter_colours(images.copy(), rng)
    assert jittered.min() >= 0
    assert jittered.max() <= 255
    assert (np.abs(jittered - images).max((1, 2, 3)) > 1).all()


def test_crops_stay_inside_and_views_do_not_depend_on_their_number():
    boxes = draw_crops(50)
    assert boxes.shape == (NUM_VIEWS, 50, 4)
    assert boxes.min() >= 0
    assert boxes.max() <= 1 + 1e-6
    assert np.array_equal(draw_crops(50, num_views=2), boxes[:2])
    square = draw_square_crops(50, np.random.default_rng(0))
    assert np.allclose(square[:, 2] - square[:, 0], square[:, 3] - square[:, 1])


def test_a_batch_is_known_by_seed_and_step(material):
    pixels, targets = draw_batch(SMALL, material, 1)
    again, _ = draw_batch(SMALL, material, 1)
    other, _ = draw_batch(SMALL, material, 0)
    assert np.array_equal(pixels, again)
    assert not np.array_equal(pixels, other)
    assert pixels.shape == (8, 32, 32, 3)
    assert draw_batch(SMALL, material, 3)[0].shape == (8, 40, 40, 3)
    assert targets["teachers"].shape == (4, 6)
    assert np.allclose(targets["soft_labels"].sum(-1), 1, atol=1e-5)


def test_photographs_that_resemble_a_target_are_never_learned_from():
    excluded = read_excluded()
    assert "n02085620_Chihuahua/n02085620_347.webp" in excluded
    assert all(name.endswith(".webp") and name.count("/") == 1 for name in excluded)


def test_principal_components_keep_the_large_directions():
    rng = np.random.default_rng(0)
    hidden = rng.normal(size=(2, 400, 2))
    features = hidden @ rng.normal(size=(2, 10)) + rng.normal(0, 0.01, (2, 400, 10))
    projected = project_features(features.astype(np.float16), 2).astype(np.float32)
    design = np.c_[projected[1], np.ones(400)]
    rest = hidden[1] - design @ np.linalg.lstsq(design, hidden[1], rcond=None)[0]
    assert rest.std() < 0.05


def test_soft_labels_are_the_softmax_of_the_classifier():
    probabilities = soften_labels(np.eye(2), np.array([[2.0, 0.0], [0.0, 2.0]]), np.zeros(2))
    assert np.allclose(probabilities, [[0.8808, 0.1192], [0.1192, 0.8808]], atol=1e-4)


def test_learning_rate_warms_up_and_ends_near_zero():
    recipe = find_recipe("worlds", steps=1000)
    rates = [recipe.learning_rate_at(step) for step in range(1000)]
    assert rates[0] < 1e-4
    assert np.argmax(rates) == pytest.approx(recipe.warmup_steps, abs=30)
    assert rates[-1] < 1e-6


def test_each_cycle_warms_up_and_falls_to_zero():
    recipe = replace(SMALL, steps=1000, cycles=((0.5, 3e-3), (1.0, 1e-3)), warmup_steps=50)
    rates = np.array([recipe.learning_rate_at(step) for step in range(1000)])
    assert rates[:500].max() == pytest.approx(3e-3, rel=0.05)
    assert rates[500:].max() == pytest.approx(1e-3, rel=0.05)
    assert max(rates[499], rates[500], rates[999]) < 1e-4


@pytest.mark.parametrize(
    ("source", "options", "message"),
    [
        ("nothing", {}, "received `source` 'nothing'; expected one that is pre-trained: photos, worlds, template"),
        ("photos", {"steps": 0}, "received `steps` 0; expected a whole number of at least 1"),
        ("photos", {"steps": "many"}, "received `steps` 'many'; expected a whole number of at least 1"),
        ("photos", {"seed": -1}, "received `seed` -1; expected a whole number from 0 to 4294967295"),
    ],
)
def test_a_recipe_that_is_not_there_is_refused(source, options, message):
    with pytest.raises(BadInput) as caught:
        find_recipe(source, **options)
    assert str(caught.value) == message


def test_a_recipe_is_shortened():
    assert find_recipe("photos", steps=7, seed=3).steps == 7


@pytest.fixture
def small(material, monkeypatch):
    """A recipe of four steps for a network of two blocks: tracing a network takes longer than its few steps."""
    network = partial(build_compact_resnet, stage_filters=(4, 8), blocks=1, num_features=8)
    monkeypatch.setattr(student, "build_compact_resnet", network)
    monkeypatch.setattr(module, "load_material", lambda *a, **k: material)
    monkeypatch.setattr(module, "CHECKPOINT_EVERY", 2)
    return replace(SMALL, sizes=((1.0, 32),))


def test_an_interrupted_run_ends_with_the_weights_of_another_run(small, tmp_path, monkeypatch):
    whole = pretrain(small, tmp_path / "whole", quiet=True)

    def stop(recipe, material, step):
        if step == 3:
            raise KeyboardInterrupt
        return draw_batch(recipe, material, step)

    with monkeypatch.context() as broken:
        broken.setattr(module, "draw_batch", stop)
        with pytest.raises(KeyboardInterrupt):
            pretrain(small, tmp_path / "cut", quiet=True)
    assert not (tmp_path / "cut" / "photos.npz").exists()
    assert pretrain(small, tmp_path / "cut", quiet=True)["sha256"] == whole["sha256"]
    assert pretrain(small, str(tmp_path / "whole"), quiet=True) == whole, "a finished run gives its result again"


@pytest.mark.parametrize("edited", ["recipe", "photographs", "teachers"])
def test_a_run_does_not_go_on_by_an_edited_recipe_or_on_other_images(small, material, tmp_path, edited, monkeypatch):
    def leave(*arguments):
        """The state of a run that stopped after two steps."""
        save_state(*arguments)
        raise KeyboardInterrupt

    with monkeypatch.context() as broken:
        broken.setattr(module, "save_state", leave)
        broken.setattr(import_keras().Model, "fit", lambda *a, **k: SimpleNamespace(history={"loss": [1.0]}))
        with pytest.raises(KeyboardInterrupt):
            pretrain(small, tmp_path, quiet=True)
        if edited == "recipe":
            small = replace(small, label_smoothing=0.2)
        elif edited == "photographs":
            material.photos.images[0] += np.uint8(1)
        else:
            material.teachers[0] += np.float16(1)
        with pytest.raises(BadInput, match=r"photos_4_0.checkpoint.npz, the state of another run: .*remove this file"):
            pretrain(small, tmp_path, quiet=True)


@pytest.mark.parametrize(
    ("recipe", "folder", "message"),
    [
        ("photos", "work", "received `recipe` 'photos'; expected a Recipe, as find_recipe gives"),
        (SMALL, 3, "received `folder` 3; expected the path of a folder"),
    ],
)
def test_pretraining_takes_a_recipe_and_a_folder(recipe, folder, message):
    with pytest.raises(BadInput) as caught:
        pretrain(recipe, folder)
    assert str(caught.value) == message

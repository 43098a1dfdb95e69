"""A task is learned from the template: what moves, what stays, and what a strategy makes of it."""

import numpy as np
import pytest

import tlbook as tl
from tlbook.errors import BadInput
from tlbook.models.adapters import list_batch_norm
from tlbook.models.template import Template, blend_sets, load_template, weigh_domains
from tlbook.runtime import import_keras
from tlbook.synthetic.worlds.domains import draw_images
from tlbook.training.template_steps import learn_task, predict_task, prepare_learner


@pytest.fixture(scope="module")
def learner():
    return prepare_learner(image_size=48)


@pytest.fixture(scope="module")
def task():
    images = np.concatenate([draw_images("glyphs", c, range(4), size=48, seed=1) for c in range(3)])
    return images, np.repeat(np.arange(3), 4)


def snapshot(network):
    return {w.path: import_keras().ops.convert_to_numpy(w).copy() for w in network.weights}


def test_only_scale_and_shift_move(learner, task):
    learn_task(learner, *task, steps=0)
    before = snapshot(learner.network)
    learned = learn_task(learner, *task, steps=6)
    after = snapshot(learner.network)
    statistics = ("moving_mean", "moving_variance")  # those of the labelled images, which no gradient reaches
    moved = {path for path in before if not np.array_equal(before[path], after[path])}
    expected = {path for path in before if path.endswith(("gamma", "beta"))}
    assert {path for path in moved if not path.endswith(statistics)} == expected
    assert len(expected) == 2 * len(list_batch_norm(learner.network)) == 42
    assert len(learned.losses) == 6 and learned.losses[-1] < learned.losses[0]
    assert learned.centroids.shape == (3, 768)


def test_the_template_itself_stays(learner, task):
    before = {name: values.copy() for name, values in learner.template.sets.items()}
    kept = [w.copy() for w in learner.template.backbone.get_weights()]
    first, again = (learn_task(learner, *task) for _ in range(2))
    assert np.array_equal(first.centroids, again.centroids), "a task depends on the one before it"
    assert all(np.array_equal(before[name], learner.template.sets[name]) for name in before)
    assert all(map(np.array_equal, kept, learner.template.backbone.get_weights()))


def test_statistics_are_those_of_the_labelled_images(learner, task):
    learned = learn_task(learner, *task, steps=0)
    keras = import_keras()
    stem = keras.Model(learner.network.input, learner.network.get_layer("stem_conv").output)
    maps = keras.ops.convert_to_numpy(stem(task[0].astype(np.float32)))
    np.testing.assert_allclose(learned.film["stem_bn"][2], maps.mean((0, 1, 2)), rtol=1e-3, atol=1e-3)


def test_answers_do_not_depend_on_their_company(learner, task):
    learned = learn_task(learner, *task)
    all_at_once = predict_task(learner, learned, task[0])
    np.testing.assert_allclose(predict_task(learner, learned, task[0][:1]), all_at_once[:1], atol=1e-6)
    np.testing.assert_allclose(all_at_once.sum(-1), 1, atol=1e-5)


def test_starts(learner, task):
    domains = learner.template.domains
    names = {"blend": 6, "domain": 1, "solids": 1}
    for start, most in names.items():
        weights = learn_task(learner, *task, start=start, steps=0).weights
        assert weights.sum() == pytest.approx(1, abs=1e-5) and np.count_nonzero(weights) <= most
    assert learn_task(learner, *task, start="solids", steps=0).weights.argmax() == domains.index("solids")
    scratch = learn_task(learner, *task, start="scratch", steps=0)
    assert scratch.weights is None
    assert all((v[0] == 1).all() and (v[1] == 0).all() for v in scratch.film.values())


def test_each_domain_is_recognised():
    template = load_template()
    for k, domain in enumerate(template.domains):
        right = 0
        for number in range(10):
            classes = np.random.default_rng(number).choice(34, 5, replace=False)
            images = np.concatenate([draw_images(domain, int(c), range(5), size=64, seed=2 + number) for c in classes])
            right += weigh_domains(template, images).argmax() == k
        assert right >= 9, f"{domain}: {right} of 10"


def test_blender_ignores_order():
    template = load_template()
    images = draw_images("solids", 3, range(6), size=64, seed=1)
    np.testing.assert_allclose(weigh_domains(template, images), weigh_domains(template, images[::-1]), atol=1e-5)


def test_blend_of_one_domain_is_its_own_set():
    template = load_template()
    weights = np.eye(6)[2]
    for name, values in blend_sets(template.sets, weights).items():
        np.testing.assert_allclose(values, template.sets[name][2], rtol=1e-4, atol=1e-4)


def test_bad_input(learner, task):
    images, labels = task
    with pytest.raises(BadInput, match="received `start` 'sideways'; expected one of blend, domain, scratch, fractals"):
        learn_task(learner, images, labels, start="sideways")
    with pytest.raises(BadInput, match="received no image of class 1"):
        learn_task(learner, images[labels != 1], labels[labels != 1])
    with pytest.raises(BadInput, match="steps"):
        learn_task(learner, images, labels, steps=-1)
    with pytest.raises(BadInput, match="received `start` 'up'"):
        tl.TemplateAdapt(start="up")
    assert isinstance(learner.template, Template)


def test_strategy_on_a_data_set(tmp_path):
    case = tl.load_case("signs", per_class=5, size=48)
    source = tl.load_source("template", image_size=48)
    run = tl.adapt(case, source, tl.TemplateAdapt(steps=2), cache=False, quiet=True)
    assert (run.strategy, run.epochs, run.trainable_params) == ("template", 0, 3936)
    assert "from the blend" in run.strategy_reason
    ours = {layer.name: layer for layer in source.backbone.layers if "conv" in layer.name}
    kernels = [run.model.get_layer(name).get_weights() for name in ours]
    assert all(np.array_equal(a[0], b.get_weights()[0]) for a, b in zip(kernels, ours.values(), strict=True))
    run.save(tmp_path / "run")
    loaded = tl.load_run(tmp_path / "run")
    pixels = case.test.load(48, quiet=True)[:5]
    answers = [import_keras().ops.convert_to_numpy(m(pixels.astype(np.float32))) for m in (run.model, loaded.model)]
    np.testing.assert_allclose(*answers, atol=1e-6)


def test_strategy_names_the_source_that_it_needs():
    with pytest.raises(BadInput, match="needs the source template.* received random; give the source template"):
        tl.TemplateAdapt().build(tl.load_source("random", image_size=32), ("a", "b"), seed=0)

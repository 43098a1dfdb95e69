"""Learn a new task from a universal template: a start, a few steps on scale and shift, centroids."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tlbook.errors import BadInput, check_whole, shorten
from tlbook.models.adapters import list_batch_norm
from tlbook.models.copying import copy_layer, copy_weights
from tlbook.models.heads import add_head, softmax
from tlbook.models.prediction import predict_padded
from tlbook.models.template import COSINE_SCALE, MOST_IMAGES, Template, blend_sets, load_template, weigh_domains
from tlbook.runtime import choose_compilation, import_keras

if TYPE_CHECKING:
    import keras

STARTS = ("blend", "domain", "scratch")
STEPS, LEARNING_RATE = 6, 0.005
MOST_CLASSES = 64  # that one trace of the step serves


@dataclass(frozen=True, eq=False)
class Learner:
    """A template made ready to learn tasks, one after the other; its step is compiled once for all of them.

    Attributes
    ----------
    template : Template
    network : keras.Model
        Raw pixels to features, (n, 768); its normalisations are those of the last task.
    trainer : keras.Model
        Takes the steps.
    zeros : list of numpy.ndarray
        The optimiser's state before the first step.
    """

    template: Template
    network: "keras.Model"
    trainer: "keras.Model"
    zeros: list


@dataclass(frozen=True)
class Task:
    """A task that was learned.

    Attributes
    ----------
    weights : numpy.ndarray or None
        Of the source domains in the start, float32, (domains,); None from scratch.
    centroids : numpy.ndarray
        float32, (classes, features), of length 1: the mean features of each class.
    losses : tuple of float
        Before each step.
    film : dict of str to list of numpy.ndarray
        By layer scale, shift, mean and variance after the last step.
    """

    weights: np.ndarray | None
    centroids: np.ndarray
    losses: tuple[float, ...]
    film: dict


def prepare_learner(
    template: Template | None = None, *, learning_rate: float = LEARNING_RATE, image_size: int | None = None
) -> Learner:
    """Make a template ready to learn tasks.

    Parameters
    ----------
    template : Template, optional
        None loads the embedded one.
    learning_rate : float
        Of Adam; 0.005 in the paper.
    image_size : int, optional
        Pixels a side; None takes any.

    Returns
    -------
    Learner
        Convolutions are frozen in it; scale and shift train, and nothing else.

    References
    ----------
    Triantafillou et al. 2021, FLUTE, arXiv:2105.07029.

    Examples
    --------
    >>> learner = prepare_learner(image_size=32)
    >>> sum(int(np.prod(w.shape)) for w in learner.network.trainable_weights)  # two numbers a channel
    3936
    """
    keras, template = import_keras(), template or load_template(image_size)
    backbone = keras.models.clone_model(template.backbone, clone_function=copy_layer)
    for layer in [layer for layer in template.backbone.layers if layer.weights]:
        copy_weights(layer, backbone.get_layer(layer.name))
    norms = list_batch_norm(backbone)
    for layer in backbone.layers:
        layer.trainable = layer in norms
    for layer in norms:
        layer.momentum = 0.0  # "running" statistics are then those of the last images seen in training mode
    network = keras.Model(backbone.input, add_head(backbone.output), name="features")
    trainer = _make_trainer(keras)(network.input, network.output)
    trainer.compile(keras.optimizers.Adam(learning_rate), jit_compile=choose_compilation())
    trainer.optimizer.build(trainer.trainable_variables)
    zeros = [keras.ops.convert_to_numpy(v) for v in trainer.optimizer.variables]
    return Learner(template, network, trainer, zeros)


def _make_trainer(keras):
    ops = keras.ops

    class Trainer(keras.Model):
        """Cross-entropy of nearest centroids, which are those of the same images; labels come as rows of 0 and 1.

        A task has as many classes as columns that are not zero everywhere, so that one trace serves all tasks.
        """

        def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
            centroids = ops.normalize(ops.matmul(ops.transpose(y), y_pred), axis=-1)
            cosines = ops.matmul(ops.normalize(y_pred, axis=-1), ops.transpose(centroids))
            absent = -1e9 * ops.cast(ops.equal(ops.sum(y, axis=0), 0), "float32")
            return -ops.mean(ops.sum(y * ops.log_softmax(COSINE_SCALE * cosines + absent), axis=-1))

    return Trainer


def learn_task(
    learner: Learner,
    images: np.ndarray,
    labels: np.ndarray,
    *,
    start: str = "blend",
    steps: int = STEPS,
    seed: int = 0,
) -> Task:
    """Learn a task: a start, steps on scale and shift, and the centroids of the classes.

    Parameters
    ----------
    learner : Learner
        Its network is changed; the template is not.
    images : numpy.ndarray
        Raw pixels, uint8, (n, size, size, 3), 0-255.
    labels : numpy.ndarray
        int64, (n,), 0 to the number of classes - 1, each at least once.
    start : str
        ``"blend"`` (of all sets, by the blender), ``"domain"`` (the set that the blender puts first), the name of a
        source domain, or ``"scratch"`` (scale 1, shift 0): the paper's ablation of the start.
    steps : int
        0 to 1000; 6 in the paper.
    seed : int
        Of the images that a step takes where there are more than 512.

    Returns
    -------
    Task

    Raises
    ------
    BadInput
        An unknown start, or a class without images.

    References
    ----------
    Triantafillou et al. 2021, FLUTE, arXiv:2105.07029; Snell et al. 2017, on centroids, arXiv:1703.05175.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> images, labels = rng.integers(0, 256, (6, 32, 32, 3), dtype=np.uint8), np.arange(6) % 2
    >>> task = learn_task(prepare_learner(image_size=32), images, labels, steps=1)
    >>> task.centroids.shape, len(task.losses)
    ((2, 768), 1)
    """
    check_whole("steps", steps, 0, 1000)
    weights = choose_start(learner.template, images, start)
    counts = np.bincount(labels)
    if not counts.all():
        raise BadInput(f"received no image of class {int(np.argmin(counts))}; expected at least one of each class")
    set_start(learner, weights)
    for variable, value in zip(learner.trainer.optimizer.variables, learner.zeros, strict=True):
        variable.assign(value)
    rng = np.random.default_rng(seed)
    losses = _take_steps(learner, images, labels, [_choose_images(labels, rng) for _ in range(steps)])
    part = _choose_images(labels, rng)
    learner.network(images[part].astype(np.float32), training=True)  # leaves its statistics in the layers
    film = {layer.name: layer.get_weights() for layer in list_batch_norm(learner.network)}
    features = embed(learner, images)
    sums = np.eye(len(counts), dtype=np.float32)[labels].T @ features
    centroids = sums / np.linalg.norm(sums, axis=-1, keepdims=True).clip(1e-12)
    return Task(weights, centroids.astype(np.float32), tuple(losses), film)


def _take_steps(learner, images, labels, parts):
    """Take a step on each part of the images, and return the loss before each."""
    keras = import_keras()
    if not parts:
        return ()
    width = -(-(int(labels.max()) + 1) // MOST_CLASSES) * MOST_CLASSES
    rows = np.eye(width, dtype=np.float32)[labels]

    class Steps(keras.utils.PyDataset):
        """Fed by ``fit``, whose batches have any number of images: ``train_on_batch`` would trace for each number."""

        def __len__(self):
            return len(parts)

        def __getitem__(self, index):
            return images[parts[index]].astype(np.float32), rows[parts[index]]

    means = []
    keep = keras.callbacks.LambdaCallback(on_train_batch_end=lambda batch, logs: means.append(float(logs["loss"])))
    learner.trainer.fit(Steps(), shuffle=False, verbose=0, callbacks=[keep])
    sums = np.arange(1, len(parts) + 1) * means  # Keras tells the mean since the first step
    return tuple(np.diff(sums, prepend=0.0).tolist())


def choose_start(template, images, start):
    """Return the weights of the source domains that a start stands for; None from scratch."""
    if start == "scratch":
        return None
    if start in template.domains:
        return np.eye(len(template.domains), dtype=np.float32)[template.domains.index(start)]
    if start not in STARTS:
        known = ", ".join((*STARTS, *template.domains))
        raise BadInput(f"received `start` {shorten(start)}; expected one of {known}")
    weights = weigh_domains(template, images)
    return weights if start == "blend" else np.eye(len(weights), dtype=np.float32)[weights.argmax()]


def set_start(learner, weights):
    """Write the blended set, or scale 1 and shift 0 for None, into the learner's normalisations."""
    if weights is None:
        even = np.full(len(learner.template.domains), 1 / len(learner.template.domains))
        mixed = {k: [np.ones_like(v[0]), np.zeros_like(v[1]), *v[2:]] for k, v in blend(learner, even).items()}
    else:
        mixed = blend(learner, weights)
    for layer in list_batch_norm(learner.network):
        layer.set_weights(mixed[layer.name])


def blend(learner, weights):
    """Blend the sets of a learner's template."""
    return blend_sets(learner.template.sets, weights)


def _choose_images(labels, rng):
    """Choose at most so many images as one step takes, classes alike."""
    if len(labels) <= MOST_IMAGES:
        return slice(None)
    each = -(-MOST_IMAGES // (int(labels.max()) + 1))
    parts = [np.flatnonzero(labels == c) for c in range(int(labels.max()) + 1)]
    return np.concatenate([rng.choice(part, min(each, len(part)), replace=False) for part in parts])


def embed(learner, images, *, batch_size=32):
    """Return the features of images as the learner's network is now, float32, (n, 768)."""
    starts = range(0, len(images), batch_size)
    return np.concatenate([predict_padded(learner.network, images[i : i + batch_size], batch_size) for i in starts])


def predict_task(learner: Learner, task: Task, images: np.ndarray) -> np.ndarray:
    """Return the class probabilities of images under the task that was learned last.

    Parameters
    ----------
    learner : Learner
        As :func:`learn_task` left it.
    task : Task
    images : numpy.ndarray
        Raw pixels, uint8, (n, size, size, 3), 0-255.

    Returns
    -------
    numpy.ndarray
        float32, (n, classes): softmax of ten times the cosine to each centroid.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> images, labels = rng.integers(0, 256, (6, 32, 32, 3), dtype=np.uint8), np.arange(6) % 2
    >>> learner = prepare_learner(image_size=32)
    >>> task = learn_task(learner, images, labels, steps=0)
    >>> predict_task(learner, task, images).shape
    (6, 2)
    """
    return classify_by_centroids(embed(learner, images), task.centroids)


def classify_by_centroids(features, centroids):
    """Return softmax probabilities of ten times the cosine between features and centroids (of length 1)."""
    features = features / np.linalg.norm(features, axis=-1, keepdims=True).clip(1e-12)
    return softmax(COSINE_SCALE * features @ centroids.T)


def fill_classifier(model, source, strategy, images, labels, *, seed=0):
    """Learn a data set as one task, and fill a classifier's normalisations and head, in place, with what came out.

    ``model`` is what :meth:`tlbook.TemplateAdapt.build` gave. Returns the task.
    """
    template = load_template(source.image_size)
    learner = prepare_learner(template, learning_rate=strategy.learning_rate)
    task = learn_task(learner, images, labels, start=strategy.start, steps=strategy.steps, seed=seed)
    for name, values in task.film.items():
        model.get_layer(name).set_weights(values)
    model.get_layer("head").set_weights([COSINE_SCALE * task.centroids.T])
    return task


def describe_start(task, domains):
    """Say what a task started from, in a few words."""
    if task.weights is None:
        return "from scale 1 and shift 0"
    order = np.argsort(-task.weights, kind="stable")
    told = [f"{domains[k]} {task.weights[k]:.2f}" for k in order if task.weights[k] >= 0.05]
    return f"from the blend {', '.join(told)}"

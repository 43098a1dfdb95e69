"""Pre-train the universal template: shared convolutions, one set of scales and shifts a domain, and the blender.

After Triantafillou et al. 2021, arXiv:2105.07029, section 4 (training) and its data-set classifier.
"""

from pathlib import Path

import numpy as np

from tlbook.models.classifiers import build_feature_model
from tlbook.models.heads import balance_weights, fold_scaling, minimise_loss
from tlbook.models.networks import build_compact_resnet, load_weights, save_weights
from tlbook.models.prediction import predict_padded
from tlbook.models.template import BLENDER_C, COSINE_SCALE, blend_sets, save_sets
from tlbook.pretraining.batches import draw_square_crops, invert_some, jitter_colours, resample_crops
from tlbook.runtime import choose_compilation, count_cores, data_dir, import_keras
from tlbook.training.checkpoint import Checkpoint, load_state, name_run, save_state

CHECKPOINT_EVERY = 100


def list_ranges():
    """List the first label, and the one after the last, of each source domain."""
    from tlbook.synthetic.worlds.domains import DOMAINS

    stops = np.cumsum([domain.num_classes for domain in DOMAINS])
    return [(int(stop) - domain.num_classes, int(stop)) for domain, stop in zip(DOMAINS, stops, strict=True)]


def draw_domain_batch(recipe, material, step, *, num_each):
    """Cut a step's batch, domain after domain, ``num_each`` images of each; it hangs on seed and step alone."""
    rng, size = np.random.default_rng([recipe.seed, 3, step]), recipe.size_at(step)
    ranges, width = list_ranges(), int(material.world_labels.max()) + 1
    each = len(material.world_labels) // width
    chosen = []
    for first, stop in ranges:  # image k * width + label is number k of a label
        labels, numbers = rng.integers(first, stop, num_each), rng.integers(0, each, num_each)
        chosen.append(np.sort(numbers * width + labels))
    chosen = np.concatenate(chosen)
    pixels = resample_crops(material.worlds[chosen], draw_square_crops(len(chosen), rng), size)
    return invert_some(jitter_colours(pixels, rng), rng), material.world_labels[chosen]


def build_joint_network(recipe, num_classes):
    """Build and compile the network in training: a normalisation a domain, and a cosine head over all classes."""
    keras = import_keras()
    num_domains = len(list_ranges())
    start = build_compact_resnet()
    load_weights(start, data_dir() / "weights" / "worlds.npz")
    swap = _make_swap(keras, num_domains)
    backbone = keras.models.clone_model(start, clone_function=swap)
    for layer in [layer for layer in start.layers if layer.weights]:
        values = layer.get_weights()
        if isinstance(layer, keras.layers.BatchNormalization):
            values = [np.tile(value, (num_domains, 1)) for value in values]
        backbone.get_layer(layer.name).set_weights(values)
    x = keras.layers.GlobalAveragePooling2D(name="pool")(backbone.output)
    logits = _make_cosine_head(keras, num_classes)(x)
    network = _make_joint_class(keras, recipe, num_classes)(backbone.input, logits, name="joint")
    rates = [recipe.learning_rate_at(step) for step in range(recipe.steps)]
    optimizer = keras.optimizers.AdamW(_make_rates(keras, rates), weight_decay=recipe.weight_decay, global_clipnorm=5.0)
    optimizer.exclude_from_weight_decay(var_names=["gamma", "beta", "cosine_scale"])
    network.compile(optimizer=optimizer, jit_compile=choose_compilation())
    network.optimizer.build(network.trainable_variables)
    return network


def _make_rates(keras, rates):
    class Rates(keras.optimizers.schedules.LearningRateSchedule):
        def __call__(self, step):
            table = keras.ops.convert_to_tensor(rates, "float32")
            return keras.ops.take(table, keras.ops.cast(step, "int32"))

    return Rates()


def _make_swap(keras, num_domains):
    ops = keras.ops

    class DomainNormalization(keras.layers.Layer):
        """Batch normalisation of a batch that holds equal parts of each domain, in order: each has weights of its own.

        A batch of one domain is normalised by its own statistics, as in the paper; running ones are kept beside.
        """

        def build(self, shape):
            shape = (num_domains, shape[-1])
            self.gamma = self.add_weight(shape=shape, initializer="ones", name="gamma")
            self.beta = self.add_weight(shape=shape, initializer="zeros", name="beta")
            self.moving_mean = self.add_weight(shape=shape, initializer="zeros", name="moving_mean", trainable=False)
            self.moving_variance = self.add_weight(
                shape=shape, initializer="ones", name="moving_variance", trainable=False
            )

        def compute_output_shape(self, shape):
            return shape

        def call(self, x, training=None, mask=None):
            shape = ops.shape(x)
            parts = ops.reshape(x, (num_domains, -1, x.shape[-1]))
            if training:
                mean, variance = ops.moments(parts, axes=[1])
                self.moving_mean.assign(0.9 * self.moving_mean + 0.1 * mean)
                self.moving_variance.assign(0.9 * self.moving_variance + 0.1 * variance)
            else:
                mean, variance = self.moving_mean, self.moving_variance
            scale = self.gamma * ops.rsqrt(variance + 1e-3)
            shift = self.beta - mean * scale
            return ops.reshape(parts * scale[:, None] + shift[:, None], shape)

    def swap(layer):
        if isinstance(layer, keras.layers.BatchNormalization):
            return DomainNormalization(name=layer.name)
        return type(layer).from_config(layer.get_config())

    return swap


def _make_cosine_head(keras, num_classes):
    ops = keras.ops

    class CosineHead(keras.layers.Layer):
        """Cosine similarity to a learned direction a class, times a learned scale that starts at 10."""

        def build(self, shape):
            self.kernel = self.add_weight(shape=(shape[-1], num_classes), initializer="glorot_uniform", name="kernel")
            self.scale = self.add_weight(
                shape=(), initializer=keras.initializers.Constant(COSINE_SCALE), name="cosine_scale"
            )

        def call(self, x):
            return self.scale * ops.matmul(ops.normalize(x, axis=-1), ops.normalize(self.kernel, axis=0))

    return CosineHead(name="head")


def _make_joint_class(keras, recipe, num_classes):
    ops = keras.ops
    masks = np.full((len(list_ranges()), num_classes), -1e9, np.float32)
    for mask, (first, stop) in zip(masks, list_ranges(), strict=True):
        mask[first:stop] = 0

    class Joint(keras.Model):
        """Each domain is told apart from nothing but itself: its own classes are the only ones that count."""

        def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
            logits = ops.reshape(y_pred, (len(masks), -1, num_classes)) + ops.convert_to_tensor(masks)[:, None]
            log_odds = ops.log_softmax(logits)
            targets = ops.reshape(ops.one_hot(y, num_classes), ops.shape(log_odds))
            return -ops.mean(ops.sum(targets * log_odds, -1))

    return Joint


def _feed(draw, first, stop):
    keras = import_keras()

    class Batches(keras.utils.PyDataset):
        def __len__(self):
            return stop - first

        def __getitem__(self, index):
            return draw(first + index)

    cores = count_cores()
    return Batches(workers=cores, max_queue_size=2 * cores)


def train_template(recipe, material, folder, *, quiet=False):
    """Train convolutions and sets jointly, then fit the blender; write the network and its sets into ``folder``."""
    keras, folder = import_keras(), Path(folder)
    num_each = recipe.num_worlds // len(list_ranges())
    network = build_joint_network(recipe, int(material.world_labels.max()) + 1)
    path = folder / f"{recipe.name}_{recipe.steps}_{recipe.seed}.checkpoint.npz"
    checkpoint = Checkpoint(path, name_run([material.world_labels], recipe))
    facts = load_state(checkpoint, network) or {"step": 0, "loss": float("nan")}
    loss = facts["loss"]
    for start, stop in recipe.list_stretches(CHECKPOINT_EVERY):
        if stop <= facts["step"]:
            continue

        def draw(step):
            return draw_domain_batch(recipe, material, step, num_each=num_each)

        loss = network.fit(_feed(draw, start, stop), shuffle=False, verbose=0).history["loss"][0]
        save_state(checkpoint, network, {"step": stop, "loss": loss})
        if not quiet:
            print(f"step {stop} of {recipe.steps}: loss {loss:.3f}", flush=True)
    result = export_template(recipe, material, network, folder)
    keras.backend.clear_session()
    return {**result, "steps": recipe.steps, "images": recipe.steps * recipe.num_worlds, "loss": loss}


def export_template(recipe, material, network, folder):
    """Write the trained network under the even blend, and its sets with the blender, into a folder."""
    backbone, even = build_compact_resnet(), np.full(len(list_ranges()), 1 / len(list_ranges()))
    sets = _collect_sets(network, backbone)
    mixed = blend_sets(sets, even)
    for layer in [layer for layer in backbone.layers if layer.weights]:
        layer.set_weights(mixed.get(layer.name) or network.get_layer(layer.name).get_weights())
    path = folder / f"{recipe.name}.npz"
    digest = save_weights(backbone, path)
    load_weights(backbone, path)  # as whoever loads the file will have it
    blender, right = fit_blender(recipe, material, backbone)
    sets_digest = save_sets(sets, blender, folder / f"{recipe.name}_sets.npz")
    return {"weights": path, "sha256": digest, "sets_sha256": sets_digest, "blender": right}


def _collect_sets(network, backbone):
    """Take the sets of each normalisation, in the order of Keras: gamma, beta, mean, variance, (domains, channels)."""
    keras = import_keras()
    names = [layer.name for layer in backbone.layers if isinstance(layer, keras.layers.BatchNormalization)]
    return {name: np.stack(network.get_layer(name).get_weights(), 1) for name in names}


def fit_blender(recipe, material, backbone):
    """Fit the data-set classifier on mean features of sets of 5 to 25 images of five classes of one domain.

    Returns the head, and the share of sets of other images that it tells right.
    """
    features = build_feature_model(backbone)
    (known, known_labels), (held, held_labels) = (_embed_domains(recipe, material, features, k) for k in (0, 1))
    rng = np.random.default_rng([recipe.seed, 6])
    means, domains = _draw_sets(known, known_labels, 60, rng)
    theta = np.zeros((means.shape[1] + 1) * len(list_ranges()))
    mean, scale = means.mean(0), means.std(0) + 1e-6
    weights = balance_weights(domains, len(list_ranges()))
    decay = 1 / (BLENDER_C * len(domains))
    theta = minimise_loss(theta, (means - mean) / scale, domains, weights, len(list_ranges()), decay)
    blender = fold_scaling(theta, mean, scale, BLENDER_C)
    means, domains = _draw_sets(held, held_labels, 20, rng)
    return blender, float(np.mean(blender.predict(means).argmax(-1) == domains))


def _embed_domains(recipe, material, features, part):
    """Return the features of the first, or of the next, three images of each class as they are, and labels."""
    width = int(material.world_labels.max()) + 1
    numbers = [(3 * part + k) % (len(material.world_labels) // width) for k in range(3)]
    chosen = np.concatenate([np.arange(width) + width * k for k in numbers])
    box = np.array([[0, 0, 1, 1]], np.float32)
    found = []
    for first in range(0, len(chosen), 64):
        images = material.worlds[chosen[first : first + 64]]
        pixels = resample_crops(images, np.repeat(box, len(images), 0), recipe.sizes[-1][1])
        found.append(predict_padded(features, pixels, 64))
    return np.concatenate(found), material.world_labels[chosen]


def _draw_sets(features, labels, num, rng):
    """Draw sets of images of five classes of one domain: mean features, and domains."""
    means, domains = [], []
    for domain, (first, stop) in enumerate(list_ranges()):
        for _ in range(num):
            classes = rng.choice(np.arange(first, stop), 5, replace=False)
            places = np.flatnonzero(np.isin(labels, classes))
            means.append(features[rng.choice(places, rng.integers(5, len(places) + 1), replace=False)].mean(0))
            domains.append(domain)
    return np.array(means), np.array(domains)

"""Pre-train the universal template: shared convolutions, one set of scales and shifts a domain, and the blender.

After Triantafillou et al. 2021, arXiv:2105.07029, section 4 (training) and its data-set classifier.
"""

from pathlib import Path

import numpy as np

from tlbook.models.networks import build_compact_resnet, load_weights, save_weights
from tlbook.models.template import BLENDER_SIZE, COSINE_SCALE, blend_sets, build_blender, save_sets
from tlbook.pretraining.batches import draw_square_crops, invert_some, jitter_colours, resample_crops
from tlbook.runtime import choose_compilation, count_cores, data_dir, import_keras, show_progress
from tlbook.training.checkpoint import Checkpoint, load_state, name_run, save_state

CHECKPOINT_EVERY = 100
BLENDER_STEPS, BLENDER_SIZES, BLENDER_RATE = 600, (5, 10, 20), 2e-3


def list_ranges():
    """List the first label, and the one after the last, of each source domain."""
    from tlbook.synthetic.worlds.domains import DOMAINS

    stops = np.cumsum([domain.num_classes for domain in DOMAINS])
    return [(int(stop) - domain.num_classes, int(stop)) for domain, stop in zip(DOMAINS, stops, strict=True)]


def draw_domain_batch(recipe, material, step, *, num_each, stream=3, size=None):
    """Cut a step's batch, domain after domain, ``num_each`` images of each; it hangs on seed and step alone."""
    rng, size = np.random.default_rng([recipe.seed, stream, step]), size or recipe.size_at(step)
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
    """Train convolutions and sets jointly, then the blender; write the network and its sets into ``folder``."""
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
    backbone = build_compact_resnet()
    sets = _collect_sets(network, backbone)
    mean = blend_sets(sets, np.full(len(list_ranges()), 1 / len(list_ranges())))
    for layer in backbone.layers:
        if layer.name in mean:
            layer.set_weights(mean[layer.name])
        elif layer.weights:
            layer.set_weights(network.get_layer(layer.name).get_weights())
    blender, accuracy = train_blender(recipe, material, quiet=quiet)
    path = folder / f"{recipe.name}.npz"
    digest = save_weights(backbone, path)
    digests = {"sha256": digest, "sets_sha256": save_sets(sets, blender, folder / f"{recipe.name}_sets.npz")}
    keras.backend.clear_session()
    images = recipe.steps * recipe.num_worlds
    return {"weights": path, **digests, "steps": recipe.steps, "images": images, "loss": loss, "blender": accuracy}


def _collect_sets(network, backbone):
    """Take the sets of each normalisation, in the order of Keras: gamma, beta, mean, variance, (domains, channels)."""
    keras = import_keras()
    names = [layer.name for layer in backbone.layers if isinstance(layer, keras.layers.BatchNormalization)]
    return {name: np.stack(network.get_layer(name).get_weights(), 1) for name in names}


def train_blender(recipe, material, *, quiet=False):
    """Train the data-set classifier on sets of 5 to 20 images of one domain: (network, share right of the last 100)."""
    keras = import_keras()
    ops = keras.ops
    num_domains = len(list_ranges())
    blender = build_blender(num_domains)
    images = keras.Input((None, None, 3))
    features = blender.get_layer("encoder")(images)
    means = ops.mean(ops.reshape(features, (num_domains, -1, features.shape[-1])), axis=1)
    model = keras.Model(images, blender.get_layer("domains")(means))
    steps = min(BLENDER_STEPS, recipe.steps)
    rates = keras.optimizers.schedules.CosineDecay(BLENDER_RATE, steps)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(rates), loss, jit_compile=choose_compilation())
    right = []
    for step in show_progress(range(steps), "blender", quiet=quiet):
        num = BLENDER_SIZES[step % len(BLENDER_SIZES)]
        x, _ = draw_domain_batch(recipe, material, step, num_each=num, stream=4, size=BLENDER_SIZE)
        if step >= steps - 100:
            right.append(np.mean(ops.convert_to_numpy(model(x)).argmax(-1) == np.arange(num_domains)))
        model.train_on_batch(x, np.arange(num_domains, dtype=np.int32))
        if not quiet and (step + 1) % 100 == 0:
            print(f"blender: step {step + 1} of {steps}", flush=True)
    return blender, float(np.mean(right))

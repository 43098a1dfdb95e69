"""What retraining the head costs, in plain forward passes over the same images.

Real radiographs (the FracAtlas subset), MobileNetV2 with ImageNet weights at 160 px, 400 training and 400 test images,
half of them fractured, near-duplicates in one split. Each pair draws other images by its seed and times three things on
them, in turns, with everything compiled beforehand and nothing cached:

* forward: the pooled features of all 800 images, once, and nothing else;
* ours: decoded images to an evaluated head, by ``tlbook``: features written to an empty cache, a logistic head by
  L-BFGS (a fifth of the training images chooses its penalty), scores on the test images;
* loop: decoded images to an evaluated head, by ten epochs of Keras over the frozen network, as tutorials write it.

Run it on a quiet machine as ``python -m benchmarks.head_only``; needs TLBOOK_DATA_DIR. It measures and asserts nothing.
"""

import argparse
import os
import sys
import tempfile
import time
from dataclasses import dataclass

import numpy as np

from tlbook.cases import load_case
from tlbook.datasets.dataset import Split
from tlbook.datasets.splits import nested_subset, split_groups
from tlbook.datasets.stores import ArrayStore
from tlbook.evidence.intervals import paired_t_interval
from tlbook.evidence.metrics import score_predictions
from tlbook.models.classifiers import build_feature_model
from tlbook.models.heads import fit_head
from tlbook.models.sources import load_source
from tlbook.runtime import hardware, import_keras, mirror_dir, set_seed, show_progress, versions
from tlbook.training.features import BATCH_SIZE, extract_features

IMAGE_SIZE = 160
PER_CLASS = 200
EPOCHS = 10


@dataclass(frozen=True)
class Draw:
    """The images of one pair.

    Attributes
    ----------
    fit, choose, test : Split
        320, 80 and 400 decoded images; ``fit`` and ``choose`` together are the training images.
    classes : tuple of str
    """

    fit: Split
    choose: Split
    test: Split
    classes: tuple

    @property
    def splits(self):
        """All splits, in order."""
        return self.fit, self.choose, self.test


def load_images():
    """Decode the whole set once, before any clock runs.

    Returns
    -------
    whole : Split
        uint8 images, (n, 160, 160, 3).
    classes : tuple of str
    """
    case = load_case("fractures", variant="real")
    splits = (case.train, case.val, case.test)
    images = np.concatenate([split.load(IMAGE_SIZE) for split in splits])
    labels, groups = (np.concatenate([getattr(split, key) for split in splits]) for key in ("labels", "groups"))
    names = tuple(name for split in splits for name in split.names)
    return Split(ArrayStore(images), labels, names, groups), case.classes


def draw_images(whole, classes, seed):
    """Draw 400 training and 400 test images.

    Parameters
    ----------
    whole : Split
    classes : tuple of str
    seed : int

    Returns
    -------
    Draw
    """
    split = split_groups(whole.labels, whole.groups, fractions=(0.5, 0.5), seed=seed)
    train, test = (whole.take(np.flatnonzero(split == i)) for i in (0, 1))
    train, test = (part.take(nested_subset(part.labels, part.groups, PER_CLASS, seed=seed)) for part in (train, test))
    chooses = split_groups(train.labels, train.groups, fractions=(0.8, 0.2), seed=seed) == 1
    return Draw(train.take(np.flatnonzero(~chooses)), train.take(np.flatnonzero(chooses)), test, classes)


def pass_forward(model, draw):
    """Run the frozen network once over all images.

    Parameters
    ----------
    model : keras.Model
        Raw pixels to pooled features.
    draw : Draw
    """
    for split in draw.splits:
        pixels = split.images.array
        for start in range(0, len(pixels), BATCH_SIZE):
            model.predict_on_batch(pixels[start : start + BATCH_SIZE])


def retrain_head(source, draw):
    """Fit and evaluate a head with this package, from an empty cache.

    Parameters
    ----------
    source : SourceModel
    draw : Draw

    Returns
    -------
    float
        Balanced accuracy on the test images.
    """
    with tempfile.TemporaryDirectory() as folder:
        os.environ["TLBOOK_CACHE_DIR"] = folder
        fit, choose, test = (extract_features(source, split, quiet=True) for split in draw.splits)
    head = fit_head(fit, draw.fit.labels, choose, draw.choose.labels, len(draw.classes))
    return score_predictions(draw.test.labels, head.predict(test), draw.classes).balanced_accuracy.value


def build_loop(source):
    """Build and compile the tutorials' model: the frozen network, dropout and a dense layer under Adam.

    Parameters
    ----------
    source : SourceModel
        Frozen here.

    Returns
    -------
    keras.Model
    """
    keras = import_keras()
    base = source.backbone
    base.trainable = False
    inputs = keras.Input((IMAGE_SIZE, IMAGE_SIZE, 3))
    x = base(inputs, training=False)
    x = keras.layers.GlobalAveragePooling2D()(x)
    x = keras.layers.Dropout(0.2)(x)
    model = keras.Model(inputs, keras.layers.Dense(2)(x))
    model.compile(
        optimizer=keras.optimizers.Adam(1e-3),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
    )
    return model


def run_loop(model, start, draw, epochs):
    """Train and evaluate the tutorials' model.

    Parameters
    ----------
    model : keras.Model
    start : list of numpy.ndarray
        Its weights before training; the optimizer starts anew as well.
    draw : Draw
    epochs : int

    Returns
    -------
    float
        Balanced accuracy on the test images.
    """
    import tensorflow as tf

    model.set_weights(start)
    for variable in model.optimizer.variables:
        if variable is not model.optimizer.learning_rate:
            variable.assign(tf.zeros_like(variable))
    pixels = np.concatenate([draw.fit.images.array, draw.choose.images.array])
    labels = np.concatenate([draw.fit.labels, draw.choose.labels])
    train = tf.data.Dataset.from_tensor_slices((pixels, labels)).shuffle(len(labels)).batch(32).prefetch(2)
    test = tf.data.Dataset.from_tensor_slices(draw.test.images.array).batch(32).prefetch(2)
    model.fit(train, epochs=epochs, shuffle=False, verbose=0)
    logits = model.predict(test, verbose=0)
    return float(np.mean([(logits.argmax(1) == c)[draw.test.labels == c].mean() for c in (0, 1)]))


def time_call(function, *arguments):
    """Call a function; return the seconds it took and what it returned."""
    start = time.perf_counter()
    result = function(*arguments)
    return time.perf_counter() - start, result


def measure(pairs):
    """Time all three, pair by pair.

    Parameters
    ----------
    pairs : int

    Returns
    -------
    list of dict
        ``forward``, ``ours``, ``loop`` (seconds), ``ours_score`` and ``loop_score`` of each pair.
    """
    set_seed(0)
    whole, classes = load_images()
    source, peer = (load_source("mobilenet_v2", image_size=IMAGE_SIZE) for _ in range(2))
    forward, loop = build_feature_model(source.backbone), build_loop(peer)
    start = loop.get_weights()
    warm = draw_images(whole, classes, pairs)
    pass_forward(forward, warm), retrain_head(source, warm), run_loop(loop, start, warm, 1)
    rows = []
    for seed in show_progress(range(pairs), "pairs"):
        draw, row = draw_images(whole, classes, seed), {}
        calls = {
            "forward": (pass_forward, forward, draw),
            "ours": (retrain_head, source, draw),
            "loop": (run_loop, loop, start, draw, EPOCHS),
        }
        for name in np.roll(list(calls), seed):
            row[str(name)], row[f"{name}_score"] = time_call(*calls[name])
        rows.append(row)
    return rows


def print_table(rows):
    """Print medians, ratios and the difference in balanced accuracy as Markdown.

    Parameters
    ----------
    rows : list of dict
    """
    images = f"{2 * PER_CLASS} + {2 * PER_CLASS}"
    print("| what | images | pairs | median seconds | in forward passes (median of pairs) | balanced accuracy |")
    print("|---" * 6 + "|")
    for name in ("forward", "ours", "loop"):
        seconds, ratio = (np.median([row[name] / unit(row) for row in rows]) for unit in (lambda r: 1, _forward))
        score = "" if name == "forward" else f"{np.mean([row[f'{name}_score'] for row in rows]):.3f}"
        print(f"| {name} | {images} | {len(rows)} | {seconds:.2f} | {ratio:.2f} | {score} |")
    print(f"\nloop / ours, median of pairs: {np.median([row['loop'] / row['ours'] for row in rows]):.1f}")
    gain = paired_t_interval([row["ours_score"] - row["loop_score"] for row in rows])
    print(f"balanced accuracy, ours minus loop: {gain}")
    print(f"machine: {hardware()}; versions: {versions()}")


def _forward(row):
    return row["forward"]


def main():
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", type=int, default=5, help="measurements of each, one seed a pair (default: 5)")
    options = parser.parse_args()
    if options.pairs < 1:
        parser.error(f"received --pairs {options.pairs}; expected at least 1")
    if mirror_dir() is None:
        parser.error("the radiographs and weights are not on this machine; set TLBOOK_DATA_DIR to their folder")
    print_table(measure(options.pairs))


if __name__ == "__main__":
    sys.exit(main())

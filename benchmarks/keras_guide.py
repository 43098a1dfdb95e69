"""Our default against Keras's guide to transfer learning, on the same splits with the same weights.

Protocol, written down before the run. Real sets, of each at most 60 images a class (signs fewer, whole ones), at 96 px;
MobileNetV2 at width 0.35 with ImageNet's weights; 60/20/20, whole groups in one split; seeds 0 to 4 vary split,
initialisation and order. The guide (Keras's "Transfer learning & fine-tuning"): twenty epochs of a new head on the
frozen network, Adam at 1e-3, random flips, rotations by up to a tenth of a turn, zooms by up to a tenth and dropout
0.2; then ten epochs of everything at 1e-5, BatchNormalization in inference mode; batches of 32; the last epoch;
validation images are not used. Ours: ``tlbook.adapt(data, source)``, the default, and the head alone; both learn in the
end from validation images too. Balanced accuracy on the test set; differences are paired by set and split, their
interval is over sets.

What was seen beforehand: one split of these six sets and of two more (dogs, brains), with an earlier state of the head.
The two were left out when the time that the machine needs was known.

Run it as ``python -m benchmarks.keras_guide --processes 2``; needs TLBOOK_DATA_DIR. It goes on where it was stopped,
seed after seed.
"""

import time
from functools import lru_cache

import numpy as np

from benchmarks.cases import divide, find_archive, load_whole
from benchmarks.measuring import make_parser
from tlbook.datasets.splits import nested_subset
from tlbook.errors import BadInput
from tlbook.evidence.comparisons import format_summary
from tlbook.evidence.experiments import run_grid
from tlbook.evidence.intervals import t_interval
from tlbook.evidence.metrics import balanced_accuracy
from tlbook.evidence.results import results_path, write_record
from tlbook.models.adapters import list_batch_norm
from tlbook.models.prediction import predict_padded
from tlbook.models.sources import load_source
from tlbook.run.adapt import adapt
from tlbook.run.predicting import predict_split
from tlbook.runtime import import_keras, mirror_dir, set_seed

NAME = "keras_guide"
SETS = ("flowers", "textures", "pets", "signs", "objects", "fractures")
SOURCE, IMAGE_SIZE, PER_CLASS, SEEDS, BATCH_SIZE = "mobilenet_v2_035", 96, 60, range(5), 32
HOWS = ("guide", "head", "default")
COLUMNS = {
    "set": "real data set, by its case",
    "how": "guide: Keras's; head and default: ours",
    "seed": "of split, initialisation and order",
    "num_train": "training images",
    "num_val": "validation images",
    "num_test": "test images",
    "strategy": "what was chosen",
    "val_balanced_accuracy": "on the validation set, fraction, before any refitting",
    "balanced_accuracy": "on the test set, fraction",
    "training_seconds": "from images on disk to the trained model; what was run beside it is not known",
    "seconds": "of the row",
}


@lru_cache(maxsize=1)
def load_some(name):
    """Read at most 60 images a class of a real set, whole groups first; and name its classes."""
    whole, classes = load_whole(name, IMAGE_SIZE)
    return whole.take(nested_subset(whole.labels, whole.groups, PER_CLASS, seed=0)), classes


def follow_guide(source, data, seed):
    """Train as Keras's guide does; return probabilities for the test images."""
    set_seed(seed)
    keras = import_keras()
    base = keras.models.clone_model(source.backbone)
    base.set_weights(source.backbone.get_weights())
    base.trainable = False
    inputs = keras.Input((IMAGE_SIZE, IMAGE_SIZE, 3))
    layers = keras.layers
    x = layers.RandomZoom(0.1)(layers.RandomRotation(0.1)(layers.RandomFlip("horizontal")(inputs)))
    x = keras.layers.GlobalAveragePooling2D()(base(x, training=False))
    x = keras.layers.Dropout(0.2)(x)
    model = keras.Model(inputs, keras.layers.Dense(len(data.classes))(x))
    images, labels = data.train.load(IMAGE_SIZE, quiet=True).astype(np.float32), data.train.labels
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    for rate, epochs in ((1e-3, 20), (1e-5, 10)):
        base.trainable = rate < 1e-3
        for layer in list_batch_norm(base):  # the guide means to; by ``training=False`` alone its statistics move
            layer.trainable = False
        model.compile(keras.optimizers.Adam(rate), loss, metrics=["accuracy"], jit_compile=False)
        model.fit(images, labels, batch_size=BATCH_SIZE, epochs=epochs, verbose=0)
    return model


def _measure(row):
    whole, classes = load_some(row["set"])
    data = divide(whole, classes, len(whole), seed=row["seed"])
    source = load_source(SOURCE, image_size=IMAGE_SIZE)
    start = time.perf_counter()
    told = {"strategy": "guide", "val_balanced_accuracy": None}
    if row["how"] == "guide":
        model = follow_guide(source, data, row["seed"])
        seconds = time.perf_counter() - start
        batches = data.test.batches(IMAGE_SIZE, 64)
        answers = np.concatenate([predict_padded(model, batch.astype(np.float32), 64) for batch in batches])
    else:
        strategy = "head" if row["how"] == "head" else None
        run = adapt(data, source, strategy, seed=row["seed"], cache=False, quiet=True)
        seconds = time.perf_counter() - start
        told = {"strategy": run.strategy, "val_balanced_accuracy": run.val_balanced_accuracy}
        answers = predict_split(run, data.test, quiet=True)
    return {
        "num_train": len(data.train), "num_val": len(data.val), "num_test": len(data.test), **told,
        "balanced_accuracy": balanced_accuracy(data.test.labels, answers), "training_seconds": seconds,
    }  # fmt: skip


def describe(rows):
    """Say for each of ours by how many points it leads, over sets, and how its time compares."""
    at = {(row["set"], row["seed"], row["how"]): row for row in rows}
    lines = []
    for how in HOWS[1:]:
        pairs = [(key, at.get((*key[:2], "guide")), row) for key, row in at.items() if key[2] == how]
        pairs = [pair for pair in pairs if pair[1] is not None]
        if not pairs:
            continue
        by_set = {}
        for key, guide, ours in pairs:
            by_set.setdefault(key[0], []).append(100 * (ours["balanced_accuracy"] - guide["balanced_accuracy"]))
        lead = t_interval([np.mean(values) for values in by_set.values()])
        ratio = np.median([ours["training_seconds"] / guide["training_seconds"] for _, guide, ours in pairs])
        ends = f"[{lead.low:.1f}, {lead.high:.1f}]"
        lines.append(f"{how} minus guide {lead.value:+.1f} points {ends}, {lead.n} sets; seconds {ratio:.2f} of its")
    return "\n".join(lines)


def main():
    """Measure, record and print the table."""
    parser = make_parser(__doc__)
    parser.add_argument("--sets", nargs="+", default=SETS, choices=SETS, help="data sets (default: all)")
    parser.add_argument("--hows", nargs="+", default=HOWS, choices=HOWS, help="recipes (default: all)")
    options = parser.parse_args()
    if mirror_dir() is None:
        raise BadInput("the real sets are needed; set TLBOOK_DATA_DIR to the folder that holds them")
    rows = [{"set": name, "how": how, "seed": seed} for seed in SEEDS for name in options.sets for how in options.hows]
    measured = run_grid(results_path(NAME), rows, _measure, key=("set", "how", "seed"), processes=options.processes)
    inputs = [find_archive(name) for name in SETS]
    write_record(
        NAME, command="python -m benchmarks.keras_guide --processes 2", protocol=__doc__, columns=COLUMNS, inputs=inputs
    )
    print(format_summary(measured, ("set", "how"), "balanced_accuracy"))
    print(describe(measured))


if __name__ == "__main__":
    main()

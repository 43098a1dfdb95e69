"""The same work by other people's recipes: a head, the last third, everything.

The embedded network with random weights, which change no cost; synthetic traffic signs at 96 px in memory. A run is
what one waits for: building the model, tracing it, and ten epochs in batches of 32 with validation after each (a head
of ours is features once and L-BFGS). In turns, run by run, in one process:

* ours: ``tlbook.adapt`` without a cache on disk;
* keras: the loop of Keras's transfer-learning guide, ``base(x, training=False)``, dropout, a dense layer, Adam;
* hub: the loop of TensorFlow Hub's image tutorial, a module under a dense layer; a module can't be unfrozen here;
* keras_hub: KerasHub's ``ImageClassifier`` over the same network;
* torch: a bare PyTorch loop over the same architecture, frozen part without gradients and in evaluation mode.

Keras recipes are compiled with ``jit_compile=False``: its default, XLA, is several times slower on a CPU, and a peer
should not lose by that. KerasHub and PyTorch take part where they are installed: ``make benchmarks`` sees to that, or
``pip install -r benchmarks/requirements.txt -c requirements.txt`` by hand.

Run it on a quiet machine as ``python -m benchmarks.peers``. It measures times and asserts nothing; accuracy is not
compared, since random weights are worth none.
"""

import argparse
import importlib.util
import os
import sys
import tempfile
import time
from pathlib import Path

os.environ.setdefault("KERAS_BACKEND", "tensorflow")

import numpy as np

from benchmarks.activation_cache import load_images
from tlbook.datasets.dataset import Dataset, Split
from tlbook.datasets.stores import ArrayStore
from tlbook.models.hub import export_hub_module
from tlbook.models.networks import STAGE_FILTERS
from tlbook.models.sources import load_source
from tlbook.models.strategies import FullFineTune, HeadOnly, PartialUnfreeze
from tlbook.run import adapt
from tlbook.runtime import hardware, import_keras, set_seed, show_progress, versions

IMAGE_SIZE, EPOCHS, BATCH_SIZE = 96, 10, 32
DEPTHS = {
    "head": HeadOnly(),
    "last third": PartialUnfreeze(epochs=EPOCHS, batch_size=BATCH_SIZE),
    "full": FullFineTune(epochs=EPOCHS, batch_size=BATCH_SIZE, batch_norm="trained"),  # as the others do
}
FROZEN_UP_TO = {"head": None, "last third": "stage3_block2_relu2", "full": ""}  # the last frozen layer; None: all


def run_ours(depth, train, val, classes):
    """Adapt with this package."""
    splits = [Split(ArrayStore(x), y, tuple(map(str, range(len(y)))), np.arange(len(y)).astype(str))
             for x, y in (train, val)]  # fmt: skip
    data = Dataset("signs", classes, splits[0], splits[1], splits[1])
    adapt(data, load_source("random", image_size=IMAGE_SIZE), DEPTHS[depth], cache=False)


def freeze(base, depth):
    """Freeze a Keras network up to the layer where a depth begins; return the learning rate of the guide."""
    base.trainable = True
    last = FROZEN_UP_TO[depth]
    names = [layer.name for layer in base.layers]
    count = len(names) if last is None else names.index(last) + 1 if last else 0
    for layer in base.layers[:count]:
        layer.trainable = False
    return 1e-3 if last is None else 1e-5


def fit_keras(model, rate, train, val):
    """Compile and fit as guides do."""
    import tensorflow as tf

    keras = import_keras()
    batches = [tf.data.Dataset.from_tensor_slices(split) for split in (train, val)]
    batches[0] = batches[0].shuffle(len(train[1]))
    batches = [split.batch(BATCH_SIZE).prefetch(tf.data.AUTOTUNE) for split in batches]
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(rate), loss, metrics=["accuracy"], jit_compile=False)
    model.fit(batches[0], validation_data=batches[1], epochs=EPOCHS, shuffle=False, verbose=0)


def run_keras(depth, train, val, classes):
    """Follow Keras's guide to transfer learning and fine-tuning."""
    keras = import_keras()
    base = load_source("random", image_size=IMAGE_SIZE).backbone
    rate = freeze(base, depth)
    inputs = keras.Input((IMAGE_SIZE, IMAGE_SIZE, 3))
    x = keras.layers.GlobalAveragePooling2D()(base(inputs, training=False))
    x = keras.layers.Dropout(0.2)(x)
    fit_keras(keras.Model(inputs, keras.layers.Dense(len(classes))(x)), rate, train, val)


def run_hub(depth, train, val, classes):
    """Follow TensorFlow Hub's tutorial: a module, loaded from its folder, under a dense layer."""
    keras = import_keras()
    with tempfile.TemporaryDirectory() as folder:
        export_hub_module(load_source("random", image_size=IMAGE_SIZE), Path(folder) / "module")
        module = keras.layers.TFSMLayer(str(Path(folder) / "module"), call_endpoint="serve", trainable=False)
    inputs = keras.Input((IMAGE_SIZE, IMAGE_SIZE, 3))
    x = module(keras.layers.Rescaling(1 / 255)(inputs))
    fit_keras(keras.Model(inputs, keras.layers.Dense(len(classes))(x)), 1e-3, train, val)


def run_keras_hub(depth, train, val, classes):
    """Wrap the network in KerasHub's backbone and train its classifier."""
    import keras_hub

    base = load_source("random", image_size=IMAGE_SIZE).backbone
    rate = freeze(base, depth)
    backbone = keras_hub.models.Backbone(inputs=base.input, outputs=base.output, dtype="float32")
    model = keras_hub.models.ImageClassifier(backbone, num_classes=len(classes), pooling="avg", preprocessor=None)
    fit_keras(model, rate, train, val)


def run_torch(depth, train, val, classes):
    """Train the same architecture with a bare PyTorch loop."""
    import torch

    frozen, trained = build_torch(depth, len(classes))
    optimizer = torch.optim.Adam(trained.parameters(), 1e-3 if depth == "head" else 1e-5)
    loss = torch.nn.CrossEntropyLoss()
    splits = [(torch.from_numpy(x).permute(0, 3, 1, 2), torch.from_numpy(y)) for x, y in (train, val)]

    def forward(x):
        with torch.no_grad():
            x = frozen(x.float().contiguous(memory_format=torch.channels_last) / 127.5 - 1)
        return trained(x)

    for _ in range(EPOCHS):
        trained.train()
        for rows in torch.randperm(len(train[1])).split(BATCH_SIZE):
            optimizer.zero_grad()
            loss(forward(splits[0][0][rows]), splits[0][1][rows]).backward()
            optimizer.step()
        trained.eval()
        with torch.no_grad():
            for rows in torch.arange(len(val[1])).split(BATCH_SIZE):
                loss(forward(splits[1][0][rows]), splits[1][1][rows])


def build_torch(depth, num_classes):
    """Build the embedded network's architecture in PyTorch, cut where a depth begins: frozen part, trained part."""
    from torch import nn

    def norm(channels):
        return nn.BatchNorm2d(channels, eps=1e-3, momentum=0.1)

    class Block(nn.Module):
        def __init__(self, before, filters, stride):
            super().__init__()
            self.main = nn.Sequential(
                nn.Conv2d(before, filters, 3, stride, 1, bias=False), norm(filters), nn.ReLU(),
                nn.Conv2d(filters, filters, 3, 1, 1, bias=False), norm(filters),
            )  # fmt: skip
            steps = [nn.AvgPool2d(2, ceil_mode=True)] if stride > 1 else []
            steps += [nn.Conv2d(before, filters, 1, bias=False), norm(filters)] if before != filters else []
            self.shortcut = nn.Sequential(*steps)

        def forward(self, x):
            return nn.functional.relu(self.main(x) + self.shortcut(x))

    stem = nn.Sequential(nn.Conv2d(3, STAGE_FILTERS[0], 5, 2, 2, bias=False), norm(STAGE_FILTERS[0]), nn.ReLU())
    parts, before = [nn.Sequential(stem, nn.MaxPool2d(3, 2, 1))], STAGE_FILTERS[0]
    for stage, filters in enumerate(STAGE_FILTERS):
        parts += [Block(before, filters, 2 if stage else 1), Block(filters, filters, 1)]
        before = filters
    parts += [nn.Sequential(nn.Conv2d(before, 768, 1, bias=False), norm(768), nn.ReLU())]
    head = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Dropout(0.2), nn.Linear(768, num_classes))
    count = {"head": len(parts), "last third": len(parts) - 3, "full": 0}[depth]
    frozen, trained = nn.Sequential(*parts[:count]), nn.Sequential(*parts[count:], head)
    return frozen.eval(), trained


RECIPES = {
    "ours": (run_ours, None, tuple(DEPTHS)),
    "keras": (run_keras, None, tuple(DEPTHS)),
    "hub": (run_hub, None, ("head",)),
    "keras_hub": (run_keras_hub, "keras_hub", tuple(DEPTHS)),
    "torch": (run_torch, "torch", tuple(DEPTHS)),
}


def list_present():
    """Name the recipes whose packages are installed."""
    return [name for name, (_, package, _) in RECIPES.items() if not package or importlib.util.find_spec(package)]


def measure(depth, data, names, *, runs):
    """Time a run of each recipe, in turns.

    Parameters
    ----------
    depth : str
        One of ``DEPTHS``.
    data : tuple
        Training and validation images with labels, and the classes.
    names : sequence of str
        Recipes.
    runs : int

    Returns
    -------
    list of dict
        Seconds by recipe.
    """
    rows = []
    for seed in show_progress(range(runs + 1), depth):
        row = {}
        for name in np.roll(names, seed):
            set_seed(seed)
            start = time.perf_counter()
            RECIPES[name][0](depth, *data)
            row[str(name)] = time.perf_counter() - start
            import_keras().utils.clear_session()
        rows.append(row)
    return rows[1:]  # the first run pays for what a process does once


def main():
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=5, help="of each recipe and depth (default: 5)")
    parser.add_argument("--images", type=int, default=640, help="training images (default: 640)")
    options = parser.parse_args()
    if min(options.runs, options.images) < 1:
        parser.error("expected at least one run and one image")
    data, present = load_images(options.images, IMAGE_SIZE), list_present()
    print("| trains | recipe | runs | median seconds | times ours, median of runs | from | to |")
    print("|---" * 7 + "|")
    for depth in DEPTHS:
        names = [name for name in present if depth in RECIPES[name][2]]
        rows = measure(depth, data, names, runs=options.runs)
        for name in names:
            ratios = [row[name] / row["ours"] for row in rows]
            figures = np.median([row[name] for row in rows]), np.median(ratios), min(ratios), max(ratios)
            print(f"| {depth} | {name} | {len(rows)} | " + " | ".join(f"{f:.2f}" for f in figures) + " |", flush=True)
    print(
        f"\n{options.images} training images at {IMAGE_SIZE} px; not installed: {set(RECIPES) - set(present) or 'none'}"
    )
    print(f"machine: {hardware()}; versions: {versions()}")


if __name__ == "__main__":
    sys.exit(main())

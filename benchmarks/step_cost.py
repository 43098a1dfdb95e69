"""What a step of full fine-tuning costs on the machine at hand, whatever its processor and Keras's backend.

Random weights (they change no cost), 20 classes, batches of 32 that lie decoded in memory, 8 bits a value, and are
handed to the device step by step; Adam, everything trains. Compiling is left out: one run of ten steps comes before
the clock starts. Then five runs of as many steps as take about two seconds, three at least; the table holds their
median, smallest and largest.

A CPU is measured in float32. An accelerator is measured in mixed precision (bfloat16) as well, and its float32 is the
backend's default, which on recent cards rounds the factors of a convolution to TF32.

Run it on a quiet machine as ``python -m benchmarks.step_cost``, under ``KERAS_BACKEND=jax`` on JAX (with
``JAX_PLATFORMS=cpu`` beside the accelerator), and so on. A new machine adds rows to the table.
"""

import argparse
import importlib.metadata
import sys
import time

import numpy as np

from tlbook.evidence.experiments import run_grid
from tlbook.evidence.results import results_path, write_record
from tlbook.models.sources import load_source
from tlbook.models.strategies import FullFineTune
from tlbook.runtime import count_cores, import_keras, set_seed

TABLE = "step_cost"
BATCH_SIZE = 32
CLASSES = tuple(f"class {k}" for k in range(20))
NETWORKS = {"random": 96, "mobilenet_v2": 160, "inception_v3": 299}
RUNS = 5
COLUMNS = {
    "device": "what the backend calls it",
    "cores": "of the processor that hands it the batches, or trains itself",
    "backend": "of Keras, and its version",
    "source": "network; random: the embedded one",
    "image_size": "pixels a side",
    "precision": "Keras's policy",
    "num_steps": "of a run",
    "step_ms": "median of five runs, milliseconds a step of 32 images",
    "lowest_ms": "smallest of five runs",
    "highest_ms": "largest of five runs",
    "seconds": "of the row, compiling included",
}


def name_device():
    """Name the device that Keras trains on.

    Returns
    -------
    str
        ``cpu``, or the accelerator's name as the backend tells it.
    """
    backend = import_keras().config.backend()
    if backend == "jax":
        import jax

        return jax.devices()[0].device_kind
    if backend == "torch":
        import torch

        return torch.cuda.get_device_name() if torch.cuda.is_available() else "cpu"
    import tensorflow as tf

    found = [d for d in tf.config.list_physical_devices() if d.device_type != "CPU"]
    return tf.config.experimental.get_device_details(found[0]).get("device_name", found[0].name) if found else "cpu"


def measure_step(row):
    """Time the training step of one network in one precision.

    Parameters
    ----------
    row : dict
        ``source``, ``image_size`` and ``precision``.

    Returns
    -------
    dict
        ``num_steps``, ``step_ms``, ``lowest_ms`` and ``highest_ms``.
    """
    keras = import_keras()
    set_seed(0)
    keras.config.set_dtype_policy(row["precision"])
    weights = None if row["source"] == "random" else "random"
    source = load_source(row["source"], weights=weights, image_size=row["image_size"])
    model = FullFineTune().build(source, CLASSES, seed=0)
    compiled = keras.config.backend() == "jax"  # which would run operation by operation
    model.compile(keras.optimizers.Adam(1e-4), "sparse_categorical_crossentropy", jit_compile=compiled)
    rng = np.random.default_rng(0)
    shape = (BATCH_SIZE, row["image_size"], row["image_size"], 3)
    batch = rng.integers(0, 256, shape, dtype=np.uint8), rng.integers(0, len(CLASSES), BATCH_SIZE, np.int32)

    class Batches(keras.utils.PyDataset):
        def __len__(self):
            return num_steps

        def __getitem__(self, index):
            return batch

    def run():
        start = time.perf_counter()
        model.fit(Batches(), shuffle=False, verbose=0)
        return 1000 * (time.perf_counter() - start) / num_steps

    num_steps = 10
    run()
    num_steps = int(np.clip(2000 / run(), 3, 300))
    times = [run() for _ in range(RUNS)]
    keras.utils.clear_session()
    keras.config.set_dtype_policy("float32")
    numbers = {"step_ms": np.median(times), "lowest_ms": min(times), "highest_ms": max(times)}
    return {"num_steps": num_steps, **{name: round(float(number), 3) for name, number in numbers.items()}}


def main():
    """Measure, print and write the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sources", nargs="+", default=tuple(NETWORKS), choices=NETWORKS, help="default: each")
    options = parser.parse_args()
    backend = import_keras().config.backend()
    backend = f"{backend} {importlib.metadata.version(backend)}"
    place = {"device": name_device(), "cores": count_cores(), "backend": backend}
    precisions = ["float32"] if place["device"] == "cpu" else ["float32", "mixed_bfloat16"]
    settings = [
        {**place, "source": name, "image_size": NETWORKS[name], "precision": precision}
        for name in options.sources
        for precision in precisions
    ]
    rows = run_grid(results_path(TABLE), settings, measure_step, key=tuple(settings[0]))
    for row in rows:
        print(" ".join(f"{column} {row[column]}" for column in COLUMNS if column in row))
    command = "python -m benchmarks.step_cost"
    write_record(TABLE, command=command, protocol=__doc__, columns=COLUMNS)


if __name__ == "__main__":
    sys.exit(main())

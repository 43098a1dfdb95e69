"""What an epoch costs where the frozen part of a network runs only once.

Synthetic traffic signs; the embedded network and MobileNetV2 at 160 and 96 px with their last third and their last
stage to train, batch normalisation frozen, batches of 32. Weights are random unless told otherwise: they change no
cost, but leave little accuracy to compare. Everything is compiled before it is timed. In turns, pair by pair:

* step: the tail's own training step on a batch that lies in memory, as often as an epoch has steps, and nothing else;
* ours: an epoch of the tail on activations that were kept, by the package's own feed, without validation;
* plain: an epoch of the whole network on pixels, frozen part and all, by the same feed, without validation.

Epochs are timed in runs, five of a tail and two of a whole network, from the beginning of the first to the end of the
last.

Where everything trains nothing is kept, and two are left: the network's own training step on pixels in memory, and an
epoch by the feed, which must not starve it.

Whole runs are ten epochs each with validation, from the same weights and in the same order: whatever runs only once,
compiling included, is in their time.

Run it on a quiet machine as ``python -m benchmarks.activation_cache``. It measures and asserts nothing.
"""

import argparse
import sys
import time

import numpy as np

from tlbook.evidence.intervals import paired_t_interval
from tlbook.models.sources import load_source
from tlbook.models.strategies import FullFineTune, PartialUnfreeze
from tlbook.runtime import hardware, import_keras, set_seed, show_progress, versions
from tlbook.synthetic.signs import make_case
from tlbook.training.activation_cache import cache_activations, choose_cache_place, find_frozen_part
from tlbook.training.feed import make_train_batches
from tlbook.training.fit import compile_model, count_steps, fit_model
from tlbook.training.options import Training

BATCH_SIZE = 32
EPOCHS = 10
EPOCHS_TIMED = {"tail": 5, "whole": 2}
DEPTHS = {"last third": {"fraction": 1 / 3}, "last stage": {"stages": 1}, "everything": None}
NAMES = {"random": "embedded"}


def load_images(count, size):
    """Draw training and validation images.

    Parameters
    ----------
    count : int
        Training images, about: whole classes.
    size : int
        Pixels a side.

    Returns
    -------
    train, val : tuple of numpy.ndarray
        Images, uint8, (n, size, size, 3), and labels, int64, (n,).
    classes : tuple of str
    """
    classes = make_case(per_class=1, val_per_class=1, test_per_class=1, size=32).classes
    case = make_case(per_class=-(-count // len(classes)), val_per_class=5, test_per_class=1, size=size)
    train, val = ((split.load(size, quiet=True), split.labels) for split in (case.train, case.val))
    rows = np.random.default_rng(0).permutation(len(train[1]))[:count]
    return (train[0][rows], train[1][rows]), val, case.classes


def prepare_epochs(trainer, images, labels, runs, *, tail):
    """Compile as the package does; return a function that trains some epochs and returns the seconds of one.

    What ``fit`` does before the first and after the last is left out.
    """
    steps, steps_per_call = count_steps(len(labels), BATCH_SIZE, tail=tail)
    epochs = EPOCHS_TIMED["tail" if tail else "whole"]
    compile_model(trainer, 1e-4, steps * epochs * runs, steps_per_call=steps_per_call)
    endless = steps == steps_per_call
    options = {"batch_size": BATCH_SIZE, "num_views": int(tail), "endless": endless}
    batches = make_train_batches(images, labels, Training(), **options)

    def run():
        marks = []
        clock = import_keras().callbacks.LambdaCallback(
            on_epoch_begin=lambda epoch, logs: marks.append(time.perf_counter()),
            on_epoch_end=lambda epoch, logs: marks.append(time.perf_counter()),
        )
        trainer.fit(
            batches, epochs=epochs, steps_per_epoch=steps if endless else None,
            callbacks=[clock], shuffle=False, verbose=0,
        )  # fmt: skip
        return (marks[-1] - marks[0]) / epochs

    return run


def make_step(trainer, images, labels):
    """Return a function that trains as many steps as an epoch has on one batch in memory, and returns the seconds."""
    import tensorflow as tf

    count = -(-len(labels) // BATCH_SIZE)
    batch = tf.constant(images[:BATCH_SIZE]), tf.constant(labels[:BATCH_SIZE])
    step = tf.function(lambda: trainer.train_step(batch)["loss"], jit_compile=False)

    def run():
        start = time.perf_counter()
        for _ in range(count):
            loss = step()
        float(loss)  # wait for the last one
        return time.perf_counter() - start

    return run


def time_epochs(source, depth, train, val, classes, *, pairs):
    """Time steps and epochs in turns.

    Parameters
    ----------
    source : SourceModel
    depth : dict
        Of `PartialUnfreeze`.
    train, val : tuple of numpy.ndarray
    classes : tuple of str
    pairs : int

    Returns
    -------
    list of dict
        ``step``, ``ours`` and ``plain``, seconds, of each pair.
    """
    set_seed(0)
    model = PartialUnfreeze(**depth).build(source, classes, seed=0)
    frozen = find_frozen_part(model)
    where = choose_cache_place(frozen, len(train[1]), len(val[1]), num_views=1, epochs=EPOCHS)
    kept = cache_activations(frozen, (train[0], val[0]), Training().augmentation, where=where, quiet=True)
    whole = import_keras().Model(model.input, model.output)
    calls = {
        "ours": prepare_epochs(frozen.tail, kept.train, train[1], pairs + 1, tail=True),
        "plain": prepare_epochs(whole, *train, pairs + 1, tail=False),
        "step": make_step(frozen.tail, kept.train, train[1]),
    }
    for call in calls.values():
        call()
    rows = []
    for i in range(pairs):
        rows.append({name: calls[name]() for name in np.roll(list(calls), i).tolist()})
    return rows


def time_full(source, train, classes, *, pairs):
    """Time steps and epochs in turns where everything trains.

    Parameters
    ----------
    source, train, classes, pairs
        As for :func:`time_epochs`.

    Returns
    -------
    list of dict
        ``step`` and ``ours``, seconds, of each pair.
    """
    set_seed(0)
    model = FullFineTune().build(source, classes, seed=0)
    trainer = import_keras().Model(model.input, model.output)
    epochs = prepare_epochs(trainer, *train, pairs + 1, tail=False)
    calls = {"ours": epochs, "step": make_step(trainer, *train)}
    for call in calls.values():
        call()
    return [{name: calls[name]() for name in np.roll(list(calls), i).tolist()} for i in range(pairs)]


def time_runs(source, depth, train, val, classes, *, pairs):
    """Time whole runs, one seed a pair.

    Parameters
    ----------
    source, depth, train, val, classes, pairs
        As for :func:`time_epochs`.

    Returns
    -------
    list of dict
        ``ours`` and ``plain``, seconds, and the validation accuracy of each.
    """
    strategy, rows = PartialUnfreeze(EPOCHS, 1e-3, BATCH_SIZE, **depth), []
    for seed in range(pairs):
        row = {}
        for name in np.roll(["ours", "plain"], seed):
            set_seed(seed)
            model = strategy.build(source, classes, seed=seed)
            start = time.perf_counter()
            training = Training(cache_activations=name == "ours")
            fit = fit_model(model, train, val, strategy, training=training, seed=seed, quiet=True)
            row[str(name)] = time.perf_counter() - start
            row[f"{name}_accuracy"] = max(fit.history["val_accuracy"])  # of the epoch that is kept
        rows.append(row)
    return rows


def describe(name, size, depth, epochs, runs):
    """Write a row of the table: medians of the pairs' ratios, with the smallest and the largest of them."""

    def ratio(rows, over, under):
        ratios = [row[over] / row[under] for row in rows]
        return f"{np.median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})"

    cells = [NAMES.get(name, name), str(size), depth, str(len(epochs))]
    keys = [key for key in ("step", "ours", "plain") if key in epochs[0]]
    cells += [f"{1000 * np.median([row[key] for row in epochs]):.0f}" for key in keys]
    if "plain" not in epochs[0]:
        return "| " + " | ".join([*cells, "", ratio(epochs, "ours", "step")]) + " |"
    cells += [ratio(epochs, "ours", "step"), ratio(epochs, "plain", "ours"), ratio(epochs, "plain", "step")]
    if runs:
        difference = paired_t_interval([row["ours_accuracy"] - row["plain_accuracy"] for row in runs])
        cells += [ratio(runs, "plain", "ours"), str(difference)]
    return "| " + " | ".join(cells) + " |"


def parse_options():
    """Parse the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", type=int, default=5, help="measurements of each (default: 5)")
    parser.add_argument("--runs", type=int, default=5, help="pairs of whole runs, one seed a pair (default: 5)")
    parser.add_argument("--images", type=int, default=640, help="training images (default: 640)")
    parser.add_argument("--sizes", type=int, nargs="+", default=(160, 96), help="pixels a side (default: 160 96)")
    parser.add_argument("--sources", nargs="+", default=("random", "mobilenet_v2"), help="default: random mobilenet_v2")
    parser.add_argument(
        "--depths", nargs="+", default=tuple(DEPTHS), choices=DEPTHS, help="what trains (default: each)"
    )
    parser.add_argument("--weights", default="random", help="random (default), own (the source's) or a file")
    options = parser.parse_args()
    if min(options.pairs, options.images) < 1 or options.runs < 0:
        parser.error("expected at least one pair and one image, and no negative number of runs")
    return options


def main():
    """Measure and print."""
    options = parse_options()
    head = ["source", "px", "trains", "pairs", "tail steps, ms", "our epoch, ms", "plain epoch, ms"]
    head += ["our epoch / steps", "plain / our epoch", "plain epoch / steps"]
    head += ["plain / our run", "accuracy, ours minus plain"] if options.runs else []
    print("| " + " | ".join(head) + " |\n" + "|---" * len(head) + "|", flush=True)
    jobs = [(name, size) for name in options.sources for size in options.sizes]
    for name, size in show_progress(jobs, "networks"):
        own = name == "random" or options.weights == "own"
        source = load_source(name, weights=None if own else options.weights, image_size=size)
        train, val, classes = load_images(options.images, size)
        for depth in options.depths:
            if depth == "everything":
                epochs, runs = time_full(source, train, classes, pairs=options.pairs), []
            else:
                where = DEPTHS[depth]
                epochs = time_epochs(source, where, train, val, classes, pairs=options.pairs)
                runs = time_runs(source, where, train, val, classes, pairs=options.runs)
            print(describe(name, size, depth, epochs, runs), flush=True)
        import_keras().utils.clear_session()
    print(f"\n{options.images} training images, batches of {BATCH_SIZE}, runs of {EPOCHS} epochs")
    print(f"machine: {hardware()}; versions: {versions()}")


if __name__ == "__main__":
    sys.exit(main())

"""The state of a run, in a file that is whole at any moment and known to no other run."""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tlbook.errors import BadInput
from tlbook.files import replace_file
from tlbook.runtime import import_keras

FILE = "state.npz"


@dataclass(frozen=True)
class Checkpoint:
    """Where a run's state is kept, and which run's.

    Attributes
    ----------
    path : pathlib.Path
    key : str
        Digest of all that the run's result depends on.
    """

    path: Path
    key: str


def name_run(arrays, *settings):
    """Digest what a run's result depends on: arrays and variables in their order, and settings by their ``repr``."""
    digest = hashlib.sha256(repr(settings).encode())
    for array in arrays:  # variables by their place: Keras's automatic names count up within a process
        array = np.ascontiguousarray(_to_numpy(array))
        digest.update(f"{array.shape} {array.dtype}".encode())
        digest.update(array)
    return digest.hexdigest()


def save_state(checkpoint, trainer, facts, best=()):
    """Write a run's state: the model, its optimizer, its best weights so far, and facts that JSON can hold."""
    parts = {"state": _list_variables(trainer), "best": best}
    arrays = {f"{name}{i}": _to_numpy(value) for name, values in parts.items() for i, value in enumerate(values)}
    told = json.dumps({"key": checkpoint.key, **facts})
    with replace_file(checkpoint.path) as file:
        np.savez(file, facts=np.array(told), **arrays)


def load_state(checkpoint, trainer):
    """Read a run's state, if there is one, into its compiled model and built optimizer; return its facts, or None.

    The best weights are among the facts, as ``best_weights``. Nothing is changed where the file is of another run or
    damaged, which is bad input.
    """
    if checkpoint is None or not checkpoint.path.is_file():
        return None
    variables = _list_variables(trainer)
    try:
        facts, values, best = _read(checkpoint.path)
        same = facts["key"] == checkpoint.key
        fits = [tuple(v.shape) for v in variables] == [value.shape for value in values]
    except Exception as error:  # whatever a damaged file makes NumPy and zipfile say
        raise BadInput(
            f"received {checkpoint.path}, a state that cannot be read ({type(error).__name__}: {error}); expected a "
            "whole one, or none; remove this file, and the run starts anew"
        ) from None
    if not (same and fits):
        raise BadInput(
            f"received {checkpoint.path}, the state of another run: of other images, model, strategy, recipe, options "
            "or seed; expected this run's, or none; give another folder, or remove this file to start anew"
        )
    for variable, value in zip(variables, values, strict=True):
        variable.assign(value)
    return facts | {"best_weights": best}


def _read(path):
    with np.load(path) as stored:
        facts = json.loads(str(stored["facts"]))
        counts = (sum(name.startswith(part) for name in stored.files) for part in ("state", "best"))
        values, best = ([stored[f"{p}{i}"] for i in range(n)] for p, n in zip(("state", "best"), counts, strict=True))
    return facts, values, best


def make_callbacks(checkpoint, trainer, patience, facts=None):
    """Make the callbacks that write the state after each epoch and, with ``patience``, stop early and keep the best.

    ``facts`` are those of :func:`load_state`. With the callbacks comes the history of all epochs, those before an
    interruption included, which grows with each.
    """
    callbacks = import_keras().callbacks
    best = None if patience is None else _make_best(patience)
    history = {key: list(values) for key, values in facts["history"].items()} if facts else {}

    def restore(logs=None):  # Keras's own callback forgets all when training begins
        if facts and best is not None:
            best.best, best.wait, best.best_epoch = facts["best"], facts["wait"], facts["best_epoch"]
            best.best_weights = facts["best_weights"]

    def keep(epoch, logs=None):
        for key, value in logs.items():
            history.setdefault(key, []).append(float(value))
        if checkpoint is not None:
            told = {"epochs": epoch + 1, "history": history, "stopped": bool(trainer.stop_training)}
            if best is not None:
                told |= {"best": float(best.best), "wait": best.wait, "best_epoch": best.best_epoch}
            save_state(checkpoint, trainer, told, () if best is None else best.best_weights)

    keeper = callbacks.LambdaCallback(on_train_begin=restore, on_epoch_end=keep)
    return [keeper] if best is None else [best, keeper], history


def _make_best(patience):
    class BestEpoch(import_keras().callbacks.EarlyStopping):
        def get_monitor_value(self, logs):
            # of equal accuracies the smaller loss
            return float(logs["val_accuracy"]) - 1e-6 * float(logs["val_loss"])

    return BestEpoch("val_accuracy", mode="max", patience=patience, restore_best_weights=True)


def _list_variables(trainer):
    return [*trainer.variables, *trainer.optimizer.variables]


def _to_numpy(value):
    return value if isinstance(value, np.ndarray) else import_keras().ops.convert_to_numpy(value)

"""The state of a run after each epoch, in a file that is whole at any moment."""

import hashlib
import io
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


def name_run(model, train, val, *settings):
    """Digest what a run's result depends on.

    Parameters
    ----------
    model : keras.Model
        Before training.
    train, val : tuple of numpy.ndarray
        Images and labels.
    settings
        What else counts; their ``repr`` must tell them apart.

    Returns
    -------
    str
        SHA-256, hexadecimal.
    """
    digest = hashlib.sha256(repr(settings).encode())
    for variable in model.variables:  # by their place: Keras's automatic names count up within a process
        digest.update(str(tuple(variable.shape)).encode() + np.ascontiguousarray(variable).tobytes())
    for part in (*train, *val):
        digest.update(np.ascontiguousarray(part))
    return digest.hexdigest()


def save_state(checkpoint, trainer, best, *, epochs, history):
    """Write the state of a run: all of it into a new file, which then takes the old one's place at once.

    Parameters
    ----------
    checkpoint : Checkpoint
    trainer : keras.Model
        With its optimizer: weights, statistics, states of random layers, moments and the number of steps are kept.
    best : keras.callbacks.EarlyStopping
        With the best weights so far.
    epochs : int
        That lie behind.
    history : dict of str to list of float
    """
    facts = {
        "key": checkpoint.key, "epochs": epochs, "history": history, "best": float(best.best), "wait": best.wait,
        "best_epoch": best.best_epoch, "stopped": bool(trainer.stop_training),
    }  # fmt: skip
    parts = {"state": _list_variables(trainer), "best": best.best_weights}
    arrays = {f"{name}{i}": np.asarray(value) for name, values in parts.items() for i, value in enumerate(values)}
    content = io.BytesIO()
    np.savez(content, facts=np.array(json.dumps(facts)), **arrays)
    with replace_file(checkpoint.path) as file:
        file.write(content.getbuffer())


def load_state(checkpoint, trainer):
    """Read the state of a run, if there is one, into its model and optimizer.

    Parameters
    ----------
    checkpoint : Checkpoint or None
    trainer : keras.Model
        Compiled, its optimizer built; changed in place.

    Returns
    -------
    facts : dict or None
        ``epochs``, ``history``, ``best``, ``wait``, ``best_epoch``, ``best_weights`` and ``stopped``; None at the
        beginning of a run.

    Raises
    ------
    BadInput
        The state belongs to another run.
    """
    if checkpoint is None or not checkpoint.path.is_file():
        return None
    with np.load(checkpoint.path) as stored:
        facts = json.loads(str(stored["facts"]))
        variables = _list_variables(trainer)
        count = sum(name.startswith("state") for name in stored.files)
        if facts["key"] != checkpoint.key or count != len(variables):
            raise BadInput(
                f"{checkpoint.path.name} in {checkpoint.path.parent.name} is the state of another run (other images, "
                "strategy, options or seed); give another folder, or remove it"
            )
        for i, variable in enumerate(variables):
            variable.assign(stored[f"state{i}"])
        facts["best_weights"] = [stored[f"best{i}"] for i in range(len(trainer.weights))]
    return facts


def make_callbacks(checkpoint, trainer, patience, facts=None):
    """Make the callbacks that keep the best weights, stop early, and write the state after each epoch.

    Parameters
    ----------
    checkpoint : Checkpoint or None
    trainer : keras.Model
    patience : int
        Epochs without a better one.
    facts : dict, optional
        From :func:`load_state`.

    Returns
    -------
    callbacks : list of keras.callbacks.Callback
    history : dict of str to list of float
        Of all epochs, those before an interruption included; grows with each.
    """
    callbacks = import_keras().callbacks
    best = _make_best(patience)
    history = {key: list(values) for key, values in facts["history"].items()} if facts else {}

    def restore(logs=None):  # Keras's own callback forgets all when training begins
        if facts:
            best.best, best.wait, best.best_epoch = facts["best"], facts["wait"], facts["best_epoch"]
            best.best_weights = facts["best_weights"]

    def keep(epoch, logs=None):
        for key, value in logs.items():
            history.setdefault(key, []).append(float(value))
        if checkpoint is not None:
            save_state(checkpoint, trainer, best, epochs=epoch + 1, history=history)

    return [best, callbacks.LambdaCallback(on_train_begin=restore, on_epoch_end=keep)], history


def _make_best(patience):
    class BestEpoch(import_keras().callbacks.EarlyStopping):
        def get_monitor_value(self, logs):
            # of equal accuracies the smaller loss
            return float(logs["val_accuracy"]) - 1e-6 * float(logs["val_loss"])

    return BestEpoch("val_accuracy", mode="max", patience=patience, restore_best_weights=True)


def _list_variables(trainer):
    return [*trainer.variables, *trainer.optimizer.variables]

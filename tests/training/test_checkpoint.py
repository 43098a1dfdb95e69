"""A run that is killed goes on as if nothing had happened."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tlbook.errors import BadInput
from tlbook.models.strategies import FullFineTune
from tlbook.runtime import import_keras, set_seed
from tlbook.training import checkpoint as checkpoints
from tlbook.training.fit import fit_model
from tlbook.training.options import Training

ROOT = Path(__file__).resolve().parents[2]
RNG = np.random.default_rng(0)
IMAGES, LABELS = RNG.integers(0, 256, (30, 8, 8, 3), dtype=np.uint8), np.arange(30) % 3
EPOCHS, KILLED = 8, 3
SCRIPT = """
import os, signal, sys
from pathlib import Path
from tests.training.test_checkpoint import KILLED, run

replace, done = os.replace, []

def die_in_between(part, path):  # the new state is written, the old one still stands
    if len(done) == KILLED:
        os.kill(os.getpid(), signal.SIGKILL)
    replace(part, path)
    done.append(path)

os.replace = die_in_between
run(Path(sys.argv[1]))
"""


def run(folder):
    """Train with all that has a state of its own; return the weights and the losses."""
    keras = import_keras()
    set_seed(1)
    layers = keras.layers
    model = keras.Sequential([
        keras.Input((8, 8, 3)), layers.Rescaling(1 / 255), layers.Conv2D(4, 3, name="stem_conv"),
        layers.BatchNormalization(), layers.Dropout(0.3, seed=2), layers.GlobalAveragePooling2D(),
        layers.Dense(3, "softmax", name="head"),
    ])  # fmt: skip
    model = keras.Model(model.inputs, model.outputs)
    data, val = (IMAGES, LABELS), (IMAGES[:9], LABELS[:9])
    strategy, training = FullFineTune(EPOCHS, 1e-2, 8, mirror=True), Training(checkpoint=folder)
    history = fit_model(model, data, val, strategy, seed=3, quiet=True, training=training).history
    return [*model.get_weights(), np.array(history["loss"]), np.array(history["val_loss"])]


def read_epochs(path):
    with np.load(path) as stored:
        return json.loads(str(stored["facts"]))["epochs"]


def test_a_killed_run_ends_bit_for_bit_like_one_that_was_not(tmp_path):
    state = tmp_path / checkpoints.FILE
    process = subprocess.run([sys.executable, "-c", SCRIPT, str(tmp_path)], cwd=ROOT, stderr=subprocess.DEVNULL)
    assert process.returncode == -signal.SIGKILL
    assert read_epochs(state) == KILLED
    resumed, plain = run(tmp_path), run(None)
    assert read_epochs(state) == EPOCHS
    assert plain[-1].shape == (EPOCHS,)
    assert all(np.array_equal(one, other) for one, other in zip(resumed, plain, strict=True))


def make_trainer():
    import keras

    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(2)])
    model.compile("adam", "mse")
    model.fit(np.ones((4, 2)), np.ones((4, 2)), verbose=0)
    return model


def test_a_state_is_whole_at_any_moment(tmp_path, monkeypatch):
    trainer = make_trainer()
    checkpoint = checkpoints.Checkpoint(tmp_path / "state.npz", "a run")
    assert checkpoints.load_state(checkpoint, trainer) is None
    checkpoints.save_state(checkpoint, trainer, {"epochs": 1, "history": {"loss": [1.0]}}, trainer.get_weights())
    first = [v.numpy().copy() for v in trainer.variables]
    trainer.fit(np.ones((4, 2)), np.ones((4, 2)), verbose=0)

    def die(*arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "replace", die)
    with pytest.raises(KeyboardInterrupt):
        checkpoints.save_state(checkpoint, trainer, {"epochs": 2, "history": {"loss": [1.0, 0.5]}})
    facts = checkpoints.load_state(checkpoint, trainer)
    assert (facts["epochs"], facts["history"]) == (1, {"loss": [1.0]})
    assert all(np.array_equal(a, b) for a, b in zip(first, trainer.variables, strict=True))
    assert all(np.array_equal(a, b) for a, b in zip(first[:2], facts["best_weights"], strict=True))
    assert int(trainer.optimizer.iterations) == 1


def test_the_state_of_another_run_is_refused(tmp_path):
    trainer = make_trainer()
    checkpoints.save_state(checkpoints.Checkpoint(tmp_path / "state.npz", "a run"), trainer, {})
    with pytest.raises(BadInput, match=r"state.npz, the state of another run: .* expected this run's"):
        checkpoints.load_state(checkpoints.Checkpoint(tmp_path / "state.npz", "another"), trainer)


@pytest.mark.parametrize("damage", ["empty", "half", "junk", "one byte", "an array", "no key", "fewer variables"])
def test_a_damaged_state_is_refused_by_its_name_and_changes_nothing(tmp_path, damage):
    trainer = make_trainer()
    path = tmp_path / "state.npz"
    checkpoint = checkpoints.Checkpoint(path, "a run")
    checkpoints.save_state(checkpoint, trainer, {"epochs": 1})
    whole = path.read_bytes()
    middle = len(whole) // 2
    contents = {"empty": b"", "half": whole[:middle], "junk": b"junk" * 100}
    contents["one byte"] = whole[:middle] + bytes([whole[middle] ^ 255]) + whole[middle + 1 :]
    if damage in contents:
        path.write_bytes(contents[damage])
    elif damage == "an array":
        with path.open("wb") as file:
            np.save(file, np.zeros(3))
    else:
        key = {} if damage == "no key" else {"key": "a run"}
        np.savez(path, facts=np.array(json.dumps(key)), state0=np.zeros(3))
    trainer.fit(np.ones((4, 2)), np.ones((4, 2)), verbose=0)
    before = [v.numpy().copy() for v in trainer.variables]
    with pytest.raises(BadInput) as caught:
        checkpoints.load_state(checkpoint, trainer)
    assert str(path) in str(caught.value)
    assert "remove this file" in str(caught.value)
    assert "\n" not in str(caught.value)
    assert all(np.array_equal(a, b) for a, b in zip(before, trainer.variables, strict=True))


def test_a_run_is_named_by_all_that_it_depends_on():
    data = np.zeros((2, 2, 2, 3), np.uint8), np.array([0, 1])
    name = checkpoints.name_run(data, "settings", 0)
    assert name == checkpoints.name_run(data, "settings", 0)
    others = [(data[0] + np.uint8(1), data[1]), (data[0].astype(np.int8), data[1]), (data[0].reshape(4, 6), data[1])]
    names = {checkpoints.name_run(other, "settings", 0) for other in others}
    names |= {checkpoints.name_run(data, "settings", 1), checkpoints.name_run(data[::-1], "settings", 0), name}
    assert len(names) == 6


def test_a_network_built_again_is_the_same_run():
    """Keras's automatic names count up, in a notebook's cell that is run twice for instance."""
    import keras

    def build():
        dense = keras.layers.Dense(3, kernel_initializer="ones")
        return keras.Sequential([keras.Input((2,)), dense, keras.layers.Dropout(0.5, seed=1)])

    first, second = build(), build()
    assert first.weights[0].path != second.weights[0].path
    assert checkpoints.name_run(first.variables, 0) == checkpoints.name_run(second.variables, 0)

"""A run that is killed goes on as if nothing had happened."""

import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

from tlbook.errors import BadInput
from tlbook.training import checkpoint as checkpoints

SCRIPT = """
import sys
from pathlib import Path
import numpy as np
from tlbook.models.strategies import FullFineTune
from tlbook.runtime import import_keras, set_seed
from tlbook.training.fit import fit_model
from tlbook.training.options import Training

keras = import_keras()
rng = np.random.default_rng(0)
images, labels = rng.integers(0, 256, (30, 8, 8, 3), dtype=np.uint8), np.arange(30) % 3

def run(checkpoint):
    set_seed(1)
    keras.utils.clear_session(free_memory=False)
    layers = keras.layers
    model = keras.Sequential([
        keras.Input((8, 8, 3)), layers.Rescaling(1 / 255), layers.Conv2D(4, 3, name="stem_conv"),
        layers.BatchNormalization(), layers.Dropout(0.3, seed=2), layers.GlobalAveragePooling2D(),
        layers.Dense(3, "softmax", name="head"),
    ])
    model = keras.Model(model.inputs, model.outputs)
    strategy = FullFineTune(60, 1e-2, 8, mirror=True)
    fit = fit_model(model, (images, labels), (images[:9], labels[:9]), strategy, seed=3, quiet=True,
                    training=Training(checkpoint=checkpoint))
    return [*model.get_weights(), np.array(fit.history["loss"]), np.array(fit.history["val_loss"])]

resumed = run(Path(sys.argv[1]))
plain = run(None)
np.savez(sys.argv[2], *resumed, **{f"plain{i}": a for i, a in enumerate(plain)})
"""


def start(*arguments):
    env = os.environ | {"TF_NUM_INTRAOP_THREADS": "1", "TF_NUM_INTEROP_THREADS": "1", "OMP_NUM_THREADS": "1"}
    return subprocess.Popen([sys.executable, "-c", SCRIPT, *map(str, arguments)], env=env, stderr=subprocess.DEVNULL)


def read_epochs(path):
    import json

    with np.load(path) as stored:
        return json.loads(str(stored["facts"]))["epochs"]


def test_a_killed_run_ends_bit_for_bit_like_one_that_was_not(tmp_path):
    state, result = tmp_path / "state" / checkpoints.FILE, tmp_path / "result.npz"
    process = start(state.parent, result)
    while not state.is_file() and process.poll() is None:
        time.sleep(0.005)
    time.sleep(0.05)
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    assert 1 <= read_epochs(state) < 60
    assert start(state.parent, result).wait() == 0
    assert read_epochs(state) == 60
    with np.load(result) as stored:
        count = len(stored.files) // 2
        assert stored[f"plain{count - 1}"].shape == (60,)
        for i in range(count):
            assert np.array_equal(stored[f"arr_{i}"], stored[f"plain{i}"]), i


def make_trainer():
    import keras

    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(2)])
    model.compile("adam", "mse")
    model.fit(np.ones((4, 2)), np.ones((4, 2)), verbose=0)
    best = keras.callbacks.EarlyStopping()
    best.best, best.wait, best.best_epoch, best.best_weights = 0.5, 1, 0, model.get_weights()
    return model, best


def test_a_state_is_whole_at_any_moment(tmp_path, monkeypatch):
    trainer, best = make_trainer()
    checkpoint = checkpoints.Checkpoint(tmp_path / "state.npz", "a run")
    assert checkpoints.load_state(checkpoint, trainer) is None
    checkpoints.save_state(checkpoint, trainer, best, epochs=1, history={"loss": [1.0]})
    first = [v.numpy().copy() for v in trainer.variables]
    trainer.fit(np.ones((4, 2)), np.ones((4, 2)), verbose=0)

    def die(*arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "replace", die)
    with pytest.raises(KeyboardInterrupt):
        checkpoints.save_state(checkpoint, trainer, best, epochs=2, history={"loss": [1.0, 0.5]})
    facts = checkpoints.load_state(checkpoint, trainer)
    assert (facts["epochs"], facts["best"], facts["history"]) == (1, 0.5, {"loss": [1.0]})
    assert all(np.array_equal(a, b) for a, b in zip(first, trainer.variables, strict=True))
    assert int(trainer.optimizer.iterations) == 1


def test_the_state_of_another_run_is_refused(tmp_path):
    trainer, best = make_trainer()
    checkpoints.save_state(checkpoints.Checkpoint(tmp_path / "state.npz", "a run"), trainer, best, epochs=1, history={})
    with pytest.raises(BadInput, match="the state of another run"):
        checkpoints.load_state(checkpoints.Checkpoint(tmp_path / "state.npz", "another"), trainer)


def test_a_run_is_named_by_all_that_it_depends_on():
    trainer, _ = make_trainer()
    data = np.zeros((2, 2, 2, 3), np.uint8), np.array([0, 1])
    name = checkpoints.name_run(trainer, data, data, "settings", 0)
    assert name == checkpoints.name_run(trainer, data, data, "settings", 0)
    other = data[0] + np.uint8(1), data[1]
    assert checkpoints.name_run(trainer, other, data, "settings", 0) != name
    assert checkpoints.name_run(trainer, data, data, "settings", 1) != name


def test_a_network_built_again_is_the_same_run():
    """Keras's automatic names count up, in a notebook's cell that is run twice for instance."""
    import keras

    def build():
        dense = keras.layers.Dense(3, kernel_initializer="ones")
        return keras.Sequential([keras.Input((2,)), dense, keras.layers.Dropout(0.5, seed=1)])

    data = np.zeros((2, 2), np.float32), np.array([0, 1])
    first, second = build(), build()
    assert first.weights[0].path != second.weights[0].path
    assert checkpoints.name_run(first, data, data, 0) == checkpoints.name_run(second, data, data, 0)

"""Every backend of Keras: what is asked of it, what is said of it, and training on it without noise."""

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from tlbook import runtime
from tlbook.errors import BadInput
from tlbook.training.precision import choose_precision

ROOT = Path(__file__).resolve().parents[2]
DEVICES = [SimpleNamespace(platform="cpu"), SimpleNamespace(platform="gpu")]
FAKES = {
    "jax": SimpleNamespace(devices=lambda: DEVICES),
    "torch": SimpleNamespace(cuda=SimpleNamespace(device_count=lambda: 1)),
}
SCRIPT = """
import json
import numpy as np
from tests.small_source import make_small_source
from tlbook.models.strategies import FullFineTune, PartialUnfreeze
from tlbook.runtime import hardware, name_backend, set_seed, versions
from tlbook.training import fit as module
from tlbook.training.learning_rates import find_learning_rate
from tlbook.training.options import Training

compiled, compile_model = [], module.compile_model

def compile_and_look(model, *arguments, **options):
    compile_model(model, *arguments, **options)
    compiled.append(bool(model.jit_compile))

module.compile_model = compile_and_look
source = make_small_source()
labels = np.arange(24) % 2
images = (np.random.default_rng(0).integers(0, 60, (24, 32, 32, 3)) + 150 * labels[:, None, None, None]).astype("uint8")
training = Training(augmentation="photographs", mixup=0.2, stage_decay=0.5, accumulate=2, mixed_precision=True)
losses = []
for strategy, options in [(FullFineTune(8, 3e-2, 8), Training()), (PartialUnfreeze(4, 1e-2, 8, stages=1), training)]:
    set_seed(0)
    model = strategy.build(source, ("a", "b"), seed=0)
    data = images, labels
    losses.append(module.fit_model(model, data, data, strategy, training=options, quiet=True).history["loss"])
find_learning_rate(model, data, steps=10, batch_size=8)
print(json.dumps({"losses": losses, "compiled": compiled, "backend": name_backend(), "versions": versions(),
                  "hardware": hardware()}))
"""


def set_backend(monkeypatch, name):
    import keras

    monkeypatch.setattr(keras.config, "backend", lambda: name)
    if name in FAKES:
        monkeypatch.setitem(sys.modules, name, FAKES[name])


@pytest.mark.parametrize("backend", FAKES)
def test_accelerators_are_those_of_the_backend(monkeypatch, backend):
    set_backend(monkeypatch, backend)
    assert runtime.hardware()["accelerators"] == ["GPU"]
    assert choose_precision() == "mixed_float16"


def test_steps_are_compiled_where_tensorflow_does_not_run_them(monkeypatch):
    assert runtime.choose_compilation() is False
    set_backend(monkeypatch, "jax")
    assert runtime.choose_compilation() == "auto"


def test_versions_name_the_backend_and_its_packages(monkeypatch):
    assert runtime.versions()["backend"] == "tensorflow"
    assert runtime.name_backend() == f"tensorflow {runtime.versions()['tensorflow']}"
    set_backend(monkeypatch, "jax")
    monkeypatch.setattr(runtime.importlib.metadata, "version", lambda name: f"1.{len(name)}")
    assert {key: runtime.versions()[key] for key in ("backend", "jax", "jaxlib")} == {
        "backend": "jax",
        "jax": "1.3",
        "jaxlib": "1.6",
    }
    assert runtime.name_backend() == "jax 1.3"


def test_tensorflow_leaves_the_gpu_to_the_backend(monkeypatch):
    import tensorflow as tf

    hidden = []
    monkeypatch.setattr(tf.config, "set_visible_devices", lambda *arguments: hidden.append(arguments))
    assert runtime.import_tensorflow.__wrapped__() is tf
    assert hidden == []
    set_backend(monkeypatch, "jax")
    runtime.import_tensorflow.__wrapped__()
    assert hidden == [([], "GPU")]


def test_a_missing_tensorflow_is_said_in_one_line(monkeypatch):
    set_backend(monkeypatch, "jax")
    monkeypatch.setitem(sys.modules, "tensorflow", None)
    with pytest.raises(BadInput, match="received no TensorFlow beside Keras on jax; expected it on every backend"):
        runtime.import_tensorflow.__wrapped__()


def test_a_backend_that_is_not_installed_is_said_in_one_line():
    code = "import sys; sys.modules['tensorflow'] = None; from tlbook.runtime import import_keras; import_keras()"
    env = os.environ | {"KERAS_BACKEND": "tensorflow"}
    answer = subprocess.run([sys.executable, "-c", code], env=env, cwd=ROOT, capture_output=True, text=True)
    last = answer.stderr.strip().splitlines()[-1]
    assert "BadInput: received no package 'tensorflow'; expected Keras and its backend; install them" in last


@pytest.mark.skipif(importlib.util.find_spec("jax") is None, reason="JAX is not installed: training on it is not tried")
def test_jax_trains_compiled_and_without_noise():
    env = os.environ | {"KERAS_BACKEND": "jax", "JAX_PLATFORMS": "cpu"}
    env.pop("TF_CPP_MIN_LOG_LEVEL", None)
    answer = subprocess.run([sys.executable, "-c", SCRIPT], env=env, cwd=ROOT, capture_output=True, text=True)
    assert (answer.returncode, answer.stderr) == (0, "")
    told = json.loads(answer.stdout)
    full, options = told["losses"]
    assert full[-1] < 0.9 * full[0]
    assert np.isfinite(options).all()
    assert told["compiled"] == [True, True]
    assert told["backend"] == f"jax {told['versions']['jax']}"
    assert told["versions"]["backend"] == "jax"
    assert told["hardware"]["accelerators"] == []


@pytest.mark.parametrize("seed", [-1, 2**32, 1.5, "a", True])
def test_a_seed_is_a_whole_number(seed):
    with pytest.raises(BadInput, match="received `seed` .*; expected a whole number from 0 to 4294967295"):
        runtime.set_seed(seed)

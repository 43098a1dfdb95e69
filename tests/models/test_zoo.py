"""Source models: adding one is adding a row."""

import os
import random
import subprocess
import sys

import numpy as np
import pytest

from tlbook.errors import BadInput
from tlbook.models.catalogue import find_application
from tlbook.models.weights import find_weights
from tlbook.models.zoo import check_source, load_source
from tlbook.runtime import import_keras

needs_weights = pytest.mark.skipif(
    not os.environ.get("TLBOOK_DATA_DIR"), reason="needs ImageNet weights: set TLBOOK_DATA_DIR"
)

# name, image size, module with Keras's preprocess_input, channels, number of stages
NETWORKS = [
    ("random", 32, None, 768, 10),
    ("mobilenet_075", 32, "mobilenet", 768, 14),
    ("mobilenet_v2_035", 32, "mobilenet_v2", 1280, 18),
    ("mobilenet_v3_small", 32, "mobilenet_v3", 576, 12),
    ("efficientnet_b0", 32, "efficientnet", 1280, 18),
    ("vgg16", 32, "vgg16", 512, 5),
    ("resnet50", 32, "resnet", 2048, 17),
    ("densenet121", 32, "densenet", 1024, 63),
    ("inception_v3", 75, "inception_v3", 2048, 11),
]

# name, start of the file's sha256, parameters
IMAGENET = [
    ("mobilenet_v2", "0976149c26f5", 2_257_984),
    ("mobilenet_v2_035", "7d28b6f83412", 410_208),
    ("mobilenet_075", "353ac9865c5a", 1_832_976),
]
NO_TENSORFLOW = "import sys; from tlbook.models.zoo import check_source; {}; sys.exit('tensorflow' in sys.modules)"


@pytest.fixture
def no_weights(monkeypatch, tmp_path):
    """A machine without a mirror and with an empty Keras cache."""
    monkeypatch.delenv("TLBOOK_DATA_DIR", raising=False)
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    return tmp_path


def draw_pixels(size, n=2):
    return np.random.default_rng(7).integers(0, 256, (n, size, size, 3), dtype=np.uint8)


@pytest.mark.parametrize(("name", "size", "module", "channels", "num_stages"), NETWORKS)
def test_network(name, size, module, channels, num_stages):
    keras = import_keras()
    source = load_source(name, weights="random", image_size=size)
    backbone, pixels = source.backbone, draw_pixels(size)
    features = np.asarray(backbone(pixels))
    assert features.ndim == 4
    assert features.shape[-1] == channels
    np.testing.assert_array_equal(features, np.asarray(backbone(pixels.astype(np.float32))))
    if module:
        constructor = find_application(name).constructor
        width = {} if find_application(name).alpha is None else {"alpha": find_application(name).alpha}
        peer = getattr(keras.applications, constructor)(
            include_top=False, weights=None, input_shape=(size, size, 3), **width
        )
        peer.set_weights(backbone.get_weights())
        scaled = getattr(keras.applications, module).preprocess_input(pixels.astype(np.float32))
        np.testing.assert_allclose(features, np.asarray(peer(scaled)), rtol=1e-4, atol=1e-5 * np.abs(features).max())
        assert backbone.count_params() == find_application(name).parameters
        assert channels == find_application(name).channels
    norms = [layer for layer in backbone.layers if isinstance(layer, keras.layers.BatchNormalization)]
    assert all(layer.momentum <= 0.9 for layer in norms)

    assert len(source.stages) == num_stages
    staged = [layer for _, layers in source.stages for layer in layers]
    assert len(staged) == len(set(staged))
    assert {layer.name for layer in backbone.layers if layer.weights} <= set(staged)
    # what comes after a border depends on one tensor: Keras builds the rest of the network from it alone
    border = backbone.get_layer(source.stages[num_stages // 2][1][-1])
    rest = keras.Model(border.output, backbone.output)
    below = keras.Model(backbone.input, border.output)
    np.testing.assert_allclose(features, np.asarray(rest(below(pixels))), rtol=1e-4, atol=1e-6)


def test_saved_model_loads_without_tlbook(tmp_path):
    keras = import_keras()
    pixels = draw_pixels(32)
    np.save(tmp_path / "pixels.npy", pixels)
    for name in ("mobilenet_v2_035", "resnet50", "densenet121", "random"):  # tf, caffe, torch, embedded
        backbone = load_source(name, weights="random", image_size=32).backbone
        pooled = keras.layers.GlobalAveragePooling2D()(backbone.output)
        model = keras.Model(backbone.input, keras.layers.Dense(3, activation="softmax")(pooled))
        model.save(tmp_path / f"{name}.keras")
        np.save(tmp_path / f"{name}.npy", model.predict(pixels, verbose=0))
    script = """
import sys, pathlib, numpy, keras
pixels = numpy.load("pixels.npy")
files = sorted(pathlib.Path().glob("*.keras"))
for file in files:
    again = keras.models.load_model(file).predict(pixels, verbose=0)
    assert numpy.abs(again - numpy.load(file.with_suffix(".npy"))).max() < 1e-6, file
assert len(files) == 4 and "tlbook" not in sys.modules
"""
    done = subprocess.run([sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_random_weights_follow_the_seed_and_nothing_else():
    random.seed(5)
    first, again, other = (load_source("random", image_size=32, seed=seed) for seed in (0, 0, 1))
    drawn = random.random()
    random.seed(5)
    assert drawn == random.random()
    assert first.weights_sha256 == again.weights_sha256 != other.weights_sha256
    np.testing.assert_array_equal(first.backbone.get_weights()[0], again.backbone.get_weights()[0])


@needs_weights
@pytest.mark.parametrize(("name", "sha256", "parameters"), IMAGENET)
def test_imagenet_weights(name, sha256, parameters):
    source = load_source(name, image_size=64)
    assert source.weights_sha256.startswith(sha256)
    assert source.backbone.count_params() == parameters
    assert source.image_size == 64


@needs_weights
def test_file_for_another_width_names_the_source_it_fits():
    narrow = check_source("mobilenet_v2_035").weights
    with pytest.raises(BadInput, match="it fits --source mobilenet_v2_035"):
        check_source("mobilenet_v2", narrow)


@needs_weights
def test_classifier_at_the_end_of_a_file_is_left_out():
    bare = check_source("mobilenet_075").weights
    whole = bare.with_name("mobilenet_7_5_224_tf.h5")
    assert check_source("mobilenet_075", whole).num_top == 1
    pixels = draw_pixels(32)
    outputs = [load_source("mobilenet_075", weights=path, image_size=32).backbone(pixels) for path in (bare, whole)]
    np.testing.assert_array_equal(*outputs)


@pytest.mark.parametrize(
    ("name", "weights", "size", "message"),
    [
        ("resnet5", None, None, "unknown source 'resnet5'; did you mean resnet50"),
        ("", None, None, "unknown source ''; there are photos, worlds"),
        ("vgg16", None, None, "vgg16_weights_tf_dim_ordering_tf_kernels_notop.h5 into TLBOOK_DATA_DIR/weights or"),
        ("mobilenet_v2", "nowhere.h5", None, "weights file 'nowhere.h5' does not exist"),
        ("mobilenet_v2", __file__, None, "cannot be read as Keras weights"),
        ("photos", "nowhere.npz", None, "no weights of photos at nowhere.npz"),
        ("random", None, 31, "image size 31 is out of range for random; give 32 to 2048"),
        ("inception_v3", None, 64, "give 75 to 2048"),
        ("mobilenet_v2", None, 4096, "give 32 to 2048"),
    ],
)
def test_bad_input(no_weights, name, weights, size, message):
    with pytest.raises(BadInput) as caught:
        check_source(name, weights, image_size=size)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_weights_of_another_shape_are_refused(no_weights):
    h5py = pytest.importorskip("h5py")
    path = no_weights / "other.h5"
    with h5py.File(path, "w") as file:
        file.attrs["layer_names"] = np.array(["conv"], dtype="S")
        file.create_group("conv").attrs["weight_names"] = np.array(["conv/kernel"], dtype="S")
        file["conv/conv/kernel"] = np.zeros((3, 3, 3, 8), np.float32)
    with pytest.raises(BadInput, match="216 weights, which fit no known source; vgg16 has 14,714,688"):
        check_source("vgg16", path)


def test_weights_are_found_in_the_mirror_then_in_the_keras_cache(no_weights, monkeypatch):
    application = find_application("mobilenet_v2")
    cached = no_weights / "keras" / "models" / application.file
    mirrored = no_weights / "mirror" / "weights" / application.file
    for path in (cached, mirrored):
        path.parent.mkdir(parents=True)
        path.write_bytes(b"")
    assert find_weights(application) == cached
    monkeypatch.setenv("TLBOOK_DATA_DIR", str(no_weights / "mirror"))
    assert find_weights(application) == mirrored


def test_names_are_checked_before_tensorflow_is_imported():
    done = subprocess.run([sys.executable, "-c", NO_TENSORFLOW.format("check_source('random')")], check=False)
    assert done.returncode == 0

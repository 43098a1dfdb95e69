"""Source models: adding one is adding a row."""

import random
import shutil
import subprocess
import sys
import tracemalloc
import zipfile

import numpy as np
import pytest

from tlbook.datasets.cards import load_card, load_cards
from tlbook.errors import BadInput
from tlbook.files import hash_file
from tlbook.models import choice
from tlbook.models.backbones import preprocess
from tlbook.models.catalogue import COMPACT_PARAMETERS, find_application, list_applications, list_embedded
from tlbook.models.networks import NUM_FEATURES as COMPACT_CHANNELS
from tlbook.models.sources import as_source, check_source, load_source, sources
from tlbook.models.weights import SLACK, check_weights, find_weights
from tlbook.runtime import import_keras

OURS = ", ".join([*list_embedded(), "random"])

# name, image size, module with Keras's preprocess_input, stages
NETWORKS = [
    ("random", 32, None, 10),
    ("mobilenet_075", 32, "mobilenet", 14),
    ("mobilenet_v2_035", 32, "mobilenet_v2", 18),
    ("vgg16", 32, "vgg16", 5),
]

# name, module with Keras's preprocess_input
PREPROCESSING = [
    ("mobilenet_v2", "mobilenet_v2"),
    ("resnet50", "resnet"),
    ("resnet50_v2", "resnet_v2"),
    ("vgg19", "vgg19"),
    ("densenet121", "densenet"),
    ("inception_v3", "inception_v3"),
    ("xception", "xception"),
    ("mobilenet_v3_small", "mobilenet_v3"),
    ("nasnet_mobile", "nasnet"),
    ("efficientnet_b0", "efficientnet"),
    ("efficientnet_v2_b0", "efficientnet_v2"),
    ("convnext_tiny", "convnext"),
]

# name, start of the file's sha256
IMAGENET = [
    ("mobilenet_v2", "0976149c26f5"),
    ("mobilenet_v2_035", "7d28b6f83412"),
    ("mobilenet_075", "353ac9865c5a"),
]
NO_TENSORFLOW = (
    "import sys; from tlbook.models.sources import check_source, sources; {}; sys.exit('tensorflow' in sys.modules)"
)


@pytest.fixture
def no_weights(monkeypatch, tmp_path):
    """A machine without a mirror and with an empty Keras cache."""
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    return tmp_path


def run(model, images):
    return import_keras().ops.convert_to_numpy(model(images))


def draw_pixels(size, n=2):
    return np.random.default_rng(7).integers(0, 256, (n, size, size, 3), dtype=np.uint8)


@pytest.mark.parametrize(("name", "size", "module", "num_stages"), NETWORKS)
def test_network(name, size, module, num_stages):
    keras = import_keras()
    source = load_source(name, weights="random", image_size=size)
    backbone, pixels = source.backbone, draw_pixels(size)
    features = run(backbone, pixels)
    np.testing.assert_array_equal(features, run(backbone, pixels.astype(np.float32)))
    channels, parameters = COMPACT_CHANNELS, COMPACT_PARAMETERS
    if module:
        row = find_application(name)
        channels, parameters = row.channels, row.parameters
        width = {"alpha": row.alpha} if row.alpha else {}
        constructor = getattr(keras.applications, row.constructor)
        peer = constructor(include_top=False, weights=None, input_shape=(size, size, 3), **width)
        peer.set_weights(backbone.get_weights())
        scaled = getattr(keras.applications, module).preprocess_input(pixels.astype(np.float32))
        np.testing.assert_allclose(features, run(peer, scaled), rtol=1e-4, atol=1e-5 * np.abs(features).max())
    assert features.shape == (2, 1, 1, channels)
    assert backbone.count_params() == parameters

    check_stages(source, num_stages)
    # what comes after a border depends on one tensor: Keras builds the rest of the network from it alone
    border = backbone.get_layer(source.stages[num_stages // 2][1][-1])
    below, rest = keras.Model(backbone.input, border.output), keras.Model(border.output, backbone.output)
    np.testing.assert_allclose(features, run(rest, run(below, pixels)), rtol=1e-4, atol=1e-6)


def check_stages(source, num_stages):
    keras = import_keras()
    norms = [layer for layer in source.backbone.layers if isinstance(layer, keras.layers.BatchNormalization)]
    assert all(layer.momentum <= 0.9 for layer in norms), "Keras's momentum lags over a short fine-tuning"
    assert len(source.stages) == num_stages
    staged = [layer for _, layers in source.stages for layer in layers]
    assert len(staged) == len(set(staged))
    assert {layer.name for layer in source.backbone.layers if layer.weights} <= set(staged)


@pytest.mark.parametrize(("name", "module"), PREPROCESSING)
def test_preprocessing_is_that_of_keras(name, module):
    keras = import_keras()
    pixels = keras.Input((4, 4, 3))
    mode = find_application(name).preprocessing
    model = keras.Model(pixels, keras.layers.Activation("linear")(preprocess(pixels, mode)))
    drawn = draw_pixels(4)
    expected = getattr(keras.applications, module).preprocess_input(drawn.astype(np.float32))
    np.testing.assert_allclose(run(model, drawn), expected, rtol=1e-5, atol=1e-5)


def test_every_name_is_one_of_keras():
    keras = import_keras()
    rows = list_applications().values()
    assert all(hasattr(keras.applications, row.constructor) for row in rows)
    networks = {name for name in dir(keras.applications) if name[0].isupper()}
    assert {row.constructor for row in rows} == networks, "a network of keras.applications has no row"
    numbers = sorted(row.parameters for row in rows)
    assert all(b - a > 2 * SLACK for a, b in zip(numbers, numbers[1:], strict=False)), "files are told by this number"


def test_saved_model_loads_without_tlbook(tmp_path):
    keras = import_keras()
    pixels = draw_pixels(32)
    np.save(tmp_path / "pixels.npy", pixels)
    for mode in ("tf", "caffe", "torch", "compact"):
        if mode == "compact":
            backbone = load_source("random", image_size=32).backbone
        else:
            image = keras.Input((32, 32, 3), name="pixels")
            backbone = keras.Model(image, keras.layers.Conv2D(4, 3, activation="relu")(preprocess(image, mode)))
        pooled = keras.layers.GlobalAveragePooling2D()(backbone.output)
        model = keras.Model(backbone.input, keras.layers.Dense(3, activation="softmax")(pooled))
        model.save(tmp_path / f"{mode}.keras")
        np.save(tmp_path / f"{mode}.npy", model.predict(pixels, verbose=0))
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


@pytest.mark.real_data
@pytest.mark.parametrize(("name", "sha256"), IMAGENET)
def test_imagenet_weights_are_found_and_fit(name, sha256):
    chosen = check_source(name)
    assert hash_file(chosen.weights).startswith(sha256)
    assert (chosen.num_top, chosen.image_size) == (0, 160)


@pytest.mark.real_data
def test_imagenet_weights_are_those_that_keras_loads():
    source = load_source("mobilenet_v2_035", image_size=32)
    path = check_source("mobilenet_v2_035").weights
    assert source.weights_sha256 == hash_file(path)
    peer = import_keras().applications.MobileNetV2(
        alpha=0.35, include_top=False, weights=str(path), input_shape=(32, 32, 3)
    )
    for ours, theirs in zip(source.backbone.get_weights(), peer.get_weights(), strict=True):
        np.testing.assert_array_equal(ours, theirs)


@pytest.mark.real_data
def test_file_for_another_width_names_the_source_it_fits():
    narrow = check_source("mobilenet_v2_035").weights
    with pytest.raises(BadInput, match="it fits `source` mobilenet_v2_035"):
        check_source("mobilenet_v2", narrow)


@pytest.mark.real_data
def test_classifier_at_the_end_of_a_file_is_left_out():
    bare = check_source("mobilenet_075").weights
    whole = bare.with_name("mobilenet_7_5_224_tf.h5")
    assert check_source("mobilenet_075", whole).num_top == 1
    pixels = draw_pixels(32)
    np.testing.assert_array_equal(
        *(run(load_source("mobilenet_075", weights=path, image_size=32).backbone, pixels) for path in (bare, whole))
    )


@pytest.mark.parametrize(
    ("name", "weights", "size", "message"),
    [
        (
            "resnet5",
            None,
            None,
            f"received `source` 'resnet5'; expected {OURS}, a model of keras.applications",
        ),
        ("resnet5", None, None, "did you mean resnet50"),
        ("", None, None, f"received `source` ''; expected {OURS}"),
        ("vgg16", None, None, "vgg16_weights_tf_dim_ordering_tf_kernels_notop.h5 into TLBOOK_DATA_DIR/weights or"),
        ("mobilenet_v2", "nowhere.h5", None, "received `weights` 'nowhere.h5', which is no file; expected a .h5"),
        ("mobilenet_v2", __file__, None, "cannot be read as Keras weights"),
        ("photos", "nowhere.npz", None, "no weights of photos at nowhere.npz"),
        ("photos", __file__, None, "cannot be read as weights of photos"),
        ("random", None, 31, "received `image_size` 31; expected 32 to 2048 pixels for random"),
        ("inception_v3", None, 64, "expected 75 to 2048"),
        ("mobilenet_v2", None, 4096, "expected 32 to 2048"),
    ],
)
def test_bad_input(no_weights, name, weights, size, message):
    with pytest.raises(BadInput) as caught:
        check_source(name, weights, image_size=size)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def write_npy(path, header):
    """Write an array's header that promises more than comes."""
    with path.open("wb") as file:
        np.lib.format.write_array_header_1_0(file, header)
        file.write(b"\0" * 100)
    return path


def zip_npy(path, header):
    member = write_npy(path.with_suffix(".npy"), header)
    with zipfile.ZipFile(path, "w") as archive:
        archive.write(member, "kernel.npy")
    return path


def damage(path, share=None, at=None):
    """Cut a file off, or turn a byte of it round."""
    content = bytearray(path.read_bytes())
    if share is not None:
        content = content[: int(share * len(content))]
    else:
        content[at] ^= 0xFF
    path.write_bytes(content)
    return path


def write_odd_weights(folder):
    """Yield what a file is, its path, the source that it is given to."""
    yield "no npz", folder / "plain.npy", "photos"
    np.save(folder / "plain.npy", np.zeros(COMPACT_PARAMETERS, np.float32))
    huge = {"descr": "<f4", "fortran_order": False, "shape": (10**6, 10**9)}
    yield "a huge header", write_npy(folder / "huge.npy", huge), "photos"
    yield "a huge header in a zip", zip_npy(folder / "huge.npz", huge), "photos"
    endless = huge | {"shape": (COMPACT_PARAMETERS,)}
    yield "shorter than it says", zip_npy(folder / "short.npz", endless), "photos"
    np.savez(folder / "words.npz", kernel=np.array(["a", "b"]))
    yield "words", folder / "words.npz", "photos"
    np.savez(folder / "objects.npz", kernel=np.array([{}, None]))
    yield "objects", folder / "objects.npz", "photos"
    np.savez(folder / "whole.npz", kernel=np.zeros(COMPACT_PARAMETERS, np.float16))
    yield "names of nothing", folder / "whole.npz", "photos"
    flipped = folder / "flipped.npz"
    shutil.copy(folder / "whole.npz", flipped)
    yield "a flipped byte", damage(flipped, at=COMPACT_PARAMETERS), "photos"
    cut = folder / "cut.npz"
    shutil.copy(folder / "whole.npz", cut)
    yield "cut off", damage(cut, share=0.9), "photos"
    (folder / "a_folder.npz").mkdir()
    yield "a folder", folder / "a_folder.npz", "photos"
    network = load_source("mobilenet_025", weights="random", image_size=32).backbone
    for name in ("cut.h5", "cut.weights.h5", "cut.keras"):
        (network.save_weights if "weights" in name else network.save)(folder / name)
        yield f"cut off: {name}", damage(folder / name, share=0.6), "mobilenet_025"
    with zipfile.ZipFile(folder / "other.keras", "w") as archive:
        archive.writestr("model.weights.h5", b"no hdf5")
    yield "no HDF5 inside", folder / "other.keras", "mobilenet_025"
    (folder / "empty.h5").touch()
    yield "empty", folder / "empty.h5", "mobilenet_025"
    yield "a folder as h5", folder / "a_folder.npz", "mobilenet_025"


def test_odd_weights_are_one_line_and_no_memory(tmp_path):
    import_keras()  # its memory is not meant
    for what, path, name in write_odd_weights(tmp_path):
        tracemalloc.start()
        with pytest.raises(BadInput) as caught:
            load_source(name, weights=path, image_size=32)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert "\n" not in str(caught.value), what
        assert path.name in str(caught.value), what
        assert peak < 2**27, f"{what}: {peak / 2**20:.0f} MB"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"name": 3}, "received `source` 3; expected a name, or the path or handle of a TensorFlow Hub module"),
        ({"weights": 3}, "received `weights` 3; expected a path, 'imagenet', 'random' or None"),
        ({"image_size": "large"}, "received `image_size` 'large'; expected a whole number of pixels, or None"),
        ({"image_size": 64.0}, "received `image_size` 64.0; expected a whole number of pixels, or None"),
        ({"seed": -1}, "received `seed` -1; expected a whole number from 0 to 4294967295"),
        ({"seed": None}, "received `seed` None; expected a whole number from 0"),
    ],
)
def test_arguments_of_another_kind(options, message):
    with pytest.raises(BadInput) as caught:
        load_source(**options)
    assert message in str(caught.value)


def test_weights_of_another_shape_are_refused(no_weights):
    h5py = pytest.importorskip("h5py")
    path = no_weights / "other.h5"
    with h5py.File(path, "w") as file:
        file.attrs["layer_names"] = np.array(["conv"], dtype="S")
        file.create_group("conv").attrs["weight_names"] = np.array(["conv/kernel"], dtype="S")
        file["conv/conv/kernel"] = np.zeros((3, 3, 3, 8), np.float32)
    with pytest.raises(BadInput, match="216 weights, which fit no known source; vgg16 has 14,714,688"):
        check_source("vgg16", path)


def test_files_of_every_format_of_keras(no_weights):
    application = find_application("mobilenet_025")
    network = load_source("mobilenet_025", weights="random", image_size=32).backbone
    for name in ("whole.keras", "whole.h5", "only.weights.h5"):
        path = no_weights / name
        (network.save_weights if name.startswith("only") else network.save)(path)
        assert check_weights(path, application) == 0
        again = load_source("mobilenet_025", weights=path, image_size=64, seed=1).backbone
        np.testing.assert_array_equal(again.get_weights()[0], network.get_weights()[0])


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


def test_weights_of_another_run_are_refused(no_weights, monkeypatch):
    (no_weights / "weights").mkdir()
    np.savez(no_weights / "weights" / "photos.npz", kernel=np.zeros(COMPACT_PARAMETERS, np.float16))
    monkeypatch.setattr(choice, "data_dir", lambda: no_weights)
    with pytest.raises(BadInput, match="not the file on the card of photos"):
        check_source("photos")


def test_embedded_weights_are_those_on_the_card():
    source = load_source("photos", image_size=32)
    assert source.weights_sha256 == load_card("photos").facts["weights"]["sha256"]
    assert source.image_size == 32
    assert load_source("photos", weights="random", image_size=32).weights_sha256 != source.weights_sha256


def test_imagenet_weights_are_downloaded_when_asked_for(no_weights, monkeypatch):
    asked = []

    def download(url, path, *, digest):
        asked.append((url, digest))
        path.parent.mkdir(parents=True)
        path.write_bytes(b"cut off")
        return path

    monkeypatch.setattr(choice, "download_file", download)
    with pytest.raises(BadInput, match="put vgg16_weights"):
        check_source("vgg16")
    assert asked == [], "nothing is downloaded without being asked for"
    with pytest.raises(BadInput, match="cannot be read as Keras weights"):
        check_source("vgg16", "imagenet")
    assert asked == [(find_application("vgg16").url, "md5:6d6bbae143d832006294945121d1f1fc")]
    assert not any((no_weights / "keras" / "models").iterdir()), "Keras would take it from its cache"


def test_sources_are_listed(no_weights):
    listed = {info.name: info for info in sources()}
    assert len(listed) == len(list_applications()) + 1 + len(load_cards("source")) - 1  # all but the template
    assert "template" not in listed and load_source("template", image_size=32).backbone
    assert listed["photos"].on_this_machine
    assert listed["photos"].parameters == listed["random"].parameters == COMPACT_PARAMETERS
    assert not listed["vgg16"].on_this_machine
    assert listed["vgg16"].where.startswith("put vgg16_weights_tf_dim_ordering_tf_kernels_notop.h5 into")
    assert listed["mobilenet_v2_035"].title == "MobileNetV2, width 0.35, ImageNet"


def test_names_are_checked_before_tensorflow_is_imported():
    done = subprocess.run(
        [sys.executable, "-c", NO_TENSORFLOW.format("check_source('photos'); sources()")], check=False
    )
    assert done.returncode == 0


def test_a_source_is_taken_by_name_or_as_it_is():
    source = load_source("random", image_size=32)
    assert as_source(source) is source
    assert [as_source(given).name for given in (None, "random")] == ["photos", "random"]
    model = import_keras().Sequential(name="net")
    for wrong, message in [
        (
            model,
            "received `source` as the Keras model 'net'; expected a source: wrap it, source_from_keras(model, name=",
        ),
        (3, "received `source` 3; expected a name (photos, worlds"),
        ("no_such_model", f"received `source` 'no_such_model'; expected {OURS}"),
        ("", f"received `source` ''; expected {OURS}"),
    ]:
        with pytest.raises(BadInput) as caught:
            as_source(wrong)
        assert message in str(caught.value)
        assert "--" not in str(caught.value)

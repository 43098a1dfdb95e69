"""TensorFlow Hub modules: an exported source comes back the same, by folder, by archive and over the network."""

import hashlib
import http.server
import shutil
import tarfile
import threading

import numpy as np
import pytest

from tlbook.errors import BadInput
from tlbook.models.hub import check_trust, export_hub_module, names_module, warn_of_modules
from tlbook.models.sources import check_source, load_source
from tlbook.runtime import import_keras

SIZE = 32


@pytest.fixture(scope="module")
def source():
    return load_source("photos", image_size=SIZE)


@pytest.fixture(scope="module")
def module(source, tmp_path_factory):
    """The folder of the exported source."""
    return export_hub_module(source, tmp_path_factory.mktemp("module"))


@pytest.fixture(scope="module")
def archive(module, tmp_path_factory):
    path = tmp_path_factory.mktemp("archive") / "module.tar.gz"
    with tarfile.open(path, "w:gz") as packed:
        for member in module.iterdir():
            packed.add(member, member.name)
    return path


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("TFHUB_CACHE_DIR", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture(scope="module")
def images():
    return np.random.default_rng(3).integers(0, 256, (4, SIZE, SIZE, 3), dtype=np.uint8)


def pool(source, images):
    return np.mean(import_keras().ops.convert_to_numpy(source.backbone(images)), axis=(1, 2))


def test_exported_source_loads_back_to_the_same_outputs(source, module, images):
    tf = pytest.importorskip("tensorflow")
    expected = pool(source, images)
    called = tf.saved_model.load(str(module))(tf.constant(images / 255, tf.float32))
    assert np.abs(called.numpy() - expected).max() <= 1e-5
    again = load_source(str(module), trust=True)
    assert again.image_size == SIZE
    assert again.name == module.name, "no path of this machine"
    assert again.backbone.output_shape == (None, 1, 1, expected.shape[1])
    assert again.backbone.trainable_weights == []
    assert again.stages == (("module", ("module",)),)
    assert np.abs(pool(again, images) - expected).max() <= 1e-5


def test_tensorflow_hub_loads_it(source, module, images):
    pytest.importorskip("pkg_resources", reason="tensorflow-hub needs setuptools<82")
    hub = pytest.importorskip("tensorflow_hub")
    tf = pytest.importorskip("tensorflow")
    called = hub.load(str(module))(tf.constant(images / 255, tf.float32))
    assert np.abs(called.numpy() - pool(source, images)).max() <= 1e-5


def test_archive_is_the_same_module(module, archive, cache):
    first = check_source(str(archive), trust=True).weights
    assert first.parent == cache
    assert check_source(str(archive), trust=True).weights == first
    assert {path.name for path in first.iterdir()} == {path.name for path in module.iterdir() if path.name != "assets"}


def test_handle_is_downloaded_once_to_the_cache_of_tensorflow_hub(archive, cache):
    asked = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            if not self.path.startswith("/module/1?"):
                self.send_error(404)
                return
            body = archive.read_bytes()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            handle = f"http://127.0.0.1:{server.server_port}/module/1"
            folder = check_source(handle, trust=True).weights
            assert check_source(handle, trust=True).weights == folder
            assert folder == cache / hashlib.sha1(handle.encode()).hexdigest()
            assert asked == ["/module/1?tf-hub-format=compressed"]
            with pytest.raises(BadInput, match="HTTP status 404"):
                check_source(handle + "0", trust=True)
        finally:
            server.shutdown()
            thread.join()
    assert sorted(path.name for path in cache.iterdir()) == [folder.name]


def test_classifier_on_a_module_can_be_saved_and_loaded_by_those_who_trust_it(module, images, tmp_path):
    from tlbook.models.classifiers import build_classifier

    keras = import_keras()
    model = build_classifier(load_source(str(module), trust=True).backbone, ["a", "b"], trainable=False)
    assert ["can read and write files" in line for line in warn_of_modules(model)] == [True]
    model.save(tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras", safe_mode=False)
    outputs = [keras.ops.convert_to_numpy(loaded(images)) for loaded in (model, again)]
    np.testing.assert_allclose(*outputs, atol=1e-6)


def test_bad_modules(module, source, tmp_path):
    (tmp_path / "empty").mkdir()
    with tarfile.open(tmp_path / "empty.tar.gz", "w:gz") as packed:
        packed.add(tmp_path / "empty", "empty")
    for name, message in [
        (str(tmp_path / "nothing"), "no TensorFlow Hub module at"),
        (str(tmp_path / "empty"), "has no saved_model.pb at its top"),
        (str(tmp_path / "empty.tar.gz"), "has no saved_model.pb at its top"),
    ]:
        with pytest.raises(BadInput, match=message):
            check_source(name, trust=True)
    with pytest.raises(BadInput, match="which has its own"):
        check_source(str(module), "imagenet")
    with pytest.raises(BadInput, match="received `image_size` 48; expected 32"):
        load_source(str(module), image_size=48, trust=True)
    with pytest.raises(BadInput, match="is not empty"):
        export_hub_module(source, module)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("https://tfhub.dev/x/1", True),
        ("modules/x", True),
        ("./x", True),
        ("~/x", True),
        ("x.tar.gz", True),
        ("mobilenet_v2", False),
        ("", False),
    ],
)
def test_what_names_a_module(name, expected):
    assert names_module(name) is expected


def test_a_folder_here_does_not_take_the_place_of_a_name(module, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("random", "mobilenet_v2", "own_module"):
        shutil.copytree(module, name)
    assert check_source("random").is_module is False
    assert check_source("mobilenet_v2", "random").application.name == "mobilenet_v2"
    with pytest.raises(BadInput, match="for the module that lies here write ./own_module"):
        check_source("own_module")
    assert check_source("./own_module", trust=True).is_module


def test_a_module_is_a_program_and_has_to_be_trusted(module, archive, tmp_path):
    """What is not by a handle of tfhub.dev or kaggle.com is neither loaded, unpacked nor downloaded without that."""
    refused = [
        str(module),
        module,
        str(archive),
        f"file://{module}",
        "http://tfhub.dev/x/1",
        "https://127.0.0.1:9/tfhub.dev/x",
    ]
    refused += [
        "https://tfhub.dev.example.org/x/1",
        "https://tfhub.dev@127.0.0.1:9/x",
        "https://www.kaggle.com.example.org/x",
    ]
    for name in refused:
        with pytest.raises(BadInput) as caught:
            load_source(name)
        assert "without `trust`: a module is a program, which can read and write files" in str(caught.value)
        assert "--" not in str(caught.value)
    assert not (tmp_path / "cache").exists()
    for name in ("https://tfhub.dev/x/1", "https://kaggle.com/models/x", "https://www.kaggle.com/models/x"):
        check_trust(name, False)
    with pytest.raises(BadInput, match="received `trust` 'yes'; expected True or False"):
        load_source(str(module), trust="yes")


@pytest.mark.parametrize("damage", ["graph", "empty graph", "variables"])
def test_a_damaged_module_is_bad_input(module, tmp_path, damage):
    copy = tmp_path / "copy"
    shutil.copytree(module, copy)
    if damage == "variables":
        for path in (copy / "variables").iterdir():
            path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    else:
        (copy / "saved_model.pb").write_bytes(b"" if damage == "empty graph" else b"no graph")
    with pytest.raises(BadInput) as caught:
        load_source(str(copy), trust=True)
    assert "\n" not in str(caught.value)

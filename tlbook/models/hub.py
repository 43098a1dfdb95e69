"""TensorFlow Hub modules: load one as a source, export a source as one."""

import hashlib
import os
import shutil
import urllib.parse
from pathlib import Path

from tlbook.datasets.archives import extract_archives
from tlbook.datasets.download import download_file
from tlbook.errors import BadInput, first_line
from tlbook.files import hash_file
from tlbook.models.weights import READ_ERRORS
from tlbook.runtime import cache_dir, import_keras

IMAGE_SIZE = 224
ARCHIVES = (".tar.gz", ".tgz", ".tar")
# a module written for TensorFlow Hub is called itself; one that Keras exported has an endpoint
ENDPOINTS = ("__call__", "serve")
PUBLISHERS = ("tfhub.dev", "kaggle.com", "www.kaggle.com")


def names_module(name):
    """True for what looks like a handle, a path or an archive; whatever lies in the working directory."""
    return "/" in name or os.sep in name or name.startswith((".", "~")) or name.endswith(ARCHIVES)


def check_trust(name, trust):
    """Refuse a module that is not from a publisher's own place, unless it is trusted."""
    address = urllib.parse.urlsplit(name)
    if trust or (address.scheme == "https" and address.hostname in PUBLISHERS):
        return
    raise BadInput(
        f"received the TensorFlow Hub module {name!r} without `trust`: a module is a program, which can read and write "
        f"files; expected an https handle of {' or '.join(PUBLISHERS[:2])}, or `trust` if you know where it is from"
    )


def find_module(name, *, quiet=False):
    """Find a module's folder: a local one, an unpacked archive, or a download that its ``https://…`` handle asks for.

    The request and the place in the cache are those of the package tensorflow-hub, whose downloads are found here; but
    this download resumes, checks what it unpacks and needs no TensorFlow.
    """
    if name.startswith(("http://", "https://")):
        folder = _cache_dir() / hashlib.sha1(name.encode()).hexdigest()
        if not folder.is_dir():
            archive = folder.with_suffix(".tar.gz")
            download_file(f"{name}{'&' if '?' in name else '?'}tf-hub-format=compressed", archive, quiet=quiet)
            _unpack(archive, folder)
            archive.unlink()
    else:
        folder = Path(name.removeprefix("file://")).expanduser().absolute()
        if folder.is_file():
            archive, folder = folder, _cache_dir() / hash_file(folder)[:40]
            if not folder.is_dir():
                _unpack(archive, folder)
    if not folder.is_dir():
        raise BadInput(
            f"no TensorFlow Hub module at {name!r}; expected a handle (https://…), a folder or a .tar.gz of one"
        )
    if not (folder / "saved_model.pb").is_file():
        raise BadInput(f"{name!r} has no saved_model.pb at its top; expected a TensorFlow Hub module, a SavedModel")
    return folder


def hash_module(folder):
    """Return one SHA-256 over the graph and the variables of a module, in hexadecimal digits."""
    digest = hashlib.sha256()
    for path in [folder / "saved_model.pb", *sorted((folder / "variables").glob("*"))]:
        digest.update(f"{path.name} {hash_file(path)}\n".encode())
    return digest.hexdigest()


def build_module(folder, image_size=None):
    """Wrap a module into a backbone: raw pixels in, a feature map of one by one out.

    The module stays frozen: its batch normalisation has no training mode here. A model with it inside can be saved;
    Keras loads it again only with ``safe_mode=False`` (`load_run`: with ``trust``) and with the module's folder in
    place. An image size of None
    is the module's own, or 224 where it takes any.
    """
    import tensorflow as tf

    keras = import_keras()
    try:
        module = tf.saved_model.load(str(folder))
    except (*READ_ERRORS, tf.errors.OpError) as error:
        raise BadInput(f"{folder} cannot be loaded ({first_line(error):.120}); expected a whole SavedModel") from error
    endpoint = next((name for name in ENDPOINTS if hasattr(module, name)), None)
    if endpoint is None:
        raise BadInput(f"{folder} cannot be called; it needs {' or '.join(ENDPOINTS)}: give a module for TensorFlow 2")
    own_size = _read_size(module)
    if None not in (image_size, own_size) and image_size != own_size:
        raise BadInput(f"received `image_size` {image_size}; expected {own_size}, which {folder} takes, or None")
    size = image_size or own_size or IMAGE_SIZE
    pixels = keras.Input((size, size, 3), name="pixels")
    x = pixels / 255  # the convention for images on TensorFlow Hub: 0-1; divided, 255 times it gives the pixels back
    layer = keras.layers.TFSMLayer(str(folder), call_endpoint=endpoint, trainable=False, name="module")
    try:
        features = layer(x)
    except (ValueError, TypeError) as error:
        reason = " ".join(str(error).split())[:120]
        raise BadInput(f"{folder} takes no images of {size} pixels ({reason}); give a module for images") from error
    if len(getattr(features, "shape", ())) == 2:
        features = keras.layers.Reshape((1, 1, features.shape[-1]), name="feature_map")(features)
    if len(getattr(features, "shape", ())) != 4:
        raise BadInput(f"{folder} gives no feature vector or map; give a module for image features")
    return keras.Model(pixels, features, name="hub_module")


def warn_of_modules(model):
    """List what a report says of a model that runs modules: a line, or none."""
    kind = import_keras().layers.TFSMLayer
    if not any(isinstance(layer, kind) for layer in model.layers):
        return []
    return ["the model runs a TensorFlow Hub module, a program, which can read and write files: load it only in trust"]


def list_modules(config):
    """List the folders of the modules in a saved model's configuration."""
    if isinstance(config, dict) and config.get("class_name") == "TFSMLayer":
        return [config["config"]["filepath"]]
    parts = config.values() if isinstance(config, dict) else config if isinstance(config, list) else ()
    return [path for part in parts for path in list_modules(part)]


def export_hub_module(source, folder):
    """Write a source's backbone with average pooling as a TensorFlow Hub module, to a folder that is new or empty.

    It follows the convention for image feature vectors: float32 images, (n, size, size, 3), 0-1, to features,
    (n, channels), by calling what ``hub.load`` returns, or the endpoint ``"serve"``.
    """
    folder = Path(folder)
    if folder.exists() and any(folder.iterdir()):
        raise BadInput(f"{folder} is not empty; give a new folder for the module")
    keras = import_keras()
    images = keras.Input((source.image_size, source.image_size, 3), name="images")
    features = source.backbone(keras.layers.Rescaling(255.0)(images))
    model = keras.Model(images, keras.layers.GlobalAveragePooling2D()(features))
    archive = keras.export.ExportArchive()
    archive.track(model)
    for endpoint in ENDPOINTS:
        archive.add_endpoint(endpoint, model.call, input_signature=[images])
    archive.write_out(str(folder), verbose=False)
    return folder


def _read_size(module):
    """Return the pixels a side that a module was exported for, None where it takes any."""
    import tensorflow as tf

    for function in module.signatures.values():
        for spec in tf.nest.flatten(function.structured_input_signature):
            if spec.shape.rank == 4:
                return spec.shape[1]
    return None


def _cache_dir():
    return Path(os.environ.get("TFHUB_CACHE_DIR") or cache_dir() / "hub")


def _unpack(archive, folder):
    extract_archives([archive], folder)
    if not (folder / "saved_model.pb").is_file():
        shutil.rmtree(folder)
        raise BadInput(f"{archive} has no saved_model.pb at its top; expected a TensorFlow Hub module, a SavedModel")

"""Runs on disk: what a folder of a run holds, and reading it as it was at one moment."""

import hashlib
import importlib.metadata
import io
import json
import os
import tempfile
import zipfile
from pathlib import Path

import numpy as np

from tlbook.datasets.options import check_range
from tlbook.errors import BadInput, check_flag
from tlbook.models.classifiers import CLASSES_FILE, RANGE_FILE, WORDS_FILE, save_classifier
from tlbook.models.hub import list_modules
from tlbook.models.words import UNKNOWN, WordVectors
from tlbook.report.page import render_report
from tlbook.report.record import build_report, format_predictions, format_splits, format_unreadable
from tlbook.run.folder import MODEL, REPORT, RUN_FILES, UNREADABLE, check_out, clean_leftovers, write_folder
from tlbook.run.pictures import draw_pictures
from tlbook.run.run import Run
from tlbook.runtime import import_keras

WEIGHTS = "model.weights.h5"  # as Keras calls it


def save_run(run, path, *, overwrite=False, title=None, images=True, positive=None, options=None):
    """Write a run to a folder, whole or not at all; see :meth:`Run.save`."""
    check_out(path, overwrite=overwrite, inputs=list_inputs(run))
    with write_folder(path, overwrite=overwrite) as folder:
        files = run.saved
        if files is None:
            more = {} if run.words is None else {WORDS_FILE: "\n".join(run.words.words)}
            save_classifier(run.model, run.classes, folder / MODEL, value_range=run.value_range, more=more)
            more = {"title": title, "images": images, "positive": positive, "options": options}
            files = make_files(run, model_sha256=hash_model((folder / MODEL).read_bytes()), **more)
        for name, content in files.items():
            (folder / name).write_bytes(content)
    return path


def list_inputs(run):
    """List the folders that a run's images were read from."""
    container = getattr(run.data and run.data.train.images, "container", None)
    return [Path(container.root)] if hasattr(container, "root") else []


def make_files(run, *, title=None, images=True, positive=None, options=None, model_sha256=None):
    """Make the files of a run beside its model: dict of bytes by name."""
    if run.data is None:
        raise BadInput("received a run without data; expected one that adapt or load_run returned")
    data = run.data
    probabilities, scores, seconds = run._score(data.test, positive=positive)
    seconds = {**run.seconds, "evaluate": seconds}
    seconds["total"] = sum(seconds.values())
    title = data.name if title is None else title
    report = build_report(run, data, scores, seconds=seconds, options=options or {})
    if model_sha256 is not None:
        report["model_sha256"] = model_sha256
    samples, wrong = draw_pictures(run, probabilities) if images and run.words is None else ((), ())
    page = render_report(
        report,
        history=run.history,
        confusion=scores.confusion,
        samples=samples,
        wrong=wrong,
        images=images and run.words is None,
        title=title,
    )
    predictions = format_predictions(data.test, probabilities, run.classes, has_groups=data.has_groups)
    texts = {"report.html": page, "predictions.csv": predictions, "splits.csv": format_splits(data)}
    if data.unreadable:
        texts[UNREADABLE] = format_unreadable(data)
    texts[REPORT] = json.dumps(report, indent=2, ensure_ascii=False) + "\n"
    return {name: text.encode() for name, text in texts.items()}


def load_run(path: str | os.PathLike[str], *, trust: bool = False) -> Run:
    """Load a run that the command or :meth:`Run.save` wrote.

    Parameters
    ----------
    path : str or pathlib.Path
        Folder of the run.
    trust : bool
        Load a model that runs a TensorFlow Hub module: a program, which can read and write files. Its folder has to be
        where it was when the run was made.

    Returns
    -------
    Run
        It predicts to the last digit what the saved one did. It has no data of its own.

    Raises
    ------
    BadInput
        The folder is no run, its files are damaged or not of one run, its model was written by a newer Keras, or
        it runs a TensorFlow Hub module that is not trusted or not in its place.

    Examples
    --------
    >>> import tempfile, tlbook as tl
    >>> case = tl.load_case("pets", per_class=6, size=32)
    >>> run = tl.adapt(case, tl.load_source("random", image_size=32), "head", cache=False)
    >>> folder = run.save(tempfile.mkdtemp() + "/run")
    >>> tl.load_run(folder).strategy
    'head'
    """
    if not isinstance(path, str | Path):
        raise BadInput(f"received `path` of type {type(path).__name__}; expected the folder of a run")
    check_flag("trust", trust)
    report, files, classes = open_run(Path(path))
    scale = read_range(files[MODEL], Path(path))
    model = load_model(files[MODEL], classes, report["image_size"], Path(path), trust=trust)
    words = read_words(files[MODEL], model, report, Path(path))
    kept = ("strategy", "source", "strategy_reason", "weights_sha256", "image_size", "epochs", "trainable_params")
    seconds = {key: value for key, value in report["seconds"].items() if key in ("load", "features", "train")}
    return Run(
        model, classes, **{key: report[key] for key in (*kept, "total_params", "seed")}, history={}, seconds=seconds,
        val_balanced_accuracy=None, cached_activations=report.get("cached_activations"), value_range=scale, words=words,
        saved=files,
    )  # fmt: skip


def open_run(folder):
    """Read a run's files at once, before anything slow, and check them: its report, all bytes by name, its classes."""
    clean_leftovers(folder)
    try:
        files = {path.name: path.read_bytes() for path in folder.iterdir() if path.name in RUN_FILES}
        report, model = json.loads(files[REPORT]), files[MODEL]
        size, names = report["image_size"], report["classes"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BadInput(
            f"{str(folder)!r} is no run; expected a folder that tlbook adapt wrote (report.json, model.keras)"
        ) from error
    try:
        digest = hash_model(model)
        with zipfile.ZipFile(io.BytesIO(model)) as archive:
            classes = tuple(json.loads(archive.read(CLASSES_FILE)))
            written_by = json.loads(archive.read("metadata.json")).get("keras_version", "")
    except Exception as error:  # zipfile raises RuntimeError, zlib.error, EOFError, … of damaged members
        raise _say_damaged(folder, error) from error
    if digest != report.get("model_sha256", digest):  # runs of earlier versions have none
        raise BadInput(
            f"{str(folder)!r}: model.keras is not the model of report.json; expected the files of one run; if it is "
            "being replaced, try again, else copy it again"
        )
    if not isinstance(size, int) or list(classes) != names or len(classes) < 2:
        raise BadInput(f"{str(folder)!r}: report and model name other classes; expected the files of one run")
    _check_keras(written_by, folder)
    return report, files, classes


def read_range(content, folder):
    """Read the range of values that a run's images were scaled from; None of 8-bit ones and of older runs."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return check_range(json.loads(archive.read(RANGE_FILE))) if RANGE_FILE in archive.namelist() else None
    except Exception as error:  # as above
        raise _say_damaged(folder, error) from error


def read_words(content, model, report, folder):
    """Read the words of a run on texts, in the order of its model's table; None of a run on images."""
    if report["image_size"]:
        return None
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            words = tuple(archive.read(WORDS_FILE).decode().split("\n"))
        table = model.get_layer("table").get_weights()[0]
    except Exception as error:  # as above
        raise _say_damaged(folder, error) from error
    if len(words) != len(table) - UNKNOWN - 1:
        raise BadInput(f"{folder / MODEL}: {len(words)} words and {len(table)} rows; copy the run again")
    return WordVectors(report["source"], words, table[UNKNOWN + 1 :], report["weights_sha256"])


def hash_model(content):
    """Hash the weights in a model's file: equal for equal ones, whatever layers are called and whenever it was made."""
    import h5py

    digests = []

    def add(name, item):
        if isinstance(item, h5py.Dataset):
            digests.append(hashlib.sha256(np.ascontiguousarray(item[()])).hexdigest())

    with zipfile.ZipFile(io.BytesIO(content)) as archive, h5py.File(io.BytesIO(archive.read(WEIGHTS))) as weights:
        weights.visititems(add)
    return hashlib.sha256(" ".join(sorted(digests)).encode()).hexdigest()


def load_model(content, classes, image_size, folder, *, trust=False):
    """Load the Keras model of a run from its bytes; with trust, one that runs a TensorFlow Hub module."""
    modules = _read_modules(content, folder)
    _check_modules(modules, folder, trust)
    keras = import_keras()
    with tempfile.TemporaryDirectory() as temporary:
        path = Path(temporary) / MODEL
        path.write_bytes(content)
        try:
            model = keras.models.load_model(path, compile=False, safe_mode=not modules)
        except MemoryError:
            raise
        except Exception as error:  # whatever a damaged file makes Keras, h5py and zipfile raise
            raise _say_damaged(folder, error) from error
    shapes = model.input_shape, model.output_shape
    taken = (None, image_size, image_size, 3) if image_size else (None, None)  # pixels, or words
    if shapes != (taken, (None, len(classes))):
        raise BadInput(f"{folder / MODEL} has the shapes {shapes}, other than its report; copy the run again")
    return model


def _read_modules(content, folder):
    """Read from a model's file which modules it runs."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return list_modules(json.loads(archive.read("config.json")))
    except Exception as error:  # as in open_run
        raise _say_damaged(folder, error) from error


def _check_modules(modules, folder, trust):
    """Refuse the modules that a model runs where they are not trusted, or not where they were."""
    if modules and not trust:
        raise BadInput(
            f"{folder / MODEL} runs a TensorFlow Hub module, a program, which can read and write files; expected "
            "`trust` if you know where it is from"
        )
    for path in modules:
        if not os.path.isdir(path):
            raise BadInput(f"{folder / MODEL} runs the TensorFlow Hub module {path}, which is not there; put it back")


def _say_damaged(folder, error):
    reason = (" ".join(str(error).split()) or type(error).__name__)[:200]
    return BadInput(f"{folder / MODEL} is damaged ({reason}); copy the run again, or make it anew")


def _check_keras(written_by, folder):
    """Refuse the model of a newer Keras, which this one may not read."""
    try:
        here = importlib.metadata.version("keras")
        newer = _read_version(written_by) > _read_version(here)
    except (importlib.metadata.PackageNotFoundError, ValueError):
        return
    if newer:
        raise BadInput(
            f"{folder / MODEL} was written by Keras {written_by}, and here is Keras {here}; expected one at least as "
            "new; update Keras, or make the run anew"
        )


def _read_version(text):
    return tuple(int(part) for part in text.split(".")[:2])

"""What two ImageNet networks see in each crop of each photograph, computed once and kept on disk."""

import hashlib

import numpy as np

from tlbook.errors import BadInput
from tlbook.runtime import import_keras, mirror_dir, show_progress
from tlbook.training.pretraining.photos import NUM_VIEWS

TEACHERS = {
    "mobilenet_v2": ("MobileNetV2", 1.0, "mobilenet_v2_weights_tf_dim_ordering_tf_kernels_1.0_224_no_top.h5"),
    "mobilenet_075": ("MobileNet", 0.75, "mobilenet_7_5_224_tf_no_top.h5"),
}
IMAGE_SIZE = 112
BATCH_SIZE = 100


def build_teacher(name):
    """Build one frozen ImageNet network with average-pooled features.

    Parameters
    ----------
    name : str
        A key of ``TEACHERS``.

    Returns
    -------
    keras.Model
        Pixels scaled to -1..1, (n, 112, 112, 3), to features, float32, (n, channels).

    Raises
    ------
    BadInput
        The weights are not in ``TLBOOK_DATA_DIR/weights``.
    """
    keras = import_keras()
    builder, alpha, file = TEACHERS[name]
    mirror = mirror_dir()
    if mirror is None or not (mirror / "weights" / file).is_file():
        raise BadInput(f"teacher {name} needs weights/{file} in TLBOOK_DATA_DIR (now: {mirror}); put the file there")
    return getattr(keras.applications, builder)(
        input_shape=(IMAGE_SIZE, IMAGE_SIZE, 3), alpha=alpha, include_top=False, pooling="avg",
        weights=str(mirror / "weights" / file),
    )  # fmt: skip


def compute_teacher_features(name, photos, boxes, folder, *, quiet=False):
    """Run one teacher over every crop; an interrupted run goes on where it stopped.

    Parameters
    ----------
    name : str
        A key of ``TEACHERS``.
    photos : Photos
    boxes : numpy.ndarray
        float32, (views, n, 4), from :func:`draw_crops`.
    folder : pathlib.Path
        Where ``<name>.npy`` and its progress file go.
    quiet : bool

    Returns
    -------
    numpy.ndarray
        float16, (views, n, channels), memory-mapped.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path, done_path = folder / f"{name}.npy", folder / f"{name}.done"
    key = hashlib.sha256(boxes[0].tobytes() + np.int64([IMAGE_SIZE]).tobytes()).hexdigest()
    done = 0
    if path.exists() and done_path.exists():
        stored_key, stored_done = done_path.read_text().split()
        done = int(stored_done) if stored_key == key else 0
    views, num = boxes.shape[:2]
    starts = [(v, i) for v in range(views) for i in range(0, num, BATCH_SIZE)]
    if done >= len(starts):
        return np.load(path, mmap_mode="r")[:views]
    teacher = build_teacher(name)
    predict = _make_predict(teacher)
    shape = (NUM_VIEWS, num, teacher.output_shape[-1])  # a recipe with more views goes on in the same file
    mode = "r+" if done else "w+"
    out = np.lib.format.open_memmap(path, mode=mode, dtype=np.float16, shape=shape)
    for k, (v, i) in enumerate(show_progress(starts, f"teacher {name}", quiet=quiet)):
        if k < done:
            continue
        out[v, i : i + BATCH_SIZE] = predict(photos.images[i : i + BATCH_SIZE], boxes[v, i : i + BATCH_SIZE])
        if (k + 1) % 200 == 0 or k + 1 == len(starts):
            out.flush()
            done_path.write_text(f"{key} {k + 1}\n")
    return np.load(path, mmap_mode="r")[:views]


def _make_predict(teacher):
    import tensorflow as tf

    @tf.function
    def predict(images, boxes):
        images = tf.cast(images, tf.float32) / 127.5 - 1
        crops = tf.image.crop_and_resize(images, boxes, tf.range(tf.shape(images)[0]), (IMAGE_SIZE, IMAGE_SIZE))
        return teacher(crops, training=False)

    return lambda images, boxes: predict(images, boxes).numpy()

"""What two ImageNet networks see in each crop of each photograph, computed once and kept on disk."""

import hashlib

import numpy as np

from tlbook.errors import BadInput
from tlbook.pretraining.photos import NUM_VIEWS
from tlbook.runtime import import_keras, mirror_dir, show_progress

TEACHERS = {
    "mobilenet_v2": ("MobileNetV2", 1.0, "mobilenet_v2_weights_tf_dim_ordering_tf_kernels_1.0_224_no_top.h5"),
    "mobilenet_075": ("MobileNet", 0.75, "mobilenet_7_5_224_tf_no_top.h5"),
}
IMAGE_SIZE = 112
BATCH_SIZE = 100


def build_teacher(name):
    """Build a frozen ImageNet network that takes pixels and `weigh_pixels`' rows and columns, and pools features."""
    keras = import_keras()
    builder, alpha, file = TEACHERS[name]
    mirror = mirror_dir()
    if mirror is None or not (mirror / "weights" / file).is_file():
        raise BadInput(f"teacher {name} needs weights/{file} in TLBOOK_DATA_DIR (now: {mirror}); put the file there")
    network = getattr(keras.applications, builder)(
        input_shape=(IMAGE_SIZE, IMAGE_SIZE, 3), alpha=alpha, include_top=False, pooling="avg",
        weights=str(mirror / "weights" / file),
    )  # fmt: skip
    images = keras.Input((None, None, 3), name="images")
    rows, columns = (keras.Input((IMAGE_SIZE, None), name=side) for side in ("rows", "columns"))
    scaled = images / 127.5 - 1
    crops = keras.ops.einsum("nph,nqw,nhwc->npqc", rows, columns, scaled)
    return keras.Model([images, rows, columns], network(crops, training=False))


def weigh_pixels(start, stop, length):
    """Weigh the pixels along one side of crops, bilinear, outermost centres on the edges: (n, 112, length)."""
    # It cuts what tf.image.crop_and_resize does, on every backend; that one paints a row black where rounding puts
    # it past the edge; here it is the edge's.
    position = np.clip(np.linspace(start, stop, IMAGE_SIZE, axis=1), 0, 1) * (length - 1)
    distance = np.abs(position[:, :, None] - np.arange(length))
    return np.maximum(1 - distance, 0).astype(np.float32)


def compute_teacher_features(name, photos, boxes, folder, *, quiet=False):
    """Run one teacher over every crop, float16, (views, n, channels); an interrupted run goes on where it was."""
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
    shape = (NUM_VIEWS, num, teacher.output_shape[-1])  # a recipe with more views goes on in the same file
    mode = "r+" if done else "w+"
    out = np.lib.format.open_memmap(path, mode=mode, dtype=np.float16, shape=shape)
    for k, (v, i) in enumerate(show_progress(starts, f"teacher {name}", quiet=quiet)):
        if k < done:
            continue
        images, (top, left, bottom, right) = photos.images[i : i + BATCH_SIZE], boxes[v, i : i + BATCH_SIZE].T
        rows, columns = weigh_pixels(top, bottom, images.shape[1]), weigh_pixels(left, right, images.shape[2])
        out[v, i : i + BATCH_SIZE] = teacher.predict_on_batch([images.astype(np.float32), rows, columns])
        if (k + 1) % 200 == 0 or k + 1 == len(starts):
            out.flush()
            done_path.write_text(f"{key} {k + 1}\n")
    return np.load(path, mmap_mode="r")[:views]

"""A universal template against frozen features and fine-tuning, on the same tasks of few labelled images.

Protocol, written down before the run. Episodes of five classes with 1, 5, 10 and 50 labelled images a class, and varied
ones (5 to 50 classes, at most 200 labelled images, uneven) as Meta-Dataset samples them; 5 images a class are asked
about; whole groups on one side. Unseen sets: synthetic signs, real traffic signs, low-resolution objects, textures
(real) and characters (every third class; 20 images a class, so no 50 shots). The six source domains as well, at 5
shots: their classes are known to the template and to worlds, the images are new (seed 1). An episode is the same for
all methods: its number seeds it. Images of 48 x 48 pixels; MobileNetV2-0.35 sees them at 96.

Nearest centroid by cosine, and a logistic head (unit features, C = 10, not tuned), on frozen features of photos,
worlds and ImageNet's MobileNetV2-0.35, and on the template with the one domain that the blender puts first. The
template from the blend with 0 and with 6 steps of Adam at 0.005, and from scratch (scale 1, shift 0) with 6 steps, at 5
shots. Full fine-tuning of worlds, whose convolutions the template's come from, on the first two episodes of 5 and 50
shots: 40 steps of Adam at 1e-3, batches of 32, batch normalisation frozen, from the logistic head. Nothing is chosen on
the images asked about. Intervals over episodes, which share a set's images: they hold for these sets.

Run it as ``python -m benchmarks.template``; it needs TLBOOK_DATA_DIR. It goes on where it was stopped. The rows come
in blocks of about as many episodes of every set, so that a part of them (``--rows``) is a smaller table of this kind.
"""

import functools
import time

import numpy as np

from benchmarks.cases import find_archive, load_whole
from benchmarks.measuring import make_parser
from tlbook.cases import load_case
from tlbook.datasets.dataset import Split
from tlbook.datasets.stores import ArrayStore
from tlbook.evidence.comparisons import format_summary
from tlbook.evidence.episodes import draw_episode
from tlbook.evidence.experiments import run_grid
from tlbook.evidence.results import results_path, write_record
from tlbook.models.adapters import list_batch_norm
from tlbook.models.classifiers import build_classifier, build_feature_model
from tlbook.models.prediction import predict_padded
from tlbook.models.sources import load_source
from tlbook.runtime import choose_compilation, data_dir, import_keras, set_seed
from tlbook.synthetic.worlds.domains import DOMAINS, draw_images
from tlbook.training.template_steps import classify_by_centroids, embed, learn_task, predict_task, prepare_learner

NAME, SIZE, VARIED = "template", 48, 0
REAL = {"traffic signs": "signs", "objects": "objects", "textures": "textures", "characters": "characters"}
UNSEEN = ("synthetic signs", *REAL)
EPISODES = {1: 40, 5: 40, 10: 20, 50: 15, VARIED: 10}
SOURCE_EPISODES, FULL_EPISODES, SCRATCH_SHOTS = 10, 2, (5,)
FROZEN = {"photos": SIZE, "worlds": SIZE, "mobilenet_v2_035": 96}
COLUMNS = {
    "target": "set that the task is sampled from; source: a source domain, its images new",
    "shots": "labelled images a class; 0: varied",
    "episode": "number of the task, which seeds it",
    "way": "classes of the task",
    "num_support": "labelled images of the task",
    "num_query": "images asked about",
    **{
        f"{name}_{head}": f"share right: {words}, {told}"
        for name, words in {
            "photos": "photos frozen", "worlds": "worlds frozen", "mobilenet_v2_035": "MobileNetV2-0.35 frozen",
            "domain": "template, its first domain, no steps",
        }.items()
        for head, told in {"centroid": "nearest centroid", "logistic": "logistic head"}.items()
    },
    "blend_0": "share right: template from the blend, no steps",
    "blend_6": "share right: template from the blend, six steps",
    "scratch_6": "share right: template from scale 1 and shift 0, six steps; 5 shots only",
    "full": "share right: worlds, full fine-tuning; first two episodes of 5 and 50 shots only",
    **{f"weight_{d.name}": f"of {d.name} in the blend" for d in DOMAINS},
    "task_seconds": "of the template from the blend with six steps, answers included, beside whatever else ran",
    "seconds": "of the row",
    "commit": "state of the code that the row was measured at; <=: at that one or an earlier one",
}  # fmt: skip


@functools.cache
def _load(target):
    """Read a set: its images at 96 pixels, labels and groups."""
    if target in REAL:
        split, _ = load_whole(REAL[target], 96)
    elif target == "synthetic signs":
        split = load_case("signs", per_class=60, size=96, seed=1).train
    else:
        domain = next(d for d in DOMAINS if f"source {d.name}" == target)
        classes = range(domain.num_classes)
        images = np.concatenate([draw_images(domain, c, range(10), size=96, seed=1) for c in classes])
        labels = np.repeat(np.arange(len(classes)), 10)
        names = tuple(map(str, range(len(labels))))
        split = Split(ArrayStore(images), labels, names, np.array(names))
    return split


@functools.cache
def _build_frozen(name):
    return build_feature_model(load_source(name, image_size=FROZEN[name]).backbone)


@functools.cache
def _build_learner():
    return prepare_learner(image_size=SIZE)


def _run(model, images):
    starts = range(0, len(images), 64)
    return np.concatenate([predict_padded(model, images[i : i + 64], 64) for i in starts])


def _score(probabilities, labels):
    return float(np.mean(probabilities.argmax(-1) == labels))


def _fit_heads(features, task, query):
    """Score both heads on features of the labelled images and of those asked about; also return the logistic one."""
    from sklearn.linear_model import LogisticRegression

    support = features / np.linalg.norm(features, axis=-1, keepdims=True)
    query = query / np.linalg.norm(query, axis=-1, keepdims=True)
    sums = np.eye(task.support_labels.max() + 1)[task.support_labels].T @ features
    centroids = sums / np.linalg.norm(sums, axis=-1, keepdims=True)
    head = LogisticRegression(C=10, max_iter=500).fit(support, task.support_labels)
    scores = {
        "centroid": _score(classify_by_centroids(query, centroids), task.query_labels),
        "logistic": float(np.mean(head.predict(query) == task.query_labels)),
    }
    return scores, head


@functools.cache
def _build_full(way):
    keras = import_keras()
    source = load_source("worlds", image_size=SIZE)
    model = build_classifier(source.backbone, range(way), seed=0)
    for layer in list_batch_norm(model):
        layer.trainable = False
    model.compile(keras.optimizers.Adam(1e-3), "sparse_categorical_crossentropy", jit_compile=choose_compilation())
    model.optimizer.build(model.trainable_variables)
    return model, model.get_weights(), [keras.ops.convert_to_numpy(v) for v in model.optimizer.variables]


def _fine_tune(support, query, task, head, features, seed):
    """Train all of worlds but its normalisations, from a logistic head; return its answers."""
    model, weights, zeros = _build_full(int(task.support_labels.max()) + 1)
    model.set_weights(weights)
    scale = np.linalg.norm(features, axis=-1).mean()
    model.get_layer("head").set_weights([head.coef_.T / scale, head.intercept_])
    for variable, value in zip(model.optimizer.variables, zeros, strict=True):
        variable.assign(value)
    rng = np.random.default_rng([seed, 7])
    for _ in range(40):
        chosen = rng.integers(0, len(task.support), 32)
        model.train_on_batch(support[chosen].astype(np.float32), task.support_labels[chosen])
    return _run(model, query)


def _measure(row):
    split = _load(row["target"])
    rng = np.random.default_rng([row["shots"], row["episode"]])
    way, shots = (None, None) if row["shots"] == VARIED else (5, row["shots"])
    task = draw_episode(split.labels, rng, groups=split.groups, way=way, shots=shots)
    found = {"way": len(task.classes), "num_support": len(task.support), "num_query": len(task.query)}
    pictures = {size: [split.take(p).load(size, quiet=True) for p in (task.support, task.query)] for size in (SIZE, 96)}
    for name, size in FROZEN.items():
        known, asked = (_run(_build_frozen(name), images) for images in pictures[size])
        scores, head = _fit_heads(known, task, asked)
        found |= {f"{name}_{kind}": score for kind, score in scores.items()}
        if name == "worlds":
            first_head, first_features = head, known
    found |= _learn(*pictures[SIZE], task, row)
    with_full = row["shots"] in (5, 50) and row["episode"] < FULL_EPISODES and row["target"] in UNSEEN
    if with_full:
        set_seed(row["episode"])
        answers = _fine_tune(*pictures[SIZE], task, first_head, first_features, row["episode"])
        found["full"] = _score(answers, task.query_labels)
    return {key: found.get(key) for key in COLUMNS if key not in (*row, "seconds", "commit")}


def _learn(support, query, task, row):
    """Score the template's ways on a task."""
    learner, found = _build_learner(), {}
    ways = {"domain": ("domain", 0), "blend_0": ("blend", 0), "blend_6": ("blend", 6)}
    if row["shots"] in SCRATCH_SHOTS:
        ways["scratch_6"] = ("scratch", 6)
    for name, (start, steps) in ways.items():
        begun = time.perf_counter()
        learned = learn_task(learner, support, task.support_labels, start=start, steps=steps)
        answers = predict_task(learner, learned, query)
        if name == "blend_6":
            found["task_seconds"] = round(time.perf_counter() - begun, 3)
        if name == "domain":
            scores, _ = _fit_heads(embed(learner, support), task, embed(learner, query))
            found |= {f"domain_{kind}": score for kind, score in scores.items()}
            continue
        found[name] = _score(answers, task.query_labels)
        if name == "blend_0":
            names = learner.template.domains
            found |= {f"weight_{d}": round(float(w), 4) for d, w in zip(names, learned.weights, strict=True)}
    return found


def list_rows(share=1.0):
    """List the rows: blocks of episodes of every set, so that a shorter run has about as many of each."""
    rows = [
        {"target": target, "shots": shots, "episode": episode}
        for target in UNSEEN
        for shots, num in EPISODES.items()
        for episode in range(max(2, round(num * share)))
        if (target, shots) != ("characters", 50)
    ]
    rows += [
        {"target": f"source {d.name}", "shots": 5, "episode": episode}
        for d in DOMAINS
        for episode in range(max(2, round(SOURCE_EPISODES * share)))
    ]
    planned = {shots: max(2, round(num * share)) for shots, num in EPISODES.items()}
    known = {f"source {d.name}" for d in DOMAINS}  # these come last, and varied episodes before them

    def place(row):
        last = (row["target"] in known, row["shots"] == VARIED)
        return *last, (row["episode"] + 1) / planned[row["shots"]]

    return sorted(rows, key=place)


def main():
    """Measure, record and print the table."""
    parser = make_parser(__doc__)
    parser.add_argument("--share", type=float, default=1.0, metavar="SHARE", help="of the episodes (default: 1)")
    parser.add_argument("--rows", type=int, metavar="N", help="stop after so many rows in all (default: all)")
    options = parser.parse_args()
    rows = list_rows(options.share)[: options.rows]
    measured = run_grid(results_path(NAME), rows, _measure, key=("target", "shots", "episode"))
    inputs = [find_archive(name) for name in REAL.values()]
    inputs += [data_dir() / "weights" / f"{name}.npz" for name in ("photos", "worlds", "template", "template_sets")]
    write_record(NAME, command="python -m benchmarks.template", protocol=__doc__, columns=COLUMNS, inputs=inputs)
    for column in ("worlds_centroid", "blend_0", "blend_6"):
        print(column, format_summary(measured, ("target", "shots"), column), sep="\n")


if __name__ == "__main__":
    main()

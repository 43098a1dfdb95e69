"""One frozen network, five tasks: one matrix of features each, against the same network trained for that task alone.

Protocol, written down before the run. Source photos at 96 px, frozen; one matrix of features for each set of images,
from which every number of the ways ``features`` and ``taught`` comes. Real sets, whole groups in one split, 60/20/20.
Classification: flowers (20 training images a class) and objects (10). Fine-grained: dogs (10 a breed). A logistic head
on the training images, its strength by cross-validation among them; validation images are not used. Retrieval, on test
images alone: signs (an answer is right where it shows a sign of the query's class; images of the query's own sign are
no answers) and characters (right: the same character; those of the query's own drawer are no answers); cosine
similarity, no label used (``features``), or after linear discriminant analysis of standardised training features with
shrinkage 0.5 (``taught``: it uses the labels of the training images, 10 a class). There are no real labels for scenes
and attributes here: both are on the synthetic shelter (`tlbook.synthetic.shelter`): 80 animals of four photographs to
train, 20 to validate, 60 to test; seeds make other animals.

From scratch: flowers, objects and dogs are read from the stored table ``transfer_or_scratch``: the same splits, the
best of three learning rates on validation, 240 steps. The others are trained here in the same way at one rate, 3e-3:
240 steps of 32 images, the epoch that is best on validation; for retrieval its pooled features of the test images are
compared. Attributes have a sigmoid each, and the last epoch counts. Images are mirrored but for signs and characters.
Balanced accuracy; for attributes and retrieval mean average precision (of attributes over the five of them). Seeds 0 to
4 vary split, or images where these are synthetic; t intervals.

What was seen beforehand: the stored table, whose rows of ``head`` differ from ``features`` in how the strength is
chosen only; and heads and searches on the shelter at seed 0, by which its light was made brighter, its default
difficulty lower, and discriminant analysis taken up.

Not measured so far: what has to be trained here, which is from scratch for retrieval, and everything on the shelter.

Run it as ``python -m benchmarks.many_tasks``; needs TLBOOK_DATA_DIR. It goes on where it was stopped; with
``--quick`` it leaves out the training and the shelter.
"""

from functools import lru_cache

import numpy as np
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.metrics import average_precision_score
from sklearn.preprocessing import StandardScaler

from benchmarks.cases import divide, find_archive, load_whole
from benchmarks.measuring import EARLIER, count_epochs, make_parser
from tlbook.datasets.dataset import Dataset, Split
from tlbook.datasets.stores import ArrayStore
from tlbook.evidence.comparisons import choose_on_validation, format_summary
from tlbook.evidence.experiments import run_grid
from tlbook.evidence.metrics import balanced_accuracy
from tlbook.evidence.results import read_table, results_path, write_record
from tlbook.evidence.retrieval import score_retrieval
from tlbook.models.classifiers import build_classifier
from tlbook.models.prediction import predict_padded
from tlbook.models.sources import load_source
from tlbook.models.strategies import FromScratch
from tlbook.run.adapt import adapt
from tlbook.run.predicting import predict_split
from tlbook.runtime import import_keras, set_seed
from tlbook.synthetic.shelter import ATTRIBUTES, make_shelter
from tlbook.training.feature_matrix import Features
from tlbook.training.learning_rates import make_schedule

NAME, EARLIER_TABLE = "many_tasks", "transfer_or_scratch"
SEEDS, IMAGE_SIZE, STEPS, BATCH_SIZE, RATE = range(5), 96, 240, 32, 3e-3
PER_CLASS = {"flowers": 20, "objects": 10, "dogs": 10, "signs": 10, "characters": 10}
TASKS = {  # task and set: measure
    ("classification", "flowers"): "balanced accuracy",
    ("classification", "objects"): "balanced accuracy",
    ("fine-grained", "dogs"): "balanced accuracy",
    ("retrieval", "signs"): "mean average precision",
    ("retrieval", "characters"): "mean average precision",
    ("scenes", "shelter"): "balanced accuracy",
    ("attributes", "shelter"): "mean average precision",
}
NO_MIRROR = ("signs", "characters")
ANIMALS, PHOTOS = (80, 20, 60), 4
COLUMNS = {
    "task": "what is asked of the images",
    "set": "real data set, by its case; shelter is synthetic",
    "way": "features: the frozen network; taught: the same after a linear map learned from labels; scratch",
    "seed": "of the split, or of the synthetic images; of initialisation and order",
    "num_train": "training images whose labels are used",
    "num_test": "test images",
    "measure": "what score is",
    "score": "on the test set, fraction",
    "first": "of retrieval: share of queries whose first answer is right",
    "chance": "score of guessing; of retrieval that of first",
    "seconds": "of the row, alone or beside others: nothing to compare",
    "commit": "state of the code that the row was measured at; <=: at that one or an earlier one",
}


@lru_cache(maxsize=1)
def _load_source():
    return load_source("photos", image_size=IMAGE_SIZE)


@lru_cache(maxsize=1)
def _load_real(name):
    """Read a real set whole, with its one matrix of features."""
    whole, classes = load_whole(name, IMAGE_SIZE)
    return whole, classes, Features.of(whole, _load_source(), quiet=True)


@lru_cache(maxsize=1)
def _load_shelter(seed):
    """Make the shelter of a seed, with its one matrix of features."""
    images, table = make_shelter(sum(ANIMALS), photos=PHOTOS, seed=seed, size=IMAGE_SIZE)
    groups = table["animal"].to_numpy(str)
    whole = Split(ArrayStore(images), np.zeros(len(images), np.int64), tuple(f"{i}.png" for i in table.index), groups)
    return whole, table, Features.of(whole, _load_source(), quiet=True)


def _divide(row):
    """Return a data set of one seed, the features of each of its splits, and a table of further labels."""
    if row["set"] != "shelter":
        whole, classes, features = _load_real(row["set"])
        data, table = divide(whole, classes, PER_CLASS[row["set"]], seed=row["seed"]), None
    else:
        whole, table, features = _load_shelter(row["seed"])
        classes, labels = np.unique(table["place"], return_inverse=True)
        whole = Split(whole.images, labels.astype(np.int64), whole.names, whole.groups)
        ends = np.cumsum(ANIMALS) * PHOTOS
        rows = np.split(np.arange(len(whole)), ends[:-1])
        data = Dataset("shelter", tuple(classes.tolist()), *(whole.take(part) for part in rows), has_groups=True)
    number = {name: i for i, name in enumerate(features.names)}
    places = [[number[name] for name in split.names] for split in (data.train, data.val, data.test)]
    return data, [features.take(part) for part in places], table if table is None else [table.iloc[p] for p in places]


def _measure(row):
    if row["way"] == "scratch" and row["task"] in ("classification", "fine-grained"):
        return _read_earlier(row)
    data, features, tables = _divide(row)
    task = {"retrieval": _score_retrieval, "attributes": _score_attributes}.get(row["task"], _score_classes)
    num_train = 0 if row["task"] == "retrieval" and row["way"] == "features" else len(data.train)
    return {
        "num_train": num_train, "num_test": len(data.test), "measure": TASKS[row["task"], row["set"]],
        **task(row, data, features, tables),
    }  # fmt: skip


def _read_earlier(row):
    """Read what was measured for the data-against-scratch table on the same split."""
    rows = [
        r for r in read_table(EARLIER_TABLE)
        if (r["set"], r["variant"], r["strategy"], r["seed"]) == (row["set"], "real", "scratch", row["seed"])
    ]  # fmt: skip
    best = choose_on_validation(rows, ("seed",))[0]
    classes = {"flowers": 5, "objects": 20, "dogs": 20}[row["set"]]
    return {
        "num_train": best["num_train"], "num_test": best["num_test"], "measure": TASKS[row["task"], row["set"]],
        "score": best["balanced_accuracy"], "first": None, "chance": 1 / classes,
    }  # fmt: skip


def _train(row, data):
    epochs = count_epochs(STEPS, len(data.train), BATCH_SIZE)
    strategy = FromScratch(epochs, RATE, batch_size=BATCH_SIZE, mirror=row["set"] not in NO_MIRROR)
    return adapt(data, _load_source(), strategy, training=EARLIER, seed=row["seed"], cache=False, quiet=True)


def _score_classes(row, data, features, tables):
    if row["way"] == "scratch":
        answers = predict_split(_train(row, data), data.test, quiet=True)
    else:
        answers = features[0].fit_head(data.train.labels).predict(features[2])
    return {
        "score": balanced_accuracy(data.test.labels, answers), "first": None, "chance": 1 / len(data.classes)
    }  # fmt: skip


def _score_retrieval(row, data, features, tables):
    values = features[2].values
    if row["way"] == "taught":
        scaler = StandardScaler().fit(features[0].values)
        found = LinearDiscriminantAnalysis(solver="eigen", shrinkage=0.5)
        values = found.fit(scaler.transform(features[0].values), data.train.labels).transform(scaler.transform(values))
    elif row["way"] == "scratch":
        model = _train(row, data).model
        pooled = import_keras().Model(model.input, model.get_layer("pool").output)
        values = np.concatenate([predict_padded(pooled, batch, 64) for batch in data.test.batches(IMAGE_SIZE, 64)])
    groups = data.test.groups
    if row["set"] == "characters":  # a group is a drawer across all characters
        groups = np.array([group.rpartition("/")[2] for group in groups])
    scores = score_retrieval(values, data.test.labels, groups)
    return {"score": scores.mean_average_precision, "first": scores.first, "chance": scores.chance}


def _score_attributes(row, data, features, tables):
    truths = [table[list(ATTRIBUTES)].to_numpy() for table in tables]
    if row["way"] == "scratch":
        answers = _train_attributes(data, truths, row["seed"])
    else:
        answers = features[0].fit_multilabel(truths[0]).predict(features[2])
    score = float(np.mean([average_precision_score(t, p) for t, p in zip(truths[2].T, answers.T, strict=True)]))
    return {"score": score, "first": None, "chance": float(truths[2].mean())}


def _train_attributes(data, truths, seed):
    """Train the same network from random weights with a sigmoid for each attribute."""
    set_seed(seed)
    keras, source = import_keras(), _load_source()
    base = build_classifier(source.backbone, ATTRIBUTES, seed=seed, keep_weights=False)
    outputs = keras.layers.Dense(len(ATTRIBUTES), activation="sigmoid")(base.get_layer("pool").output)
    model = keras.Model(base.input, outputs)
    flip = keras.Sequential([keras.Input(base.input_shape[1:]), keras.layers.RandomFlip("horizontal"), model])
    epochs = count_epochs(STEPS, len(data.train), BATCH_SIZE)
    schedule = make_schedule(RATE, epochs * -(-len(data.train) // BATCH_SIZE))
    flip.compile(keras.optimizers.Adam(schedule), "binary_crossentropy", jit_compile=False)
    images = data.train.load(IMAGE_SIZE, quiet=True)
    flip.fit(images, truths[0].astype(np.float32), batch_size=BATCH_SIZE, epochs=epochs, verbose=0)
    return np.concatenate([predict_padded(model, batch, 64) for batch in data.test.batches(IMAGE_SIZE, 64)])


def is_quick(row):
    """Tell whether a row is of a real set and needs no training here."""
    return row["set"] != "shelter" and (row["way"] != "scratch" or row["task"] in ("classification", "fine-grained"))


def list_rows(ways):
    """List the settings: what needs no training first, then seed after seed.

    Parameters
    ----------
    ways : sequence of str

    Returns
    -------
    list of dict
    """
    rows = [
        {"task": task, "set": name, "way": way, "seed": seed}
        for seed in SEEDS for task, name in TASKS for way in ways if way != "taught" or task == "retrieval"
    ]  # fmt: skip
    sets = [name for _, name in TASKS]
    quick = sorted(
        filter(is_quick, rows), key=lambda row: (row["way"] != "scratch", sets.index(row["set"]), row["seed"])
    )
    return [*quick, *(row for row in rows if not is_quick(row))]


def main():
    """Measure, record and print the table."""
    parser = make_parser(__doc__)
    ways = ("features", "taught", "scratch")
    parser.add_argument("--ways", nargs="+", default=ways, choices=ways, help="what to measure (default: all)")
    parser.add_argument("--quick", action="store_true", help="only real sets, and only what needs no training")
    options = parser.parse_args()
    rows = [row for row in list_rows(options.ways) if is_quick(row) or not options.quick]
    key = ("task", "set", "way", "seed")
    measured = run_grid(results_path(NAME), rows, _measure, key=key, processes=options.processes)
    inputs = [*(find_archive(name) for name in PER_CLASS), results_path(EARLIER_TABLE)]
    write_record(NAME, command="python -m benchmarks.many_tasks", protocol=__doc__, columns=COLUMNS, inputs=inputs)
    print(format_summary(measured, ("task", "set", "way"), "score"))


if __name__ == "__main__":
    main()

"""Texts: a head on word vectors, with and without its targets' genre in the source, and a bag of words.

Protocol, written down before the run. Sets: what a question asks for (5 classes: the 93 questions about abbreviations
are left out, too few for 200 a class), fact or opinion (2), praise or blame of a film (2). For each seed 0 to 4, 2,000
texts at random are the test set; of the others n a class are all the labels there are: n = 5, 10, 20, 50, 100, 200, a
smaller choice within a larger one (full and scratch: n = 10, 50, 200). Five ways, on the same texts:

* bag of words: TF-IDF of single words (1 + log of counts), fitted on the n texts a class, and logistic regression;
* scratch: the network of the word vectors (table, mean, softmax) with a random table, 100 to 300 steps, rate 0.01;
* head: logistic regression on the mean vector of a text, source ``words``;
* full: the same network, table and head trained from there, 100 to 300 steps, rate 0.01;
* head, no reviews: as head, from a source made by the same recipe without the film reviews of its corpus.

Regularisation of bag of words and head: by 5-fold cross-validation of the log loss on the labelled texts. No epoch is
chosen. All labelled texts are learned from in the end, in every way. Balanced accuracy on the test set. Differences
are paired: way minus bag of words on the same seed; t intervals over the five seeds of a set. The bar, set before: the
head beats the bag of words by 3 points or more at 10 a class on at least two of the three sets.

The plain mean was chosen before, in a trial on other divisions of the same sets (n = 10 and 50), over a mean weighted
by the words' rarity: 6 and 4 points better on questions, within 2 points on the other two. Scaling vectors to length 1,
or adding the largest value of each dimension, was not better on all three.

That is the whole protocol. What stands in the table is n = 10 and 200, and the ways bag of words, head, and head, no
reviews; ``--all`` measures the rest as well.

Run it as ``python -m benchmarks.text``; it needs TLBOOK_DATA_DIR. It goes on where it was stopped.
"""

import functools

import numpy as np

from benchmarks.measuring import make_parser
from tlbook.datasets.cards import load_card
from tlbook.datasets.dataset import Dataset, Split
from tlbook.datasets.splits import nested_subset
from tlbook.datasets.tables import from_table
from tlbook.datasets.textstore import TextStore, split_words
from tlbook.evidence.comparisons import format_summary
from tlbook.evidence.experiments import run_grid
from tlbook.evidence.metrics import balanced_accuracy
from tlbook.evidence.results import results_path, write_record
from tlbook.models.head_search import PLAIN, fit_views, search_head
from tlbook.models.words import average_rows, load_words
from tlbook.pretraining.words import pretrain_words
from tlbook.run.texts import check_text_strategy, fit_word_head, train_words
from tlbook.runtime import cache_dir, data_dir, mirror_dir
from tlbook.training.options import Training

NAME, SEEDS, NUM_TEST = "text_strategies", range(5), 2000
WAYS = {("bag of words", "head", "head, no reviews"): (10, 200)}  # with the texts a class
ALL_WAYS = {
    ("bag of words", "head", "head, no reviews"): (10, 50, 200, 5, 20, 100),
    ("full", "scratch"): (10, 50, 200),
}
COLUMNS = {
    "set": "real set, by its name on the card texts",
    "way": "bag of words, scratch, head, full; head, no reviews: from a source without the genre of two sets",
    "per_class": "labelled texts a class, all that is learned from",
    "seed": "of the splits and of what starts at random",
    "num_test": "test texts",
    "unknown": "share of the test texts' words that the source does not know (bag of words: the labelled texts)",
    "balanced_accuracy": "on the test set, fraction",
    "seconds": "of the row",
    "commit": "state of the code that the row was measured at; <=: at that one or an earlier one",
}


def _find(file):
    return mirror_dir() / file


@functools.lru_cache(maxsize=1)
def _load_set(name):
    """Return all texts of a set, their words and their labels, in the order of the file."""
    facts = load_card("texts").facts["sets"][name]
    left_out = [facts["leave_out"]] if "leave_out" in facts else []
    data = from_table(_find(facts["file"]), text="text", label="class", exclude=left_out)
    rows = []
    for split in (data.train, data.val, data.test):
        rows += zip((int(row.split()[1]) for row in split.names), split.texts, split.labels, strict=True)
    _, texts, labels = zip(*sorted(rows), strict=True)
    words = np.empty(len(texts), object)
    words[:] = [split_words(text) for text in texts]
    return np.array(texts, object), words, np.array(labels)


@functools.lru_cache(maxsize=2)
def _encode_set(name, way):
    """Return all texts of a set as rows of a source's table, and as mean vectors."""
    source = _load_source(way)
    ids = source.encode(_load_set(name)[0])
    return ids, average_rows(source.table, ids)


@functools.cache
def _load_source(way):
    """Return the source of a way; that without reviews is made once, and kept in the cache."""
    if way != "head, no reviews":
        return load_words()
    path = cache_dir() / "pretraining" / "words_without_reviews.npz"
    if not path.is_file():
        path.parent.mkdir(parents=True, exist_ok=True)
        corpus = load_card("words").facts["corpus"]
        pretrain_words(_find(corpus["file"]), path, exclude=(corpus["same_genre"],), quiet=True)
    return load_words(path, name="words without reviews")


def choose_rows(labels, per_class, seed):
    """Return the places of labelled texts, nested in their number, and of the test texts."""
    order = np.random.default_rng(seed).permutation(len(labels))
    test, rest = order[:NUM_TEST], order[NUM_TEST:]
    return rest[nested_subset(labels[rest], rest.astype(str), per_class, seed=seed)], test


def _bag_words(words, labels, test, seed):
    """Return probabilities for the test set by TF-IDF and logistic regression, and the words that it knows."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import GridSearchCV, StratifiedKFold

    bag = TfidfVectorizer(analyzer=list, sublinear_tf=True)
    x = bag.fit_transform(words)
    folds = StratifiedKFold(min(5, np.bincount(labels).min()), shuffle=True, random_state=seed)
    model = GridSearchCV(
        LogisticRegression(max_iter=500), {"C": np.logspace(-3, 4, 8)}, scoring="neg_log_loss", cv=folds
    ).fit(x, labels)
    return model.predict_proba(bag.transform(test)), set(bag.vocabulary_)


def _fit_head(row, chosen, test):
    labels = _load_set(row["set"])[2]
    features, classes = _encode_set(row["set"], row["way"])[1], labels.max() + 1
    known, y = features[chosen][:, None], labels[chosen]
    found = search_head(known, y, chosen.astype(str), classes, [PLAIN], seed=row["seed"])
    return fit_views(known, y, classes, PLAIN, found.C).predict(features[test])


def _train(row, chosen, test):
    """Train table and head on all labelled texts; a fifth of them is called validation, and nothing depends on it."""
    texts, _, labels = _load_set(row["set"])
    place = np.arange(len(chosen)) % 5 == 0
    parts = {
        name: Split(TextStore(tuple(texts[at])), labels[at], tuple(at.astype(str)), at.astype(str))
        for name, at in (("train", chosen[~place]), ("val", chosen[place]), ("test", test))
    }
    data = Dataset(row["set"], tuple(map(str, range(labels.max() + 1))), **parts)
    source, strategy = _load_source(row["way"]), check_text_strategy(row["way"])
    options = {"training": Training(augmentation=None, cache_activations=False), "seed": row["seed"], "quiet": True}
    head = fit_word_head(data, source, seed=row["seed"])
    model, _ = train_words(data, source, strategy.take_rate(source), head, on_all=True, **options)
    kernel, bias = model.get_layer("head").get_weights()
    ids = _encode_set(row["set"], row["way"])[0][test]
    return average_rows(model.get_layer("table").get_weights()[0], ids) @ kernel + bias


def _measure(row):
    _, words, labels = _load_set(row["set"])
    chosen, test = choose_rows(labels, row["per_class"], row["seed"])
    if row["way"] == "bag of words":
        answers, known = _bag_words(words[chosen], labels[chosen], words[test], row["seed"])
    else:
        answers = (_train if row["way"] in ("full", "scratch") else _fit_head)(row, chosen, test)
        known = _load_source(row["way"]).places
    flat = [word for text in words[test] for word in text]
    return {
        "num_test": len(test),
        "unknown": round(float(np.mean([word not in known for word in flat])), 4),
        "balanced_accuracy": balanced_accuracy(labels[test], answers),
    }


def main():
    """Measure, record and print the table."""
    parser = make_parser(__doc__)
    parser.add_argument("--all", action="store_true", help="every size and way of the protocol")
    options = parser.parse_args()
    sets = load_card("texts").facts["sets"]
    planned = ALL_WAYS if options.all else WAYS
    rows = [
        {"set": name, "way": way, "per_class": size, "seed": seed}
        for ways, sizes in planned.items() for size in sizes for name in sets for seed in SEEDS for way in ways
    ]  # fmt: skip
    key = ("set", "way", "per_class", "seed")
    measured = run_grid(results_path(NAME), rows, _measure, key=key, processes=options.processes)
    inputs = [_find(facts["file"]) for facts in sets.values()]
    inputs.append(data_dir() / load_card("words").facts["weights"]["file"])
    write_record(NAME, command="python -m benchmarks.text", protocol=__doc__, columns=COLUMNS, inputs=inputs)
    print(format_summary(measured, ("set", "per_class", "way"), "balanced_accuracy"))


if __name__ == "__main__":
    main()

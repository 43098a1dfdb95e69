"""Texts: a head on word vectors, fine-tuning, training from scratch, and a bag of words, on three real sets.

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

Run it as ``python -m benchmarks.text``; it needs TLBOOK_DATA_DIR. It goes on where it was stopped.
"""

import functools

import numpy as np
import pandas as pd

from benchmarks.measuring import make_parser
from tlbook.datasets.cards import load_card
from tlbook.datasets.dataset import Dataset
from tlbook.datasets.splits import nested_subset
from tlbook.datasets.tables import from_table
from tlbook.datasets.textstore import split_words
from tlbook.evidence.comparisons import format_summary
from tlbook.evidence.experiments import run_grid
from tlbook.evidence.metrics import balanced_accuracy
from tlbook.evidence.results import results_path, write_record
from tlbook.models.words import average_rows, load_words
from tlbook.pretraining.words import pretrain_words
from tlbook.run.texts import check_text_strategy, fit_word_head, train_words
from tlbook.runtime import cache_dir, data_dir, mirror_dir
from tlbook.training.options import Training

NAME, SEEDS, NUM_TEST = "text_strategies", range(5), 2000
WAYS = {  # with the texts a class
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
    """Return all texts of a set and their labels."""
    facts = load_card("texts").facts["sets"][name]
    left_out = [facts["leave_out"]] if "leave_out" in facts else []
    data = from_table(_find(facts["file"]), text="text", label="class", exclude=left_out)
    splits = (data.train, data.val, data.test)
    rows = [(int(row.split()[1]), text, label) for s in splits
            for row, text, label in zip(s.names, s.texts, s.labels, strict=True)]  # fmt: skip
    rows.sort()
    return np.array([row[1] for row in rows], object), np.array([row[2] for row in rows])


def make_split(name, per_class, seed):
    """Return labelled texts and test texts of a set as a data set; a fifth of the former is called validation."""
    texts, labels = _load_set(name)
    order = np.random.default_rng(seed).permutation(len(texts))
    test, rest = order[:NUM_TEST], order[NUM_TEST:]
    chosen = rest[nested_subset(labels[rest], rest.astype(str), per_class, seed=seed)]
    val = np.concatenate([chosen[labels[chosen] == c][: max(1, per_class // 5)] for c in np.unique(labels)])
    split = np.where(np.isin(chosen, val), "val", "train").tolist() + ["test"] * len(test)
    rows = np.concatenate([chosen, test])
    frame = pd.DataFrame({"text": texts[rows], "label": labels[rows].astype(str), "split": split})
    return from_table(frame, text="text", split="split")


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


def _bag_words(data: Dataset, seed):
    """Return probabilities for the test set by TF-IDF and logistic regression, and the share of unknown words."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import GridSearchCV, StratifiedKFold

    texts = [*data.train.texts, *data.val.texts]
    labels = np.concatenate([data.train.labels, data.val.labels])
    bag = TfidfVectorizer(tokenizer=split_words, lowercase=False, token_pattern=None, sublinear_tf=True)
    x = bag.fit_transform(texts)
    folds = StratifiedKFold(min(5, np.bincount(labels).min()), shuffle=True, random_state=seed)
    model = GridSearchCV(
        LogisticRegression(max_iter=500), {"C": np.logspace(-3, 4, 8)}, scoring="neg_log_loss", cv=folds
    ).fit(x, labels)
    return model.predict_proba(bag.transform(data.test.texts)), set(bag.vocabulary_)


def _measure(row):
    data = make_split(row["set"], row["per_class"], row["seed"])
    if row["way"] == "bag of words":
        answers, known = _bag_words(data, row["seed"])
    else:
        source = _load_source(row["way"])
        known, table = source.places, source.table
        found = fit_word_head(data, source, seed=row["seed"])
        head = found.head
        kernel, bias = head.kernel, head.bias
        if row["way"] in ("full", "scratch"):
            strategy = check_text_strategy(row["way"]).take_rate(source)
            options = {"training": Training(augmentation=None, cache_activations=False), "seed": row["seed"]}
            model, _ = train_words(data, source, strategy, found, on_all=True, quiet=True, **options)
            table, (kernel, bias) = model.get_layer("table").get_weights()[0], model.get_layer("head").get_weights()
        answers = average_rows(table, source.encode(data.test.texts)) @ kernel + bias
    words = [word for text in data.test.texts for word in split_words(text)]
    return {
        "num_test": len(data.test),
        "unknown": round(float(np.mean([word not in known for word in words])), 4),
        "balanced_accuracy": balanced_accuracy(data.test.labels, answers),
    }


def main():
    """Measure, record and print the table."""
    options = make_parser(__doc__).parse_args()
    sets = load_card("texts").facts["sets"]
    rows = [
        {"set": name, "way": way, "per_class": size, "seed": seed}
        for ways, sizes in WAYS.items() for size in sizes for name in sets for seed in SEEDS for way in ways
    ]  # fmt: skip
    key = ("set", "way", "per_class", "seed")
    measured = run_grid(results_path(NAME), rows, _measure, key=key, processes=options.processes)
    inputs = [_find(facts["file"]) for facts in sets.values()]
    inputs.append(data_dir() / load_card("words").facts["weights"]["file"])
    write_record(NAME, command="python -m benchmarks.text", protocol=__doc__, columns=COLUMNS, inputs=inputs)
    print(format_summary(measured, ("set", "per_class", "way"), "balanced_accuracy"))


if __name__ == "__main__":
    main()

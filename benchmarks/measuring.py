"""One row of a table that compares strategies: adapt, choose nothing, score the test side once."""

from tlbook.evidence.adapt import adapt, mean_recall, predict_split

COLUMNS = {
    "weights": "first 12 digits of the source weights' SHA-256; empty from scratch",
    "num_train": "training images",
    "num_val": "validation images",
    "num_test": "test images",
    "epochs": "that were run; 0 for a head, which is fitted to convergence",
    "trainable_params": "weights that trained, the head's included",
    "val_balanced_accuracy": "of the kept epoch on the validation side, fraction: what settings are chosen by",
    "balanced_accuracy": "on the test side, fraction",
    "seconds": "of the row, on the machine of the lab record",
}


def score_strategy(data, source, strategy, *, seed):
    """Adapt a source to a data set and score it on the test side.

    Parameters
    ----------
    data : Dataset
    source : SourceModel
    strategy : Strategy
    seed : int

    Returns
    -------
    dict
        Under the names of ``COLUMNS``, without the seconds.
    """
    run = adapt(data, source, strategy, seed=seed, cache=False)
    return {
        "weights": "" if strategy.word == "scratch" else source.weights_sha256[:12],
        "num_train": len(data.train), "num_val": len(data.val), "num_test": len(data.test), "epochs": run.epochs,
        "trainable_params": run.trainable_params, "val_balanced_accuracy": run.val_balanced_accuracy,
        "balanced_accuracy": mean_recall(data.test.labels, predict_split(run, data.test)),
    }  # fmt: skip

"""How often the 95 % intervals hold the true value, in simulations where that is known.

Protocol, written down before the final run. 2,000 test sets a row, scored by `score_predictions`.

- Without groups: 50, 100 or 300 images, 15 or 50 % of them positive; scores are normal, those of the positives shifted
  so that the AUROC is .7, .9, .97 or .998, and spread as much as the others or twice as much.
- In groups: 6 to 60 groups of 1 to about 15 images, 4 on average; each image is answered right with probability .7, .9
  or .97, by a normal margin that has a correlation of .3 or .8 within a group; groups of one class each, half of them
  of either, or of both classes at random. Recall is that of the second class, so of half of the groups. The AUROC that
  a row should hold is computed from these numbers, but with both classes in a group it is the mean of the row.

A column of coverage and one of the median width for each measure; beside them, on the first 300 test sets, those of
the interval that was used before: expanded percentiles of 1,000 bootstrap resamples of groups, Wilson's where these
agree or where an AUROC rests on fewer than ten units.

Run it as ``python -m benchmarks.coverage``; takes about ten minutes on two cores. It goes on where it was stopped.
"""

import numpy as np
from scipy import special

from benchmarks.measuring import make_parser, print_rows
from tlbook.evidence.counting import auroc
from tlbook.evidence.experiments import run_grid
from tlbook.evidence.intervals import wilson_interval
from tlbook.evidence.metrics import score_predictions
from tlbook.evidence.resampling import percentile_interval
from tlbook.evidence.results import results_path, write_record

TABLE = "coverage"
SIMULATIONS, OLD_SIMULATIONS, REPLICATES = 2000, 300, 1000
MEASURES = ("accuracy", "balanced_accuracy", "recall", "auroc")
SETTINGS = {
    "kind": "images without groups, groups of one class each, or groups with both classes",
    "size": "images, or groups",
    "prevalence": "share of positive images, or of positive groups",
    "truth": "AUROC of images without groups; of groups the chance of a right answer, fraction",
    "spread": "standard deviation of the positives' scores over that of the others; 1 in groups",
    "correlation": "of the margins within a group; 0 without groups",
}
COLUMNS = {
    **SETTINGS,
    **{f"{m}_held": f"share of the intervals of {m} that hold the true value" for m in MEASURES},
    **{f"{m}_width": f"median width of these, {m}" for m in MEASURES},
    **{f"{m}_old_held": f"share of the bootstrap intervals of {m} that hold it" for m in ("accuracy", "auroc")},
    **{f"{m}_old_width": f"median width of the bootstrap intervals, {m}" for m in ("accuracy", "auroc")},
    "seconds": "of the row",
}


def draw_images(row, rng):
    """Draw one test set.

    Parameters
    ----------
    row : dict
        The columns of ``SETTINGS``.
    rng : numpy.random.Generator

    Returns
    -------
    labels, groups : numpy.ndarray
        int64, (n,); groups are the images themselves where there are none.
    scores : numpy.ndarray
        float64, (n,); above 0 the second class is answered.
    """
    if row["kind"] == "images":
        labels = (np.arange(row["size"]) < round(row["prevalence"] * row["size"])).astype(int)
        apart = special.ndtri(row["truth"]) * np.hypot(1, row["spread"])
        scores = rng.normal(size=row["size"]) * np.where(labels, row["spread"], 1) + labels * apart
        return labels, np.arange(row["size"]), scores
    sizes = 1 + rng.negative_binomial(1.5, 1 / 3, row["size"])
    groups = np.repeat(np.arange(row["size"]), sizes)
    labels = groups % 2 if row["kind"] == "groups of one class" else rng.integers(0, 2, len(groups))
    of_group, of_image = rng.normal(size=row["size"])[groups], rng.normal(size=len(groups))
    share = row["correlation"]
    margins = special.ndtri(row["truth"]) + np.sqrt(share) * of_group + np.sqrt(1 - share) * of_image
    return labels, groups, np.where(labels, margins, -margins)


def bound_old(labels, groups, scores, rng):
    """Compute the bootstrap intervals of accuracy and AUROC.

    Parameters
    ----------
    labels, groups, scores : numpy.ndarray
        As `draw_images` returns them.
    rng : numpy.random.Generator

    Returns
    -------
    dict of str to tuple
        ``(low, high)``.
    """
    num_units = groups.max() + 1
    of_class = np.stack([np.bincount(groups[labels == c], minlength=num_units) for c in (0, 1)])
    hits, one_each = np.bincount(groups, (scores > 0) == labels, num_units), not (of_class.min(axis=0) > 0).any()
    strata = (of_class[1] > 0).astype(int) if one_each else np.zeros(num_units, int)
    members = [np.flatnonzero(strata == s) for s in np.unique(strata)]
    draws = np.concatenate([rng.multinomial(len(m), np.full(len(m), 1 / len(m)), REPLICATES) for m in members], axis=1)[
        :, np.argsort(np.concatenate(members))
    ].astype(float)
    positive = np.eye(num_units)[groups[labels == 1]]
    negative = np.eye(num_units)[groups[labels == 0]]
    above, below = scores[labels == 1][:, None], scores[labels == 0]
    won = positive.T @ (above > below) @ negative
    with np.errstate(invalid="ignore"):
        rocs = ((draws @ won) * draws).sum(axis=1) / (draws @ of_class[1]) / (draws @ of_class[0])
    shares = draws @ hits / (draws @ of_class.sum(axis=0))
    rarer = int((of_class > 0).sum(axis=1).min())
    return {
        "accuracy": _bound_draws(hits.sum() / len(labels), shares, num_units, least=0),
        "auroc": _bound_draws(auroc(labels == 1, scores), rocs, rarer, least=10),
    }


def _bound_draws(value, draws, units, *, least):
    wilson = wilson_interval(value * units, units)
    if units < 2:
        return 0.0, 1.0
    if np.nanmax(draws) - np.nanmin(draws) < 1e-9:
        return wilson.low, wilson.high
    low, high = percentile_interval(draws, units)
    return (min(low, wilson.low), max(high, wilson.high)) if units < least else (low, high)


def measure_coverage(row):
    """Simulate one row.

    Parameters
    ----------
    row : dict
        The columns of ``SETTINGS``.

    Returns
    -------
    dict
        The other columns.
    """
    rng = np.random.default_rng(0)
    found, old = {m: [] for m in MEASURES}, {"accuracy": [], "auroc": []}
    for simulation in range(SIMULATIONS):
        labels, groups, scores = draw_images(row, rng)
        probabilities = special.expit(np.stack([-scores, scores], axis=1))
        grouped = row["kind"] != "images"
        made = score_predictions(labels, probabilities, ("a", "b"), groups=groups if grouped else None)
        for name in MEASURES:
            estimate = made.recall["b"] if name == "recall" else getattr(made, name)
            found[name].append((estimate.value, estimate.low, estimate.high))
        if simulation < OLD_SIMULATIONS:
            for name, ends in bound_old(labels, groups, scores, rng).items():
                old[name].append(ends)
    truths = dict.fromkeys(MEASURES, row["truth"])
    if row["kind"] == "groups of one class":
        truths["auroc"] = float(special.ndtr(np.sqrt(2) * special.ndtri(row["truth"])))
    elif row["kind"] == "groups of both classes":
        truths["auroc"] = float(np.mean([value for value, *_ in found["auroc"] if value is not None]))
    measures = MEASURES if row["kind"] != "images" else ("auroc",)
    ends = {m: np.array([e[1:] for e in found[m] if e[0] is not None]) for m in measures}
    ends |= {f"{m}_old": np.array(old[m]) for m in old if m in measures}
    results = {column: None for column in COLUMNS if column.endswith(("_held", "_width"))}
    for name, (low, high) in {name: part.T for name, part in ends.items()}.items():
        truth = truths[name.removesuffix("_old")]
        results[f"{name}_held"] = round(float(np.mean((low <= truth) & (truth <= high))), 4)
        results[f"{name}_width"] = round(float(np.median(high - low)), 4)
    return results


def list_settings():
    """List the rows of ``coverage``.

    Returns
    -------
    list of dict
    """
    images = [
        {"kind": "images", "size": n, "prevalence": p, "truth": a, "spread": s, "correlation": 0.0}
        for s in (1, 2) for p in (0.15, 0.5) for n in (50, 100, 300) for a in (0.7, 0.9, 0.97, 0.998)
    ]  # fmt: skip
    groups = [
        {"kind": kind, "size": n, "prevalence": 0.5, "truth": p, "spread": 1, "correlation": c}
        for kind in ("groups of one class", "groups of both classes") for c in (0.3, 0.8)
        for n in (6, 10, 20, 40, 60) for p in (0.7, 0.9, 0.97)
    ]  # fmt: skip
    return images + groups


def main():
    """Simulate, record and print the table."""
    options = make_parser(__doc__).parse_args()
    rows = run_grid(
        results_path(TABLE), list_settings(), measure_coverage, key=tuple(SETTINGS), processes=options.processes
    )
    write_record(TABLE, command="python -m benchmarks.coverage", protocol=__doc__, columns=COLUMNS)
    print_rows(rows, [column for column in COLUMNS if column != "seconds"])


if __name__ == "__main__":
    main()

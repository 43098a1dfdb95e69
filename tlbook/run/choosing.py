"""Of several runs on one data set, which to keep."""

from dataclasses import replace

from tlbook.evidence.paired import compare_predictions
from tlbook.models.strategies import HeadOnly


def choose_run(runs):
    """Choose among runs on validation: the head alone is kept unless another leads by more than one standard error.

    The lead is the difference in balanced accuracy on the same validation images; its standard error and interval
    are those over whole groups. Without a head alone among them, the best run is kept, of equals the first.

    Parameters
    ----------
    runs : sequence of Run
        Of one data set, none of them loaded.

    Returns
    -------
    Run
        With all scores in its ``strategy_reason``, and the seconds of all.

    Examples
    --------
    >>> import tlbook as tl
    >>> case = tl.load_case("pets", per_class=6, size=32)
    >>> source = tl.load_source("random", image_size=32)
    >>> runs = [tl.adapt(case, source, "head", seed=seed, cache=False, quiet=True) for seed in (0, 1)]
    >>> choose_run(runs).strategy_reason[:47]
    'head chosen on validation (balanced accuracy: h'
    """
    best = max(runs, key=lambda run: run.val_balanced_accuracy)
    scores = ", ".join(f"{run.strategy} {run.val_balanced_accuracy:.3f}" for run in runs)
    seconds = {key: sum(run.seconds[key] for run in runs) for key in best.seconds}
    head = next((run for run in runs if run.strategy == HeadOnly.name), None)
    told = ""
    if head is not None and best is not head:
        val = head.data.val
        lead, error = compare_predictions(val.labels, best.val_probabilities, head.val_probabilities, groups=val.groups)
        told = f"; {best.strategy} minus head {_points(lead.value)} points [{_points(lead.low)}, {_points(lead.high)}]"
        if lead.value <= error:
            best, told = head, f"{told}: undecided, head kept"
    reason = f"{best.strategy} chosen on validation (balanced accuracy: {scores}; n = {len(best.data.val)}{told})"
    return replace(best, strategy_reason=reason, seconds=seconds)


def _points(share):
    return f"{100 * share:+.1f}"

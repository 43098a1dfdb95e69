"""What a measured table says: means over seeds, and paired differences, each with its interval."""

import numpy as np

from tlbook.errors import BadInput
from tlbook.evidence.intervals import paired_t_interval, t_interval


def summarise(rows, by, value, *, test_to_train=0.0):
    """Mean of a column over its repeats, with Student's t interval.

    Parameters
    ----------
    rows : sequence of dict
        As ``read_table`` gives them.
    by : sequence of str
        Columns whose values tell the settings apart; all others (the seed) are repeats.
    value : str
        Column of numbers; None is left out.
    test_to_train : float
        Of splits of one pool of images, as for `t_interval`: ``RESPLITS`` on real sets.

    Returns
    -------
    list of dict
        For each setting, in the order of first appearance, the columns ``by`` and under ``value`` an Estimate.

    Raises
    ------
    BadInput
        No such column.

    Examples
    --------
    >>> rows = [{"seed": s, "way": w, "accuracy": a} for s, w, a in
    ...         [(0, "head", 0.71), (1, "head", 0.72), (0, "full", 0.75), (1, "full", 0.77)]]
    >>> for row in summarise(rows, ["way"], "accuracy"):
    ...     print(row["way"], row["accuracy"])
    head 0.715 (95 % interval 0.651 to 0.779, n = 2)
    full 0.760 (95 % interval 0.633 to 0.887, n = 2)
    """
    rows = _check_columns(rows, by, value)
    found = []
    for key, group in _group(rows, by).items():
        known = [row[value] for row in group if row[value] is not None]
        found.append({**dict(zip(by, key, strict=True)), value: t_interval(known, test_to_train=test_to_train)})
    return found


def _check_columns(rows, names, *others):
    """Return the rows as a list, each a dict with these columns."""
    rows = list(rows)
    if isinstance(names, str):
        raise BadInput(f"received the text {names!r} for columns; expected a sequence of names, such as [{names!r}]")
    for row in rows:
        missing = [name for name in (*names, *others) if name not in row]
        if missing:
            raise BadInput(f"received a row without {missing[0]!r}; expected one of its columns: {', '.join(row)}")
    return rows


def _group(rows, by):
    """Part rows by the values of some columns, in the order of first appearance."""
    groups = {}
    for row in rows:
        groups.setdefault(tuple(row[column] for column in by), []).append(row)
    return groups


def format_summary(rows, by, value, *, test_to_train=0.0):
    """Write the means of a column as a table in text, in percent with their intervals.

    Parameters
    ----------
    rows : sequence of dict
        As ``read_table`` gives them.
    by : sequence of str
        As for `summarise`.
    value : str
        Column of fractions.
    test_to_train : float
        As for `summarise`.

    Returns
    -------
    str
        A heading and one line a setting.

    Raises
    ------
    BadInput
        No such column.

    Examples
    --------
    >>> rows = [{"seed": s, "way": w, "accuracy": a} for s, w, a in
    ...         [(0, "head", 0.71), (1, "head", 0.72), (0, "full", 0.75), (1, "full", 0.77)]]
    >>> print(format_summary(rows, ["way"], "accuracy"))
    way   accuracy, %
    head   71.5  [65.1, 77.9]
    full   76.0  [63.3, 88.7]
    """
    means = summarise(rows, by, value, test_to_train=test_to_train)
    lines = [[*by, f"{value.replace('_', ' ')}, %", ""]]
    lines += [[*(str(row[c]) for c in by), *_write_percent(row[value])] for row in means]
    widths = [max(len(line[i]) for line in lines) for i in range(len(by))]
    return "\n".join("  ".join([*map(str.ljust, line, widths), *line[len(by) :]]).rstrip() for line in lines)


def _write_percent(estimate):
    if estimate.value is None:
        return "undefined", ""
    ends = "" if estimate.low is None else f"[{100 * estimate.low:.1f}, {100 * estimate.high:.1f}]"
    return f"{100 * estimate.value:5.1f}", ends


def choose_on_validation(rows, by):
    """Keep, of each group of rows, the one that is best on validation: what was tried there, rates for instance.

    Parameters
    ----------
    rows : sequence of dict
        With ``val_balanced_accuracy``.
    by : sequence of str
        Columns whose values tell the groups apart; the seed belongs to them.

    Returns
    -------
    list of dict
        A row a group, in the order of first appearance; of equals the first.

    Raises
    ------
    BadInput
        No such column.

    Examples
    --------
    >>> rows = [{"seed": 0, "rate": r, "val_balanced_accuracy": v} for r, v in [(0.01, 0.7), (0.001, 0.8)]]
    >>> choose_on_validation(rows, ["seed"])
    [{'seed': 0, 'rate': 0.001, 'val_balanced_accuracy': 0.8}]
    """
    rows = _check_columns(rows, by, "val_balanced_accuracy")
    return [max(group, key=lambda row: row["val_balanced_accuracy"]) for group in _group(rows, by).values()]


def paired_differences(rows, by, column, pair, *, value, on=("seed",), test_to_train=0.0):
    """Compute the paired difference of two settings for each value of some columns.

    Parameters
    ----------
    rows : sequence of dict
        As ``read_table`` gives them.
    by : sequence of str
        Columns whose values tell the comparisons apart.
    column : str
        Column that tells the two apart, as for `paired_difference`.
    pair : (object, object)
        The difference is the first minus the second.
    value : str
        Column of numbers.
    on : sequence of str
        Columns that must agree within a pair.
    test_to_train : float
        As for `summarise`.

    Returns
    -------
    dict of tuple to Estimate
        By the values of ``by``, in the order of first appearance.

    Raises
    ------
    BadInput
        As for `paired_difference`.

    Examples
    --------
    >>> rows = [{"case": c, "seed": s, "way": w, "accuracy": a} for c, s, w, a in
    ...         [("pets", 0, "head", 0.71), ("pets", 1, "head", 0.72), ("pets", 0, "full", 0.75),
    ...          ("pets", 1, "full", 0.77)]]
    >>> found = paired_differences(rows, ["case"], "way", ("full", "head"), value="accuracy")
    >>> print(found["pets",])
    0.045 (95 % interval -0.019 to 0.109, n = 2)
    """
    rows = _check_columns(rows, by, column, value, *on)
    options = {"value": value, "on": on, "test_to_train": test_to_train}
    return {key: paired_difference(group, column, pair, **options) for key, group in _group(rows, by).items()}


def paired_difference(rows, column, pair, *, value, on=("seed",), test_to_train=0.0):
    """Difference of two settings measured under the same conditions, with its interval.

    Parameters
    ----------
    rows : sequence of dict
        As ``read_table`` gives them.
    column : str
        Column that tells the two apart, the strategy for instance.
    pair : (object, object)
        The difference is the first minus the second.
    value : str
        Column of numbers; a pair with a None is left out.
    on : sequence of str
        Columns that must agree within a pair.
    test_to_train : float
        As for `summarise`.

    Returns
    -------
    Estimate
        Method ``t``, n pairs.

    Raises
    ------
    BadInput
        No such column; a row without its partner, or two rows for one place: then ``on`` or the rows leave something
        open.

    Examples
    --------
    >>> rows = [{"seed": s, "way": w, "accuracy": a} for s, w, a in
    ...         [(0, "head", 0.71), (1, "head", 0.72), (0, "full", 0.75), (1, "full", 0.77)]]
    >>> print(paired_difference(rows, "way", ("full", "head"), value="accuracy"))
    0.045 (95 % interval -0.019 to 0.109, n = 2)
    """
    rows = _check_columns(rows, on, column, value)
    paired = [{}, {}]
    for row in rows:
        for found, name in zip(paired, pair, strict=True):
            if row[column] == name:
                key = tuple(row[c] for c in on)
                if key in found:
                    raise BadInput(
                        f"received two rows for {column} {name!r} at {dict(zip(on, key, strict=True))}; expected one"
                    )
                found[key] = row[value]
    if paired[0].keys() != paired[1].keys() or not paired[0]:
        odd = sorted(paired[0].keys() ^ paired[1].keys(), key=str)[:3]
        raise BadInput(
            f"received rows of {pair[0]!r} and {pair[1]!r} that do not pair up by {', '.join(on)}: {odd or 'none'}"
        )
    known = [key for key in paired[0] if None not in (paired[0][key], paired[1][key])]
    differences = np.array([paired[0][key] - paired[1][key] for key in known], dtype=float)
    return paired_t_interval(differences, test_to_train=test_to_train)

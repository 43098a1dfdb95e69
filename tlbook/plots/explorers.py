"""Explorers: what was measured for each choice, one choice at a time: splits by image or by person, depths."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from tlbook.errors import BadInput, is_number, is_whole
from tlbook.evidence.intervals import Estimate
from tlbook.plots.live import Control, Live, write_count, write_percent, write_points

MOST_IMAGES = 5000


def answer_state(data, values):
    """Sentence and table of a choice, which stand in the data."""
    state = data["states"]["|".join(str(values[name]) for name in data["names"])]
    return state["sentence"], state["rows"]


def split_explorer(
    people: Sequence,
    tests: Mapping[str, Sequence[bool]],
    *,
    scores: Mapping[str, Mapping[str, float]],
    chance: float | None = None,
    title: str = "Who is in the test set?",
) -> Live:
    """Switch between splits of the same images: who is in both sets, and which score is measured.

    Parameters
    ----------
    people : sequence
        (n,), whose image each is.
    tests : dict of str to sequence of bool
        For each split, by the words a reader sees, (n,): True for a test image.
    scores : dict of str to dict of str to float
        For each measured thing ("True diagnoses") the score, a fraction, of each split.
    chance : float, optional
        What guessing scores, a fraction.
    title : str
        Written above.

    Returns
    -------
    Live
        With the control ``split``; in a notebook a table with a column for each split.

    Raises
    ------
    BadInput
        A split that does not say of each image whether it is for the test, or a score that is missing.

    Examples
    --------
    >>> people = ["A", "A", "B", "B"]
    >>> tests = {"by picture": [True, False, True, False], "by person": [False, False, True, True]}
    >>> scores = {"True labels": {"by picture": 1.0, "by person": 0.5}}
    >>> split_explorer(people, tests, scores=scores, chance=0.5)
    Who is in the test set?
                         by picture  by person
    people in both sets      2 of 2     0 of 2
    test images              2 of 4     2 of 4
    True labels             100.0 %     50.0 %
    guessing                 50.0 %     50.0 %
    """
    people = np.asarray(people)
    if people.ndim != 1 or not 1 <= len(people) <= MOST_IMAGES:
        raise BadInput(
            f"received `people` of shape {people.shape}; expected one person for each image, {MOST_IMAGES} at most"
        )
    masks = {name: np.asarray(mask) for name, mask in tests.items()}
    for name, mask in masks.items():
        if mask.shape != people.shape or mask.dtype != bool:
            raise BadInput(f"received {mask.dtype} {mask.shape} for the split {name!r}; expected bool {people.shape}")
    for what, values in scores.items():
        if set(values) != set(masks) or not all(is_number(value, 0, 1) for value in values.values()):
            raise BadInput(
                f"received the scores {values!r:.60} of {what!r}; expected one from 0 to 1 for each of "
                f"{', '.join(masks)}"
            )
    order = np.argsort(people, kind="stable")
    names, sizes = np.unique(people, return_counts=True)
    states, columns = {}, [["", "people in both sets", "test images", *scores, *(["guessing"] if chance else [])]]
    for name, mask in masks.items():
        both = len(set(people[mask]) & set(people[~mask]))
        told = [f"{both} of {len(names)}", f"{mask.sum():,} of {len(mask):,}"]
        told += [write_percent(values[name]) for values in scores.values()]
        told += [write_percent(chance)] if chance else []
        column = [name, *told]
        measured = "; ".join(f"{what}: {write_percent(values[name])}" for what, values in scores.items())
        sentence = f"Split {name}: {told[0]} people are in both sets. {measured}."
        bits = "".join("1" if picked else "0" for picked in mask[order])
        states[name] = {"sentence": sentence, "rows": list(zip(columns[0], column, strict=True)), "bits": bits}
        columns.append(column)
    data = {
        "names": ["split"],
        "states": states,
        "people": [[str(i), int(size)] for i, size in enumerate(sizes, 1)],
    }
    splits = tuple(map(str, masks))
    control = Control("split", "Split", splits, splits, 0, slides=False)
    return Live("people", title, (control,), data, answer_state, tuple(zip(*columns, strict=True)))


def depth_explorer(
    blocks: Sequence[str], rows: Sequence[Mapping[str, Any]], *, title: str = "How many blocks train?"
) -> Live:
    """Choose how many blocks train, and see what was measured: parameters trained, score and seconds.

    Parameters
    ----------
    blocks : sequence of str
        Short labels of the network's blocks, from the input to the last one below the head.
    rows : sequence of dict
        What was measured, a row for each setting and depth: ``setting`` (what it was measured on), ``blocks`` (how many
        of the last ones trained), ``parameters`` (trained, the head's included), ``score`` (`Estimate`, a fraction),
        and where known ``gain`` (`Estimate`, the score minus the head's) and ``seconds``. Each setting has the same
        depths.
    title : str
        Written above.

    Returns
    -------
    Live
        With the controls ``setting``, where there are several, and ``blocks``; in a notebook a table of all scores.

    Raises
    ------
    BadInput
        A row lacks something, or a setting lacks a depth.

    Examples
    --------
    >>> rows = [
    ...     {"setting": "Bones", "blocks": 0, "parameters": 1538, "score": Estimate(0.78, 0.75, 0.81, 5, "t"),
    ...      "seconds": 12.0},
    ...     {"setting": "Bones", "blocks": 2, "parameters": 798386, "score": Estimate(0.89, 0.87, 0.91, 5, "t"),
    ...      "seconds": 514.0},
    ... ]
    >>> depth_explorer(["stem", "block 1"], rows)
    How many blocks train?
    blocks trained  parameters trained   score     95 % interval  seconds
    0 of 2                       1,538  78.0 %  75.0 % to 81.0 %     12.0
    2 of 2                     798,386  89.0 %  87.0 % to 91.0 %      514
    """
    blocks, rows = [str(label) for label in blocks], list(rows)
    for row in rows:
        check_depth(row, len(blocks))
    settings = list(dict.fromkeys(str(row["setting"]) for row in rows))
    depths = sorted({int(row["blocks"]) for row in rows})
    found = {(str(row["setting"]), int(row["blocks"])): row for row in rows}
    one = len(settings) == 1
    if not rows or len(found) != len(settings) * len(depths) or len(found) != len(rows):
        raise BadInput(
            f"received {len(rows)} `rows` for {len(settings)} settings and {len(depths)} depths; expected one of each"
        )
    words = [f"{depth} of {len(blocks)}" for depth in depths]
    cells = {key: list_cells(row) for key, row in found.items()}
    header = ["blocks trained", "parameters trained", "score", "95 % interval", "seconds"]
    states = {
        str(depth) if one else f"{setting}|{depth}": {
            "sentence": tell_depth(setting, depth, len(blocks), row),
            "rows": [
                ["", "measured"],
                *map(list, zip(header[1:], cells[setting, depth], strict=True)),
                *list_gain(row),
            ],
            "score": list_ends(row["score"]),
        }
        for (setting, depth), row in found.items()
    }
    data = {"names": ["blocks"] if one else ["setting", "blocks"], "states": states, "blocks": blocks, "depths": depths}
    controls = (
        Control("setting", "Measured on", tuple(settings), tuple(settings), 0, slides=False),
        Control("blocks", "Blocks that train", tuple(depths), tuple(words), 0),
    )[one:]
    if one:
        table = [header, *([word, *cells[settings[0], depth]] for word, depth in zip(words, depths, strict=True))]
    else:
        table = [["score, blocks trained", *words]]
        table += [[setting, *(cells[setting, depth][1] for depth in depths)] for setting in settings]
    return Live("depths", title, controls, data, answer_state, tuple(map(tuple, table)))


def check_depth(row, num_blocks):
    """Refuse a row without what a depth needs."""
    lacks = [name for name in ("setting", "blocks", "parameters", "score") if name not in row]
    if lacks or not isinstance(row["score"], Estimate) or row["score"].value is None:
        lack = ", ".join(lacks) or f"a score that is no defined Estimate, {row['score']!r:.40}"
        raise BadInput(f"received a row with {lack if not lacks else f'no {lack}'}; expected {{setting, blocks, …}}")
    if not is_whole(row["blocks"], 0, num_blocks):
        raise BadInput(f"received {row['blocks']!r} `blocks` in a row; expected a whole number from 0 to {num_blocks}")


def write_ends(estimate, write):
    """An interval in words; empty where there is none."""
    return "" if estimate.low is None else f"{write(estimate.low)} to {write(estimate.high)}"


def list_ends(estimate):
    """Value, low and high end; the value three times where there is no interval."""
    ends = (estimate.value, estimate.low, estimate.high)
    return [round(float(estimate.value if end is None else end), 4) for end in ends]


def list_cells(row):
    """Parameters, score, interval and seconds of a row, in words."""
    seconds = row.get("seconds")
    time = "" if seconds is None else f"{seconds:.1f}" if seconds < 100 else write_count(float(round(seconds)))
    score = row["score"]
    return [f"{row['parameters']:,}", write_percent(score.value), write_ends(score, write_percent), time]


def list_gain(row):
    """Rows on the gain over the head, where it is known."""
    if (gain := row.get("gain")) is None:
        return []
    found = [["points over the head", write_points(gain.value, signed=True)]]
    return [*found, ["95 % interval", write_ends(gain, lambda end: write_points(end, signed=True))]]


def tell_depth(setting, depth, num_blocks, row):
    """A sentence on a depth."""
    parameters, score, ends, seconds = list_cells(row)
    which = "the head alone trains" if depth == 0 else f"the last {depth} of {num_blocks} blocks and the head train"
    sentence = f"{setting}: {which}, {parameters} parameters. Score {score}" + (f" ({ends})." if ends else ".")
    if found := list_gain(row):
        (_, points), (_, ends) = found
        sentence += f" {points} points over the head" + (f" ({ends})." if ends else ".")
    return sentence + (f" Training took {seconds} seconds." if seconds else "")

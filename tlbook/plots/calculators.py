"""Calculators: what the next labels cost and buy, and what each strategy is expected to add to a head."""

import math

import numpy as np
from scipy import special

from tlbook.errors import BadInput, check_arguments, is_number, is_whole
from tlbook.evidence import recommending
from tlbook.evidence.economics import label_cost
from tlbook.evidence.learning_curves import PowerLaw
from tlbook.evidence.recommending import DEEPER, WORDS, Gains
from tlbook.evidence.resampling import percentile_tail
from tlbook.plots.live import (
    Live,
    list_nice,
    shorten_number,
    slide,
    write_count,
    write_money,
    write_percent,
    write_points,
)

MINUTES = (0.1, 0.25, 0.5, 1, 2, 3, 5, 10, 15, 20, 30, 45, 60)
RATES = (5, 10, 15, 20, 30, 40, 50, 75, 100, 150, 200, 300)


def label_calculator(
    law: PowerLaw,
    *,
    measured: tuple[int, int],
    now: int | None = None,
    extra: int = 100,
    minutes: float = 15,
    hourly_rate: float = 150,
    currency: str = "$",
) -> Live:
    """Join a learning curve with the price of a label: what more labels cost, and what they are expected to buy.

    Parameters
    ----------
    law : PowerLaw
        Error over the number of labels, as `tlbook.evidence.learning_curves.fit_power_law` returns it.
    measured : (int, int)
        Smallest and largest number of labels that the law was fitted to. Whoever asks beyond is told so.
    now : int, optional
        Labels to begin with; the largest number measured where it is not given.
    extra : int
        Labels to add, to begin with.
    minutes : float
        Minutes of work a label, to begin with.
    hourly_rate : float
        Price of an hour, to begin with.
    currency : str
        Written before each price.

    Returns
    -------
    Live
        With the controls ``now``, ``extra``, ``minutes`` and ``rate``; in a notebook a table of what some numbers of
        further labels buy.

    Raises
    ------
    BadInput
        No law, or a number out of range.

    Examples
    --------
    >>> from tlbook.evidence.learning_curves import fit_power_law
    >>> law = fit_power_law([10, 40, 160], [0.45, 0.25, 0.15])
    >>> label_calculator(law, measured=(10, 160), extra=160)
    What the next labels cost and buy
    labels              cost   error  points bought
    160 (now)                 15.0 %
    240 (80 added)    $3,000  13.2 %            1.8
    320 (160 added)   $6,000  12.1 %            2.9
    480 (320 added)  $12,000  10.8 %            4.2
    15 minutes a label, $150 an hour. The law was fitted to 10 to 160 labels; beyond, nobody
    has checked it.
    """
    if not isinstance(law, PowerLaw):
        raise BadInput(f"received `law` {law!r:.60}; expected a PowerLaw, as fit_power_law returns it")
    ends = tuple(measured) if np.shape(measured) == (2,) else ()
    now = ends[1] if now is None and ends else now
    checks = {
        "measured": (ends and is_number(ends[0], 1) and is_number(ends[1], ends[0]), "two numbers of labels"),
        "now": (is_whole(now, 1), "a whole number of at least 1"),
        "extra": (is_whole(extra, 1), "a whole number of at least 1"),
        "minutes": (is_number(minutes) and minutes > 0, "a number above 0"),
        "hourly_rate": (is_number(hourly_rate, 0), "a number of at least 0"),
    }
    check_arguments(locals(), checks)
    curves, counts = np.unique(law.draws, axis=0, return_counts=True)
    data = {
        "law": [shorten_number(value) for value in (law.floor, law.scale, law.exponent)],
        "draws": [[*map(shorten_number, curve), int(n)] for curve, n in zip(curves, counts, strict=True)],
        "tail": shorten_number(percentile_tail(law.num_seeds)) if law.num_seeds > 1 else None,
        "measured": [int(end) for end in ends],
        "currency": currency,
    }
    controls = (
        slide("now", "Labels now", [*list_nice(ends[0], 4 * ends[1]), *data["measured"]], int(now), write_count),
        slide("extra", "Labels to add", list_nice(10, max(1000, 10 * ends[1])), int(extra), write_count),
        slide("minutes", "Minutes a label", MINUTES, minutes, write_count),
        slide("rate", "Price of an hour", RATES, hourly_rate, lambda value: write_money(value, currency)),
    )
    rows = [["labels", "cost", "error", "points bought"], [f"{now:,} (now)", "", write_percent(_error(data, now)), ""]]
    for added in (max(1, extra // 2), extra, 2 * extra):
        cost = write_money(label_cost(added, hourly_rate=hourly_rate, per_hour=60 / minutes), currency)
        gain = _error(data, now) - _error(data, now + added)
        error = write_percent(_error(data, now + added))
        rows.append([f"{now + added:,} ({added:,} added)", cost, error, write_points(gain)])
    note = (
        f"{write_count(minutes)} minutes a label, {write_money(hourly_rate, currency)} an hour. The law was fitted to "
        f"{ends[0]:,} to {ends[1]:,} labels; beyond, nobody has checked it."
    )
    return Live("labels", "What the next labels cost and buy", controls, data, answer_labels, _freeze(rows), note)


def answer_labels(data, values):
    """Sentence and table on what further labels cost and buy."""
    now, then = values["now"], values["now"] + values["extra"]
    cost = values["extra"] * values["minutes"] / 60 * values["rate"]
    before, after = _error(data, now), _error(data, then)
    gain, money = before - after, write_money(cost, data["currency"])
    rows = [["", "error", "95 % interval"]]
    rows.append([f"now, {write_count(now)} labels", write_percent(before), _span(data, before, [now])])
    rows.append([f"then, {write_count(then)} labels", write_percent(after), _span(data, after, [then])])
    rows.append(["points bought", write_points(gain), _span(data, gain, [now, then])])
    sentence = f"{write_count(values['extra'])} more labels cost {money} and are expected to remove "
    sentence += f"{write_points(gain)} points of error"
    sentence += f", {write_money(cost / (100 * gain), data['currency'])} a point." if gain >= 0.001 else "."
    low, high = data["measured"]
    if now < low or then > high:
        beyond = then if then > high else now
        sentence += (
            f" The law was fitted to {write_count(low)} to {write_count(high)} labels; {write_count(beyond)} lies "
            "outside, where nobody has checked it."
        )
    return sentence, rows


def _error(data, size, curve=None):
    floor, scale, exponent = data["law"] if curve is None else curve[:3]
    return min(1.0, max(0.0, floor + scale * size ** (-exponent)))


def _span(data, value, sizes):
    """Expanded percentile interval of the error at one size, or of its fall between two, in words."""
    if data["tail"] is None:
        return "none, one seed"
    fall = [_error(data, sizes[0], c) - (_error(data, sizes[1], c) if sizes[1:] else 0) for c in data["draws"]]
    drawn = np.sort(np.repeat(fall, [curve[3] for curve in data["draws"]]))
    low, high = np.quantile(drawn, [data["tail"], 1 - data["tail"]])
    low, high = min(low, value), max(high, value)
    return f"{write_points(low)} to {write_points(high)}" + ("" if sizes[1:] else " %")


STRATEGIES = tuple(WORDS[name] for name in DEEPER)  # in the order of the gains' columns, as adapt knows them
TITLES = {WORDS[name]: title for name, title in recommending.TITLES.items()}
PER_CLASS = (5, 7, 10, 15, 20, 30, 40, 50, 70, 100, 150, 200, 300, 500)
CLASSES = (2, 3, 4, 5, 7, 10, 14, 20, 30, 50, 100)
SCORES = tuple(range(5, 100, 5))


def strategy_calculator(gains: Gains, *, per_class: int = 50, num_classes: int = 2, head_score: float = 0.8) -> Live:
    """Say what each strategy is expected to add to a head, by what measured sets have taught, and where to begin.

    Parameters
    ----------
    gains : Gains
        What was learned from measured sets, as `tlbook.evidence.recommending.fit_gains` returns it.
    per_class : int
        Labelled images a class, to begin with; training and validation together.
    num_classes : int
        To begin with, 2 or more.
    head_score : float
        Balanced accuracy of the head by cross-validation, fraction, to begin with.

    Returns
    -------
    Live
        With the controls ``per_class``, ``classes`` and ``score`` (%); in a notebook the table of the start.

    Raises
    ------
    BadInput
        A number out of range.

    Examples
    --------
    >>> from tlbook.evidence.recommending import Gains
    >>> weights = [[0.01, 0.04, 0.0], [0.01, 0.02, 0.0], [0.0, 0.0, 0.0], [-0.02, -0.04, -0.01]]
    >>> gains = Gains([5.0, 2.0, 0.6], [1.5, 1.5, 0.2], weights, [0.02, 0.03, 0.01], head_spread=0.02, num_sets=9)
    >>> strategy_calculator(gains, per_class=100, num_classes=4, head_score=0.7)
    What each strategy is expected to add
    strategy                  points over the head     95 % range
    Full fine-tuning                          +6.2  −0.7 to +13.1
    Last third of the blocks                  +2.1   −2.5 to +6.7
    Head only                                    0
    Scale and shift                            0.0   −2.3 to +2.3
    With 100 labelled images a class, 4 classes and a head at 70 %. Begin with: Full
    fine-tuning. By 9 measured sets, expect 76.2 % (67.9 % to 84.5 %). Its range includes
    zero: the head may be as good, so compare both.
    """
    checks = {
        "per_class": (is_whole(per_class, 2), "a whole number of at least 2"),
        "num_classes": (is_whole(num_classes, 2), "a whole number of at least 2"),
        "head_score": (is_number(head_score, 0, 1), "a number from 0 to 1"),
    }
    check_arguments(locals(), checks)

    def plain(values):
        return [plain(value) if np.ndim(value) else shorten_number(value) for value in values]

    data = {name: plain(getattr(gains, name)) for name in ("centre", "scale", "weights", "spread")}
    data["head_spread"], data["sets"] = shorten_number(gains.head_spread), int(gains.num_sets)
    data["margin"] = recommending.MARGIN
    data["t"] = shorten_number(special.stdtrit(max(1, gains.num_sets - 1), 0.975))
    data["titles"] = [TITLES[name] for name in ("head", *STRATEGIES)]
    percent = 100 * head_score
    controls = (
        slide("per_class", "Labelled images a class", PER_CLASS, int(per_class), write_count),
        slide("classes", "Classes", CLASSES, int(num_classes), write_count),
        slide("score", "Head's balanced accuracy", SCORES, round(percent, 1), lambda value: f"{value:g} %"),
    )
    start = {"per_class": per_class, "classes": num_classes, "score": round(percent, 1)}
    note, rows = answer_strategies(data, start)
    start = f"With {per_class:,} labelled images a class, {num_classes} classes and a head at {percent:.0f} %. "
    title = "What each strategy is expected to add"
    return Live("strategies", title, controls, data, answer_strategies, _freeze(rows), start + note)


def answer_strategies(data, values):
    """Sentence and table on what each strategy is expected to add to a head."""
    score, chance = values["score"] / 100, 1 / values["classes"]
    known = [math.log2(values["per_class"]), math.log2(values["classes"]), (score - chance) / (1 - chance)]
    moved = [(value - c) / s for value, c, s in zip(known, data["centre"], data["scale"], strict=True)]
    added, spread = [0.0], [0.0, *data["spread"]]
    for column in range(len(data["spread"])):
        slopes = [row[column] for row in data["weights"]]
        added.append(slopes[0] + sum(m * slope for m, slope in zip(moved, slopes[1:], strict=True)))
    order = sorted(range(len(added)), key=lambda place: -added[place])
    rows = [["strategy", "points over the head", "95 % range"]]
    for place in order:
        half = data["t"] * spread[place]
        ends = [write_points(added[place] + side * half, signed=True) for side in (-1, 1)]
        gain = write_points(added[place], signed=True) if place else "0"
        rows.append([data["titles"][place], gain, f"{ends[0]} to {ends[1]}" if place else ""])
    best = order[0] if added[order[0]] >= data["margin"] else 0
    second = next(place for place in order if place != best)
    value = min(1.0, max(0.0, score + added[best]))
    half = data["t"] * math.hypot(spread[best], data["head_spread"])
    low, high = max(0.0, value - half), min(1.0, value + half)
    sentence = f"Begin with: {data['titles'][best]}. By {data['sets']} measured sets, expect {write_percent(value)} "
    sentence += f"({write_percent(low)} to {write_percent(high)}). "
    if best and added[best] < data["t"] * spread[best]:
        sentence += "Its range includes zero: the head may be as good, so compare both. "
    else:
        sentence += f"Then try: {data['titles'][second]}. "
    if max(abs(m) for m in moved) > 2:
        sentence += "Few of the measured sets were like this: do not rely on it. "
    if score <= chance:
        sentence += "The head does no better than guessing: look at the labels first. "
    return sentence.strip(), rows


def _freeze(rows):
    return tuple(map(tuple, rows))

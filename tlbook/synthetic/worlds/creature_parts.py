"""Plans and parts of the invented animals of ``creatures``."""

import functools
from dataclasses import dataclass

import numpy as np

NUM_CLASSES = 40
VIEWS = ("beast", "beast", "beast", "beetle", "fish")
CORNERS = np.linspace(0, 2 * np.pi, 26, endpoint=False)


@dataclass(frozen=True)
class Plan:
    """What a class's animals have in common; lengths in half body lengths."""

    view: str
    aspect: float
    legs: int
    leg_length: float
    leg_width: float
    head: float
    neck: float
    neck_angle: float
    crest: int
    tail: int
    snout: float
    coat: int
    wings: int
    segments: int


@functools.lru_cache(maxsize=NUM_CLASSES)
def creature_plan(cls):
    """Draw the plan of a class."""
    rng = np.random.default_rng([55, cls])
    view = VIEWS[cls % 5]
    legs = {"beast": (0, 2, 3, 5, 6, 8), "beetle": (4, 6, 8, 10), "fish": (0,)}[view]
    return Plan(
        view=view,
        aspect=rng.uniform(0.35, 0.8),
        legs=int(rng.choice(legs)),
        leg_length=rng.uniform(0.25, 0.8),
        leg_width=rng.uniform(0.06, 0.16),
        head=rng.uniform(0.22, 0.5),
        neck=rng.uniform(0, 0.6),
        neck_angle=rng.uniform(-1.0, 0.3),
        crest=int(rng.integers(4)),
        tail=int(rng.integers(4)),
        snout=rng.uniform(0, 0.7),
        coat=int(rng.integers(5)),
        wings=int(rng.integers(3)),
        segments=int(rng.integers(1, 4)),
    )


def _ellipse(x, y, half_length, half_height, angle=0.0):
    """Corners of an ellipse, (26, 2)."""
    u, v = half_length * np.cos(CORNERS), half_height * np.sin(CORNERS)
    c, s = np.cos(angle), np.sin(angle)
    return np.stack([x + c * u - s * v, y + s * u + c * v], -1)


def _limb(x, y, angle, length, bend):
    """Three joints of a limb, (3, 2)."""
    first = np.array([x, y]) + 0.5 * length * np.array([np.cos(angle), np.sin(angle)])
    return np.array([[x, y], first, first + 0.5 * length * np.array([np.cos(angle + bend), np.sin(angle + bend)])])


def _beast_parts(plan, rng):
    """Parts of an animal seen from the side, facing right: (layer, points, stroke width or 0 for a filled shape)."""
    jitter = lambda spread=0.1: 1 + spread * rng.standard_normal()  # noqa: E731
    height, width, parts = plan.aspect * jitter(), plan.leg_width * jitter(), []
    for i in range(plan.legs):
        x = -0.8 + 1.6 * (i + 0.5) / plan.legs + 0.05 * rng.standard_normal()
        leg = _limb(
            x, 0.4 * height, 1.57 + 0.25 * rng.standard_normal(), 1.6 * plan.leg_length, 0.3 * rng.standard_normal()
        )
        parts.append(("far" if i % 2 and plan.legs > 2 else "body", leg, width))
    slim = 1 + 0.35 * (plan.segments - 1)
    for i in range(plan.segments):
        parts.append(("body", _ellipse(i - 0.5 * (plan.segments - 1), 0, 1 / slim, height * jitter(0.06)), 0))
    turn = plan.neck_angle + 0.15 * rng.standard_normal()
    x, y = 0.8 + plan.neck * np.cos(turn), -0.35 * height + 1.6 * plan.neck * np.sin(turn)
    head = plan.head * jitter(0.08)
    parts.append(("body", np.array([[0.6, 0.0], [x, y]]), 2.2 * width))
    parts.append(("body", _ellipse(x, y, head, 0.85 * head), 0))
    snout = _ellipse(x + head * (0.6 + 0.5 * plan.snout), y + 0.2 * head, head * (0.3 + plan.snout), 0.38 * head, 0.15)
    parts.append(("body", snout, 0))
    parts += _beast_crest(plan, x, y, head * jitter()) + _beast_tail(plan, rng, height, width)
    parts.append(("dark", _ellipse(x + 0.25 * head, y - 0.2 * head, 0.15 * head, 0.15 * head), 0))
    if plan.wings == 1:
        parts.append(
            (
                "dark",
                _ellipse(-0.1, -0.6 * height, 0.6 * jitter(), 0.45 * height, -0.5 + 0.3 * rng.standard_normal()),
                0,
            )
        )
    return parts


def _beast_crest(plan, x, y, head):
    """Horns, feelers or plates on a head (0: none)."""
    if plan.crest == 1:
        return [("body", _limb(x + k * head, y - 0.6 * head, -1.9, 1.3 * head, 0.9), 0.05) for k in (-0.4, 0.2)]
    if plan.crest == 2:
        tips = [_limb(x + k * head, y - 0.5 * head, -1.2, 1.5 * head, -0.5) for k in (-0.2, 0.4)]
        return [("body", tip, 0.03) for tip in tips] + [("body", _ellipse(*tip[-1], 0.09, 0.09), 0) for tip in tips]
    if plan.crest == 3:
        return [
            ("body", _ellipse(x + k * head, y - 0.75 * head, 0.2 * head, 0.45 * head, k), 0) for k in (-0.7, -0.2, 0.3)
        ]
    return []


def _beast_tail(plan, rng, height, width):
    """Draw a short, a long or a broad tail (0: none)."""
    angle = np.pi + rng.uniform(-0.3, 0.9)
    if plan.tail in (1, 2):
        length = 0.6 if plan.tail == 1 else 1.2
        return [("body", _limb(-0.9, -0.3 * height, angle, length, 0.7), 0.8 * width)]
    if plan.tail == 3:
        return [("body", _ellipse(-1.2, -0.4 * height, 0.5, 0.2, angle), 0)]
    return []


def _beetle_parts(plan, rng):
    """Parts of an animal seen from above, facing up."""
    jitter = lambda spread=0.1: 1 + spread * rng.standard_normal()  # noqa: E731
    height, width, parts = plan.aspect * jitter(), plan.leg_width, []
    for i in range(plan.legs // 2):
        y = -0.6 + 1.2 * (i + 0.5) / (plan.legs // 2)
        for side in (-1, 1):
            angle = (0 if side > 0 else np.pi) + side * (
                0.25 * (i - plan.legs / 4 + 0.5) + 0.15 * rng.standard_normal()
            )
            bend = side * (0.6 + 0.2 * rng.standard_normal())
            parts.append(("body", _limb(side * 0.4 * height, y, angle, 0.5 + 1.2 * plan.leg_length, bend), 0.6 * width))
    slim = 1 + 0.4 * (plan.segments - 1)
    for i in range(plan.segments):
        parts.append(("body", _ellipse(0, 0.8 * (i - 0.5 * (plan.segments - 1)), height * jitter(0.06), 1 / slim), 0))
    top = -1 - 0.12 * plan.segments
    parts.append(("body", _ellipse(0, top, plan.head, 0.9 * plan.head), 0))
    for side in (-1, 1):
        if plan.crest:
            feeler = _limb(
                side * 0.4 * plan.head, top - 0.1, -1.57 + 0.5 * side * jitter(), 0.25 + 0.3 * plan.crest, 0.5 * side
            )
            parts.append(("body", feeler, 0.05))
        parts.append(("dark", _ellipse(0.45 * side * plan.head, top - 0.15, 0.17 * plan.head, 0.17 * plan.head), 0))
        if plan.wings:
            span = 0.4 + 0.25 * plan.wings
            parts.append(("far", _ellipse(side * (height + 0.5 * span), -0.1, span, 0.32 * jitter(), 0.4 * side), 0))
    if plan.tail:
        parts.append(("body", _ellipse(0, 1.1, 0.12 * plan.tail, 0.45), 0))
    return parts


def _fish_parts(plan, rng):
    """Parts of a fish seen from the side, facing right."""
    jitter = lambda spread=0.1: 1 + spread * rng.standard_normal()  # noqa: E731
    height = (0.3 + 0.6 * plan.aspect) * jitter()
    fork, reach = (0.2, 0.5, -0.1, 0.35)[plan.tail], 0.35 + 0.5 * plan.leg_length
    tail = np.array(
        [
            [-0.8, 0],
            [-0.9 - reach, -0.3 - 0.5 * plan.neck],
            [-0.9 - reach + fork, 0],
            [-0.9 - reach, 0.3 + 0.5 * plan.neck],
        ]
    )
    parts = [("far", tail * jitter(0.05), 0), ("body", _ellipse(0, 0, 1, height), 0)]
    if plan.snout > 0.35:
        parts.append(("body", _ellipse(0.9, 0.05, plan.snout, 0.12), 0))
    fins = ((-0.5, 0.5, -0.2), (-0.6, 0.0, -0.5), (0.0, 0.5, 0.6), (-0.7, 0.7, 0.2))[plan.crest]
    back = np.array(
        [[fins[0], -0.7 * height], [fins[2], -height - 0.2 - 0.5 * plan.head * jitter()], [fins[1], -0.7 * height]]
    )
    parts.append(("far", back, 0))
    if plan.wings:
        parts.append(("far", back * [1, -1], 0))
    parts.append(
        ("dark", _ellipse(0.1, 0.15 * height, 0.25 + 0.3 * plan.leg_width, 0.12, 0.5 + 0.2 * rng.standard_normal()), 0)
    )
    parts.append(("dark", _ellipse(0.68, -0.2 * height, 0.08, 0.08), 0))
    for k in range(plan.segments - 1):
        parts.append(("dark", np.array([[0.45 - 0.1 * k, -0.4 * height], [0.4 - 0.1 * k, 0.4 * height]]), 0.03))
    return parts


PARTS = {"beast": _beast_parts, "beetle": _beetle_parts, "fish": _fish_parts}

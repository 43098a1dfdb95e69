"""Four-legged animals of spheres: the limbs that follow from a build and a pose."""

import math

import numpy as np

from tlbook.synthetic.spheres import Limb

TORSO, NECK, HEAD, MUZZLE, EAR, THIGH, LEG, PAW, TAIL, TAIL_TIP, EAR_INSIDE, NOSE, EYE, PUPIL = range(1, 15)
SKIN = (EAR_INSIDE, NOSE, EYE, PUPIL)


def place_limbs(build, pose):
    """Return the limbs of an animal that looks along x, feet on y = 0, and the middle of its skull, (3,)."""
    frame = _torso_frame(build, pose)
    limbs = _place_torso(build, frame) + _place_legs(build, pose, frame) + _place_tail(build, pose, frame)
    neck, head = _place_neck(build, pose, frame)
    axes = _head_axes(pose)
    return limbs + neck + _place_head(build, head, axes) + _place_ears(build, head, axes), head


def _torso_frame(build, pose):
    """Return a function from (along, above, aside) to space: hip at the origin of ``along``, 0 is the back line."""
    low = 0.95 * build.chest
    lift, height = {
        "stand": (0.0, build.leg + build.chest),
        "sit": (0.85, 1.75 * build.waist),
        "lie": (0.06, low + build.waist * 0.6),
    }[pose.stance]
    c, s = math.cos(lift), math.sin(lift)

    def to_space(along, above, aside=0.0):
        return np.array([along * c - above * s - 0.45 * build.body, height + along * s + above * c, aside])

    return to_space


def _place_torso(build, frame):
    b, rump = build.body, 0.5 * (build.chest + build.waist)
    spine = [
        (0.0, -rump, 0.98 * rump),
        (0.18 * b, -rump, rump),
        (0.42 * b, -1.02 * build.waist, build.waist),
        (0.75 * b, -build.chest, build.chest),
        (0.98 * b, -0.85 * build.chest, 0.85 * build.chest),
    ]
    return [Limb(np.array([frame(x, y) for x, y, _ in spine]), np.array([r for *_, r in spine]), TORSO)]


def _place_legs(build, pose, frame):
    limbs, w = [], build.leg_width
    aside = 0.62 * build.chest
    for side in (-1, 1):
        swing = 0.0 if pose.stance != "stand" else pose.stride * side
        shoulder = frame(0.88 * build.body, -1.15 * build.chest, side * aside)
        limbs += _place_foreleg(shoulder, w, swing, pose.stance)
        hip = frame(0.05 * build.body, -0.6 * build.chest - 0.4 * build.waist, side * aside)
        limbs += _place_hindleg(hip, build, -swing, pose.stance)
    return limbs


def _place_foreleg(shoulder, w, swing, stance):
    x, y, z = shoulder
    if stance == "lie":
        elbow, foot = np.array([x + 0.02, w * 1.5, z * 1.25]), np.array([x + 6.5 * w, w, z * 1.2])
    else:
        foot = np.array([x + 0.02 + y * math.tan(swing), w, z * 0.85])
        elbow = (shoulder + foot) / 2 + np.array([-0.5 * w, 0.05 * y, 0])
    upper = Limb(np.stack([shoulder, elbow]), np.array([2.0 * w, 1.25 * w]), THIGH)
    lower = Limb(np.stack([elbow, foot]), np.array([1.2 * w, 0.88 * w]), LEG)
    paw = Limb(np.stack([foot, foot + [1.1 * w, 0, 0]]), np.array([1.05 * w, 1.0 * w]), PAW)
    return [upper, lower, paw]


def _place_hindleg(hip, build, swing, stance):
    w = build.leg_width
    x, y, z = hip
    if stance == "stand":
        knee = np.array([x + 0.2 * y + 0.4 * y * math.sin(swing), 0.56 * y, z * 1.02])
        hock = np.array([x - 0.22 * y + 0.75 * y * math.sin(swing), 0.27 * y, z])
        foot = np.array([x - 0.14 * y + 1.0 * y * math.sin(swing), w, z])
    else:
        thigh = 0.55 * build.leg + 0.5 * build.waist
        knee = np.array([x + 0.75 * thigh, max(0.75 * y, 2.2 * w), z * 1.3])
        hock, foot = np.array([x + 0.05, 1.3 * w, z * 1.45]), np.array([x + 0.8 * thigh, w, z * 1.5])
    thick = 0.45 * build.waist + 1.6 * w
    upper = Limb(np.stack([hip, knee]), np.array([thick, 1.5 * w]), THIGH)
    lower = Limb(np.stack([knee, hock, foot]), np.array([1.35 * w, 0.9 * w, 0.88 * w]), LEG)
    paw = Limb(np.stack([foot, foot + [1.1 * w, 0, 0]]), np.array([1.05 * w, 1.0 * w]), PAW)
    return [upper, lower, paw]


def _place_tail(build, pose, frame):
    knots, angle = 8, math.radians(180 - build.tail_up)
    if pose.stance == "sit":
        angle = math.radians(180 - 0.3 * build.tail_up)
    points = [frame(-0.4 * build.waist, -0.3 * build.waist)]
    for k in range(knots):
        bend = angle - math.radians(build.tail_curl) * k / (knots - 1)
        aside = pose.wag * (k + 1) / knots
        step = np.array([math.cos(bend) * math.cos(aside), math.sin(bend), math.cos(bend) * math.sin(aside)])
        points.append(points[-1] + step * build.tail / knots)
        points[-1][1] = max(points[-1][1], build.tail_width)
    share = np.linspace(0, 1, knots + 1)
    radii = build.tail_width * (1.15 - 0.55 * share + build.plume * 1.6 * np.sin(math.pi * share**0.8))
    points = np.array(points)
    return [Limb(points[:7], radii[:7], TAIL), Limb(points[6:], radii[6:], TAIL_TIP)]


def _place_neck(build, pose, frame):
    root = frame(0.97 * build.body, -0.6 * build.chest)
    up = pose.neck + (0.35 if pose.stance != "stand" else 0.0)
    head = root + (build.neck + 0.5 * build.head) * np.array([math.cos(up), math.sin(up), 0.0])
    radii = np.array([0.5 * build.chest + 0.5 * build.neck_width, build.neck_width, 0.95 * build.neck_width])
    return [Limb(np.stack([root, (root + head) / 2, head]), radii, NECK)], head


def _head_axes(pose):
    """Return the head's forward, up and left directions."""
    cn, sn, ct, st = math.cos(pose.nod), math.sin(pose.nod), math.cos(pose.turn), math.sin(pose.turn)
    forward = np.array([cn * ct, -sn, cn * st])
    left = np.array([-st, 0.0, ct])
    return forward, np.cross(left, forward), left


def _place_head(build, head, axes):
    forward, up, left = axes
    r, m, w = build.head, build.muzzle, build.muzzle_width
    at = lambda f, u, s=0.0: head + r * (f * forward + u * up + s * left)  # noqa: E731
    limbs = [Limb(np.stack([at(-0.2, 0.0), at(0.12, 0.06)]), np.array([0.95, 0.96]) * r, HEAD)]
    limbs += [Limb(np.stack([at(0.3, -0.35, -0.35), at(0.3, -0.35, 0.35)]), np.array([0.62, 0.62]) * r, HEAD)]
    tip = 0.72 + m
    limbs.append(Limb(np.stack([at(0.5, -0.3), at(tip, -0.42)]), np.array([1.15 * w, 0.85 * w]) * r, MUZZLE))
    limbs.append(Limb(np.stack([at(0.4, -0.55), at(tip - 0.12, -0.68)]), np.array([0.8 * w, 0.5 * w]) * r, MUZZLE))
    limbs.append(Limb(at(tip + 0.62 * w, -0.42 + 0.45 * w)[None], np.array([0.19 + 0.12 * w]) * r, NOSE))
    for side in (-1, 1):
        limbs.append(Limb(at(0.86, 0.22, 0.46 * side)[None], np.array([0.23]) * r, EYE))
        limbs.append(Limb(at(0.99, 0.23, 0.50 * side)[None], np.array([0.14]) * r, PUPIL))
    return limbs


# For each kind of ear: points as (forward, up, outward) in shares of the skull's radius, and radii; the first
# point stays on the skull, the others go out with the length of the ear.
_EAR_SHAPES = {
    "pointed": ([(-0.1, 0.62, 0.55), (-0.12, 1.0, 0.68), (-0.12, 1.75, 0.8)], (0.42, 0.33, 0.05)),
    "wide": ([(-0.1, 0.5, 0.62), (-0.12, 1.05, 1.0), (-0.12, 1.7, 1.35)], (0.36, 0.42, 0.16)),
    "round": ([(-0.1, 0.6, 0.68), (-0.1, 0.95, 0.85)], (0.34, 0.4)),
    "folded": ([(-0.15, 0.68, 0.6), (-0.1, 1.2, 0.8), (0.32, 0.95, 0.92)], (0.34, 0.24, 0.1)),
    "drop": ([(-0.15, 0.62, 0.72), (-0.1, 0.45, 1.12), (0.0, -0.45, 1.18)], (0.24, 0.32, 0.28)),
    "long": ([(-0.25, 0.35, 0.8), (-0.25, -0.2, 1.1), (-0.15, -1.3, 1.1)], (0.22, 0.32, 0.38)),
}


def _place_ears(build, head, axes):
    forward, up, left = axes
    shape, radii = _EAR_SHAPES[build.ears]
    limbs = []
    for side in (-1, 1):
        knots = np.array(shape) * (1, 1, side)
        knots[1:] = knots[0] + (knots[1:] - knots[0]) * build.ear
        points = head + build.head * (knots @ np.stack([forward, up, left]))
        limbs.append(Limb(points, np.array(radii) * build.head * (0.6 + 0.4 * build.ear), EAR))
        if build.ears in ("pointed", "wide"):
            inside = points[:-1] + 0.17 * build.head * forward * (0.6 + 0.4 * build.ear)
            inner = 0.62 * np.array(radii[:-1]) * build.head * (0.6 + 0.4 * build.ear)
            limbs.append(Limb(inside * 0.75 + 0.25 * points[-1], inner, EAR_INSIDE))
    return limbs

"""Attenuation of long bones: hollow tubes with flared ends, whole or broken, seen along parallel rays."""

import numpy as np

from tlbook.synthetic.fields import gaussian_line, half_chord, soft_step


def tube_walls(u, v, shape, edge):
    """Half a ray's way through cortex and marrow of a bone, and the wall's distance from its axis: (n, h, w)."""
    radius, cortex, flare, low, high, bow = shape
    middle, half = (low + high) / 2, (high - low) / 2
    along = (v - middle) / half
    widening = flare * np.clip((np.abs(along) - 0.55) / 0.45, 0, 1) ** 2
    across = u - bow * along * along * half
    outer = radius * (1 + widening)
    inner = outer * (1 - cortex * (1 - 0.7 * np.clip(widening * 1.5, 0, 1)))
    # the ends are rounded: the bone stops earlier at its rim than on its axis
    reach = half - 0.35 * radius * np.clip(across / outer, -1, 1) ** 2
    end = soft_step((reach - np.abs(v - middle)) / edge)
    outer_half, inner_half = half_chord(outer, across), half_chord(inner, across)
    return (outer_half - inner_half) * end, inner_half * end, (outer_half + inner_half) / 2


def triangle_wave(t):
    """Zigzag of period 1 between -1 and 1."""
    return 4 * np.abs(t - np.rint(t)) - 1


def fracture_surface(u, depth, p):
    """Height along the bone at which the fracture meets the wall: plane, screw and teeth together; (n, h, w)."""
    s = p["break_at"] + p["tilt_u"] * u + p["tilt_depth"] * depth
    for i in np.flatnonzero(p["pitch"]):
        turn = (np.arctan2(depth[i], u[i]) - p["screw_start"][i]) / np.float32(2 * np.pi)
        s[i] += p["pitch"][i] * (2 * (turn - np.floor(turn)) - 1)
    wall = np.where(depth > 0, np.float32(0.21), np.float32(-0.21))
    for k in range(3):
        t = (0.37 + 0.33 * k) * (u / p["radius"]) + p["teeth_phase"][:, k, None, None] + (1 + k) * wall
        s = s + p["teeth"] / (1 + k) * triangle_wave(t)
    return s


def splinter_lines(u, v, f, p):
    """Lines that cut a wedge out beside a comminuted fracture; float32, (n, h, w), 0-1."""
    lines = 0
    for k in range(2):
        slope = p["splinter_slope"][:, k, None, None]
        distance = (v - p["break_at"] - p["splinter_at"][:, k, None, None] - slope * u) / np.sqrt(1 + slope * slope)
        lines = np.maximum(lines, gaussian_line(distance, 0.55 * p["gap"] + 1e-6))
    return p["splinters"] * lines * soft_step((p["splinter_reach"] - np.abs(f)) / 0.01)


def broken_bone(u, v, p, edge):
    """Attenuation of the first bone, cortex and marrow, its fracture's gap 0 where it is intact; (n, h, w)."""
    shape = (p["radius"], p["cortex"], p["flare"], p["low"], p["high"], p["bow"])
    wall, marrow, depth = tube_walls(u, v, shape, edge)
    if not np.any(p["depth"]):
        return 2 * wall, 2 * marrow
    moved_u = u - p["offset"] - p["angulation"] * (v - p["break_at"])
    moved_wall, moved_marrow, _ = tube_walls(moved_u, v, shape, edge)
    cortex_sum, marrow_sum = 0, 0
    for sign in (1, -1):
        f = v - fracture_surface(u, sign * depth, p)
        above = soft_step((-f - p["gap"] / 2) / edge)
        below = soft_step((f - p["gap"] / 2) / edge)
        # an incomplete fracture runs out before it reaches the other cortex
        dark = p["depth"] * soft_step((p["extent"] - p["side"] * u / p["radius"]) / 0.08)
        keep = 1 - dark * splinter_lines(u, v, f, p)
        bridge = (1 - dark) * np.clip(1 - above - below, 0, 1)
        cortex_sum = cortex_sum + keep * (wall * (above + bridge / 2) + moved_wall * (below + bridge / 2))
        marrow_sum = marrow_sum + keep * (marrow * (above + bridge / 2) + moved_marrow * (below + bridge / 2))
    return cortex_sum, marrow_sum


def other_bones(u, v, p, edge):
    """Attenuation of the second bone beside the first and of the neighbour beyond the joint; float32, (n, h, w)."""
    radius = p["radius"] * p["second_radius"]
    shape = (radius, p["cortex"], p["flare"], p["low"] * p["second_length"], p["high"] * 0.95, -p["bow"])
    wall, marrow, _ = tube_walls(u - p["second_at"], v - p["second_shift"], shape, edge)
    z = p["second"] * (p["cortex_density"] * 2 * wall + p["marrow_density"] * 2 * marrow)
    start = p["high"] + p["joint_space"]
    shape = (p["radius"] * 1.05, p["cortex"], p["flare"] * 0.8, start, start + 0.9, p["bow"])
    wall, marrow, _ = tube_walls(u - p["joint_offset"], v, shape, edge)
    return z + p["joint"] * (p["cortex_density"] * 2 * wall + p["marrow_density"] * 2 * marrow)

"""Draw phantoms of axial MRI slices without the skull: cortex with sulci, ventricles, deep nuclei, scanner.

All lengths are in units of the picture's width; ``u`` runs from left to right, ``v`` from the forehead to the
back of the head, and ``z`` from the lowest slice (0) to the highest (1).
"""

import numpy as np
from scipy import ndimage

from tlbook.synthetic.fields import (
    chunk_length,
    half_chord,
    pixel_grid,
    smooth_axis,
    smooth_fields,
    soft_step,
    to_rgb,
)


def ellipse(u, v, center, radii, edge):
    """Soft ellipse, 1 inside; arguments broadcast; float32, 0-1."""
    q = ((u - center[0]) / radii[0]) ** 2 + ((v - center[1]) / radii[1]) ** 2
    return soft_step((1 - np.sqrt(q)) / edge)


def distance_to_sulci(p):
    """Distance to the nearest valley between gyri, a zero line of a random field; float32, (n, h, w)."""
    folds = p["fold_grid"]
    size = folds.shape[-1]
    field = folds + p["fold_radial"] * np.cos(p["waves"] + 0.9 * folds)
    slope = np.sqrt(np.gradient(field, axis=1) ** 2 + np.gradient(field, axis=2) ** 2) * size
    return np.abs(field) / (slope + 6)


def draw_planes(u, v, p):
    """What all slices of a person share: ``outline`` of the head and ``waves`` of its folds; float32, (h, w) each."""
    angle = np.arctan2(v, u)
    wobble = sum(a * np.cos(k * angle + phase) for k, (a, phase) in enumerate(p["outline_wobble"], start=2))
    narrow = p["width"] * (1 + 0.06 * v / 0.44)  # wider at the back
    # waves around the head turn the valleys towards its middle; the left half has phases of its own
    phase = p["fold_phase"][0] + np.where(u < 0, p["fold_phase"][1], np.float32(0))
    waves = p["fold_count"] * np.arctan2(v, np.abs(u)) + phase
    return {"outline": np.hypot(u / narrow, v / 0.44) * (1 + wobble), "waves": waves}


def draw_cortex(u, v, depth, p, z):
    """Fluid between the gyri, and white matter: float32, (n, h, w) each, 0-1; the rest is grey matter."""
    size = u.shape[-1]
    edge = 0.3 / size + 0.002
    distance = distance_to_sulci(p)
    reach = p["sulcus_depth"] * (1 + 0.35 * p["reach_grid"])
    width = p["sulcus_width"] * np.clip(1.3 - 0.8 * depth / p["sulcus_depth"], 0.3, None)
    fluid = soft_step((width - distance) / edge) * soft_step((reach - depth) / 0.008)
    cleft = np.abs(u + p["midline"] * np.sin(9 * v + p["fold_phase"][0]))
    parted = soft_step((np.abs(v + 0.02) - p["cleft_from"] * (1 - 0.9 * np.clip((z - 0.75) / 0.25, 0, 1))) / 0.012)
    fluid = np.maximum(fluid, soft_step((p["cleft_width"] - cleft) / edge) * parted)
    white = soft_step((depth - p["cortex"]) / edge)
    walls = soft_step((width + p["cortex"] - distance) / edge) * soft_step((reach + p["cortex"] - depth) / 0.008)
    white = white * (1 - walls)
    white = white * (1 - soft_step((p["cleft_width"] + p["cortex"] - cleft) / edge) * parted)
    # the Sylvian fissure: a wedge from the side towards the insula, in the lower slices
    low = soft_step((0.5 - z) / 0.05)
    path = np.abs(v - p["sylvian_at"] - 0.25 * (np.abs(u) - 0.28))
    sylvian = soft_step((p["sylvian_width"] - path) / edge) * soft_step((np.abs(u) - 0.235) / 0.008) * low
    ribbon = soft_step((p["sylvian_width"] + p["cortex"] - path) / edge) * soft_step((np.abs(u) - 0.215) / 0.008) * low
    return np.maximum(fluid, sylvian), white * (1 - ribbon)


def draw_ventricles(u, v, p, z):
    """Fluid of the lateral and third ventricles and of the horns, and the hippocampus: float32, (n, h, w) each, 0-1."""
    size = u.shape[-1]
    edge = 0.3 / size + 0.002
    height = np.clip(1 - ((z - 0.5) / p["ventricle_reach"]) ** 2, 0, 1) ** 0.5
    waist = soft_step((0.55 - z) / 0.06) * np.exp(-(((v - 0.03) / 0.075) ** 2))
    fluid, hippocampus = 0, 0
    for side in (-1, 1):
        size_here = p["ventricle"] * (1 + side * p["asymmetry"])
        spread = 0.022 + 0.012 * size_here + p["horn_spread"] * np.abs(v - 0.02) ** 1.4 * (1.3 - 0.6 * z)
        length = p["ventricle_length"] * (0.8 + 0.2 * size_here) * height + 1e-3
        profile = half_chord(np.float32(1), (v - 0.015) / length)
        width = 0.028 * size_here * height * profile * (1 - 0.95 * waist) + 0.008 * (v > 0.08) * profile * size_here
        here = soft_step((width - np.abs(side * u - spread)) / edge) * (profile > 0) * (height > 0)
        fluid = np.maximum(fluid, here)
        deep = soft_step((0.34 - z) / 0.03)
        at = (side * p["horn_x"], p["horn_y"])
        horn = ellipse(u, v, at, (0.05 + 0.006 * size_here, 0.03 + 0.004 * size_here), 0.12) * deep
        shrunk = p["hippocampus"] * (1 + 0.5 * side * p["asymmetry"])
        body = ellipse(u, v, (at[0], at[1] + 0.009), (0.05 * shrunk, 0.03 * shrunk), 0.12) * deep
        fluid, hippocampus = np.maximum(fluid, horn), np.maximum(hippocampus, body)
    third = ellipse(u, v, (0, 0.04), (0.008 * p["ventricle"] + 0.002, 0.07), 0.15) * soft_step((0.42 - z) / 0.04)
    return np.maximum(fluid, third), hippocampus


def draw_nuclei(u, v, p, z):
    """Deep grey matter: thalamus, lentiform nucleus, head of the caudate, on both sides; float32, (n, h, w), 0-1."""
    low, scale, a = soft_step((0.5 - z) / 0.05), p["nuclei"], np.abs(u)
    thalamus = ellipse(a, v, (0.062, 0.055), (0.048 * scale, 0.068 * scale), 0.1)
    lentiform = ellipse(a - 0.35 * (v + 0.01) ** 2, v, (0.145, -0.01), (0.036 * scale, 0.085 * scale), 0.1)
    caudate = ellipse(a, v, (0.07 + 0.012 * p["ventricle"], -0.115), (0.026 * scale, 0.045 * scale), 0.12)
    caudate = caudate * soft_step((0.62 - z) / 0.05)
    return np.maximum(np.maximum(thalamus, lentiform) * low, caudate)


def draw_slices(p, num_slices, size, noise):
    """Draw a person's slices from below upwards: uint8, (num_slices, size, size, 3), 0-255."""
    x, y = pixel_grid(size)
    c, s = np.cos(p["tilt"]), np.sin(p["tilt"])
    u = ((x - p["x"]) * c + (y - p["y"]) * s)[0]
    v = ((y - p["y"]) * c - (x - p["x"]) * s)[0]
    z = ((np.arange(num_slices) + 0.5) / num_slices * p["z_span"] + p["z_from"]).astype(np.float32)[:, None, None]
    names = [name for name in p if name.endswith("_grid")]
    grids = {name: smooth_axis(p[name], num_slices, 0) for name in names}
    person = p | draw_planes(u, v, p)
    images = np.empty((num_slices, size, size, 3), np.uint8)
    for start in range(0, num_slices, chunk_length(size)):
        part = slice(start, start + chunk_length(size))
        fields = {name: smooth_fields(grids[name][part], size) for name in names}
        images[part] = to_rgb(scan(u, v, z[part], person | fields, noise[part]))
    return images


def scan(u, v, z, p, noise):
    """Give grey values to the tissues of some slices, as a scanner would; float32, (n, h, w), about 0-255."""
    size = u.shape[-1]
    grown = p["head"] * (1 - 0.22 * np.clip(z - 0.35, 0, None) ** 2 - 0.05 * np.clip(0.35 - z, 0, None))
    depth = (1 - p["outline"] / grown) * 0.4
    fluid, white = draw_cortex(u, v, depth, p, z)
    inner, hippocampus = draw_ventricles(u, v, p, z)
    nuclei = draw_nuclei(u, v, p, z)
    tissue = p["grey"] + (p["white"] - p["grey"]) * white * (1 - 0.75 * nuclei) + p["texture"] * p["texture_grid"]
    wet = np.maximum(fluid, inner * (1 - hippocampus))
    tissue = tissue + (p["grey"] - tissue) * hippocampus
    signal = soft_step(depth / (0.3 / size + 0.002)) * (tissue + (p["csf"] - tissue) * wet)
    signal = ndimage.gaussian_filter(signal, (0, p["blur"] * size, p["blur"] * size))
    signal = signal * p["gain"] * (1 + p["bias"][0] * u + p["bias"][1] * v + p["bias"][2] * (u * u + v * v))
    inside = soft_step((depth + 0.012) * size)  # nothing is left outside of the brain
    return 255 * inside * (signal + p["noise"] * noise)

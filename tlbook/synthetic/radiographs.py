"""Draw long-bone x-ray phantoms: two hollow bones in soft tissue, projected, exposed and digitised.

All lengths are in units of the picture's width, so that one set of parameters gives the same anatomy at any size.
"""

import numpy as np

from tlbook.synthetic.bones import broken_bone, other_bones
from tlbook.synthetic.fields import (
    blur_images,
    gaussian_line,
    half_chord,
    pixel_grid,
    smooth_fields,
    soft_step,
    stroke_distance,
    to_rgb,
)

LETTERS = (
    (((0, 0), (0, 1)), ((0, 1), (0.6, 1))),  # L, y downwards
    (
        ((0, 0), (0, 1)),
        ((0, 0), (0.45, 0)),
        ((0.45, 0), (0.6, 0.25)),
        ((0.6, 0.25), (0.45, 0.5)),
        ((0.45, 0.5), (0, 0.5)),
        ((0.25, 0.5), (0.6, 1)),
    ),  # R
)


def harmless_lines(u, v, bone, p):
    """Attenuation that lines add which are no fracture: canal, growth plate, skin folds; float32, (n, h, w)."""
    along = v - p["canal_at"]
    canal = gaussian_line(u - p["canal_u"] - p["canal_slope"] * along, p["canal_width"])
    canal = p["canal"] * canal * gaussian_line(along, p["canal_length"])
    bend = p["plate_wave"] * np.cos(u / p["radius"] * 2.2 + p["plate_phase"])
    from_plate = v - p["plate_at"] - bend
    plate = gaussian_line(from_plate, p["plate_width"]) - 0.8 * gaussian_line(
        np.abs(from_plate) - 2 * p["plate_width"], p["plate_width"]
    )
    z = -bone * (canal + p["plate"] * plate)
    for k in range(2):
        fold = {key: p["fold_" + key][:, k, None, None] for key in ("strength", "angle", "at", "width", "curve")}
        c, s = np.cos(fold["angle"]), np.sin(fold["angle"])
        along = v * c - u * s
        z = z + fold["strength"] * gaussian_line(u * c + v * s - fold["at"] - fold["curve"] * along**2, fold["width"])
    return z


def expose(z, x, y, p, noise):
    """Turn attenuation into grey values: exposure, noise, windowing, collimation; float32, (n, h, w), about 0-255."""
    z = z + p["gradient_x"] * x + p["gradient_y"] * y
    grey = 1 - np.exp(-z * p["exposure"]) + p["noise"] * noise
    size = grey.shape[-1]
    step = max(1, size // 48)
    low, high = np.percentile(grey[:, ::step, ::step], [1, 99.5], axis=(1, 2), keepdims=True).astype(np.float32)
    grey = np.clip((grey - low) / (high - low), 0, 1) ** p["gamma"]
    grey = p["black"] + (p["white"] - p["black"]) * grey
    c, s = np.cos(p["shutter_turn"]), np.sin(p["shutter_turn"])
    xs, ys = x * c + y * s, y * c - x * s
    open_ = soft_step((p["shutter_x"] - np.abs(xs)) * size) * soft_step((p["shutter_y"] - np.abs(ys)) * size)
    return grey * open_ + p["shutter_grey"] * (1 - open_)


def add_markers(grey, x, y, p):
    """Write the L or R of the side on the pictures that carry one: float32, (n, h, w)."""
    grey = grey.copy()
    for letter, strokes in enumerate(LETTERS):
        for i in np.flatnonzero((p["marker"].ravel() > 0) & (p["marker_letter"].ravel() == letter)):
            height = p["marker_height"][i]
            distance = stroke_distance((x[0] - p["marker_x"][i]) / height, (y[0] - p["marker_y"][i]) / height, strokes)
            ink = soft_step((0.11 - distance) * height * grey.shape[-1] * 2.5)
            grey[i] += (p["marker_grey"][i] - grey[i]) * ink
    return grey


def draw_radiographs(p, size, noise):
    """Draw phantoms from their parameters: uint8, (n, size, size, 3), 0-255."""
    x, y = pixel_grid(size)
    edge = 0.35 / size
    c, s = np.cos(p["turn"]), np.sin(p["turn"])
    u = ((x - p["x"]) * c + (y - p["y"]) * s) / p["zoom"]
    v = ((y - p["y"]) * c - (x - p["x"]) * s) / p["zoom"]
    cortex, marrow = broken_bone(u, v, p, edge)
    grain = 1 + p["grain"] * (0.6 * smooth_fields(p["fine_grid"], size) + 0.5 * smooth_fields(p["middle_grid"], size))
    bone = p["cortex_density"] * cortex + p["marrow_density"] * marrow * grain
    slow = smooth_fields(p["slow_grid"], size)
    flesh = half_chord(p["radius"] * p["flesh_radius"], u - p["second_at"] * 0.4 * p["second"] + 0.02 * slow)
    z = bone + other_bones(u, v, p, edge) + p["flesh_density"] * 2 * flesh * (1 + 0.08 * slow)
    z = z + harmless_lines(u, v, bone, p)
    z = blur_images(z, p["blur"] * size)
    return to_rgb(add_markers(expose(z, x, y, p, noise), x, y, p))

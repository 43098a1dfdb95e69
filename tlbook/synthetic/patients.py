"""Draw the patients of the case ``fractures``: anatomy, fracture, and how each view was taken."""

import numpy as np

KINDS = ("transverse", "oblique", "transverse", "oblique", "spiral", "incomplete", "comminuted")


def draw_sign(rng):
    """Draw -1 or 1."""
    return 2 * int(rng.integers(2)) - 1


def draw_bone(rng):
    """Draw the anatomy of a patient: what both views share, in units of the picture's width."""
    u = rng.uniform
    radius = u(0.065, 0.115)
    low, high = -u(0.3, 0.75), u(0.3, 0.75)
    return {
        "radius": radius,
        "cortex": u(0.22, 0.48),
        "flare": u(0.25, 0.9),
        "low": low,
        "high": high,
        "bow_size": rng.normal(0, 0.05),
        "bow_azimuth": u(0, np.pi),
        "cortex_density": u(5, 8),
        "marrow_density": u(1.4, 2.6),
        "grain": u(0.08, 0.3),
        "second": float(rng.random() < 0.55),
        "second_distance": radius * u(1.9, 2.9),
        "second_azimuth": u(0, 2 * np.pi),
        "second_radius": u(0.35, 0.75),
        "second_length": u(0.75, 1.1),
        "second_shift": u(-0.08, 0.08),
        "joint": float(rng.random() < 0.6),
        "joint_space": u(0.012, 0.035),
        "joint_offset": rng.normal(0, 0.012),
        "flesh_radius": u(2.4, 4.2),
        "flesh_density": u(0.8, 1.5),
        "canal_height": u(-0.22, 0.22),
        "canal_azimuth": u(0, 2 * np.pi),
        "canal_slope": rng.normal(0, 0.22),
        "canal_length": u(0.03, 0.08),
        "has_canal": float(rng.random() < 0.4),
        "has_plate": float(rng.random() < 0.35),
        "plate_inset": u(0.09, 0.16),
        "plate_wave": u(0, 0.012),
        "plate_phase": u(0, 6.3),
    }


def draw_fracture(rng, difficulty):
    """Draw a fracture: transverse, oblique, spiral, incomplete or comminuted."""
    u = rng.uniform
    kind = KINDS[rng.integers(len(KINDS))]
    tilt = {"oblique": u(0.5, 1.2), "spiral": u(0, 0.3), "comminuted": u(0.1, 0.8)}.get(kind, u(0, 0.3))
    width = 0.027 * (0.0045 / 0.027) ** difficulty
    shift = 0.06 * (1 - difficulty) ** 1.2 * (kind != "incomplete")
    return {
        "break_at": u(-0.15, 0.15),
        "tilt": tilt,
        "tilt_azimuth": u(0, 2 * np.pi),
        "pitch": (kind == "spiral") * draw_sign(rng) * u(0.06, 0.13),
        "screw_start": u(0, 2 * np.pi),
        "teeth": u(0.002, 0.011),
        "teeth_phase": u(0, 1, 3),
        "gap": width * u(0.75, 1.35),
        "depth": 1 - difficulty * u(0.15, 0.6),
        "side": (kind == "incomplete") * draw_sign(rng),
        "extent": u(-0.2, 0.5) if kind == "incomplete" else 9.0,
        "splinters": float(kind == "comminuted"),
        "splinter_slope": u(0.7, 2.5, 2) * (-1, 1),
        "splinter_at": rng.normal(0, 0.02, 2),
        "splinter_reach": u(0.05, 0.11),
        "offset_size": shift * u(0.3, 1),
        "offset_azimuth": u(0, 2 * np.pi),
        "angulation_size": rng.normal(0, 0.2) * (1 - difficulty),
    }


def draw_view(rng, view, difficulty):
    """Draw how one picture was taken: projection, pose, exposure, detector, shutter, marker, folds of skin."""
    u, strength = rng.uniform, 0.4 + 0.6 * difficulty
    white = u(200, 250)
    return {
        "projection": view * np.pi / 2 + rng.normal(0, 0.25),
        "turn": rng.normal(0, 0.4) + rng.choice((0, 1, 2, 3)) * np.pi / 2,
        "x": u(-0.1, 0.1),
        "y": u(-0.1, 0.1),
        "zoom": u(0.8, 1.35),
        "exposure": u(0.55, 1.2),
        "gamma": u(0.75, 1.3),
        "black": u(0, 30),
        "white": white,
        "gradient_x": rng.normal(0, 0.12),
        "gradient_y": rng.normal(0, 0.12),
        "noise": u(0.006, 0.03) * strength,
        "blur": u(0.0035, 0.0065),
        "shutter_turn": rng.normal(0, 0.04),
        "shutter_x": u(0.34, 0.75),
        "shutter_y": u(0.34, 0.75),
        "shutter_grey": (0.0, 0.0, 0.0, 8.0, 8.0, 16.0, 255.0)[rng.integers(7)],
        "marker": float(rng.random() < 0.45),
        "marker_letter": float(rng.integers(2)),
        "marker_x": draw_sign(rng) * u(0.2, 0.42) - 0.02,
        "marker_y": u(-0.45, 0.38),
        "marker_height": u(0.05, 0.09),
        "marker_grey": u(200, 255),
        "canal_strength": u(0.15, 0.5) * strength,
        "canal_width": u(0.004, 0.009),
        "plate": u(0.1, 0.4) * strength,
        "plate_width": u(0.005, 0.01),
        "fold_strength": (rng.random(2) < 0.4) * u(0.03, 0.11, 2) * rng.choice((-1, 1), 2) * strength,
        "fold_angle": u(0, 2 * np.pi, 2),
        "fold_at": u(-0.35, 0.35, 2),
        "fold_width": u(0.004, 0.012, 2),
        "fold_curve": rng.normal(0, 0.3, 2),
    }


def project_view(bone, fracture, view, rng):
    """Turn anatomy in space and a way of taking the picture into the parameters of one picture."""
    p = {**bone, **fracture, **view}
    angle = p["projection"]
    slope = np.tan(p["tilt"])
    p["tilt_u"] = slope * np.cos(p["tilt_azimuth"] - angle)
    p["tilt_depth"] = slope * np.sin(p["tilt_azimuth"] - angle)
    p["screw_start"] = p["screw_start"] - angle
    across = np.cos(p["offset_azimuth"] - angle)
    p["offset"] = p["offset_size"] * across
    p["angulation"] = p["angulation_size"] * across
    p["bow"] = p["bow_size"] * np.cos(p["bow_azimuth"] - angle)
    p["second_at"] = p["second_distance"] * np.cos(p["second_azimuth"] - angle)
    p["canal_u"] = 0.8 * p["radius"] * np.cos(p["canal_azimuth"] - angle)
    p["canal_at"], p["canal"] = p["canal_height"], p["has_canal"] * p["canal_strength"]
    p["plate_at"], p["plate"] = p["high"] - p["plate_inset"], p["has_plate"] * p["plate"]
    for name, knots in (("fine_grid", 72), ("middle_grid", 30), ("slow_grid", 6)):
        p[name] = rng.standard_normal((knots, knots), np.float32)
    return p

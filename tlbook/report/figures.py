"""Pictures of a report as inline SVG: they follow the page's colours and need nothing from elsewhere."""

import base64
import io
import math
from dataclasses import dataclass
from html import escape

import numpy as np
from PIL import Image

THUMBNAIL = 128
_MARK = 300  # pixels of a dot-and-line mark, with a margin of 12 on both sides
_LEFT, _RIGHT, _TOP, _BOTTOM = 52, 336, 14, 204  # the plotting area of training curves, labels to its right


@dataclass(frozen=True)
class Picture:
    """A test image and what the model said about it.

    Attributes
    ----------
    name : str
        POSIX path relative to the folder.
    image : numpy.ndarray
        uint8, (height, width, 3), 0-255.
    true, predicted : str
        Class names.
    probability : float
        Of the predicted class, 0-1.
    """

    name: str
    image: np.ndarray
    true: str
    predicted: str
    probability: float


def draw_interval(estimate, reference=None):
    """Draw an estimate (a dict) as a dot on its interval, from 0 to 1, and dashed what a guess would reach."""
    parts = [f'<line class="grid" x1="{_x(t)}" x2="{_x(t)}" y1="0" y2="30"/>' for t in (0, 0.25, 0.5, 0.75, 1)]
    if reference is not None:
        parts.append(f'<line class="reference" x1="{_x(reference)}" x2="{_x(reference)}" y1="0" y2="30"/>')
    if estimate["low"] is not None:
        parts.append(f'<line class="interval" x1="{_x(estimate["low"])}" x2="{_x(estimate["high"])}" y1="15" y2="15"/>')
    if estimate["value"] is not None:
        parts.append(f'<circle class="dot" cx="{_x(estimate["value"])}" cy="15" r="6"/>')
    return _mark(30, parts)


def draw_scale():
    """Draw the scale that stands above a column of intervals."""
    ticks = (0, 0.25, 0.5, 0.75, 1)
    return _mark(18, [f'<text x="{_x(t)}" y="14" text-anchor="middle">{100 * t:.0f}</text>' for t in ticks])


def _mark(height, parts):
    """Join parts to an SVG that is hidden from screen readers: the numbers stand beside it."""
    size = f'width="{_MARK}" height="{height}" viewBox="0 0 {_MARK} {height}"'
    return f'<svg {size} aria-hidden="true">{"".join(parts)}</svg>'


def _x(share):
    return f"{12 + share * (_MARK - 24):.1f}"


def draw_curves(curves, title):
    """Draw training curves over epochs (label to values): the first solid, the second dashed, NaN left out."""
    length = max(len(values) for values in curves.values())
    ticks = nice_ticks([v for values in curves.values() for v in values if math.isfinite(v)])

    def place(epoch, value):
        x = _LEFT + (_RIGHT - _LEFT) * (epoch - 1) / max(1, length - 1)
        return x, _BOTTOM - (_BOTTOM - _TOP) * (value - ticks[0]) / (ticks[-1] - ticks[0])

    ends = {label: place(len(v), v[-1])[1] for label, v in curves.items() if math.isfinite(v[-1])}
    heights = spread_labels(ends, 15)
    parts = _axes(ticks, length, place)
    for kind, (label, values) in zip(("first", "second"), curves.items(), strict=False):
        points = [place(i + 1, v) for i, v in enumerate(values) if math.isfinite(v)]
        parts.append(f'<polyline class="{kind}" points="{" ".join(f"{x:.1f},{y:.1f}" for x, y in points)}"/>')
        if len(points) == 1:
            parts.append(f'<circle class="{kind}" cx="{points[0][0]:.1f}" cy="{points[0][1]:.1f}" r="4"/>')
        if label in heights:
            x = place(len(values), values[-1])[0] + 7
            parts.append(f'<text class="{kind}" x="{x:.1f}" y="{heights[label] + 4:.1f}">{escape(label)}</text>')
    told = "; ".join(f"{label} from {v[0]:.3g} to {v[-1]:.3g} in {len(v)} epochs" for label, v in curves.items())
    return (
        f'<svg width="420" viewBox="0 0 420 240" role="img"><title>{escape(title)} by epoch</title>'
        f"<desc>{escape(told)}</desc>{''.join(parts)}</svg>"
    )


def _axes(ticks, length, place):
    parts = []
    for tick in ticks:
        y = place(1, tick)[1]
        parts.append(f'<line class="grid" x1="{_LEFT}" x2="{_RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>')
        parts.append(f'<text x="{_LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{tick:.4g}</text>')
    for epoch in sorted({1, (length + 1) // 2, length}):
        x = place(epoch, ticks[0])[0]
        parts.append(f'<text x="{x:.1f}" y="{_BOTTOM + 18}" text-anchor="middle">{epoch}</text>')
    parts.append(f'<text x="{(_LEFT + _RIGHT) / 2}" y="{_BOTTOM + 32}" text-anchor="middle">epoch</text>')
    return parts


def spread_labels(places, gap):
    """Move labels (name to height) apart that would overlap; the order by height stays."""
    out, last = {}, -math.inf
    for label, y in sorted(places.items(), key=lambda item: item[1]):
        out[label] = last = max(y, last + gap)
    return out


def nice_ticks(values, count=4):
    """Choose two or more round tick values, ascending, that enclose the data."""
    low, high = (min(values), max(values)) if values else (0.0, 1.0)
    if high - low < 1e-9 * max(1.0, abs(high)):
        room = max(0.5, 0.01 * abs(high))
        low, high = low - room, high + room
    rough = (high - low) / count
    unit = 10 ** math.floor(math.log10(rough))
    step = next(unit * m for m in (1, 2, 2.5, 5, 10) if unit * m >= rough * 0.999)
    first = math.floor(low / step + 1e-9)
    return [i * step for i in range(first, math.ceil(high / step - 1e-9) + 1)]


def shrink_picture(image):
    """Shrink an image, uint8, (height, width, 3), to what the page shows of it: sides of at most 128 pixels."""
    small = Image.fromarray(np.ascontiguousarray(image))
    small.thumbnail((THUMBNAIL, THUMBNAIL), Image.Resampling.LANCZOS)
    return np.asarray(small)


def encode_thumbnail(image):
    """Shrink an image and write it as a data address (JPEG), free of the file's metadata."""
    with io.BytesIO() as buffer:
        Image.fromarray(shrink_picture(image)).save(buffer, "JPEG", quality=85)
        return "data:image/jpeg;base64," + base64.b64encode(buffer.getvalue()).decode()

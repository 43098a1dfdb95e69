"""What all source domains share: grids, noise fields and camera noise.

Lengths are in reference pixels: the canvas is 96 of them wide at every image size. Fields and geometry are in double
precision, so that processors whose vector units differ in the last bit still give the same bytes after rounding.
"""

import functools

import numpy as np
import scipy.ndimage as ndi

REFERENCE = 96


@functools.lru_cache(maxsize=8)
def pixel_grid(size):
    """Coordinates of the pixel centres: x, y, float64, (size, size), 0-96 reference pixels, read-only."""
    centres = (np.arange(size) + 0.5) * (REFERENCE / size)
    x, y = np.meshgrid(centres, centres)
    x.setflags(write=False)
    y.setflags(write=False)
    return x, y


@functools.lru_cache(maxsize=8)
def frequency_grid(size):
    """Radius, in cycles a reference pixel, and angle of the half-plane that ``irfft2`` takes: (size, size // 2 + 1)."""
    scale = size / REFERENCE
    fy, fx = np.fft.fftfreq(size)[:, None] * scale, np.fft.rfftfreq(size)[None] * scale
    radius, angle = np.hypot(fy, fx), np.arctan2(fy, fx)
    radius[0, 0] = 1.0
    radius.setflags(write=False)
    angle.setflags(write=False)
    return radius, angle


@functools.lru_cache(maxsize=8)
def _log_radius(size):
    return np.log(frequency_grid(size)[0])


def to_unit(field):
    """Stretch a field to 0-1: float64, same shape."""
    low = field.min()
    return (field - low) / (field.max() - low + 1e-9)


def filtered_noise(rng, spectrum, size):
    """White noise through an amplitude spectrum, stretched to 0-1: float64, (size, size), 0-1."""
    real, imaginary = rng.standard_normal((2, *spectrum.shape))
    return to_unit(np.fft.irfft2((real + 1j * imaginary) * spectrum, s=(size, size)))


def power_noise(rng, size, exponent):
    """Cloud-like noise whose amplitude falls with frequency to the given power: float64, (size, size), 0-1."""
    spectrum = np.exp(-exponent * _log_radius(size))
    spectrum[0, 0] = 0.0
    return filtered_noise(rng, spectrum, size)


def turned_grid(rng, size, angle=None):
    """Pixel coordinates turned, stretched by up to a quarter and shifted at random; in reference pixels."""
    x, y = pixel_grid(size)
    angle = rng.uniform(0, np.pi) if angle is None else angle
    scale, shift_u, shift_v = rng.uniform(0.8, 1.25), rng.uniform(0, 50), rng.uniform(0, 50)
    c, s = np.cos(angle) / scale, np.sin(angle) / scale
    return c * x + s * y + shift_u, c * y - s * x + shift_v


def finish(rng, image, noise_share=0.5):
    """Add camera noise and blur to some images, and round to bytes: uint8, (size, size, 3), 0-255."""
    if rng.random() < 0.15:
        sigma = rng.uniform(0.4, 1.0) * image.shape[0] / REFERENCE
        image = ndi.gaussian_filter(image, (sigma, sigma, 0))
    if rng.random() < noise_share:
        channels = 1 if rng.random() < 0.5 else 3
        image = image + rng.uniform(2, 12) * rng.standard_normal((*image.shape[:2], channels), dtype=np.float32)
    return (image.clip(0, 255) + 0.5).astype(np.uint8)

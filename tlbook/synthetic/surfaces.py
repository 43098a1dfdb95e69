"""Surfaces of plates, grey and without objects: two targets whose answer stands in the texture or in the brightness."""

import numpy as np

from tlbook.errors import BadInput, check_whole

GRADES = {"roughness": 5, "thickness": 2}
KEY = 0x5F4CE
SLOPES = (0.6, 0.8, 1.0, 1.2, 1.4)  # of the amplitude over spatial frequency: the steeper, the smoother
STEP = 12  # grey levels between thin and thick plates
SPREAD = 6  # standard deviation of a plate's mean grey level within a grade


def make_surfaces(target, num_images, *, seed=0, size=96):
    """Make grey pictures of plates for one of two targets.

    Parameters
    ----------
    target : str
        ``"roughness"``: five grades, from rough to smooth, that differ in how fine the grain is and not in brightness.
        ``"thickness"``: thin plates (0) and thick ones (1), which let less light through and are otherwise alike.
    num_images : int
        At least 1; the grades take turns.
    seed : int
        At least 0.
    size : int
        Pixels a side, at least 16.

    Returns
    -------
    images : numpy.ndarray
        uint8, (n, size, size, 3), 0-255.
    labels : numpy.ndarray
        int64, (n,), the grade.

    Raises
    ------
    BadInput
        There is no such target, or a number is out of range.

    Examples
    --------
    >>> images, labels = make_surfaces("thickness", 4, size=32)
    >>> images.shape, labels.tolist()
    ((4, 32, 32, 3), [0, 1, 0, 1])
    """
    if target not in GRADES:
        raise BadInput(f"received `target` {target!r}; expected one of {', '.join(GRADES)}")
    check_whole("num_images", num_images, 1)
    check_whole("seed", seed, 0)
    check_whole("size", size, 16)
    rng = np.random.default_rng([KEY, list(GRADES).index(target), seed])
    labels = np.arange(num_images) % GRADES[target]
    grey = np.stack([_draw_plate(target, grade, rng, size) for grade in labels])
    return np.repeat(np.clip(grey, 0, 255).astype(np.uint8)[..., None], 3, axis=-1), labels


def _draw_plate(target, grade, rng, size):
    """Draw one plate, (size, size), in grey levels."""
    if target == "roughness":
        return rng.normal(128, 15) + rng.uniform(25, 45) * _draw_grain(rng, size, SLOPES[grade])
    mean = rng.normal(128 + STEP * (0.5 - grade), SPREAD)
    return mean + rng.uniform(20, 35) * _draw_grain(rng, size, 1.2)


def _draw_grain(rng, size, slope):
    """Draw noise whose amplitude falls with spatial frequency: mean 0, standard deviation 1."""
    frequency = np.hypot(np.fft.fftfreq(size)[:, None], np.fft.fftfreq(size))
    frequency[0, 0] = 1
    grain = np.fft.ifft2(np.fft.fft2(rng.standard_normal((size, size))) * frequency**-slope).real
    return (grain - grain.mean()) / grain.std()

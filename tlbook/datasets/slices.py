"""Which slices of a scan to keep: those that say most, by the entropy of their grey levels."""

import numpy as np

from tlbook.errors import BadInput


def measure_entropy(images):
    """Entropy of each image's grey levels: 0 for an image of one grey, 8 where all 256 occur alike.

    Parameters
    ----------
    images : numpy.ndarray
        uint8, (n, height, width, 3); of colour images the mean of the channels counts.

    Returns
    -------
    numpy.ndarray
        float64, (n,), bits.

    References
    ----------
    Shannon 1948, doi:10.1002/j.1538-7305.1948.tb01338.x.

    Examples
    --------
    >>> import numpy as np
    >>> grey = np.zeros((2, 16, 16, 3), np.uint8)
    >>> grey[0, :4] = grey[1, :8] = 255
    >>> measure_entropy(grey).round(3).tolist()
    [0.811, 1.0]
    """
    return np.array([_entropy(image.mean(axis=-1).astype(np.uint8)) for image in images])


def _entropy(grey):
    shares = np.bincount(grey.ravel(), minlength=256) / grey.size
    shares = shares[shares > 0]
    return float(-(shares * np.log2(shares)).sum())


def choose_slices(entropy, people, num_slices):
    """Choose the slices with the highest entropy of each person.

    Parameters
    ----------
    entropy : array_like
        float, (n,).
    people : array_like
        (n,), whose slice each is.
    num_slices : int
        Slices a person, at least 1.

    Returns
    -------
    numpy.ndarray
        int64, indices in their old order; of equal slices the first.

    Raises
    ------
    BadInput
        A person has fewer slices.

    Examples
    --------
    >>> choose_slices([1.0, 3.0, 2.0, 5.0, 4.0, 6.0], ["a", "a", "a", "b", "b", "b"], 2).tolist()
    [1, 2, 3, 5]
    """
    entropy, people = np.asarray(entropy), np.asarray(people)
    unique, counts = np.unique(people, return_counts=True)
    if num_slices < 1 or counts.min(initial=num_slices) < num_slices:
        raise BadInput(
            f"received {num_slices} slices to choose of people with {min(counts, default=0)} or more; "
            "expected a number from 1 to the slices of the person with fewest"
        )
    order = np.lexsort((-entropy, people))
    starts = np.searchsorted(people[order], unique)
    return np.sort(order[(starts[:, None] + np.arange(num_slices)).ravel()])

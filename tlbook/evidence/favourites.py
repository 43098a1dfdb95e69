"""What a channel of a network answers to: the patches of images that excite it most."""

import numpy as np

from tlbook.errors import BadInput, check_whole


def find_favourites(images, activations, *, channels=1, count=8, patch=32, shown=96):
    """Cut out the patches that excite the choosiest channels of an activation map most.

    A channel is choosy if its strongest answers are far above its usual one. Of each image only the strongest place
    counts, so that all patches of a channel come from different images.

    Parameters
    ----------
    images : numpy.ndarray
        uint8, (n, size, size, 3), 0-255.
    activations : numpy.ndarray
        Float, (n, height, width, all channels): what one layer made of these images, after a ReLU.
    channels : int
        Number of channels to show, the choosiest first.
    count : int
        Patches a channel, at most n, the most exciting first.
    patch : int
        Pixels of an image that a patch is wide, at most its size.
    shown : int
        Pixels a side of the patches handed back, enlarged or reduced without smoothing.

    Returns
    -------
    numpy.ndarray
        uint8, (channels * count, shown, shown, 3), channel by channel.

    Raises
    ------
    BadInput
        The two arrays do not belong together, or a number is out of range.

    References
    ----------
    Zeiler and Fergus 2014, arXiv:1311.2901, show such patches.

    Examples
    --------
    >>> images = np.zeros((4, 32, 32, 3), np.uint8)
    >>> images[2, 8:16, 8:16] = 255
    >>> bright = images[:, ::8, ::8, :1].astype(float)
    >>> patches = find_favourites(images, bright, count=2, patch=8, shown=8)
    >>> patches.shape, int(patches[0].min())
    ((2, 8, 8, 3), 255)
    """
    images, activations = np.asarray(images), np.asarray(activations)
    if images.ndim != 4 or activations.ndim != 4 or len(images) != len(activations):
        raise BadInput(
            f"received images of shape {images.shape} and activations of {activations.shape}; expected "
            "(n, size, size, 3) and (n, height, width, channels)"
        )
    n, height, width, depth = activations.shape
    check_whole("channels", channels, 1, depth)
    check_whole("count", count, 1, n)
    check_whole("patch", patch, 1, images.shape[1])
    flat = activations.reshape(n, height * width, depth)
    peaks = flat.max(axis=1)
    choosy = np.sort(peaks, axis=0)[-count:].mean(axis=0) / (peaks.mean(axis=0) + 1e-3)
    cut = []
    for channel in np.argsort(choosy)[::-1][:channels]:
        for i in np.argsort(peaks[:, channel])[::-1][:count]:
            place = np.divmod(flat[i, :, channel].argmax(), width)
            middle = [(at + 0.5) * images.shape[1] / cells for at, cells in zip(place, (height, width), strict=True)]
            cut.append(_cut_patch(images[i], middle, patch, shown))
    return np.stack(cut)


def _cut_patch(image, middle, patch, shown):
    """Cut a square around a place, moved inwards at the border, at another size."""
    rows, columns = (
        int(np.clip(round(at - patch / 2), 0, side - patch)) + np.arange(shown) * patch // shown
        for at, side in zip(middle, image.shape, strict=False)
    )
    return image[np.ix_(rows, columns)]

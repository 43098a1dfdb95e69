"""A sheet of images under changes: what augmentation may do to each."""

from collections.abc import Collection, Mapping

import numpy as np
from matplotlib.axes import Axes

from tlbook.errors import BadInput
from tlbook.plots.predictions import sample_grid
from tlbook.training.augmentation import DRAWS, Augmentation, augment_images


def change_grid(
    images: Mapping[str, np.ndarray],
    changes: Mapping[str, Augmentation],
    *,
    marked: Collection[tuple[str, str]] = (),
    ax: Axes | None = None,
) -> Axes:
    """Show images, a row each, under changes, a column each; every change is at its largest.

    Parameters
    ----------
    images : dict of str to numpy.ndarray
        uint8, (size, size, 3), 0-255, of one size; by the name of the row.
    changes : dict of str to Augmentation
        By the words that stand above each image.
    marked : collection of (str, str)
        Pairs of row and change whose words are bold and whose image is framed: where the label is lost.
    ax : matplotlib.axes.Axes, optional
        Where to draw; None draws on axes of a new figure.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    BadInput
        There is no image or no change, or a mark has no place in the grid.

    Examples
    --------
    >>> changes = {"as it is": Augmentation(), "mirrored": Augmentation(mirror=True)}
    >>> ax = change_grid({"dog": np.zeros((16, 16, 3), np.uint8)}, changes)
    """
    if not images or not changes:
        raise BadInput(f"received {len(images)} images and {len(changes)} changes; expected at least one of each")
    places = [(row, change) for row in images for change in changes]
    lost = [pair for pair in marked if pair not in places]
    if lost:
        raise BadInput(f"received the mark {lost[0]!r}; expected pairs of {', '.join(images)} and {', '.join(changes)}")
    batch, largest = np.stack(list(images.values())), np.ones((len(images), DRAWS), np.float32)
    shown = [np.asarray(augment_images(change, batch, largest)) for change in changes.values()]
    sheet = np.stack(shown, 1).reshape(-1, *batch.shape[1:]).clip(0, 255).astype(np.uint8)
    titles, loud = [change for _, change in places], [pair in marked for pair in places]
    return sample_grid(sheet, titles, marked=loud, framed=True, columns=len(changes), ax=ax)

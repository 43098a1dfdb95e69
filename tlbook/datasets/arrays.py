"""Images in memory as a data set."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from PIL import Image

from tlbook.datasets.assemble import assemble_dataset, leave_out
from tlbook.datasets.dataset import Dataset
from tlbook.datasets.depth import scale_to_8_bits
from tlbook.datasets.images import convert_to_rgb
from tlbook.datasets.labels import list_values, name_classes, name_exclude, name_groups, order_classes
from tlbook.datasets.layout import Table
from tlbook.datasets.options import check_options, check_range
from tlbook.datasets.provenance import Provenance
from tlbook.datasets.stores import ArrayStore
from tlbook.errors import BadInput, shorten

RAW = "expected raw pixels from 0 to 255"


def from_arrays(
    images: ArrayLike | Sequence[np.ndarray],
    labels: Sequence[Any] | np.ndarray,
    groups: Sequence[Any] | np.ndarray | None = None,
    *,
    names: Sequence[str] | None = None,
    per_class: int | None = None,
    seed: int = 0,
    exclude: Sequence[str] = (),
    quiet: bool = False,
    min_images: int | None = None,
    range: tuple[float, float] | None = None,
) -> Dataset:
    """Make a data set of images in memory.

    They are divided 60/20/20 into train, val and test, by class and by whole groups, and ``warnings`` names validation
    and test images that nearly equal a training image: as `from_folder` does it.

    Parameters
    ----------
    images : numpy.ndarray or sequence of numpy.ndarray
        Raw pixels from 0 to 255, integers or floats: (n, height, width), or (n, height, width, channels) with 1, 3 or
        4 channels; or a list of such images of any sizes. Other values need ``range``. Grey repeats its channel,
        transparent pixels are laid over white, floats are rounded. An array of uint8 and three channels is not copied:
        do not change it afterwards.
    labels : sequence
        (n,), of any kind: str are the names of the classes, other labels are written as such (0 becomes "0").
    groups : sequence, optional
        (n,), of any kind: which images belong together (the patient of each, say). An image whose group is missing
        (None, NaN or empty) is a group of its own.
    names : sequence of str, optional
        (n,), what to call each image, no two alike; by default "image_0", "image_1", …
    per_class : int, optional
        At most so many TRAINING images a class, nested in one another; val and test do not depend on it.
    seed : int
        0 to 2**32 - 1.
    exclude : sequence
        Labels of classes to leave out.
    quiet : bool
        True shows no progress bar.
    min_images : int, optional
        Classes of fewer images are left out and named; with groups also those of fewer than 3 groups.
    range : tuple of float, optional
        Which values become 0 and 255, where ``images`` have others: of 12 or 16 bits, say, or floats from 0 to 1.
        Values outside are cut off; ``value_range`` keeps it, and the run predicts arrays with it.

    Returns
    -------
    Dataset
        Its classes are sorted, whole numbers by their value.

    Raises
    ------
    BadInput
        The images cannot be learned from; the message says why and what mends it.

    See Also
    --------
    from_folder : Images in a folder or a zip file.
    from_table : Images that a table names.

    Examples
    --------
    >>> import numpy as np
    >>> import tlbook as tl
    >>> images = np.random.default_rng(0).integers(0, 256, (40, 32, 32), dtype="uint8")
    >>> patients = [number // 2 for number in range(40)]
    >>> tl.from_arrays(images, ["broken", "broken", "whole", "whole"] * 10, patients)
    arrays: 2 classes, 60/20/20 by class and whole groups, seed 0
    split       images  groups  broken  whole
    training        24      12      12     12
    validation       8       4       4      4
    test             8       4       4      4
    """
    options = check_options(per_class, seed, name_exclude(exclude), quiet, min_images=min_images)
    value_range = check_range(range)
    pixels = convert_images(images, value_range)
    names = _check_names(names, len(pixels))
    labels = _match(list_values("labels", labels), "labels", len(pixels))
    found = names
    if groups is not None:
        found = name_groups(_match(list_values("groups", groups), "groups", len(pixels)), names.tolist())
    classes = name_classes("labels", labels, names.tolist())
    table = Table(names, classes, np.full(len(names), ""), found, np.arange(len(names)))
    table, about = leave_out(table, Provenance("arrays", groups="" if groups is None else "as given"), options.exclude)
    data = assemble_dataset(table, ArrayStore(pixels), about, options, order=order_classes(classes.tolist()))
    return replace(data, value_range=value_range)


def _match(values, argument, num_images):
    """Refuse more or fewer values than images."""
    if len(values) != num_images:
        raise BadInput(f"received {num_images} `images` and {len(values)} `{argument}`; expected one an image")
    return values


def _check_names(names, num_images):
    """Return a name for each image, str, (n,), no two alike."""
    if names is None:
        width = len(str(max(0, num_images - 1)))
        return np.array([f"image_{number:0{width}}" for number in range(num_images)], dtype=str)
    names = [str(name) for name in _match(list_values("names", names), "names", num_images)]
    seen = set()
    twice = [name for name in names if name in seen or seen.add(name)]
    if twice:
        raise BadInput(f"received `names` with {twice[0]!r} more than once; expected another name for each image")
    return np.array(names, dtype=str)


def convert_images(images, value_range=None):
    """Return images as uint8, (n, height, width, 3), or as an object array of such where they differ in size.

    A range says what becomes 0 and 255 of images that are not of 8 bits.
    """
    arrays = _list_arrays(images)
    if not len(arrays):
        raise BadInput("received no `images`; expected at least one")
    _check_shapes(arrays)
    if value_range is not None:
        arrays = [_scale(array, value_range) for array in arrays]
    _check_values(arrays)
    if isinstance(arrays, np.ndarray) and arrays.dtype == np.uint8 and arrays.ndim == 4 and arrays.shape[-1] == 3:
        return arrays
    converted = [_convert_image(array) for array in arrays]
    if len({image.shape for image in converted}) == 1:
        return np.stack(converted)
    out = np.empty(len(converted), object)
    out[:] = converted
    return out


def _list_arrays(images):
    """Return one array of all images, or a list of an array an image."""
    if isinstance(images, np.ndarray) and images.dtype == object and images.ndim == 1:
        images = list(images)
    if isinstance(images, list | tuple):
        return [np.asarray(convert_to_rgb(each) if isinstance(each, Image.Image) else each) for each in images]
    if not hasattr(images, "__array__"):
        raise BadInput(f"received `images` {shorten(images)}; expected an array, or a list of arrays, of raw pixels")
    return np.asarray(images)


def _scale(array, value_range):
    """Scale values of more than 8 bits, or floats, from a range to uint8."""
    return array if array.dtype == np.uint8 or array.dtype.kind not in "uif" else scale_to_8_bits(array, value_range)


def _check_shapes(arrays):
    """Refuse what is no image by its shape."""
    for number, array in enumerate(arrays):
        grey, size = array.ndim == 2, array.shape[:2]
        if not (grey or (array.ndim == 3 and array.shape[2] in (1, 3, 4))) or min(size, default=0) < 1:
            raise BadInput(
                f"received `images` of which number {number} has the shape {array.shape}; expected (height, width) or "
                "(height, width, channels) with 1, 3 or 4 channels, the channels last"
            )


def _check_values(arrays):
    """Refuse pixels that are not from 0 to 255, or that only reach 1."""
    kinds = {array.dtype for array in ([arrays] if isinstance(arrays, np.ndarray) else arrays)}
    strange = [kind for kind in kinds if kind.kind not in "uifb"]
    if strange:
        raise BadInput(f"received `images` of the type {strange[0]}; {RAW}, integers or floats")
    broken = [str(i) for i, array in enumerate(arrays) if array.dtype.kind == "f" and not np.isfinite(array).all()]
    if broken:
        shown = ", ".join(broken[:3]) + (", …" if len(broken) > 3 else "")
        raise BadInput(
            f"received `images` with NaN or infinity in {len(broken)} of them (number {shown}); {RAW}; leave these out"
        )
    low, high = float(min(array.min() for array in arrays)), float(max(array.max() for array in arrays))
    kind, span = "/".join(sorted(map(str, kinds))), f"from {low:g} to {high:g}"
    if low < 0 or high > 255:
        raise BadInput(
            f"received `images` ({kind}) {span}; {RAW}; undo what was done to them, or give from_arrays their `range`"
        )
    if high == 1 or (high < 1 and any(each.kind in "fb" for each in kinds)):
        raise BadInput(
            f"received `images` ({kind}) {span}; {RAW}; multiply by 255, or give from_arrays the `range` (0, 1)"
        )


def _convert_image(array):
    """Turn one image with values from 0 to 255 into 8-bit RGB."""
    if array.dtype != np.uint8:
        array = np.rint(array).astype(np.uint8)
    if array.ndim == 3 and array.shape[2] == 1:
        array = array[..., 0]
    return np.asarray(convert_to_rgb(Image.fromarray(np.ascontiguousarray(array))))

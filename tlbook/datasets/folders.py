"""A folder or a zip file of images as a data set."""

from dataclasses import replace
from pathlib import Path

from tlbook.datasets.assemble import assemble_dataset, leave_out
from tlbook.datasets.formats import describe_conversion
from tlbook.datasets.groups import check_groups, read_groups
from tlbook.datasets.layout import name_splits, read_layout
from tlbook.datasets.options import check_options, check_path
from tlbook.datasets.provenance import Provenance
from tlbook.datasets.scan import scan_folder
from tlbook.errors import BadInput


def from_folder(path, *, groups=None, per_class=None, seed=0, exclude=(), quiet=False):
    r"""Read a folder or a zip file of images, one sub-folder a class, as a data set.

    Without split folders the images are divided 60/20/20 into train, val and test, by class and by whole groups;
    ``FOLDER/{train,val,test}/<class>/`` is kept as it is, and without val a fifth of the training groups validates.
    Every image is decoded once: those that are unreadable are skipped and named, up to 5 %, and ``warnings`` names
    validation and test images that nearly equal a training image.

    Parameters
    ----------
    path : str or pathlib.Path
    groups : str or pathlib.Path, optional
        Which images belong together (those of one patient, say): a CSV file with the columns ``path`` (or ``file``)
        and ``group``, looked for beside the images and then in the working directory; or, if there is no such file,
        a regular expression with exactly one group, searched for in each path, as in ``r"patient(\d+)"``. An image
        whose group is empty is a group of its own.
    per_class : int, optional
        At most so many TRAINING images a class, nested in one another; val and test do not depend on it.
    seed : int
        0 to 2**32 - 1.
    exclude : sequence of str
        Classes to leave out.
    quiet : bool
        True shows no progress bar.

    Returns
    -------
    Dataset

    Raises
    ------
    BadInput
        The folder cannot be learned from; the message says why and what mends it.

    See Also
    --------
    from_table : Images that a table names.
    from_arrays : Images in memory.

    Examples
    --------
    Twenty images, two of each patient:

    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> import numpy as np
    >>> import tlbook as tl
    >>> from PIL import Image
    >>> rng, root = np.random.default_rng(0), TemporaryDirectory()
    >>> for number in range(20):
    ...     folder = Path(root.name, "broken" if number < 10 else "whole")
    ...     folder.mkdir(exist_ok=True)
    ...     Image.fromarray(rng.integers(0, 255, (32, 32, 3), "uint8")).save(folder / f"p{number // 2}_{number}.png")
    >>> data = tl.from_folder(root.name, groups=r"(p\d+)_")
    >>> data.classes, len(data.train), data.split_origin
    (('broken', 'whole'), 12, '60/20/20 by class and whole groups, seed 0')
    """
    check_path("path", path, "a folder or a zip file of images")
    check_groups(groups)
    options = check_options(per_class, seed, exclude, quiet)
    listing = scan_folder(path)
    table, about = _read_table(Path(path), listing)
    table, about = leave_out(table, about, options.exclude)
    if groups is not None:
        found, origin = read_groups(groups, listing.store.container, table.names.tolist())
        table, about = replace(table, groups=found), replace(about, groups=origin)
    return assemble_dataset(table, listing.store, about, options)


def _read_table(path, listing):
    """Read classes and splits from a listing's paths; return the table and what is known about it."""
    if not listing.names:
        passed = ", ".join(f"{count} {kind}" for kind, count in listing.ignored.items()) or "nothing"
        advice = describe_conversion(listing.ignored)
        raise BadInput(
            f"{path.name!r} holds no class: no image, but {passed}; expected FOLDER/<class>/… with "
            f"jpg, png, bmp, gif, webp or tiff files{advice and '; ' + advice}"
        )
    table = read_layout(listing.names, listing.folders)
    ignored = dict(listing.ignored)
    if len(table) < len(listing.names):
        ignored["image outside a class folder"] = len(listing.names) - len(table)
    name = path.resolve().name if path.is_dir() else path.stem
    return table, Provenance(name, name_splits(table), ignored=ignored, in_folders=True)

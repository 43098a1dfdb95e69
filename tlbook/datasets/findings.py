"""What the checked images of a set have in common: one range of values, and what a reader is warned of."""

import numpy as np

from tlbook.datasets.depth import find_value_range, scale_small
from tlbook.datasets.dicom import PLAIN
from tlbook.datasets.limits import MOST_NOISE
from tlbook.datasets.provenance import count
from tlbook.errors import BadInput


def settle_range(traits, train, asked=None):
    """Return the range of values of a set's images of more than 8 bits, found on training ones; None without any.

    ``traits`` is a list of `Traits`, ``train`` the indices of training images, ``asked`` a range that is to be taken.
    A window that all files propose is taken; else the bits used are those stored, where all are rescaled alike.
    """
    deep = [i for i, trait in enumerate(traits) if trait.values is not None]
    if not deep:
        if asked is not None:
            raise BadInput(
                f"received `range` {asked[0]:g} {asked[1]:g}, and all images have 8 bits; expected images of more, "
                "whose values it would scale; leave it out"
            )
        return None
    if asked is not None:
        return asked
    chosen = [i for i in set(train.tolist()).intersection(deep)] or deep
    windows, rescales = ({getattr(traits[i], name) for i in chosen} for name in ("window", "rescale"))
    if len(windows) == 1 and None not in windows:
        return windows.pop()
    values = np.concatenate([traits[i].values for i in sorted(chosen)])
    if len(rescales) > 1 or PLAIN in rescales:
        return find_value_range(values, floating=any(traits[i].floating for i in chosen))
    slope, intercept = rescales.pop()
    low, high = find_value_range(np.rint((values - intercept) / slope))
    return tuple(sorted((low * slope + intercept, high * slope + intercept)))


def scale_thumbnails(thumbnails, traits, value_range):
    """Scale the thumbnails of images of more than 8 bits by the range of their set, in place."""
    for thumbnail, trait in zip(thumbnails, traits, strict=True):
        if trait.small is not None:
            thumbnail[:] = scale_small(trait.small, trait.negative, value_range)


def describe_traits(traits, names, value_range):
    """Put into words what a reader ought to know of the images, each line with a count and three names."""
    deep = [trait.values is not None for trait in traits]
    lines = []
    if 0 < sum(deep) < len(deep):
        few = sum(deep) <= len(deep) / 2
        low, high = value_range
        lines.append(
            f"{sum(deep):,} of {len(deep):,} images have more than 8 bits, of which {low:g} to {high:g} are scaled to "
            f"0 to 255, and the others have 8: their brightness may differ by that alone "
            f"({_list_three(names, [is_deep == few for is_deep in deep])})"
        )
    for found, text in (
        ([trait.pages for trait in traits], "with several pages or frames, of which the first was taken"),
        ([trait.truncated for trait in traits], "of JPEG without its end, decoded as far as it goes"),
        ([_is_flat(trait, value_range) for trait in traits], "of one grey or colour, or nearly"),
    ):
        if any(found):
            lines.append(f"{count(sum(found), 'image')} {text}: {_list_three(names, found)}")
    return tuple(lines)


def describe_dicom(traits, value_range, *, grouped=False):
    """Say where DICOM files propose windows of their own, and where several are of one patient and no groups given."""
    lines = []
    windows = {trait.window for trait in traits if trait.values is not None} - {None}
    if len(windows) > 1:
        low, high = value_range
        lines.append(
            f"the DICOM files propose {len(windows):,} different windows, of which none is used: {low:g} to {high:g} "
            "become black to white in all images, so that their brightness stays comparable"
        )
    patients = [trait.patient for trait in traits if trait.patient]
    if not grouped and len(set(patients)) < len(patients):
        lines.append(
            f"the DICOM files name {len(set(patients)):,} patients in {count(len(patients), 'image')}: give "
            "dicom:PatientID as groups, so that all of a patient are in one set"
        )
    return tuple(lines)


def describe_formulas(names, classes):
    """Warn of names and classes that a spreadsheet takes for formulas: they are written as they are."""
    found = [str(name) for name in (*classes, *names) if str(name).startswith(("=", "+", "-", "@"))]
    if not found:
        return ()
    shown = ", ".join(repr(name) for name in found[:3]) + (", …" if len(found) > 3 else "")
    return (
        f"names that begin with =, +, - or @ are formulas to a spreadsheet ({shown}): import predictions.csv and "
        "splits.csv as text",
    )


def _is_flat(trait, value_range):
    if trait.values is None:
        return trait.flat
    low, high = value_range
    return np.ptp(trait.values) <= MOST_NOISE * (high - low) / 255


def _list_three(names, found):
    listed = [str(name) for name, is_found in zip(names, found, strict=True) if is_found]
    return ", ".join(listed[:3]) + (", …" if len(listed) > 3 else "")

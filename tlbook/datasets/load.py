"""The book's cases by name: made by formula, or read from a local copy of real data."""

import hashlib
import importlib
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

import numpy as np

from tlbook.datasets.cards import load_cards
from tlbook.datasets.dataset import Split
from tlbook.datasets.folders import check_numbers, from_folder
from tlbook.datasets.layout import read_layout
from tlbook.datasets.scan import scan_folder
from tlbook.datasets.splits import nested_subset
from tlbook.errors import BadInput
from tlbook.runtime import cache_dir, mirror_dir

VARIANTS = ("synthetic", "real")


@dataclass(frozen=True)
class CaseInfo:
    """What there is to load: one variant of one case.

    Attributes
    ----------
    name, variant, title : str
    num_classes, num_images : int
        As loaded without further options.
    origin, licence : str
    on_this_machine : bool
    """

    name: str
    variant: str
    title: str
    num_classes: int
    num_images: int
    origin: str
    licence: str
    on_this_machine: bool


def load_case(name, *, per_class=None, seed=0, variant="synthetic", size=None, difficulty=None, exclude=()):
    """Load one of the book's cases.

    Parameters
    ----------
    name : str
        fractures, pets, dogs, brains, signs; as real data only also textures, flowers, characters, objects.
    per_class : int, optional
        Training images a class, of ``brains`` training PEOPLE a class; nested in one another. Of real data at most
        so many. Validation and test do not depend on it. Default: the case's own number, of real data all.
    seed : int
        0 to 2**32 - 1: which images are made, or how real ones are split.
    variant : {"synthetic", "real"}
        Real data are read from ``TLBOOK_DATA_DIR`` or from what was fetched; nothing is downloaded.
    size : int, optional
        Pixels a side of synthetic images, default 96; real ones keep theirs.
    difficulty : float, optional
        0-1, synthetic only.
    exclude : sequence of str
        Classes to leave out.

    Returns
    -------
    Dataset
        ``origin`` says what was loaded and, of a real archive, which checksum it has.

    Raises
    ------
    BadInput
        There is no such case or variant, the data are not on this machine or not the ones on the card, or a number
        is out of range.

    Examples
    --------
    >>> case = load_case("fractures", per_class=2)
    >>> case.classes, len(case.train)
    (('fractured', 'intact'), 4)
    """
    check_numbers(per_class, seed)
    card = _find_card(name, variant)
    if variant == "real":
        if size is not None or difficulty is not None:
            raise BadInput("received a size or a difficulty for real data; expected neither; leave them out")
        return _load_real(card, per_class, seed, exclude)
    options = {"per_class": per_class, "size": size, "difficulty": difficulty}
    module = importlib.import_module(f"tlbook.datasets.synthetic.{name}")
    case = module.make_case(seed=seed, **{key: value for key, value in options.items() if value is not None})
    case = replace(case, origin=case.origin or f"synthetic, tlbook.datasets.synthetic.{name}, seed {seed}")
    return drop_classes(case, exclude)


def cases():
    """List the cases of the book.

    Returns
    -------
    list of CaseInfo
        One for each variant of each case.
    """
    return [
        CaseInfo(
            name=card.name,
            variant=variant,
            title=card.title,
            num_classes=card.facts[variant]["num_classes"],
            num_images=card.facts[variant]["num_images"],
            origin=card.facts[variant]["origin"],
            licence=card.facts[variant]["licence"],
            on_this_machine=variant == "synthetic" or _find_real(card) is not None,
        )
        for card in load_cards("case")
        for variant in VARIANTS
        if variant in card.facts
    ]


def drop_classes(case, exclude):
    """Leave classes out of a data set.

    Parameters
    ----------
    case : Dataset
    exclude : sequence of str

    Returns
    -------
    Dataset

    Raises
    ------
    BadInput
        There is no such class, or fewer than two are left.
    """
    exclude = (exclude,) if isinstance(exclude, str) else tuple(exclude)
    unknown = [name for name in exclude if name not in case.classes]
    if unknown:
        raise BadInput(f"received --exclude {unknown[0]!r}; expected one of the classes: {', '.join(case.classes)}")
    if not exclude:
        return case
    kept = [label for label, name in enumerate(case.classes) if name not in exclude]
    if len(kept) < 2:
        raise BadInput(
            f"{len(kept)} classes are left without {', '.join(exclude)}; expected two or more; exclude fewer"
        )
    sides = {side: _keep_labels(getattr(case, side), kept) for side in ("train", "val", "test")}
    return replace(case, classes=tuple(case.classes[label] for label in kept), **sides)


def _keep_labels(split, kept):
    """Return the images of these labels, the labels counted anew."""
    part = split.take(np.flatnonzero(np.isin(split.labels, kept)))
    return Split(part.images, np.searchsorted(kept, part.labels), part.names, part.groups)


def _find_card(name, variant):
    """Return the card of a case that has this variant."""
    known = {card.name: card for card in load_cards("case")}
    if name not in known:
        raise BadInput(f"received the case {name!r}; expected one of {', '.join(known)}; see `tlbook cases`")
    if variant not in VARIANTS:
        raise BadInput(f"received the variant {variant!r}; expected {' or '.join(VARIANTS)}")
    if variant not in known[name].facts:
        has = ", ".join(repr(other) for other in VARIANTS if other in known[name].facts)
        raise BadInput(f"the case {name!r} has no variant {variant!r}; expected {has}; ask for variant={has}")
    return known[name]


def _load_real(card, per_class, seed, exclude):
    """Read the real counterpart of a case and split it."""
    found = _find_real(card)
    if found is None:
        raise BadInput(_say_where(card))
    path, keep = found
    origin, facts = _check_origin(card, path), card.facts["real"]
    left_out = [name for name in facts.get("exclude", ()) if name not in exclude]
    people = facts.get("per_class") == "people"
    if keep:
        listing = scan_folder(path)
        left_out += sorted(set(read_layout(listing.names, listing.folders).classes.tolist()) - set(keep))
    case = from_folder(
        path,
        groups=facts.get("groups"),
        per_class=None if people else per_class,
        seed=seed,
        exclude=(*left_out, *((exclude,) if isinstance(exclude, str) else exclude)),
    )
    if people and per_class is not None:
        case = replace(case, train=_take_people(case.train, per_class, seed))
    warnings = (*case.warnings, *(f"left out, as the card says: {name}" for name in facts.get("exclude", ())))
    return replace(case, name=f"{card.name} (real)", origin=origin, warnings=warnings)


def _take_people(split, per_class, seed):
    """Keep at most so many whole groups a class, nested."""
    groups, first = np.unique(split.groups, return_index=True)
    chosen = nested_subset(split.labels[first], groups, per_class, seed=seed)
    return split.take(np.flatnonzero(np.isin(split.groups, groups[chosen])))


def _find_real(card):
    """Return the path of a case's real data and the classes to keep of it (empty for all), None where there is none."""
    facts = card.facts.get("real", {})
    mirror, stem = mirror_dir(), facts.get("stem", card.name)
    if mirror is not None:
        for path in (mirror / f"{stem}.zip", mirror / stem):
            if path.exists():
                return path, ()
    for download in facts.get("downloads") or ():
        path = cache_dir() / "datasets" / card.name / download.get("root", "?")
        if path.is_dir():
            return path, download.get("keep", ())
    return None


def _say_where(card):
    """Say in one line where to get a case's real data and where to put them."""
    facts = card.facts["real"]
    place = "TLBOOK_DATA_DIR, which is not set" if mirror_dir() is None else "the folder that TLBOOK_DATA_DIR names"
    return (
        f"the real data of {card.name!r} are not on this machine; expected {facts['stem']}.zip (or a folder "
        f"{facts['stem']} of one sub-folder a class) in {place}; {' '.join(facts['ask'].split())}"
    )


def _check_origin(card, path):
    """Return one line on what is read; refuse an archive whose checksum is not on the card."""
    facts = card.facts["real"]
    if path.is_dir():
        return f"{facts['title']}: folder {path.name}, not checked"
    state = path.stat()
    met = _hash_file(path, state.st_size, state.st_mtime_ns)
    official = {download.get("sha256") for download in facts.get("downloads") or ()}
    whose = "the mirror's" if met == facts["mirror_sha256"] else "the official one" if met in official else None
    if whose is None:
        raise BadInput(
            f"{path.name} has the sha256 {met[:16]}…; expected {facts['mirror_sha256'][:16]}… as on the card of "
            f"{card.name!r}; copy it again, or read files of your own with from_folder"
        )
    return f"{facts['title']}: {path.name}, sha256 {met} ({whose})"


@lru_cache(maxsize=32)
def _hash_file(path, size, changed):
    """Return a file's SHA-256; size and time of change make the key of the cache, so that it is read once."""
    with Path(path).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()

"""The book's cases by name: made by formula, or read from a local copy of real data."""

import importlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from tlbook.datasets.cards import VARIANTS, load_cards
from tlbook.datasets.dataset import Dataset, drop_classes
from tlbook.datasets.folders import from_folder
from tlbook.datasets.layout import read_layout
from tlbook.datasets.options import check_options
from tlbook.datasets.provenance import count
from tlbook.datasets.scan import scan_folder
from tlbook.datasets.splits import nested_subset
from tlbook.errors import BadInput, check_number, check_whole, shorten
from tlbook.files import hash_file
from tlbook.runtime import cache_dir, mirror_dir


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


def load_case(
    name: str,
    *,
    per_class: int | None = None,
    seed: int = 0,
    variant: str = "synthetic",
    size: int | None = None,
    difficulty: float | None = None,
    exclude: Sequence[str] = (),
) -> Dataset:
    """Load one of the book's cases.

    Parameters
    ----------
    name : str
        Of a case: one that `cases` lists, such as "fractures".
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
    >>> case = load_case("fractures", per_class=2, size=32)
    >>> case.classes, len(case.train)
    (('fractured', 'intact'), 4)
    """
    options = check_options(per_class, seed, exclude)
    card = _find_card(name, variant)
    if variant == "real":
        if size is not None or difficulty is not None:
            raise BadInput("received `size` or `difficulty` for real data; expected neither; leave them out")
        return _load_real(card, options)
    if size is not None:
        check_whole("size", size, 32, 512)
    if difficulty is not None:
        check_number("difficulty", difficulty, 0, 1)
    return drop_classes(_make_case(card, options, size=size, difficulty=difficulty), options.exclude)


def cases():
    """List the cases of the book.

    Returns
    -------
    list of CaseInfo
        One for each variant of each case.

    Examples
    --------
    >>> [case.licence for case in cases() if (case.name, case.variant) == ("fractures", "real")]
    ['CC BY 4.0']
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


def _make_case(card, options, **more):
    """Make a synthetic case by its formula."""
    module = importlib.import_module(f"tlbook.synthetic.{card.name}")
    more["per_class"] = options.per_class
    case = module.make_case(seed=options.seed, **{key: value for key, value in more.items() if value is not None})
    return replace(
        case,
        origin=case.origin or f"synthetic, {module.__name__}, seed {options.seed}",
        split_origin="made split by split",
        groups_origin=card.facts["synthetic"]["groups"] if case.has_groups else "",
    )


def _find_card(name, variant):
    """Return the card of a case that has this variant."""
    known = {card.name: card for card in load_cards("case")}
    if not isinstance(name, str) or name not in known:
        raise BadInput(f"received `name` {shorten(name)}; expected a case: {', '.join(known)}")
    if variant not in VARIANTS:
        raise BadInput(f"received `variant` {shorten(variant)}; expected {' or '.join(VARIANTS)}")
    if variant not in known[name].facts:
        has = ", ".join(repr(other) for other in VARIANTS if other in known[name].facts)
        raise BadInput(f"the case {name!r} has no `variant` {variant!r}; expected {has}; ask for that")
    return known[name]


def _load_real(card, options):
    """Read the real counterpart of a case and split it."""
    found = _find_real(card)
    if found is None:
        raise BadInput(_say_where(card))
    (path, download), facts = found, card.facts["real"]
    origin, exclude = _describe_origin(card, path, download), options.exclude
    left_out = [*exclude, *(name for name in facts.get("exclude", ()) if name not in exclude)]
    if download is not None and "keep" in download:
        listing = scan_folder(path)
        left_out += sorted(
            {*read_layout(listing.names, listing.folders)[0].classes.tolist()} - {*download["keep"], *exclude}
        )
    people = facts.get("per_class") == "people"
    per_class = None if people else options.per_class
    case = from_folder(path, groups=facts.get("groups"), per_class=per_class, seed=options.seed, exclude=left_out)
    warnings = (*case.warnings, *(f"left out, as the card says: {name}" for name in facts.get("exclude", ())))
    case = replace(case, name=f"{card.name} (real)", origin=origin, warnings=warnings)
    if "group_means" in facts:
        case = replace(case, groups_origin=f"{case.groups_origin} ({facts['group_means']})")
    return _take_people(case, options) if people and options.per_class is not None else case


def _take_people(case, options):
    """Keep at most so many whole training groups a class, nested; warn of classes with fewer."""
    split, most = case.train, options.per_class
    groups, first = np.unique(split.groups, return_index=True)
    labels = split.labels[first]
    chosen = nested_subset(labels, groups, most, seed=options.seed)
    counts = zip(case.classes, np.bincount(labels, minlength=len(case.classes)), strict=True)
    few = ", ".join(f"{name} {number}" for name, number in counts if number < most)
    warnings = (f"fewer than {most} training groups: {few}",) if few else ()
    train = split.take(np.flatnonzero(np.isin(split.groups, groups[chosen])))
    more = len(split) - len(train)
    left_out = (f"{count(more, 'training image')} beyond {count(most, 'group')} a class",) if more else ()
    return replace(case, train=train, warnings=case.warnings + warnings, left_out=case.left_out + left_out)


def _find_real(card):
    """Return the path of a case's real data and the download it came from (None in the mirror), or None."""
    facts, mirror = card.facts.get("real", {}), mirror_dir()
    if mirror is not None and "stem" in facts:
        for path in (mirror / f"{facts['stem']}.zip", mirror / facts["stem"]):
            if path.exists():
                return path, None
    for download in facts.get("downloads") or ():
        path = cache_dir() / "datasets" / card.name / download.get("root", "")
        if "root" in download and path.is_dir():
            return path, download
    return None


def _say_where(card):
    """Say in one line where to get a case's real data and where to put them."""
    facts = card.facts["real"]
    place = "TLBOOK_DATA_DIR, which is not set" if mirror_dir() is None else "the folder that TLBOOK_DATA_DIR names"
    return (
        f"the real data of {card.name!r} are not on this machine; expected {facts['stem']}.zip (or a folder "
        f"{facts['stem']} of one sub-folder a class) in {place}; {' '.join(facts['ask'].split())}"
    )


def _describe_origin(card, path, download):
    """Return one line on what is read; refuse an archive whose checksum is not on the card."""
    facts = card.facts["real"]
    if download is not None:
        kind = "sha256" if "sha256" in download else "md5"
        return f"{facts['title']}: fetched from {download['url']}, {kind} {download[kind]} (official)"
    if path.is_dir():
        return f"{facts['title']}: the mirror's folder {path.name}, checksum not checked"
    state = path.stat()
    met = _hash_file(path, state.st_size, state.st_mtime_ns)
    mirror, official = facts.get("mirror_sha256"), {other.get("sha256") for other in facts.get("downloads") or ()}
    expected = [digest for digest in (mirror, *official) if digest]
    if expected and met not in expected:
        raise BadInput(
            f"{path.name} has the sha256 {met[:16]}…; expected {expected[0][:16]}… as on the card of "
            f"{card.name!r}; copy it again, or read files of your own with from_folder"
        )
    which = "official" if met in official else "of the mirror" if expected else "none on the card"
    return f"{facts['title']}: {path.name}, sha256 {met} ({which})"


@lru_cache(maxsize=32)
def _hash_file(path, size, changed):
    """Return a file's SHA-256; size and time of change make the key of the cache, so that it is read once."""
    return hash_file(path)

"""Images that belong together, as an audit tells them: copies, near-duplicates, and names that look like groups."""

import re
from pathlib import Path

import numpy as np

from tlbook.datasets.columns import read_csv
from tlbook.datasets.lookup import GROUP_WORDS, PATH_WORDS, list_columns, read_cells
from tlbook.datasets.scan import scan_folder
from tlbook.errors import BadInput
from tlbook.evidence.audit import AllImages, Finding, look_at_counts
from tlbook.runtime import show_progress

MOST_FILES = 6  # named in a line
COUNTER = re.compile(r"^(.+?)[ _.-]*\(?\d+\)?$")  # a name and the number of an image of it
EXPRESSION = r"^(.+?)[ _.-]*\(?\d+\)?\.\w+$"  # the same, with the file's ending
NUMBER = re.compile(r"(\d+)\D*$")
FORGOTTEN = 3.0  # times as often as by chance are images most like one of the same name
SHARE = 0.3  # of the images at least
NEAR = 2  # numbers of neighbours differ by no more
LEAST_NEIGHBOURS = 20  # images most like a neighbour by number, below which nothing is said
STRANGERS, FEWEST = 0.01, 1000  # pairs of them an image that are borne, of so many images at least
STRANGERS_BESIDE = 0.002  # where details find what shades would lose
HIGHEST_CORRELATION, HIGHEST_BESIDE, HIGHEST_AGREEMENT = 0.985, 0.995, 0.9  # thresholds rise no higher
PATTERN_CORRELATION, PATTERN_AGREEMENT = 0.99, 0.97  # for images that repeat themselves


def find_copies(images, *, quiet=False):
    """Find images that equal an earlier one byte for byte: a list of pairs of indices."""
    firsts, copies = {}, []
    for i in show_progress(range(len(images)), "looking for copies", quiet=quiet):
        first = firsts.setdefault(images.fingerprint(i), i)
        copies += [(first, i)] if first != i else []
    return copies


def look_at_copies(images, copies):
    """Tell copies, given as pairs of indices."""
    yield from _look_at_pairs(images, "copies", copies)


def look_at_near_duplicates(images, looks, copies):
    """Tell images that nearly equal another one or a part of it, and are no copy of it."""
    known = {tuple(sorted(pair)) for pair in copies}
    pairs = [pair for pair in find_alike(images, looks) if pair not in known]
    yield from _look_at_pairs(images, "near-duplicates", pairs)


def find_alike(images, looks):
    """Return the pairs of images, by indices, that details or windows say show the same; most alike first.

    Images that repeat themselves, boards and stripes, fit over many strangers: of those almost all has to agree.
    """
    windows, alike = looks.likeness, []
    beside = (HIGHEST_BESIDE, STRANGERS_BESIDE) if looks.detailed else (HIGHEST_CORRELATION, STRANGERS)
    for pairs, scores, strict, (highest, borne) in (
        (looks.same, looks.agreement, PATTERN_AGREEMENT, (HIGHEST_AGREEMENT, STRANGERS_BESIDE)),
        (windows.pairs, windows.correlation, PATTERN_CORRELATION, beside),
    ):
        plain = ~looks.patterns[pairs].any(axis=1)
        least = choose_threshold(images, pairs[plain], scores[plain], highest, borne)
        alike += pairs[scores >= np.where(plain, least, strict)].tolist()
    return list(dict.fromkeys(tuple(sorted(pair)) for pair in alike))


def choose_threshold(images, pairs, scores, highest, borne):
    """Return the score from which pairs are told; 0 where all are.

    Pairs of two classes tell how many pairs of strangers there are: if classes mattered as little to those as to pairs
    drawn at random. Where they would be more than are borne, as among radiographs, the threshold rises.
    """
    one, other = pairs.T
    across = (images.labels[one] != images.labels[other]) & (images.groups[one] != images.groups[other])
    chance = 1 - np.sum((np.bincount(images.labels) / len(images)) ** 2)
    scores = np.sort(scores[across])[::-1]
    borne = int(chance * borne * max(len(images), FEWEST))
    return min(np.nextafter(scores[borne], np.float32(2)), highest) if len(scores) > borne else 0.0


def _look_at_pairs(images, what, pairs):
    labels = [pair for pair in pairs if images.labels[pair[0]] != images.labels[pair[1]]]
    others = [pair for pair in pairs if pair not in set(labels) and not _share_group(images, pair)]
    apart = [pair for pair in others if images.splits[pair[0]] != images.splits[pair[1]]]
    rest = [pair for pair in others if pair not in set(apart)]
    advice = "one label is wrong, or the picture does not tell the classes apart"
    yield from _tell_pairs(images, labels, f"{what} under two labels", advice)
    yield from _tell_pairs(images, apart, f"{what} across splits", "a score on them is partly memory: group them")
    yield from _tell_pairs(images, rest, what, "they count as one image: group them, or leave one out")


def _share_group(images, pair):
    return images.has_groups and images.groups[pair[0]] == images.groups[pair[1]]


def _tell_pairs(images, pairs, kind, advice):
    if pairs:
        rows = [i for pair in pairs for i in pair]
        files = tuple(images.names[i] for i in rows)
        shown = ", ".join(f"{a} = {b}" for a, b in zip(files[:MOST_FILES:2], files[1:MOST_FILES:2], strict=True))
        more = ", …" if len(files) > MOST_FILES else ""
        message = f"{len(pairs):,} pair{'s' * (len(pairs) > 1)} ({shown}{more}): {advice}"
        yield Finding(kind, message, files, tuple(images.describe(i) for i in rows), paired=True)


def look_at_names(images, likeness, path=None):
    """Tell groups that look forgotten: a table beside the images has some, names or neighbouring numbers are alike."""
    if images.has_groups:
        return
    tables = () if path is None else find_group_tables(path)
    for table, column in tables:
        message = f"the file {table} has a column {column!r}: if it says what belongs together, give it as `groups`"
        yield Finding("groups that look forgotten", message)
    paths = [Path(name).with_suffix("").as_posix() for name in images.names]
    yield from _look_at_stems(images, likeness, paths)
    yield from _look_at_numbers(images, likeness, paths)


def _look_at_stems(images, likeness, paths):
    stems = [COUNTER.match(path) for path in paths]
    names = np.array([stem[1] if stem else path for stem, path in zip(stems, paths, strict=True)])
    kinds, counts = np.unique(names, return_counts=True)
    if not 3 * len(images.classes) <= len(kinds) <= len(names) / 2:
        return
    chance, share = np.sum((counts / len(names)) ** 2), np.mean(names == names[likeness.partners])
    if share >= max(FORGOTTEN * chance, SHARE):
        yield _tell_forgotten(
            images, likeness, names == names[likeness.partners],
            f"{100 * share:.0f} % of the images are most like one of the same name but for its number (by chance "
            f"{100 * chance:.1f} %)", f"say with `groups` what belongs together: '{EXPRESSION}' takes the names",
        )  # fmt: skip


def _look_at_numbers(images, likeness, paths):
    """Compare how often images are most like one whose number is next to theirs with how often that is by chance."""
    found = [NUMBER.search(path) for path in paths]
    numbers = np.array([int(match[1][-15:]) if match else -1 for match in found])
    folders = np.array([path[: match.start()] if match else path for match, path in zip(found, paths, strict=True)])

    partners = likeness.partners
    near = (np.abs(numbers - numbers[partners]) <= NEAR) & (folders == folders[partners]) & (numbers >= 0)
    share, chance = near.mean(), _expect_near(numbers, folders)
    if near.sum() >= LEAST_NEIGHBOURS and share >= FORGOTTEN * chance:
        yield _tell_forgotten(
            images, likeness, near,
            f"{100 * share:.1f} % of the images are most like one whose number is next to theirs (by chance about "
            f"{100 * chance:.1f} %)", "if neighbours show one person or thing, say so with `groups`",
        )  # fmt: skip


def _expect_near(numbers, folders):
    """Return how often a partner chosen at random in its folder has a number next to that of the image."""
    total = 0.0
    for folder in np.unique(folders):
        own = np.sort(numbers[folders == folder])
        near = np.searchsorted(own, own + NEAR, "right") - np.searchsorted(own, own - NEAR) - 1
        total += near.sum() / max(1, len(own) - 1)
    return total / len(numbers)


def _tell_forgotten(images, likeness, found, seen, advice):
    """Make a finding of which two images and the ones that they are most like are shown, the most alike if possible."""
    alike = [i for i, partner in likeness.pairs.tolist() if found[i] and likeness.partners[i] == partner]
    pairs = [i for row in (alike or np.flatnonzero(found).tolist())[:2] for i in (int(likeness.partners[row]), row)]
    files = tuple(images.names[i] for i in pairs)
    message = f"{seen}, as {files[0]} and {files[1]}: {advice}"
    return Finding("groups that look forgotten", message, files, tuple(images.describe(i) for i in pairs), paired=True)


def find_group_tables(path):
    """Find tables beside the images that name them, and something that several share: a list of file and column."""
    listing, found = scan_folder(path), []
    for table in listing.tables:
        try:
            header, rows = read_csv(listing.store.container.find(table), table, ("path", "file", "group"))
        except BadInput:
            continue
        if list_columns(header, PATH_WORDS):
            columns = [
                (header[at], [cell for cell in read_cells(rows, at) if cell])
                for at in list_columns(header, GROUP_WORDS)
            ]
            found += [(table, column) for column, cells in columns if 1 < len(set(cells)) < len(cells)][:1]
    return found


def warn_quickly(data):
    """Return what an audit finds without decoding an image, a line each: counts and copies."""
    images = AllImages(data)
    findings = [*look_at_counts(data), *look_at_copies(images, find_copies(images, quiet=True))]
    return tuple(f"{finding.kind}: {finding.message}" for finding in findings)

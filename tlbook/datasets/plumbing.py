"""Folders that stand between the classes and the top: looked through, left out, or refused."""

from tlbook.datasets import words
from tlbook.datasets.marks import settle_marks
from tlbook.datasets.tree import list_folders, repeats_content, settle
from tlbook.errors import BadInput


def name_splits(names):
    """Return the splits that names say; a validation set counts as a test set."""
    found = {reading.split for reading in map(words.read_split, names) if reading}
    return {"test" if split == "val" else split for split in found}


def settle_level(tree, prefix, fingerprint):
    """Leave out what repeats the others and what are marks, and look through plumbing, where classes may stand."""
    while True:
        _settle_copies(tree, prefix, fingerprint)
        _settle_backups(tree, prefix, fingerprint)
        settle_marks(tree, prefix)
        below = tree.children(prefix)
        pictures = [name for name in below if words.is_picture_folder(name)]
        others = [name for name in below if name not in pictures]
        if not pictures or (others and not prefix and name_splits(others)):
            return
        if others:
            where = "/".join([*prefix, pictures[0]])
            settle(
                tree, (*prefix, pictures[0]),
                f"the folder {where!r} stands beside {list_folders(others)}: either it is a class, or it holds "
                f"pictures of several; expected one reading; leave it out with `exclude` {pictures[0]}, or, if it is a "
                "class, give `labels` '^([^/]+)/'",
            )  # fmt: skip
            continue
        _refuse_folds(tree, prefix, pictures)
        tree.look_through(*((*prefix, name) for name in pictures))


def _refuse_folds(tree, prefix, names):
    """Refuse several folds with splits of their own: an image of one's test set may train in another."""
    inside = tree.list_inside(prefix)
    folds = [name for name in names if "fold" in words.list_tokens(name) and len(name_splits(inside[name])) > 1]
    if len(folds) > 1:
        raise BadInput(
            f"received {list_folders(folds)}, each with splits of its own: either one of them is the data set, or all "
            "are; expected one; give one of them as the folder"
        )


def _settle_copies(tree, prefix, fingerprint):
    """Leave out a folder that holds the others again; refuse it where its content is not theirs."""
    inside = {name: {inner.lower() for inner in names} for name, names in tree.list_inside(prefix).items()}
    below = list(inside)
    everything = {name.lower() for name in below}
    splits = [name for name in below if words.read_split(name)]
    classes = set().union(*(inside[name] for name in splits)) if len(splits) > 1 else set()
    for name in below:
        again = len(inside[name]) > 1 and inside[name] <= everything - {name.lower()}
        if not again and (name in splits or len(inside[name]) < 2 or not inside[name] <= classes):
            continue
        way, shown = (*prefix, name), "/".join((*prefix, name))
        if repeats_content(tree, way, fingerprint):
            tree.leave_out(way, "it holds the others again, file for file")
            continue
        settle(
            tree, way,
            f"the folder {shown!r} holds {list_folders(sorted(inside[name]))} again: either it is a second copy, or it "
            f"has more images of them; expected each class in one place; leave it out with `exclude` {name}, or merge "
            "it with the others",
        )  # fmt: skip


def _settle_backups(tree, prefix, fingerprint):
    """Leave out a folder that is named as the copy of one beside it; refuse it where its content is not there too."""
    below = {name.lower(): name for name in tree.children(prefix)}
    for name in list(below.values()):
        original = below.get((words.name_original(name) or "").lower())
        if original is None:
            continue
        way, shown = (*prefix, name), "/".join((*prefix, name))
        if repeats_content(tree, way, fingerprint):
            tree.leave_out(way, f"a copy of {original!r}, file for file")
            continue
        settle(
            tree, way,
            f"the folder {shown!r} is named as a copy of {original!r}: either it is one, or a class; expected one "
            f"reading; leave it out with `exclude` '{name}', merge the two, or, if it is a class, give `labels` "
            "'^([^/]+)/'",
        )  # fmt: skip

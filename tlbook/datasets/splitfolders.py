"""Folders that are splits, above the classes or below all of them."""

from dataclasses import dataclass, field

from tlbook.datasets import words
from tlbook.datasets.tree import NoClasses, list_folders, plant_tree, settle
from tlbook.errors import BadInput

WANTED = "expected FOLDER/<class>/… or FOLDER/{train,val,test}/<class>/…"


@dataclass(frozen=True)
class Given:
    """The splits that folders give.

    Attributes
    ----------
    splits : dict of str to str
        Train, val or test by the name of its folder; empty where the images are to be divided.
    where : str
        The folders in words; empty without splits.
    test_from : str
        The folder of the validation set that serves as the test set; empty where a test set is given.
    part : str
        The only folder that is used, where the others lack labels; else empty.
    """

    splits: dict = field(default_factory=dict)
    where: str = ""
    test_from: str = ""
    part: str = ""


def find_split_folders(tree):
    """Return the split of each top folder that is one, a dict; empty where the top folders are classes."""
    tops = tree.children()
    readings = {top: reading for top in tops if (reading := words.read_split(top))}
    sets = _gather_sets(readings)
    full = [names for names in sets.values() if _is_whole(names, readings)]
    plain = sets.get((), [])
    if len(full) > 1 or (not full and not plain and len(tops) == len(readings) > 1 and _is_whole(tops, readings)):
        shown = list_folders(tops)
        raise BadInput(
            f"received {shown}: either they are splits, or classes; expected one reading; rename them {WANTED[9:]}, "
            "or, if they are classes, give `labels` '^([^/]+)/'"
        )
    if full or len(plain) == len(tops):
        given = full[0] if full else plain
        _settle_others(tree, [top for top in tops if top not in given], given)
        return {top: readings[top].split for top in given}
    _refuse_splits_among_classes(tree, [top for top in plain if not words.is_negated(top, tops)])
    return {}


def find_class_splits(tree):
    """Return the splits below all classes, a dict by folder, with the ways turned to split first; else empty."""
    while single := [
        (top, below[0])
        for top, below in tree.list_inside().items()
        if len(below) == 1 and words.is_picture_folder(below[0])
    ]:
        tree.look_through(*single)
    inside = {top: [n for n in below if not words.is_mark_inside(n)] for top, below in tree.list_inside().items()}
    tops = list(inside)
    readings = {name: reading for names in inside.values() for name in names if (reading := words.read_split(name))}
    whole = [top for top in tops if _find_set(inside[top], readings)]
    if not whole or len(tops) < 2:
        return {}
    found = set(inside[whole[0]])
    odd = [
        top for top in tops if not inside[top] or not set(inside[top]) <= readings.keys() or tree.count_direct((top,))
    ]
    if odd:
        raise BadInput(
            f"the class {whole[0]!r} holds the splits {list_folders(sorted(found))}, and {odd[0]!r} holds images "
            "beside or without them: either they are splits, or mere sub-folders; expected the same in each class; "
            "move the images, or, if they are sub-folders, give `labels` '^([^/]+)/'"
        )
    _refuse_classes_below(tree, tops, inside)
    names = {name for names in inside.values() for name in names}

    def turn(way):
        return (way[1], way[0], *way[2:]) if way is not None and len(way) > 1 and way[1] in names else way

    tree.ways, tree.bare = [turn(way) for way in tree.ways], {turn(way) for way in tree.bare if len(way) > 1}
    return {name: readings[name].split for name in names}


def read_split_folders(tree, splits, *, by_class=False, labelled=False):
    """Leave out unlabelled heaps and return the splits that are given; refuse what cannot be learned from."""
    shown = ", ".join(repr(top) for top in splits)
    num_heaps = 0 if by_class or labelled else _leave_out_heaps(tree, splits, shown)
    left = {top: split for top, split in splits.items() if tree.find((top,))}
    values = list(left.values())
    if num_heaps and values == ["train"]:
        (top,) = left
        tree.look_through((top,))
        return Given(part=top)
    if "train" not in values or not {"test", "val"} & set(values):
        lacking = " and ".join(split for split in ("train", "test") if split not in values)
        hint = f"or give the folder {next(iter(left))!r} itself" if len(left) == 1 else "or move the classes up"
        raise BadInput(f"received the split folders {shown}, without {lacking}; {WANTED}; add it, {hint}")
    if len(set(values)) < len(values) and not (by_class or labelled):
        raise BadInput(f"received the split folders {shown}, two of them for one split; {WANTED}; merge them")
    where = name_folders(left) + (" of each class" if by_class else "")
    if "test" in values:
        return Given(left, where)
    named = next(top for top, split in left.items() if split == "val")
    return Given({top: "test" if split == "val" else split for top, split in left.items()}, where, test_from=named)


def name_folders(splits):
    """Name split folders as they are written, training first."""
    order = ["train", "val", "test"]
    return "the folders " + ", ".join(sorted(splits, key=lambda top: (order.index(splits[top]), top)))


def _gather_sets(readings):
    """Return the names of split folders by what else is in them."""
    sets = {}
    for name, reading in readings.items():
        sets.setdefault(reading.rest, []).append(name)
    return sets


def _is_whole(names, readings):
    """Tell whether names say training and another split."""
    splits = {readings[name].split for name in names if name in readings}
    return "train" in splits and len(splits) > 1


def _find_set(names, readings):
    """Return those of the names that are training and another split, by one pattern."""
    sets = _gather_sets({name: readings[name] for name in names if name in readings})
    return next((found for found in sets.values() if _is_whole(found, readings)), [])


def _settle_others(tree, others, given):
    """Leave out what stands beside split folders and holds no classes; refuse the rest."""
    for top in list(others):
        if words.read_split(top) and not tree.children((top,)):
            tree.leave_out((top,), f"it has no class folders, as {list_folders(given)} have: unlabelled")
            others.remove(top)
    for top in others:
        settle(
            tree, (top,),
            f"received split folders ({', '.join(given)}) beside others ({list_folders(others)}): either all are "
            f"classes, or the others do not belong to the splits; {WANTED}; move the others, or leave them out with "
            f"`exclude` {top}",
        )  # fmt: skip


def _refuse_splits_among_classes(tree, plain):
    """Refuse the names of splits among classes, but for a train."""
    inside = tree.list_inside()
    if len(plain) == 1 and plain[0].lower() == "train":
        own = set(inside[plain[0]])
        if not any(len(own.intersection(below)) > 1 for top, below in inside.items() if top != plain[0]):
            return
    for top in plain:
        others = [name for name in tree.children() if name not in plain]
        settle(
            tree, (top,),
            f"the folder {top!r} stands beside {list_folders(others)}: either it is a class, or a split whose images "
            f"have no labels; expected one reading; leave it out with `exclude` {top}, or, if it is a class, give "
            "`labels` '^([^/]+)/'",
        )  # fmt: skip


def _refuse_classes_below(tree, tops, inside):
    """Refuse <a>/{train,test}/<b> where the same <b> are everywhere: then they may be the classes."""
    plumbing = (words.is_mark_folder, words.is_picture_folder)
    below = [
        {deep for deep in tree.children((top, name)) if not any(tells(deep) for tells in plumbing)}
        for top in tops
        for name in inside[top]
    ]
    shared = set.intersection(*below)
    if len(shared) > 1:
        raise BadInput(
            f"{list_folders(tops)} hold splits, and these hold {list_folders(sorted(shared))}: either the first or the "
            f"last are the classes; {WANTED}; give one of the first as the folder, or `labels` "
            "'^([^/]+)/' for the first"
        )


def _leave_out_heaps(tree, splits, shown):
    """Leave out splits without class folders, where training has them; return their number."""
    trained = {name for top, split in splits.items() if split == "train" for name in tree.children((top,))}
    if not trained and "train" in splits.values():
        raise NoClasses(f"received no class: the images lie directly in the split folders {shown}; {WANTED}")
    num_heaps = 0
    for top, split in splits.items():
        below = tree.children((top,))
        other = len(below) == 1 and below[0] not in trained and len(trained) > 1
        if split != "train" and (not below or other):
            tree.leave_out((top,), "it has no class folders, as training has: unlabelled, neither used nor scored")
            num_heaps += 1
        elif split == words.UNLABELLED:
            raise BadInput(
                f"the folder {top!r} says that it is unlabelled and holds {list_folders(below)}: either it is a split, "
                f"or it is not; {WANTED}; rename it, or move it away"
            )
    return num_heaps


def find_labelled_splits(names, classes):
    """Return the split of each labelled image, "" where folders say none, and what they say."""
    tree = plant_tree(names, ())
    while len(tops := tree.children()) == 1 and not tree.count_direct():
        tree.look_through((tops[0],))
    readings = {top: reading for top in tops if (reading := words.read_split(top))}
    sets = _gather_sets(readings)
    if (
        tree.count_direct()
        or set(tops) <= classes
        or len(readings) < len(tops)
        or len(sets) != 1
        or not _is_whole(tops, readings)
    ):
        return [""] * len(names), Given()
    given = read_split_folders(tree, {top: readings[top].split for top in tops}, labelled=True)
    return [given.splits[way[0]] for way in tree.ways], given

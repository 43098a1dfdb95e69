r"""Which class and which split a path stands for: the rules by which a folder of images is read.

1. The class is the FIRST folder that is neither a split nor plumbing; deeper folders belong to it.
2. A split folder says train (training), val (valid, validation, dev) or test (testing, eval, evaluation): in any
   case, with a number or words such as set, data, images (``Training``, ``test_set``, ``train_images``, ``test1``).
   With another word it is one only where all splits share that word (``seg_train``, ``seg_test``). A folder ``train``
   alone beside classes is a class (of vehicles); any other split's name beside classes is refused.
3. Splits may stand above the classes (``train/cat``) or below all of them (``cat/train``), never here and there.
4. Looked through: a folder that repeats the name of the one it is in (``seg_train/seg_train``), a single folder that
   holds the splits, and folders that only say that they hold pictures, where all beside them do too (``images``,
   ``data``, ``part_1``).
5. Masks, annotations, segmentations, labels, contours, … are left out and named: inside a class, beside picture or
   split folders, under the name of a class (``cat_masks``), and as files beside their picture (``1.png``,
   ``1_mask.png``). Beside classes they are refused, unless another name holds the word (``mask``, ``no_mask``).
6. A split without class folders, while training has them, is an unlabelled heap (also ``pred``, ``unlabelled``): left
   out and named. Where no test set remains, the given validation set is the test set and validation is taken from
   training; where neither remains, all three are taken from training.
7. A folder that holds the others again (``yes``, ``no``, ``all/yes``, ``all/no``) is left out where each of its files
   is elsewhere too, byte for byte; else it is refused. So is a folder named as the copy of one beside it (``cat (1)``,
   ``cat - Copy``, ``Copy of cat``).
8. Folders that say how pictures were made and hold the same classes (``color``, ``grayscale``) are refused.
9. Images outside a class folder are passed over and counted. Where no folder names a class, labels must be given.

What is refused for having two readings shows both and names the option that settles it: ``exclude`` leaves a folder
out, ``labels`` with ``^([^/]+)/`` makes each top folder a class, whatever its name.
"""

from dataclasses import dataclass

import numpy as np

from tlbook.datasets import words
from tlbook.datasets.marks import leave_out_marked_files, leave_out_marks_inside
from tlbook.datasets.plumbing import name_splits, settle_level
from tlbook.datasets.splitfolders import Given, find_class_splits, find_split_folders, read_split_folders
from tlbook.datasets.tree import NoClasses, list_folders, plant_tree, stack_text
from tlbook.errors import BadInput

WANTED = "expected FOLDER/<class>/… or FOLDER/{train,val,test}/<class>/…"


@dataclass(frozen=True)
class Table:
    """One row per image.

    Attributes
    ----------
    names : numpy.ndarray
        str, (n,), POSIX paths.
    classes : numpy.ndarray
        str, (n,).
    splits : numpy.ndarray
        str, (n,): "train", "val" or "test" where folders say so, else "".
    groups : numpy.ndarray
        str, (n,).
    index : numpy.ndarray
        int64, (n,), position in the store.
    empty : tuple of str
        Class folders without an image.
    """

    names: np.ndarray
    classes: np.ndarray
    splits: np.ndarray
    groups: np.ndarray
    index: np.ndarray
    empty: tuple = ()

    def __len__(self):
        return len(self.names)

    def keep(self, mask):
        """Choose rows by a mask, bool, (n,)."""
        rows = (self.names, self.classes, self.splits, self.groups, self.index)
        return Table(*(column[mask] for column in rows), self.empty)


@dataclass(frozen=True)
class Reading:
    """How a layout was read.

    Attributes
    ----------
    given : Given
        The split folders.
    left_out : tuple of str
        What was left out and why, one line each.
    num_left_out : int
        Images in those lines.
    settled : frozenset of str
        Folders that ``exclude`` named and that are no classes.
    warnings : tuple of str
        What could be read in another way.
    """

    given: Given
    left_out: tuple
    num_left_out: int
    settled: frozenset
    warnings: tuple = ()


def read_layout(names, folders, *, exclude=(), fingerprint=None, root=""):
    """Read class and split from the POSIX paths of images; return the table and the reading.

    ``folders`` are those that may be classes, with or without images; ``fingerprint`` returns what tells an image's
    content, by its index; ``root`` is the name of the folder itself.
    """
    tree = plant_tree(names, folders, exclude)
    if not tree.children():
        raise NoClasses(f"received no class: {len(names)} image(s), none of them in a sub-folder; {WANTED}")
    leave_out_marked_files(tree)
    _look_through_top(tree, root)
    settle_level(tree, (), fingerprint)
    if not tree.children():
        raise NoClasses(f"received no class: the images lie in no folder that could be one; {WANTED}")
    splits, swapped = find_split_folders(tree), False
    if splits:
        for top in splits:
            _look_through_split(tree, top, splits[top])
            settle_level(tree, (top,), fingerprint)
    else:
        _refuse_renditions(tree)
        splits = find_class_splits(tree)
        swapped = bool(splits)
    doubts = () if splits else _doubt_classes(tree)
    given = read_split_folders(tree, splits, by_class=swapped) if splits else Given()
    depth = 2 if given.splits else 1
    leave_out_marks_inside(tree, depth)
    return _tabulate(tree, given, depth, swapped), _describe(tree, given, doubts)


def _tabulate(tree, given, depth, swapped):
    """Return the table of a tree whose folders have been read."""
    index = [i for i, way in enumerate(tree.ways) if way is not None and len(way) >= depth]
    ways = [tree.ways[i] for i in index]
    used = {way[:depth] for way in ways}
    empty = {way for way in tree.bare if len(way) == depth} - used
    empty = {way for way in empty if not words.is_mark_folder(way[-1]) and (depth == 1 or way[0] in given.splits)}
    kept = stack_text([tree.names[i] for i in index])
    return Table(
        names=kept,
        classes=stack_text([way[depth - 1] for way in ways]),
        splits=stack_text([given.splits[way[0]] if given.splits else "" for way in ways]),
        groups=kept,
        index=np.array(index, dtype=np.int64),
        empty=tuple(sorted("/".join(reversed(way) if swapped else way) for way in empty)),
    )


def _doubt_classes(tree):
    """Say where all classes hold the same folders, which may be the classes."""
    inside = [{name for name in below if not words.is_picture_folder(name) and not words.is_mark_inside(name)}
              for below in tree.list_inside().values()]  # fmt: skip
    if len(inside) < 2 or len(inside[0]) < 2 or any(below != inside[0] for below in inside):
        return ()
    return (f"each class holds the folders {list_folders(sorted(inside[0]))}: if these are the classes, give `labels`",)


def _describe(tree, given, doubts):
    """Return the reading of a tree."""
    num_left_out = sum(way is None for way in tree.ways)
    return Reading(given, tuple(tree.left_out), num_left_out, frozenset(tree.settled), doubts)


def _look_through_top(tree, root):
    """Look through a single top folder that holds the splits, or that repeats a name."""
    while len(tops := tree.children()) == 1:
        (top,) = tops
        below = tree.children((top,))
        repeated = below == [top] or (top.lower() == root.lower() and len(below) > 1)
        nested = len(below) == 1 and words.is_picture_folder(below[0])
        if tree.count_direct((top,)) or not (repeated or nested or {"train", "test"} <= name_splits(below)):
            return
        tree.look_through((top,))
        root = ""


def _look_through_split(tree, top, split):
    """Look through a single folder in a split folder that repeats its name, or its split."""
    while len(below := tree.children((top,))) == 1:
        reading = words.read_split(below[0])
        if below[0].lower() != top.lower() and (reading is None or reading.split != split):
            return
        tree.look_through((top, below[0]))


def _refuse_renditions(tree):
    """Refuse folders that say how pictures were made and that hold the same classes."""
    tops = tree.children()
    if len(tops) < 2 or not all(map(words.is_rendition, tops)):
        return
    inside = [set(tree.children((top,))) for top in tops]
    if len(set.intersection(*inside)) > 1:
        raise BadInput(
            f"received {list_folders(tops)}, each with {list_folders(sorted(set.intersection(*inside)))}: either they "
            "are the classes, or the same classes in several versions; expected one reading; give one of them as the "
            "folder, or, if they are the classes, give `labels` '^([^/]+)/'"
        )

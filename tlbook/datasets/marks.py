"""Masks, annotations and other drawings of pictures, which are no pictures to learn from."""

from posixpath import splitext

from tlbook.datasets import words
from tlbook.datasets.tree import list_folders, settle
from tlbook.errors import BadInput

REASON = "masks or annotations, no pictures to learn from"


def leave_out_marked_files(tree):
    """Leave out files that stand beside their picture under its name and a word for masks: 1.png, 1_mask.png."""
    likely = [index for index, name in enumerate(tree.names) if words.MARK_WORD.search(name.rpartition("/")[2])]
    if not likely:
        return
    stems = {(way, splitext(name.rpartition("/")[2])[0]) for name, way in zip(tree.names, tree.ways, strict=True)}
    found = []
    for index in likely:
        match = words.MARK_SUFFIX.match(splitext(tree.names[index].rpartition("/")[2])[0])
        if match and (tree.ways[index], match[1]) in stems:
            found.append(index)
    tree.leave_out_images(found, [tree.names[index] for index in found], REASON)


def settle_marks(tree, prefix):
    """Leave out folders of marks where classes may stand; refuse those that could be classes."""
    below = tree.children(prefix)
    marks = [name for name in below if words.is_mark_folder(name) and not words.is_negated(name, below)]
    pictures = [name for name in below if name not in marks]
    for name in below:
        if name not in marks and words.is_mark_inside(name) and _strip_mark(name) in {n.lower() for n in pictures}:
            tree.leave_out((*prefix, name), REASON)
    plumbing = [name for name in pictures if words.is_picture_folder(name) or words.read_split(name)]
    inside = set(pictures).union(*(tree.children((*prefix, name)) for name in plumbing))
    for name in marks if pictures else ():
        way = (*prefix, name)
        if plumbing == pictures or (own := tree.children(way)) and set(own) <= inside:
            tree.leave_out(way, REASON)
            continue
        settle(
            tree, way,
            f"the folder {'/'.join(way)!r} stands beside {list_folders(pictures)}: either it is a class, or it holds "
            f"masks or annotations; expected one reading; leave it out with `exclude` {name}, or, if it is a class, "
            "give `labels` '^([^/]+)/'",
        )  # fmt: skip


def leave_out_marks_inside(tree, depth):
    """Leave out folders of marks inside the classes; refuse a class that holds nothing else."""
    found, folders, left = [], {}, set()
    for index, way in enumerate(tree.ways):
        if way is None or len(way) < depth:
            continue
        at = next((at for at in range(depth, len(way)) if words.is_mark_inside(way[at])), None)
        if at is None:
            left.add(way[:depth])
        else:
            found.append(index)
            folders["/".join(way[: at + 1])] = way[:depth]
    for folder, name in folders.items():
        if name not in left:
            raise BadInput(
                f"the images of the class {name[-1]!r} all lie in {folder!r}: either they are its pictures, or masks; "
                "expected pictures beside masks; rename the folder, or, if they are pictures, give `labels` "
                "'^([^/]+)/'"
            )
    tree.leave_out_images(found, list(folders), REASON)


def _strip_mark(name):
    """Return a folder's name without its word for masks: ``Cat_masks`` gives cat."""
    match = words.MARK_SUFFIX.match(name)
    return match[1].lower() if match else ""

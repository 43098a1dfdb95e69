"""The folders of a set of images while they are read: which were looked through, which left out, and why."""

from collections import Counter
from dataclasses import dataclass, field

import numpy as np

from tlbook.datasets.provenance import count
from tlbook.errors import BadInput


class NoClasses(BadInput):
    """Folders that name no classes; labels may stand elsewhere."""


@dataclass
class Tree:
    """Images by the folders they are in, changed step by step.

    Attributes
    ----------
    names : tuple of str
        POSIX paths.
    ways : list of tuple of str, or None
        Of each image, the folders that lead to it, less those looked through; None for one left out.
    bare : set of tuple of str
        The folders that may be classes, with or without images.
    exclude : tuple of str
        Folders to leave out, among classes.
    left_out : list of str
        One line for what was left out.
    settled : set of str
        Those of ``exclude`` that were no classes.
    """

    names: tuple
    ways: list
    bare: set
    exclude: tuple = ()
    left_out: list = field(default_factory=list)
    settled: set = field(default_factory=set)

    def children(self, prefix=()):
        """Return the folders with images in a folder, sorted."""
        depth = len(prefix)
        return sorted({way[depth] for way in self.ways if way and len(way) > depth and way[:depth] == prefix})

    def list_inside(self, prefix=()):
        """Return the folders with images in each folder of a folder, dict of sorted lists: in one pass over all."""
        depth, found = len(prefix), {}
        for way in self.ways:
            if way and len(way) > depth and way[:depth] == prefix:
                found.setdefault(way[depth], set()).update(way[depth + 1 : depth + 2])
        return {name: sorted(found[name]) for name in sorted(found)}

    def count_direct(self, prefix=()):
        """Count the images that lie in a folder itself."""
        return sum(way == prefix for way in self.ways)

    def find(self, prefix):
        """Return the indices of the images in a folder, at any depth."""
        depth = len(prefix)
        return [index for index, way in enumerate(self.ways) if way is not None and way[:depth] == prefix]

    def look_through(self, *prefixes):
        """Take folders, all of one depth, away from the way to their images."""
        depth, chosen = len(prefixes[0]), set(prefixes)

        def shorten(way):
            return way[: depth - 1] + way[depth:] if way is not None and way[:depth] in chosen else way

        self.ways = [shorten(way) for way in self.ways]
        self.bare = {shorten(way) for way in self.bare} - {()}

    def leave_out(self, prefix, reason):
        """Leave a folder out."""
        indices = self.find(prefix)
        self.left_out.append(f"{count(len(indices), 'image')} in the folder {'/'.join(prefix)!r}: {reason}")
        for index in indices:
            self.ways[index] = None
        self.bare = {way for way in self.bare if way[: len(prefix)] != prefix}

    def leave_out_images(self, indices, folders, reason):
        """Leave images out, told in one line; ``folders`` names where they are."""
        if indices:
            shown = ", ".join(repr(name) for name in folders[:3]) + (", …" if len(folders) > 3 else "")
            self.left_out.append(f"{count(len(indices), 'image')} ({shown}): {reason}")
        for index in indices:
            self.ways[index] = None


def plant_tree(names, folders, exclude=()):
    """Return the tree of images and folders as they are."""
    ways = [tuple(name.split("/")[:-1]) for name in names]
    return Tree(tuple(names), ways, {tuple(folder.split("/")) for folder in folders}, tuple(exclude))


def settle(tree, prefix, message):
    """Leave a folder out that ``exclude`` names; refuse it otherwise."""
    if prefix[-1] not in tree.exclude:
        raise BadInput(message)
    tree.leave_out(prefix, "excluded")
    tree.settled.add(prefix[-1])


def list_folders(names):
    """Name folders in a message, the first six of them."""
    return ", ".join(repr(name) for name in names[:6]) + (", …" if len(names) > 6 else "")


def repeats_content(tree, prefix, fingerprint):
    """Tell whether every image of a folder is somewhere else too, byte for byte."""
    if fingerprint is None:
        return False
    inside = tree.find(prefix)
    others = [index for index, way in enumerate(tree.ways) if way and way[: len(prefix)] != prefix]
    known = Counter(fingerprint(index) for index in others)
    return all(fingerprint(index) in known for index in inside)


def stack_text(values):
    """Return text as an array of str, also where there is none."""
    return np.array(values, dtype=str)

"""What the names of folders and columns say: splits, pictures, drawings of pictures."""

import re
from typing import NamedTuple

SPLITS = {"train": "train", "training": "train", "val": "val", "valid": "val", "validation": "val", "dev": "val"}
SPLITS |= {"test": "test", "testing": "test", "eval": "test", "evaluation": "test"}
UNLABELLED = "unlabelled"
HEAPS = {"pred", "predict", "prediction", "predictions", "unlabelled", "unlabeled", "submission"}
PICTURES = {"image", "images", "img", "imgs", "pic", "pics", "jpg", "jpgs", "jpeg", "jpegs", "png", "pngs", "tif"}
PICTURES |= {"tiff", "jpegimages", "data", "dataset", "datasets"}
FILLERS = PICTURES | {"set", "sets", "split", "folder", "samples", "pictures", "photos", "all", "raw", "resized"}
MARKS = {"mask", "masks", "annotation", "annotations", "segmentation", "segmentations", "label", "labels", "gt"}
MARKS |= {"groundtruth", "bbox", "bboxes", "xml", "xmls", "contour", "contours", "trimap", "trimaps", "heatmap"}
MARKS |= {"heatmaps", "overlay", "overlays"}
ABOUT_MARKS = FILLERS | {"binary", "manual", "semantic", "instance", "class", "object", "pixel", "ground", "truth"}
RENDITIONS = {"color", "colour", "grayscale", "greyscale", "gray", "grey", "rgb", "segmented", "augmented"}
RENDITIONS |= {"original", "originals", "cropped", "resized"}
PART = re.compile(r"(^|[\W_])(part|batch|chunk|fold|shard)[\W_]*\d+$", re.IGNORECASE)
COPY = re.compile(
    r"^(?:(?:copy of|kopie von|copie de|copia de) (.+)"
    r"|(.+?)(?: \(\d+\)|[ _-]+(?:copy|kopie|copie|copia)(?:[ _]\(?\d+\)?)?))$",
    re.IGNORECASE,
)
MARK_WORD = re.compile("mask|segmentation|annotation|label|gt|trimap", re.IGNORECASE)
MARK_SUFFIX = re.compile(
    r"^(.+?)[ _.-]*(masks?|segmentation|annotations?|labels?|gt|trimap)([ _.-]?\d+)?$", re.IGNORECASE
)


class SplitName(NamedTuple):
    """The split that a folder's name says, and what else is in the name."""

    split: str
    rest: tuple


def list_tokens(name):
    """Take a name apart into its words, lower case, without numbers: ``SegTrain_01`` gives seg, train."""
    parted = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name)
    tokens = re.findall(r"[^\W\d_]+", parted.lower())
    return [token.removesuffix("set") if token.removesuffix("set") in SPLITS else token for token in tokens]


def read_split(name):
    """Return the split that a folder's name says, None where it says none, or two."""
    tokens = [token for token in list_tokens(name) if token not in FILLERS]
    found = {SPLITS.get(token, UNLABELLED) for token in tokens if token in SPLITS or token in HEAPS}
    if len(found) != 1 or not any(token in SPLITS or token in HEAPS for token in (tokens[0], tokens[-1])):
        return None
    return SplitName(found.pop(), tuple(token for token in tokens if token not in SPLITS and token not in HEAPS))


def is_picture_folder(name):
    """Tell a folder that only says that it holds pictures, or a numbered part of them."""
    tokens = list_tokens(name)
    plain = any(token in PICTURES for token in tokens) and all(token in FILLERS for token in tokens)
    return plain or bool(PART.search(name))


def is_mark_folder(name):
    """Tell a folder of masks, annotations or other drawings of the pictures."""
    tokens = list_tokens(name)
    if {"ground", "truth"} <= set(tokens):
        tokens.append("groundtruth")
    return any(token in MARKS for token in tokens) and all(token in MARKS | ABOUT_MARKS for token in tokens)


def is_mark_inside(name):
    """Tell a folder of masks inside a class, where its name may hold more, as in ``cat_masks``."""
    tokens = list_tokens(name)
    worn = {"no", "with", "without", "wearing", "incorrect"} & set(tokens)  # masks on faces
    return is_mark_folder(name) or bool(tokens and tokens[-1] in MARKS and not worn)


def is_rendition(name):
    """Tell a folder that says how its pictures were made: in colour, augmented."""
    tokens = list_tokens(name)
    return any(token in RENDITIONS for token in tokens) and all(token in RENDITIONS | FILLERS for token in tokens)


def is_negated(name, others):
    """Tell whether another name holds this one with more, as ``no_mask`` holds ``mask``: then it is a class."""
    return any(other.lower() != name.lower() and other.lower().endswith(name.lower()) for other in others)


def name_original(name):
    """Return the name of the folder that this one is a copy of, as file managers name copies; else None."""
    found = COPY.match(name)
    return (found[1] or found[2]) if found else None

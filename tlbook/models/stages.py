"""Cut a backbone into an ordered stem, blocks and top, whatever its architecture."""

import itertools
import re
from collections import Counter

from tlbook.runtime import import_keras

# how the networks at hand name the layers of one block; what no pattern names is stem (before) or top (after)
BLOCK_NAMES = re.compile(
    r"stage_?\d+_block_?\d+|downsampling_block_\d+|conv\d+_block\d+|expanded_conv_\d+|block_?\d+[a-z]?(?:_\d+(?=_))?"
    r"|mixed_?\d+[a-z]?|pool[2-9]|(?<=conv_dw_)\d+|(?<=conv_pw_)\d+|(?<=conv_pad_)\d+"
)
# cells of a network that no single tensor ever cuts, by the end of the names of their layers with weights
CELL_NAMES = re.compile(r"_(stem_\d+|reduce_\d+|\d+)$")
NO_STAGE = ("pixels", "preprocessing", "rescale")


def cut_stages(backbone):
    """Group the layers of a backbone into stages that one tensor alone connects.

    Everything after the border of a stage depends on a single tensor, so that the stages below can be frozen, run
    once and cached. Between such borders the layers' own names tell the blocks; where no name tells any, each layer or
    branching with weights is one. NASNet's cells look two cells back: it has no border after its stem.

    Parameters
    ----------
    backbone : keras.Model
        Functional.

    Returns
    -------
    tuple of (str, tuple of str)
        Name and layer names of every stage, from ``stem`` to ``top``; input and preprocessing are in none.

    Examples
    --------
    >>> import tlbook as tl
    >>> stages = cut_stages(tl.load_source("random", image_size=32).backbone)
    >>> stages[0][0], stages[-1][0]
    ('stem', 'top')
    """
    layers = {layer.name for layer in backbone.layers} - set(NO_STAGE)
    segments = [[name for name in segment if name in layers] for segment in cut_segments(backbone)]
    segments = [segment for segment in segments if segment]
    blocks = [_name_block(segment) for segment in segments]
    last = max((i for i, block in enumerate(blocks) if block), default=-1)
    if last < 0:
        blocks = _count_blocks(segments, _list_heavy(backbone))
        last = len(blocks)
    stages = {}
    current = "stem"
    for i, (segment, block) in enumerate(zip(segments, blocks, strict=True)):
        if i > last >= 0:
            current = "top"
        elif block and block not in stages:
            current = block
        stages.setdefault(current, []).extend(segment)
    return tuple((name, tuple(names)) for name, names in stages.items())


def list_blocks(backbone, stages):
    """List the blocks that a depth is counted in: stages that have weights besides those of normalisations.

    A stage without such weights (a last normalisation, a pooling) goes with the block below it. A network of one stage
    alone (NASNet) has its cells for blocks: they can be frozen like any, but more than one tensor goes between them.

    Parameters
    ----------
    backbone : keras.Model
        Of a source.
    stages : tuple of (str, tuple of str)
        Of that source.

    Returns
    -------
    tuple of (str, tuple of str)
        Name and layer names of every block, from the stem to the top.

    Examples
    --------
    >>> import tlbook as tl
    >>> source = tl.load_source("random", image_size=32)
    >>> [name for name, _ in list_blocks(source.backbone, source.stages)][:3]
    ['stem', 'stage1_block1', 'stage1_block2']
    """
    heavy, blocks = _list_heavy(backbone), []
    for name, names in _cut_cells(backbone) if len(stages) == 1 else stages:
        if blocks and not heavy.intersection(names):
            blocks[-1] = (blocks[-1][0], (*blocks[-1][1], *names))
        else:
            blocks.append((name, tuple(names)))
    return tuple(blocks)


def _list_heavy(backbone):
    """Return the names of the layers with weights other than those of normalisations."""
    layers = import_keras().layers
    normalisations = (
        layers.BatchNormalization, layers.GroupNormalization, layers.LayerNormalization, layers.Normalization,
    )  # fmt: skip
    return {layer.name for layer in backbone.layers if layer.weights and not isinstance(layer, normalisations)}


def _count_blocks(segments, heavy):
    """Name a block where a segment has heavy layers, None elsewhere; none at all where one segment has most of them."""
    counts = [len(heavy.intersection(segment)) for segment in segments]
    if 2 * max(counts, default=0) > sum(counts):
        return [None] * len(segments)
    numbers = itertools.accumulate(map(bool, counts))
    return [f"block_{n - 1}" if count and n > 1 else None for n, count in zip(numbers, counts, strict=True)]


def _cut_cells(backbone):
    """Group the layers with weights by the cell that their names end in."""
    cells = {}
    for layer in backbone.layers:
        if layer.weights:
            match = CELL_NAMES.search(layer.name)
            cells.setdefault(match[1] if match else "stem", []).append(layer.name)
    return [(f"cell_{cell}" if cell.isdigit() else cell, names) for cell, names in cells.items()]


def _name_block(segment):
    """Return the block that most layers of a segment name, or None."""
    found = Counter(match.group() for name in segment if (match := BLOCK_NAMES.search(name)))
    if not found:
        return None
    block = found.most_common(1)[0][0]
    return f"block_{block}" if block.isdigit() else block


def cut_segments(backbone):
    """List the operations' names, cut wherever only one tensor is still needed."""
    operations = backbone.operations
    order = {id(operation): i for i, operation in enumerate(operations)}
    last_use = [0] * len(operations)
    for i, operation in enumerate(operations):
        for tensor in list_inputs(operation):
            source = order[id(tensor._keras_history.operation)]
            last_use[source] = max(last_use[source], i)
    segments, current, needed_until = [], [], 0
    for i, operation in enumerate(operations):
        current.append(operation.name)
        if needed_until <= i:  # nothing made before this operation is used after it
            segments.append(current)
            current = []
        needed_until = max(needed_until, last_use[i])
    return [*segments, current] if current else segments


def list_inputs(operation):
    """Return the tensors that an operation works on; none of an input."""
    if not operation._inbound_nodes:
        return []
    return operation._inbound_nodes[0].input_tensors if operation._inbound_nodes[0].parent_nodes else []

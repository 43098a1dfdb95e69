"""Features of a frozen source at every depth: what each stage of the network has to say about an image."""

from functools import lru_cache

import numpy as np

from tlbook.models.prediction import predict_padded
from tlbook.models.stages import list_blocks
from tlbook.runtime import import_keras


def extract_stage_features(source, images, *, batch_size=64):
    """Run a source once over images and average the activations after each of its blocks over all places.

    Parameters
    ----------
    source : SourceModel
        Stays as it is.
    images : numpy.ndarray
        uint8, (n, image_size, image_size, 3), 0-255.
    batch_size : int
        Images at a time.

    Returns
    -------
    dict of str to numpy.ndarray
        By the name of each block, from ``stem`` to ``top``: float32, (n, channels of that block).

    Examples
    --------
    >>> import numpy as np
    >>> import tlbook as tl
    >>> images = np.zeros((2, 32, 32, 3), np.uint8)
    >>> features = extract_stage_features(tl.load_source("random", image_size=32), images)
    >>> [(name, values.shape) for name, values in features.items()][-2:]
    [('stage4_block2', (2, 128)), ('top', (2, 768))]
    """
    model, names, stops = _stage_model(source.backbone, source.stages)
    starts = range(0, len(images), batch_size)
    found = np.concatenate([predict_padded(model, images[i : i + batch_size], batch_size) for i in starts])
    return dict(zip(names, np.split(found, stops[:-1], axis=1), strict=True))


@lru_cache(maxsize=3)
def _stage_model(backbone, stages):
    """Keep the last models, with the names and the last channels of their blocks: one trace serves all images."""
    layers, ends = import_keras().layers, {name: names[-1] for name, names in list_blocks(backbone, stages)}
    pooled = [layers.GlobalAveragePooling2D()(backbone.get_layer(layer).output) for layer in ends.values()]
    model = import_keras().Model(backbone.input, layers.Concatenate()(pooled))  # one output
    return model, tuple(ends), np.cumsum([part.shape[-1] for part in pooled])

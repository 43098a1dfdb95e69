"""Features of a frozen source at every depth: what each stage of the network has to say about an image."""

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
    keras = import_keras()
    ends = {name: names[-1] for name, names in list_blocks(source.backbone, source.stages)}
    pool = keras.layers.GlobalAveragePooling2D
    outputs = [pool()(source.backbone.get_layer(layer).output) for layer in ends.values()]
    model = keras.Model(source.backbone.input, outputs)
    return dict(zip(ends, model.predict(images, batch_size=batch_size, verbose=0), strict=True))

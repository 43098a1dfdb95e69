"""A universal template: shared convolutions, a set of scales and shifts a source domain, and how to blend the sets.

After FLUTE, Triantafillou et al. 2021, arXiv:2105.07029. What is theirs, by its name there:

* *Universal template* and *FiLM parameters* (section 3): every weight but scale and shift of batch normalisation is
  shared by all source data sets; each has a set of these two of its own. All are trained jointly, each data set under a
  cosine classifier of its own.
* *Blender* (section 3): a data-set classifier, permutation-invariant in a task's images, whose softmax over the source
  data sets weighs their FiLM parameters into a start for a new task. Theirs has an encoder of its own; ours is a
  linear layer on the mean features of the template under the even blend.
* *Learning a new task* (section 3): a few steps of Adam on scale and shift alone, and a classifier of nearest
  centroids by cosine similarity. Images are normalised by the statistics of the task's labelled images, as in the
  authors' code.
"""

import hashlib
import io
import zipfile
from dataclasses import dataclass

import numpy as np

from tlbook.datasets.cards import load_card
from tlbook.errors import BadInput
from tlbook.files import hash_file
from tlbook.models.adapters import list_batch_norm
from tlbook.models.classifiers import build_feature_model
from tlbook.models.heads import LogisticHead
from tlbook.models.networks import build_compact_resnet, load_weights
from tlbook.models.prediction import predict_padded
from tlbook.runtime import data_dir

NAME = "template"
COSINE_SCALE = 10.0
BLENDER_C = 0.01  # inverse of its regularisation strength: small, so that blends stay soft
BATCH_SIZE = 32
MOST_IMAGES = 512  # in one step on scale and shift


@dataclass(frozen=True)
class Template:
    """A universal template: what all tasks share, and what each source domain has of its own.

    Attributes
    ----------
    backbone : keras.Model
        Raw pixels, (n, size, size, 3), 0-255, to a feature map; its normalisations hold the even blend of all sets.
    sets : dict of str to numpy.ndarray
        By layer of BatchNormalization float32, (domains, 4, channels): scale, shift, mean and variance.
    features : keras.Model
        The backbone and its pooling: raw pixels to features, (n, 768).
    blender : LogisticHead
        Of the domains, on the mean of the features of a set of images.
    domains : tuple of str
        Names of the source domains.
    """

    backbone: object
    sets: dict
    features: object
    blender: LogisticHead
    domains: tuple[str, ...]


def load_template(image_size: int | None = None) -> Template:
    """Load the embedded template.

    Parameters
    ----------
    image_size : int, optional
        Pixels a side that the backbone takes; None takes any.

    Returns
    -------
    Template

    Raises
    ------
    BadInput
        A file is not the one on the card.

    References
    ----------
    Triantafillou et al. 2021, FLUTE, arXiv:2105.07029.

    Examples
    --------
    >>> template = load_template(64)
    >>> len(template.sets), template.domains[:2]
    (21, ('fractals', 'textures'))
    """
    facts = load_card(NAME).facts
    paths = [_find_file(facts[part]) for part in ("weights", "sets")]
    backbone = build_compact_resnet(image_size)
    load_weights(backbone, paths[0])
    with np.load(paths[1]) as stored:
        sets = {layer.name: stored[f"sets/{layer.name}"] for layer in list_batch_norm(backbone)}
        blender = LogisticHead(stored["blender/kernel"], stored["blender/bias"], BLENDER_C)
    return Template(backbone, sets, build_feature_model(backbone), blender, tuple(facts["domains"]))


def _find_file(facts):
    path = data_dir() / facts["file"]
    if not path.is_file() or hash_file(path) != facts["sha256"]:
        raise BadInput(f"{path} is not the file on the card of {NAME} (its sha256 differs); restore it")
    return path


def weigh_domains(template: Template, images: np.ndarray) -> np.ndarray:
    """Say which source domains a set of images resembles: the blender's softmax (section 3 of the paper).

    Parameters
    ----------
    template : Template
    images : numpy.ndarray
        Raw pixels, uint8 or float32, (n, size, size, 3), 0-255, of the template's size: the labelled images of a task.

    Returns
    -------
    numpy.ndarray
        float32, (domains,); they sum to 1. The order of the images does not matter.

    References
    ----------
    Triantafillou et al. 2021, FLUTE, arXiv:2105.07029; Zaheer et al. 2017, on functions of sets, arXiv:1703.06114.

    Examples
    --------
    >>> weights = weigh_domains(load_template(64), np.zeros((5, 64, 64, 3), np.uint8))
    >>> weights.shape, bool(np.isclose(weights.sum(), 1))
    ((6,), True)
    """
    starts = range(0, len(images), BATCH_SIZE)
    features = [predict_padded(template.features, images[i : i + BATCH_SIZE], BATCH_SIZE) for i in starts]
    return template.blender.predict(np.concatenate(features).mean(0, keepdims=True))[0]


def blend_sets(sets: dict, weights: np.ndarray) -> dict:
    """Blend sets into one: scales and shifts by their weighted mean, statistics by the moments of the mixture.

    Parameters
    ----------
    sets : dict of str to numpy.ndarray
        As :class:`Template` has them: float32, (domains, 4, channels).
    weights : array_like
        (domains,), at least 0; they sum to 1. One of them 1 and the others 0 gives that domain's own set.

    Returns
    -------
    dict of str to list of numpy.ndarray
        By layer, the four weights of a BatchNormalization in the order of Keras, float32, (channels,).

    References
    ----------
    Triantafillou et al. 2021, FLUTE, arXiv:2105.07029.

    Examples
    --------
    >>> sets = {"bn": np.array([[[1.0], [0.0], [0.0], [1.0]], [[3.0], [2.0], [0.0], [1.0]]], np.float32)}
    >>> [float(v[0]) for v in blend_sets(sets, [0.5, 0.5])["bn"]]
    [2.0, 1.0, 0.0, 1.0]
    """
    weights, mixed = np.asarray(weights, np.float32), {}
    for name, values in sets.items():
        gamma, beta, mean = (weights @ values[:, i] for i in range(3))
        square = weights @ (values[:, 3] + values[:, 2] ** 2)
        mixed[name] = [gamma, beta, mean, np.maximum(square - mean**2, 0)]
    return mixed


def save_sets(sets, blender, path):
    """Write sets and blender in an ``.npz`` file, equal bytes for equal weights; return its SHA-256.

    Variances leave half precision's range, so that all, which is small, keeps its digits.
    """
    arrays = {f"sets/{name}": values.astype(np.float32) for name, values in sets.items()}
    arrays |= {"blender/kernel": blender.kernel, "blender/bias": blender.bias}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        for name, value in arrays.items():
            member = io.BytesIO()
            np.save(member, value)
            archive.writestr(zipfile.ZipInfo(f"{name}.npy", (1980, 1, 1, 0, 0, 0)), member.getvalue())
    return hashlib.sha256(path.read_bytes()).hexdigest()

"""What the teachers' features become for the student: principal components and soft labels."""

import numpy as np

from tlbook.runtime import mirror_dir

TOP_FILE = "mobilenet_7_5_224_tf.h5"


def project_features(features, num_components):
    """Standardise features, (views, n, channels), and keep their first principal components, mean length 1."""
    sample = np.asarray(features[0, ::5], np.float32)
    mean, scale = sample.mean(0), sample.std(0) + 1e-3
    sample = (sample - mean) / scale
    _, vectors = np.linalg.eigh(sample.T @ sample / len(sample))
    basis = vectors[:, ::-1][:, :num_components]
    out = np.empty((*features.shape[:2], num_components), np.float16)
    length = np.linalg.norm(sample @ basis, axis=-1).mean()
    for view, block in enumerate(features):
        for start in range(0, len(block), 8192):
            part = slice(start, start + 8192)
            out[view, part] = (np.asarray(block[part], np.float32) - mean) / scale @ basis / length
    return out


def read_classifier():
    """Read the 1,000-class top of ImageNet MobileNet-0.75: kernel, (768, 1000), and bias."""
    import h5py

    found = {}
    with h5py.File(mirror_dir() / "weights" / TOP_FILE, "r") as file:

        def visit(name, item):
            if isinstance(item, h5py.Dataset) and "conv_preds" in name:
                found["kernel" if item.ndim == 4 else "bias"] = np.asarray(item, np.float32)

        file.visititems(visit)
    return found["kernel"][0, 0], found["bias"]


def soften_labels(features, kernel, bias):
    """Turn pooled features, (n, 768), into the classifier's probabilities, (n, 1000), float32."""
    logits = features.astype(np.float32) @ kernel + bias
    logits -= logits.max(-1, keepdims=True)
    odds = np.exp(logits)
    return odds / odds.sum(-1, keepdims=True)

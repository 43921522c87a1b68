"""Label noise that depends on the image."""

import numpy as np

from lnl_sr_tf.errors import InputError

_DEVIATION = 0.1
_CHUNK = 4096


def instance_noise(images, labels, rate, seed, num_classes=None):
    """Labels whose chance to be wrong, and what they become, depend on the image.

    Example n is flipped with probability q_n, drawn from a normal distribution of mean
    η and deviation 0.1 truncated to [0, 1]. What it becomes is drawn from
    softmax(x_n W_y) without its own class, where W_y is a random matrix, one for each
    class, with standard normal entries, and x_n the image as a vector of mean 0 and
    deviation 1. Such scores are far apart, so that the image all but determines what it
    is taken for. Xia et al., "Part-dependent Label Noise: Towards
    Instance-dependent Label Noise" (NeurIPS 2020), Algorithm 2.

    Args:
        images: uint8, shape (n, height, width, channels).
        labels: true labels, integers in [0, k), shape (n,).
        rate: η in [0, 1), the mean noise rate.
        seed: an integer ≥ 0, or a `numpy.random.Generator`, which is moved on.
        num_classes: k; by default one more than the largest label.

    Returns:
        Given labels, int64, shape (n,).

    Raises:
        InputError: if the rate is out of range, there are fewer than two classes, or
            images and labels do not belong together.

    Example:
        >>> given = instance_noise(data.train_images, data.clean_labels, 0.4, seed=1)
    """
    labels = np.asarray(labels)
    if len(images) != len(labels):
        raise InputError(
            f"instance noise needs an image for each label; received {len(images)} "
            f"images and {len(labels)} labels"
        )
    if not 0 <= rate < 1:
        raise InputError(f"a noise rate must be in [0, 1); received {rate}")
    classes = num_classes or int(labels.max(initial=0)) + 1
    if classes < 2:
        raise InputError(f"label noise needs at least 2 classes; received {classes}")
    if rate == 0:
        return labels.astype(np.int64)
    rng = np.random.default_rng(seed)
    flip = _truncated_normal(rng, rate, len(labels))
    size = int(np.prod(images.shape[1:]))
    given = labels.astype(np.int64)
    for label in range(classes):
        # Of every class, also of one without examples, so that no class's matrix
        # depends on how many another has.
        matrix = rng.standard_normal((size, classes), dtype=np.float32)
        members = np.flatnonzero(labels == label)
        for start in range(0, len(members), _CHUNK):
            chunk = members[start : start + _CHUNK]
            scores = _vectors(images[chunk]) @ matrix
            scores[:, label] = -np.inf
            # The largest of score plus Gumbel noise is a draw from the softmax.
            scores += rng.gumbel(size=scores.shape)
            wrong = rng.random(len(chunk)) < flip[chunk]
            given[chunk[wrong]] = scores[wrong].argmax(axis=1)
    return given


def _truncated_normal(rng, mean, count):
    """Draws from a normal distribution that are redrawn while outside [0, 1]."""
    values = rng.normal(mean, _DEVIATION, count)
    while (outside := (values < 0) | (values > 1)).any():
        values[outside] = rng.normal(mean, _DEVIATION, int(outside.sum()))
    return values


def _vectors(images):
    """Images as float32 rows of mean 0 and deviation 1."""
    rows = images.reshape(len(images), -1).astype(np.float32)
    rows -= rows.mean(axis=1, keepdims=True)
    return rows / np.maximum(rows.std(axis=1, keepdims=True), 1e-6)

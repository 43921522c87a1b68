"""Labels drawn as the code behind published numbers draws them, set by set."""

import numpy as np
from numpy.typing import ArrayLike

from lnl_sr_tf import validation
from lnl_sr_tf.errors import InputError
from lnl_sr_tf.noise.corrupt import corrupt
from lnl_sr_tf.noise.matrices import (
    NUM_CLASSES,
    matrix_of_map,
    noise_matrix,
    symmetric_matrix,
)

# A share of every class, rounded down to a whole number; all others label by label.
_BY_CLASS = (("cifar10", "sym"), ("cifar100", "sym"))
# In this order, each among those labelled so by then: truck→automobile, bird→airplane,
# cat→dog, dog→cat, deer→horse.
_IN_TURN = {("cifar10", "asym"): ((9, 1), (2, 0), (3, 5), (5, 3), (4, 7))}


def published_noise(
    labels: ArrayLike,
    dataset: str,
    kind: str,
    rate: float,
    seed: int | np.random.Generator,
) -> np.ndarray:
    """Labels drawn by the law of the code behind published numbers.

    That of Zhou et al. (ICCV 2021) and, for CIFAR, of Ma et al., "Normalized Loss
    Functions for Deep Learning with Noisy Labels" (ICML 2020); pairflip is that of Han
    et al., "Co-teaching" (NeurIPS 2018):

    - MNIST, CIFAR-100's asymmetric noise, and pairflip: each label on its own;
    - symmetric noise of CIFAR-10 and CIFAR-100: ⌊⌊n η⌋ / k⌋ labels of each class, n the
      size of the whole set;
    - asymmetric noise of CIFAR-10: ⌊n η⌋ of the n labels of a class, one class after
      the other, so that cats already labelled as dogs are drawn as dogs again: in the
      end η (1 − η) of the cats are wrong, and not η.

    The law is theirs, the labels are not: their generators read the images in another
    order.

    Args:
        labels: true labels, integers in [0, k), shape (n,).
        dataset: `"mnist"`, `"cifar10"` or `"cifar100"`.
        kind: `"sym"`, `"asym"` or `"pairflip"`.
        rate: the noise rate η in [0, 1).
        seed: an integer ≥ 0, or a `numpy.random.Generator`, which is moved on.

    Returns:
        Given labels, int64, shape (n,). The input is left as it is.

    Raises:
        InputError: if the rate is out of range, nothing was published for the set or
            the kind, or a class has fewer labels than are to be moved.

    Example:
        given = published_noise(clean, "cifar10", "sym", 0.4, seed=1)
    """
    _check(dataset, kind)
    labels = validation.labels("labels", labels, NUM_CLASSES[dataset])
    rng = np.random.default_rng(seed)
    if (dataset, kind) in _BY_CLASS:
        return _by_class(labels, NUM_CLASSES[dataset], rate, rng)
    if (dataset, kind) in _IN_TURN:
        noise_matrix(kind, dataset, NUM_CLASSES[dataset], rate)  # checks the rate
        return _in_turn(labels, _IN_TURN[dataset, kind], rate, rng)
    matrix = noise_matrix(kind, dataset, NUM_CLASSES[dataset], rate)
    return corrupt(labels, matrix, rng, exact=False)


def published_matrix(dataset: str, kind: str, rate: float) -> np.ndarray:
    """The transition matrix of what `published_noise` draws.

    Args:
        dataset: `"mnist"`, `"cifar10"` or `"cifar100"`.
        kind: `"sym"`, `"asym"` or `"pairflip"`.
        rate: the noise rate η in [0, 1).

    Returns:
        float64 array of shape (k, k), whose rows sum to 1.

    Raises:
        InputError: as `published_noise`.

    Example:
        >>> published_matrix("cifar10", "asym", 0.4)[3, [3, 5]]
        array([0.76, 0.24])
    """
    _check(dataset, kind)
    matrix = noise_matrix(kind, dataset, NUM_CLASSES[dataset], rate)
    if (dataset, kind) in _IN_TURN:
        matrix = np.eye(len(matrix))
        for source, target in _IN_TURN[dataset, kind]:
            matrix = matrix @ matrix_of_map(len(matrix), rate, {source: target})
    return matrix


def _by_class(labels, num_classes, rate, rng):
    others = symmetric_matrix(num_classes, rate) * (1.0 - np.eye(num_classes))
    number = int(int(rate * len(labels)) / num_classes)
    given = labels.copy()
    if not number:
        return given
    others /= others.sum(axis=1, keepdims=True)
    for label in range(num_classes):
        members = np.flatnonzero(labels == label)
        if len(members) < number:
            raise InputError(
                f"--noise_draw=published moves {number} labels of each class, and "
                f"class {label} has {len(members)}; expected classes of one size, or "
                "--noise_draw=exact"
            )
        chosen = rng.choice(members, number, replace=False)
        given[chosen] = corrupt(labels[chosen], others, rng, exact=False)
    return given


def _in_turn(labels, pairs, rate, rng):
    given = labels.copy()
    for source, target in pairs:
        members = np.flatnonzero(given == source)
        number = int(rate * len(members))
        given[rng.choice(members, number, replace=False)] = target
    return given


def _check(dataset, kind):
    if dataset not in NUM_CLASSES or kind not in ("sym", "asym", "pairflip"):
        raise InputError(
            f"--noise_draw=published: received the noise {kind!r} of {dataset!r}; "
            "expected sym, asym or pairflip of mnist, cifar10 or cifar100, or instance "
            "noise, of which published code is followed; use --noise_draw=exact or "
            "random"
        )

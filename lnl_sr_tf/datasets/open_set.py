"""Open-set noise: images of none of the classes, under labels as before."""

import numpy as np

from lnl_sr_tf.datasets.images.image_files import ImageFiles
from lnl_sr_tf.errors import InputError


def open_set_images(images, labels, eligible, foreign_images, rate, seed):
    """Images of which a share of every class is replaced by those of another set.

    Wang et al., "Iterative Learning with Open-set Noisy Labels" (CVPR 2018).

    Args:
        images: uint8, shape (n, height, width, channels), an array or `ImageFiles`.
        labels: given labels, integers, shape (n,).
        eligible: boolean, shape (n,): the examples that may be replaced.
        foreign_images: of the same kind, size and channels, shape (l, …).
        rate: share in [0, 1) of each class.
        seed: an integer ≥ 0, or a `numpy.random.Generator`, which is moved on.

    Returns:
        The images, and a boolean array of shape (n,) that says which are foreign.

    Raises:
        InputError: if the rate is out of range, the images do not fit, or a class has
            too few eligible examples.

    Example:
        >>> mixed, foreign = open_set_images(x, y, y >= 0, textures, 0.2, seed=1)
    """
    if not 0 <= rate < 1:
        raise InputError(f"an open-set rate must be in [0, 1); received {rate}")
    kinds = [type(part) is ImageFiles for part in (images, foreign_images)]
    if images.shape[1:] != foreign_images.shape[1:] or kinds[0] != kinds[1]:
        raise InputError(
            "open-set images must be as those that they replace: expected "
            f"{_kind(images)}; received {_kind(foreign_images)}"
        )
    rng = np.random.default_rng(seed)
    foreign = np.zeros(len(labels), bool)
    for label in np.unique(labels):
        members = np.flatnonzero((labels == label) & eligible)
        count = round(rate * int((labels == label).sum()))
        if count > len(members):
            raise InputError(
                f"an open-set rate of {rate:g} takes {count} examples of class "
                f"{label}, "
                f"of which {len(members)} have the right label; a smaller one would do"
            )
        foreign[rng.permutation(members)[:count]] = True
    chosen = _each_before_any_twice(rng, len(foreign_images), int(foreign.sum()))
    if kinds[0]:
        made = images.take(np.arange(len(images)))
        made.paths[foreign] = foreign_images.paths[chosen]
        made.known = images.known and foreign_images.known
        made.bits = _bits(images, foreign_images)
    else:
        made = images.copy()
        made[foreign] = foreign_images[chosen]
    return made, foreign


def _bits(images, foreign_images):
    """Of which the values in PNGs of 16 bits are, of both together."""
    one, other = images.bits, foreign_images.bits
    if one is not None and other is not None and one != other:
        raise InputError(
            f"open-set images must be as those that they replace: expected PNGs of 16 "
            f"bits that use {one}; received such that use {other}"
        )
    return other if one is None else one


def _each_before_any_twice(rng, size, count):
    rounds = [rng.permutation(size) for _ in range(-(-count // size))]
    return np.concatenate([np.zeros(0, np.int64), *rounds])[:count]


def _kind(images):
    height, width, channels = images.shape[1:]
    where = "read from files" if isinstance(images, ImageFiles) else "in memory"
    return f"{height}×{width} pixels, {channels} channels, {where}"

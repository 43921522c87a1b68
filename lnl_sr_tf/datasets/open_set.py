"""Open-set noise: images of none of the classes, under labels as before."""

import dataclasses
import os

import numpy as np

from lnl_sr_tf.datasets.fields import AnyDataset
from lnl_sr_tf.datasets.images.image_files import ImageFiles, Images
from lnl_sr_tf.errors import InputError


def open_set_images(
    images: Images,
    labels: np.ndarray,
    eligible: np.ndarray,
    foreign_images: Images,
    rate: float,
    seed: int | np.random.Generator,
) -> tuple[Images, np.ndarray]:
    """Images of which a share of every class is replaced by those of another dataset.

    Wang et al., "Iterative Learning with Open-set Noisy Labels" (CVPR 2018).

    Args:
        images: uint8, shape (n, height, width, channels).
        labels: given labels, integers, shape (n,).
        eligible: boolean, shape (n,): the examples that may be replaced.
        foreign_images: of the same type, size and channels, shape (l, …).
        rate: share in [0, 1) of each class.
        seed: ≥ 0, or a generator, which is moved on.

    Returns:
        The images, and which of them are foreign, boolean, shape (n,).

    Raises:
        InputError: if the rate is out of range, the images do not fit, or a class has
            too few eligible examples.

    Example:
        >>> x, y = np.zeros((10, 8, 8, 1), np.uint8), np.zeros(10, int)
        >>> mixed, foreign = open_set_images(x, y, y == 0, x + 255, 0.2, seed=1)
        >>> int(foreign.sum()), float(mixed.mean())
        (2, 51.0)
    """
    if not 0 <= rate < 1:
        raise InputError(f"an open-set rate must be in [0, 1); received {rate}")
    if images.shape[1:] != foreign_images.shape[1:] or type(images) is not type(
        foreign_images
    ):
        raise InputError(
            "open-set images must be like those that they replace: expected "
            f"{_described(images)}; received {_described(foreign_images)}"
        )
    rng = np.random.default_rng(seed)
    foreign = np.zeros(len(labels), bool)
    for label in np.unique(labels):
        members = np.flatnonzero((labels == label) & eligible)
        count = round(rate * int((labels == label).sum()))
        if count > len(members):
            raise InputError(
                f"an open-set rate of {rate:g} takes {count} examples of class "
                f"{label}, of which {len(members)} have the right label; use a smaller "
                "rate"
            )
        foreign[rng.permutation(members)[:count]] = True
    chosen = _each_before_any_twice(rng, len(foreign_images), int(foreign.sum()))
    if isinstance(images, ImageFiles) and isinstance(foreign_images, ImageFiles):
        return _replaced_files(images, foreign_images, foreign, chosen), foreign
    made = np.array(images)
    made[foreign] = foreign_images[chosen]
    return made, foreign


def with_open_set(
    dataset: AnyDataset, images: Images, rate: float, seed: int | np.random.Generator
) -> AnyDataset:
    """The same dataset with a share of the images replaced by foreign ones.

    Labels stay; the clean label of a foreign image, where clean labels are known,
    becomes -1, none of the classes. The share is exact in every class, and drawn among
    the examples whose label is right, so that it adds to the noise rate. Each foreign
    image is used once before any is used twice.

    Args:
        dataset: any.
        images: uint8, shape (l, height, width, channels), those of another dataset; of
            the size and type of these. Or features of the same width.
        rate: share in [0, 1) of each class.
        seed: ≥ 0, or a generator, which is moved on.

    Raises:
        InputError: if the rate is out of range, or the images do not fit; or if what
            training sees was made of texts, rows or other images.
    """
    if dataset.originals is not None:
        raise InputError(
            "open-set noise replaces images, or features that were given as such; "
            f"those of dataset {dataset.name} were made of something else"
        )
    made, foreign = open_set_images(
        dataset.train_images,
        dataset.given_labels,
        dataset.given_labels == dataset.true_labels,
        images,
        rate,
        seed,
    )
    clean, paths = dataset.clean_labels, dataset.paths
    if clean is not None:
        clean = np.where(foreign, -1, clean)
    if paths is not None:
        others = [""] * len(made)
        if isinstance(made, ImageFiles):
            others = list(map(os.fsdecode, made.paths))
        pairs = zip(paths, others, foreign, strict=True)
        paths = tuple(other if new else path for path, other, new in pairs)
    return dataclasses.replace(
        dataset, train_images=made, clean_labels=clean, foreign=foreign, paths=paths
    )


def _replaced_files(
    images: ImageFiles,
    foreign_images: ImageFiles,
    foreign: np.ndarray,
    chosen: np.ndarray,
) -> ImageFiles:
    made = images.take(np.arange(len(images)))
    made.paths[foreign] = foreign_images.paths[chosen]
    made.contents = None
    made.known = images.known and foreign_images.known
    made.bits = _bits(images, foreign_images)
    return made


def _bits(images: ImageFiles, foreign_images: ImageFiles) -> int | None:
    """The bit depth of the values in 16-bit PNGs of both."""
    one, other = images.bits, foreign_images.bits
    if one is not None and other is not None and one != other:
        raise InputError(
            "open-set images must be like those that they replace: expected 16-bit "
            f"PNGs that use {one} bits; received 16-bit PNGs that use {other}"
        )
    return other if one is None else one


def _each_before_any_twice(
    rng: np.random.Generator, size: int, count: int
) -> np.ndarray:
    rounds = [rng.permutation(size) for _ in range(-(-count // size))]
    return np.concatenate([np.zeros(0, np.int64), *rounds])[:count]


def _described(images: Images) -> str:
    where = "in memory" if isinstance(images, np.ndarray) else "read from files"
    if len(images.shape) != 4:
        return f"{images.shape[-1]} numbers each, {where}"
    height, width, channels = images.shape[1:]
    return f"{height}×{width} pixels, {channels} channels, {where}"

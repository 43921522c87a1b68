"""Wrong labels for a dataset: a new `Dataset` that shares the images.

Where the clean labels are not known, the labels that the dataset came with count as
clean from here on.
"""

import dataclasses

import numpy as np

from lnl_sr_tf.datasets.fields import AnyDataset
from lnl_sr_tf.errors import InputError
from lnl_sr_tf.noise import corrupt, instance_noise, published_noise


def with_noise(
    dataset: AnyDataset,
    matrix: np.ndarray,
    seed: int | np.random.Generator,
    exact: bool = True,
) -> AnyDataset:
    """The same dataset with labels corrupted by a transition matrix.

    Args:
        dataset: any.
        matrix: T, shape (k, k), as for `lnl.noise.corrupt`.
        seed: ≥ 0, or a generator, which is moved on.
        exact: whether each class's share of wrong labels is exact.

    Raises:
        InputError: if the matrix does not fit the labels.
    """
    if len(matrix) != dataset.num_classes:
        raise InputError(
            f"dataset {dataset.name} has {dataset.num_classes} classes; received a "
            f"transition matrix for {len(matrix)}"
        )
    return _labelled(dataset, corrupt(dataset.true_labels, matrix, seed, exact))


def with_human_noise(dataset: AnyDataset, name: str) -> AnyDataset:
    """The same dataset with the labels that human annotators gave.

    Args:
        dataset: one that has such labels.
        name: one of its `human_labels`.

    Raises:
        InputError: if there are no such labels.
    """
    if name not in dataset.human_labels:
        raise InputError(
            f"dataset {dataset.name} has no human labels {name!r}; it has "
            f"{', '.join(dataset.human_labels) or 'none'}"
        )
    return _labelled(dataset, dataset.human_labels[name])


def with_published_noise(
    dataset: AnyDataset,
    source: str,
    kind: str,
    rate: float,
    seed: int | np.random.Generator,
) -> AnyDataset:
    """The same dataset with labels corrupted exactly as published code does it.

    Args:
        dataset: the one that `source` names.
        source: `"mnist"`, `"cifar10"` or `"cifar100"`.
        kind: `"sym"`, `"asym"` or `"pairflip"`.
        rate: the noise rate η in [0, 1).
        seed: ≥ 0, or a generator, which is moved on.

    Raises:
        InputError: as `lnl.noise.published_noise`.
    """
    given = published_noise(dataset.true_labels, source, kind, rate, seed)
    return _labelled(dataset, given)


def with_instance_noise(
    dataset: AnyDataset,
    rate: float,
    seed: int | np.random.Generator,
    rate_is: str = "mean",
    published: bool = False,
) -> AnyDataset:
    """The same dataset with instance-dependent noise, which depends on the image.

    Features count as the image does: a vector, of mean 0 and deviation 1.

    Args:
        dataset: any.
        rate: η in [0, 1).
        seed: ≥ 0, or a generator, which is moved on.
        rate_is: `"mean"` or `"mode"`, as for `lnl.noise.instance_noise`.
        published: whether to draw as the authors' code does.

    Raises:
        InputError: if the rate is out of range.
    """
    given = instance_noise(
        dataset.train_images,
        dataset.true_labels,
        rate,
        seed,
        dataset.num_classes,
        rate_is=rate_is,
        published=published,
    )
    return _labelled(dataset, given)


def _labelled(dataset: AnyDataset, given: np.ndarray) -> AnyDataset:
    # Where the labels that data came with count as clean, held-out ones do too.
    kind = dataset.test_labels_are
    return dataclasses.replace(
        dataset,
        given_labels=given,
        clean_labels=dataset.true_labels,
        test_labels_are="given" if kind == "held out" else kind,
    )

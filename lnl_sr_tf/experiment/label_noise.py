"""The label noise that a run's settings ask for."""

import dataclasses
import os
from collections.abc import Callable

import numpy as np

from lnl_sr_tf import noise
from lnl_sr_tf.config import HUMAN_NOISE, Config
from lnl_sr_tf.datasets import Dataset
from lnl_sr_tf.datasets.images.image_files import with_channels
from lnl_sr_tf.errors import InputError


def corrupted(dataset: Dataset, config: Config) -> Dataset:
    """The dataset with the labels that training is to see.

    Args:
        dataset: with clean labels.
        config: the settings of a run.

    Returns:
        A new `Dataset`.

    Raises:
        InputError: if the noise does not fit the dataset.
    """
    if config.noise == "none":
        return dataset
    if config.noise in HUMAN_NOISE:
        return dataset.with_human_noise(config.noise)
    if config.noise == "instance":
        return dataset.with_instance_noise(
            config.rate,
            config.seed,
            rate_is=config.instance_rate or "mode",
            published=config.noise_draw == "published",
        )
    if config.noise_draw == "published":
        _check_published(config)
        return dataset.with_published_noise(
            _name(config), config.noise, config.rate, config.seed
        )
    return dataset.with_noise(
        noise_matrix(config, dataset), config.seed, config.noise_draw == "exact"
    )


def with_foreign_images(
    dataset: Dataset,
    config: Config,
    load: Callable[[str, tuple[int, int]], Dataset],
) -> Dataset:
    """The dataset with the open-set noise that a run's settings ask for.

    Args:
        dataset: with given labels.
        config: the settings of a run.
        load: from the name of a dataset and (height, width) to one whose images are of
            that size.

    Returns:
        A new `Dataset`.

    Raises:
        InputError: if the images do not fit.
    """
    if not config.open_set:
        return dataset
    height, width, channels = dataset.image_shape
    foreign = load(config.open_set, (height, width))
    images = with_channels(foreign.train_images, channels)
    made = dataset.with_open_set(images, config.open_set_rate, config.seed)
    return dataclasses.replace(made, open_set_fingerprint=foreign.fingerprint)


def noise_matrix(config: Config, dataset: Dataset) -> np.ndarray:
    """The transition matrix that makes a run's noise.

    Raises:
        InputError: if it does not fit the dataset, or the noise has none.
    """
    classes = dataset.num_classes
    if config.noise in ("instance", *HUMAN_NOISE):
        raise InputError(
            f"--noise={config.noise} has no transition matrix that is known; use "
            "--transition_matrix=estimated"
        )
    _check_published(config)
    if config.noise_file:
        return noise.read_matrix(config.noise, classes)
    if config.asym_map is not None:
        partners = noise.parse_map(config.asym_map, dataset.class_names)
        return noise.map_matrix(classes, config.rate, partners)
    if config.noise_draw == "published" and config.noise != "none":
        return noise.published_matrix(_name(config), config.noise, config.rate)
    return noise.noise_matrix(config.noise, _name(config), classes, config.rate)


def _name(config: Config) -> str:
    """Of the dataset; a folder that is called mnist may be of anything."""
    return config.dataset if config.own_data else config.dataset_name.removesuffix("_n")


def _check_published(config: Config) -> None:
    """Nothing is published of what a person made up."""
    if config.noise_draw != "published" or config.noise in (
        "none", "instance", *HUMAN_NOISE,
    ):  # fmt: skip
        return
    if config.noise_file or config.asym_map is not None:
        own = "--noise=" + config.noise if config.noise_file else "--asym_map"
        raise InputError(
            f"--noise_draw=published contradicts {own}, of which nothing is published; "
            "leave out one of them"
        )
    noise.published_matrix(_name(config), config.noise, config.rate)


def check(config: Config) -> None:
    """Find out what can be known without the data.

    Raises:
        InputError: if the noise is not defined for the dataset, or its file is not
            there.
    """
    _check_published(config)
    if config.noise_file:
        if not os.path.isfile(os.path.expanduser(config.noise)):
            raise InputError(f"--noise={config.noise}: there is no such file")
    elif config.noise not in ("instance", *HUMAN_NOISE) and config.asym_map is None:
        noise.noise_matrix(config.noise, _name(config), 2, config.rate)

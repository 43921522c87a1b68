"""The label noise that a run's settings ask for."""

import os
import pathlib

from lnl_sr_tf import noise
from lnl_sr_tf.errors import InputError


def corrupted(dataset, config):
    """The dataset with the labels that training is to see.

    Args:
        dataset: a `lnl_sr_tf.datasets.Dataset` with clean labels.
        config: a `lnl_sr_tf.config.Config`.

    Returns:
        A new `Dataset`.

    Raises:
        InputError: if the noise does not fit the dataset.
    """
    if config.noise == "instance":
        return dataset.with_instance_noise(config.rate, config.seed)
    return dataset.with_noise(
        noise_matrix(config, dataset), config.seed, config.noise_draw == "exact"
    )


def noise_matrix(config, dataset):
    """The transition matrix that makes a run's noise.

    Raises:
        InputError: if it does not fit the dataset, or the noise has none.
    """
    classes = dataset.num_classes
    if config.noise == "instance":
        raise InputError(
            "--noise=instance has no transition matrix, since it depends on the image; "
            "use --transition_matrix=estimated"
        )
    if config.noise_file:
        return noise.read_matrix(config.noise, classes)
    if config.asym_map is not None:
        partners = noise.parse_map(config.asym_map, dataset.class_names)
        return noise.map_matrix(classes, config.rate, partners)
    return noise.noise_matrix(config.noise, config.dataset_name, classes, config.rate)


def check(config):
    """Find out what can be known without the data.

    Raises:
        InputError: if the noise is not defined for the dataset, or its file is not
            there.
    """
    if config.noise_file:
        if not pathlib.Path(os.path.expanduser(config.noise)).is_file():
            raise InputError(f"--noise={config.noise}: there is no such file")
    elif config.noise != "instance" and config.asym_map is None:
        noise.noise_matrix(config.noise, config.dataset_name, 2, config.rate)

"""What a run is, in a line for people before it is trained."""

import numpy as np

from lnl_sr_tf.config import Config
from lnl_sr_tf.datasets import Dataset
from lnl_sr_tf.devices.strategies import Devices
from lnl_sr_tf.experiment.run_model import RunModel
from lnl_sr_tf.runs.folder import RunFolder


def headline(
    config: Config,
    dataset: Dataset,
    made: RunModel,
    devices: Devices,
    folder: RunFolder,
) -> str:
    """Data, noise, loss, network, epochs, seed, precision, devices and folder.

    Args:
        config: the settings of the run.
        dataset: what it trains on.
        made: its model.
        devices: what it is trained on.
        folder: the run's.
    """
    streamed = ""
    if not isinstance(dataset.train_images, np.ndarray):
        streamed = ", read from their files as they are needed"
    return (
        f"{dataset.name} ({len(dataset.given_labels)} to train, "
        f"{len(dataset.test_labels)} to test{streamed}), {_noise(config, dataset)}; "
        f"{config.loss_words}, "
        f"{made.network}, {_epochs(config.epochs)}, seed {config.seed}, {made.policy}"
        f"{', ' + devices.words if devices.words else ''}; "
        f"{folder.path}"
    )


def _epochs(number: int) -> str:
    return f"{number} epoch{'s' * (number != 1)}"


def _noise(config: Config, dataset: Dataset) -> str:
    if dataset.noise_rate is None:
        return "labels as they come" + (
            ", an open set among them" if config.open_set else ""
        )
    if config.noise != "none" or config.open_set:
        return f"noise {config.noise_words}, {dataset.noise_rate:.3f} as drawn"
    if dataset.noise_rate:
        return f"{dataset.noise_rate:.3f} of the labels wrong"
    return "no label noise"

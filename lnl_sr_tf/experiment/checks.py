"""Whether the settings of a run name what there is: known before anything is read."""

import dataclasses
import os

from lnl_sr_tf import datasets, models
from lnl_sr_tf.backbones import backbone
from lnl_sr_tf.config import Config
from lnl_sr_tf.config.settings import IMAGENET, fetched
from lnl_sr_tf.devices import choice
from lnl_sr_tf.devices.strategies import Devices
from lnl_sr_tf.errors import InputError
from lnl_sr_tf.experiment import correction_matrix, label_noise
from lnl_sr_tf.models import keras_applications
from lnl_sr_tf.training import on_device
from lnl_sr_tf.training.build import build_loss


def check(config: Config, devices: Devices | None = None) -> None:
    """Find out before anything is written whether a config names what there is.

    Args:
        config: the settings of a run.
        devices: what it is to be trained on; by default one.

    Raises:
        InputError: if its dataset, loss or network is unknown, the loss does not take
            its parameters, the noise is not defined for the dataset, or the devices
            cannot train it.
    """
    choice.check(config, devices or Devices())
    try:
        build_loss(config)
    except (ValueError, TypeError) as error:
        raise InputError(f"--loss={config.loss}: {error}") from None
    models.check(config.model)
    datasets.check(config.dataset)
    if config.open_set:
        datasets.check(config.open_set)
    if config.backbone:
        backbone.checked_weights(config.backbone, config.weights)
    else:
        _check_weights(config)
    label_noise.check(config)
    correction_matrix.check_source(config)
    on_device.check(config)


def _check_weights(config: Config) -> None:
    """Raise InputError where there are no such weights, as far as a name tells."""
    weights = config.weights
    if weights == IMAGENET and not config.model.startswith(keras_applications.PREFIX):
        raise InputError(
            f"--weights={weights} is for networks of Keras: expected --model=keras:"
            f"NAME with it, or the file of a {config.model}"
        )
    if not weights or fetched(weights):
        return
    if not os.path.isfile(os.path.expanduser(weights)):
        raise InputError(f"--weights={weights}: there is no such file")


def check_together(configs: list[Config], devices: Devices) -> None:
    """Find out the same of several runs, which may differ in their seeds alone.

    Args:
        configs: their settings.
        devices: what they are to be trained on.

    Raises:
        InputError: as `check`, or if they differ in more.
    """
    first = configs[0]
    for config in configs:
        check(config, devices)
        if dataclasses.replace(config, seed=first.seed) != first:
            raise InputError(
                f"{config.run_name} and {first.run_name} differ in more than "
                "their seeds, so they cannot be trained together"
            )

"""The model that a run trains, made for its devices, in the precision it began with."""

from collections.abc import Callable
from typing import Any, NamedTuple

import keras
import numpy as np

from lnl_sr_tf import models
from lnl_sr_tf.config import Config
from lnl_sr_tf.datasets import Dataset
from lnl_sr_tf.devices.strategies import Devices
from lnl_sr_tf.errors import InputError
from lnl_sr_tf.training import fastest_precision, precision
from lnl_sr_tf.training.build import build_model


class RunModel(NamedTuple):
    """A compiled model, and how it came about.

    Args:
        model: from uint8 images to logits.
        network: the name of its network in `lnl_sr_tf.models`.
        policy: the Keras dtype policy of its layers, such as `"mixed_bfloat16"`.
        step_seconds: what `fastest_precision.measure` found; None where it was not
            asked.
        make: makes the same model again, for the device in force.
    """

    model: keras.Model
    network: str
    policy: str
    step_seconds: dict[str, float | None] | None
    make: Callable[[], keras.Model]


def make_model(
    config: Config,
    dataset: Dataset,
    matrix: np.ndarray | None,
    record: dict[str, Any] | None,
    devices: Devices,
    tell: Callable[[str], None],
    network: Callable[[type[keras.Model]], Any] | None = None,
) -> RunModel:
    """The model of a run; nothing is written.

    Args:
        config: the settings of the run.
        dataset: what it trains on.
        matrix: the transition matrix, for a loss that corrects by one.
        record: what its `config.json` holds; None where it has not begun.
        devices: what it trains on.
        tell: called with each line for the person who waits.
        network: as for `build_model`.

    Raises:
        InputError: if the network does not fit the images, or the loss not the classes.
    """

    def made(policy):
        with precision.policy(policy):
            return build_model(config, dataset, matrix, network)

    try:
        policy, seconds = _policy(config, record, made, tell)
        policy = devices.choice(policy, precision.POLICIES)
        with devices.scope():
            model = made(policy)
    except InputError:
        raise
    except ValueError as error:
        raise InputError(f"--loss={config.loss}: {error}") from error
    if network is not None and not config.finetune:
        name = model.name
    else:
        name = models.choose(config.model, dataset.image_shape)
    if config.finetune:
        name = f"{config.backbone} with {name}"
    return RunModel(model, name, policy, seconds, lambda: made(policy))


def _policy(
    config: Config,
    record: dict[str, Any] | None,
    made: Callable[[str], keras.Model],
    tell: Callable[[str], None],
) -> tuple[str, dict[str, float | None] | None]:
    """The dtype policy, and the seconds a step by which it was chosen.

    A run that has begun keeps the one it began with, on whatever machine it goes on.
    """
    if config.precision == "auto" and record:
        return record.get("precision_used", "float32"), record.get("step_seconds")
    found = None

    def measured():
        nonlocal found
        found = fastest_precision.measure(made, config, tell)
        return fastest_precision.faster(found)

    return precision.resolve(config.precision, measured), found

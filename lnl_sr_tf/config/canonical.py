"""One way to write a setting, so that one run has one name."""

import dataclasses

from lnl_sr_tf.config.column_kinds import columns_in_order
from lnl_sr_tf.config.settings import Config
from lnl_sr_tf.errors import InputError
from lnl_sr_tf.schedules import STAGES

_LARGEST_SIDE = 4096
_MOST_PARTS = 100
# Where mean and mode of the chances of instance noise are the same within 0.0005.
_SAME_RATE = (0.3, 0.7)


def with_image_size(config: Config) -> Config:
    """The config with `image_size` as HEIGHTxWIDTH."""
    if config.image_size is None:
        return config
    sides = config.image_size.lower().split("x")
    if len(sides) == 1:
        sides *= 2
    right = len(sides) == 2 and all(
        side.strip().isdecimal() and 1 <= int(side) <= _LARGEST_SIDE for side in sides
    )
    if not right:
        raise InputError(
            f"--image_size={config.image_size}: expected HEIGHTxWIDTH or one number, "
            f"in pixels from 1 to {_LARGEST_SIDE}, for instance 224 or 96x128"
        )
    size = "x".join(str(int(side)) for side in sides)
    return dataclasses.replace(config, image_size=size)


def with_columns(config: Config) -> Config:
    """The config with `columns` in one order."""
    if config.columns is None:
        return config
    return dataclasses.replace(config, columns=columns_in_order(config.columns))


def with_fold(config: Config) -> Config:
    """The config with `fold` as PART/PARTS, without spaces and leading zeros."""
    if config.fold is None:
        return config
    part, _, parts = (text.strip() for text in config.fold.partition("/"))
    # A longer text would be too large in any case, or too long for `int`.
    numbers = all(text.isdecimal() and len(text) <= 9 for text in (part, parts))
    if (
        not numbers
        or not 1 <= int(part) <= int(parts)
        or not 2 <= int(parts) <= _MOST_PARTS
    ):
        raise InputError(
            f"--fold={config.fold}: expected PART/PARTS, from 2 to {_MOST_PARTS} parts "
            "and one of them by its number from 1, for instance 2/5"
        )
    return dataclasses.replace(config, fold=f"{int(part)}/{int(parts)}")


def with_instance_rate(config: Config) -> Config:
    """The config with `instance_rate` where it makes a difference, else None.

    So runs that were made before it was a setting, by the mode, keep their names where
    nothing has changed.
    """
    if config.noise != "instance":
        return config
    chosen = config.instance_rate
    if config.noise_draw == "published":
        if chosen is not None:
            raise InputError(
                f"--instance_rate={chosen} contradicts --noise_draw=published; leave "
                "out one of them"
            )
    elif not _SAME_RATE[0] <= config.rate <= _SAME_RATE[1] and config.rate:
        chosen = chosen or "mean"
    else:
        chosen = None
    return dataclasses.replace(config, instance_rate=chosen)


def with_prior_weight(config: Config) -> Config:
    """The config in which no class prior is None where there would be none anyway.

    So runs that were made before it was a setting keep their names.
    """
    usual = dataclasses.replace(config, prior_weight=None).has_class_prior
    if usual or config.prior_weight:
        return config
    return dataclasses.replace(config, prior_weight=None)


def with_estimation_epochs(config: Config) -> Config:
    """The config with the number of epochs that a matrix is estimated from."""
    if config.transition_matrix != "estimated" or config.estimation_epochs is not None:
        return config
    return dataclasses.replace(config, estimation_epochs=max(1, config.epochs // 10))


def with_stages_in_order(config: Config) -> Config:
    """The config with `stages` as they follow each other, however they were given."""
    if config.method != "nlnl":
        return config
    stages = {name: config.stages[name] for name in STAGES if name in config.stages}
    return dataclasses.replace(config, stages=stages)

"""Every combination of settings that have several values."""

import itertools
from typing import Any

from lnl_sr_tf.config import loss_args, rate_estimate
from lnl_sr_tf.config.data_kinds import HUMAN_NOISE
from lnl_sr_tf.config.parse import parse
from lnl_sr_tf.config.resolve import ONLY, settled, without_effect
from lnl_sr_tf.config.settings import FIELDS, Config, Settings

# Settings that may have several values; the grid of all of them is trained.
# The first one changes slowest.
AXES = (
    "dataset",
    "imbalance",
    "imbalance_factor",
    "noise",
    "rate",
    "seed",
    "model",
    "method",
    "loss",
    "lambda_schedule",
    "lambda0",
    "p",
    "tau",
)


def grid(settings: Settings) -> list[Config]:
    """A config for each combination of the settings that have several values.

    Args:
        settings: dict of settings as for `resolve`, in which those of `AXES` may be
            lists.

    Returns:
        A list of `Config`, without repetitions.

    Raises:
        InputError: if a setting is wrong, or has no effect on any of the losses.

    Example:
        >>> [config.loss for config in grid({"loss": ["ce", "ce_sr"]})]
        ['ce', 'ce_sr']
    """
    axes: dict[str, list[Any]] = {
        name: list(value) if isinstance(value, (list, tuple)) else [value]
        for name, value in ((axis, settings.get(axis)) for axis in AXES)
        if name in settings
    }
    several = [name for name, values in axes.items() if len(values) > 1]
    if "loss" in several and settings.get("loss_args"):
        loss_args.check(parse("loss_args", settings["loss_args"]), axes["loss"])
    made: dict[str, Config] = {}
    for values in itertools.product(*axes.values()):
        one = settings | dict(zip(axes, values, strict=True))
        # Among several kinds, the rate and the factor are those of the others.
        if one.get("noise") in ("none", *HUMAN_NOISE) and "noise" in several:
            one.pop("rate", None)
        if one.get("imbalance") == "none" and "imbalance" in several:
            one.pop("imbalance_factor", None)
        config = settled(one, several)
        made[config.run_name] = config
    for name in settings.keys() & ONLY.keys():
        only = ONLY[name]
        # What it belongs to may belong to something itself.
        while only.setting not in axes and only.setting in ONLY:
            only = ONLY[only.setting]
        if only.setting in AXES:
            others = axes.get(only.setting, [FIELDS[only.setting].default])
            if not any(only.test(other) for other in others):
                listed = ",".join(map(str, others))
                raise without_effect(name, settings[name], only, listed)
    configs = list(made.values())
    source = settings.get("rate_estimate")
    if source is not None and not any(map(rate_estimate.taken_by, configs)):
        tried = {
            name: ",".join(dict.fromkeys(getattr(config, name) for config in configs))
            for name in ("loss", "method")
        }
        raise rate_estimate.no_taker(source, tried["loss"], tried["method"])
    return configs

"""From what a person gives to a settled config: recipes, defaults, checks."""

import dataclasses
from collections.abc import Collection
from typing import Any

from lnl_sr_tf.config import canonical, checks, loss_args, recipes
from lnl_sr_tf.config.data_kinds import in_memory, plain_name, recipe_name, tidy
from lnl_sr_tf.config.flag import Only
from lnl_sr_tf.config.parse import parse
from lnl_sr_tf.config.rate_estimate import with_estimate
from lnl_sr_tf.config.settings import FIELDS, Config, Settings
from lnl_sr_tf.errors import InputError

# A setting may be about other values of these, which `grid` sees.
_LENIENT = ("loss", "noise")
# Settings that have an effect only together with some others.
ONLY = {name: flag.only for name, flag in FIELDS.items() if flag.only}
# What a recipe is chosen by.
_HEAD = (
    "dataset",
    "loss",
    "noise",
    "rate",
    "method",
    "imbalance",
    "lambda_schedule",
)
# The recipe for features of images, whatever the dataset.
BACKBONE = "backbone"
# Of the geometric schedule alone: who gives one of them wants it.
_GEOMETRIC = ("rho", "lambda_every")


def resolve(settings: Settings) -> Config:
    """A settled `Config`: what is given, else the recipe, else the default.

    Args:
        settings: dict from a setting's name to its value, a Python value or the
            text that the command line would take. `loss_args` is merged with the
            recipe's.

    Returns:
        A `Config` with every setting in its range.

    Raises:
        InputError: if a name is unknown, a value is malformed or out of range, or
            two settings contradict each other.

    Example:
        >>> resolve({"dataset": "mnist", "loss": "gce_sr", "epochs": 10}).lambda0
        3.0
    """
    return settled(settings, several=())


def settled(settings: Settings, several: Collection[str]) -> Config:
    """A config of settings; what belongs to other values of `several` may be given."""
    given = {name: parse(name, value) for name, value in settings.items()}
    if "dataset" in given:
        given["dataset"] = tidy(given["dataset"])
    if "loss" in several and "loss_args" in given:
        loss = given.get("loss", FIELDS["loss"].default)
        given["loss_args"] = loss_args.taken_by(loss, given["loss_args"])
    if "lambda_schedule" not in given and any(name in given for name in _GEOMETRIC):
        given["lambda_schedule"] = "geometric"
    head = Config(**{name: given[name] for name in _HEAD if name in given})
    name = recipe_name(head.dataset)
    if "noise" not in given:
        # Some data comes with noisy labels, which are not to be made noisier, and so do
        # those of annotators.
        own = recipes.of_dataset(name)
        usual = "none" if given.get("votes_file") else own.get("noise", head.noise)
        head = dataclasses.replace(head, noise=usual)
    if given.get("backbone"):
        name = BACKBONE
    rate = head.rate if head.noise_has_rate else None
    recipe = recipes.read(
        name,
        head.loss,
        head.noise,
        rate,
        head.method,
        head.imbalance,
        head.lambda_schedule,
    )
    values = recipe | given
    values["noise"] = head.noise
    values["loss_args"] = recipe.get("loss_args", {}) | given.get("loss_args", {})
    if not head.noise_has_rate:
        if given.get("rate"):
            raise InputError(
                f"--noise={head.noise} contradicts --rate={given['rate']:g}; leave out "
                "--rate, or choose --noise=sym, asym, pairflip or instance"
            )
        values["rate"] = 0.0
    config = canonical.with_fold(canonical.with_image_size(Config(**values)))
    for name, only in ONLY.items():
        other = getattr(config, only.setting)
        idle = name in given and not only.test(other)
        if idle and only.setting not in (*_LENIENT, *several):
            raise without_effect(name, settings[name], only, other)
    config = with_estimate(config, given, "loss" in several or "method" in several)
    config = canonical.with_instance_rate(without_idle_settings(config))
    config = canonical.with_columns(canonical.with_prior_weight(config))
    config = canonical.with_estimation_epochs(config)
    checks.check(config)
    return canonical.with_stages_in_order(config)


def without_idle_settings(config: Config) -> Config:
    """The same config, in which settings that have no effect are None."""
    idle = [
        n
        for n, only in ONLY.items()
        if getattr(config, n) is not None
        and not only.test(getattr(config, only.setting))
    ]
    if not idle:
        return config
    none: dict[str, Any] = dict.fromkeys(idle)
    # What belongs to one of them is idle too.
    return without_idle_settings(dataclasses.replace(config, **none))


def without_effect(name: str, value: Any, only: Only, other: Any) -> InputError:
    """The InputError about a setting that has no effect because of another."""
    if isinstance(value, (list, tuple)):
        value = ",".join(map(str, value))
    if only.setting == "dataset" and in_memory(other):
        other = plain_name(other)
    beside = f"with --{only.setting}={other}"
    if other in (None, ""):
        beside = f"without --{only.setting}"
    return InputError(
        f"--{name}={value} has no effect {beside}; it belongs to {only.words}"
    )

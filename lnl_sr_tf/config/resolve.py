"""From what a person gives to settled configs: recipes, defaults, grids."""

import dataclasses
import itertools
import math

from lnl_sr_tf import schedules
from lnl_sr_tf.config import recipes
from lnl_sr_tf.config.parse import parse
from lnl_sr_tf.config.settings import FIELDS, Config
from lnl_sr_tf.errors import InputError
from lnl_sr_tf.loss_names import REGULARIZED

# Settings that may have several values; the grid of all of them is trained.
AXES = ("noise", "rate", "seed", "loss")
# Beyond this, float32 losses and their gradients overflow.
_LARGEST_WEIGHT = 1e12
_SMALLEST_TEMPERATURE = 1e-6
_ONLY_REGULARIZED = [n for n in FIELDS if FIELDS[n].metadata["regularized"]]


def resolve(settings):
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
    given = {name: parse(name, value) for name, value in settings.items()}
    head = Config(
        **{name: given[name] for name in ("dataset", "loss", "noise") if name in given}
    )
    read = recipes.read(head.dataset_name, head.loss, head.noise)
    recipe = {name: parse(name, text) for name, text in read.items()}
    values = recipe | given
    values["loss_args"] = recipe.get("loss_args", {}) | given.get("loss_args", {})
    if head.noise == "none":
        if given.get("rate"):
            raise InputError(
                f"--noise=none contradicts --rate={given['rate']:g}; leave out --rate, "
                "or choose --noise=sym, asym or pairflip"
            )
        values["rate"] = 0.0
    if "lr_decay" in given and values["lr_schedule"] != "exponential":
        raise InputError(
            f"--lr_decay={given['lr_decay']:g} has no effect with "
            f"--lr_schedule={values['lr_schedule']}; it belongs to exponential"
        )
    config = Config(**values)
    if not config.regularized:
        return dataclasses.replace(config, **dict.fromkeys(_ONLY_REGULARIZED))
    _check_weight(config)
    _check_temperature(config)
    return config


def _check_weight(config):
    """λ may grow past what float32 holds, in a run that would end in NaN."""
    for epoch in (0, config.epochs - 1):
        try:
            weight = schedules.regularization_weight(
                epoch, config.lambda0, config.rho, config.lambda_every
            )
        except OverflowError:
            weight = math.inf
        if weight > _LARGEST_WEIGHT:
            raise InputError(
                f"--lambda0={config.lambda0:g} --rho={config.rho:g}: λ would be "
                f"{weight:.3g} in epoch {epoch + 1}; expected at most "
                f"{_LARGEST_WEIGHT:g}"
            )


def _check_temperature(config):
    """τ may fall so far that logits divided by it overflow."""
    last = schedules.temperature(
        config.epochs - 1, config.tau, config.tau_decay, minimum=config.tau_min
    )
    if last < _SMALLEST_TEMPERATURE:
        raise InputError(
            f"--tau={config.tau:g} --tau_decay={config.tau_decay:g}: τ would be "
            f"{last:.3g} in epoch {config.epochs}; expected at least "
            f"{_SMALLEST_TEMPERATURE:g}, which --tau_min can keep"
        )


def grid(settings):
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
    axes = {
        name: list(value) if isinstance(value, (list, tuple)) else [value]
        for name, value in ((axis, settings.get(axis)) for axis in AXES)
        if name in settings
    }
    losses = axes.get("loss", [FIELDS["loss"].default])
    if not any(loss.endswith(REGULARIZED) for loss in losses):
        useless = [name for name in _ONLY_REGULARIZED if name in settings]
        if useless:
            raise InputError(
                f"--{useless[0]} has no effect: it belongs to sparse regularization, "
                f"and --loss={','.join(losses)} has none that ends in _sr"
            )
    made = {}
    for values in itertools.product(*axes.values()):
        one = settings | dict(zip(axes, values, strict=True))
        # Among several kinds of noise the rate is that of the others.
        if one.get("noise") == "none" and len(axes["noise"]) > 1:
            one.pop("rate", None)
        config = resolve(one)
        made[config.run_name] = config
    return list(made.values())

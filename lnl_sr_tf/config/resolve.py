"""From what a person gives to a settled config: recipes, defaults, checks."""

import dataclasses
import difflib
import math

from lnl_sr_tf import schedules
from lnl_sr_tf.config import loss_args, recipes
from lnl_sr_tf.config.data_kinds import (
    HUMAN_NOISE,
    is_path,
    plain_name,
    recipe_names,
    tidy,
)
from lnl_sr_tf.config.parse import parse
from lnl_sr_tf.config.rate_estimate import with_estimate
from lnl_sr_tf.config.settings import FIELDS, Config
from lnl_sr_tf.errors import InputError
from lnl_sr_tf.loss_names import LOSSES, REGULARIZED, conflict, needs_index
from lnl_sr_tf.schedules import STAGES

# A setting may be about other values of these, which `grid` sees.
_LENIENT = ("loss", "noise")
# Beyond this, float32 losses and their gradients overflow.
_LARGEST_WEIGHT = 1e12
_SMALLEST_TEMPERATURE = 1e-6
# Settings that have an effect beside some others alone.
ONLY = {
    name: field.metadata["only"]
    for name, field in FIELDS.items()
    if field.metadata["only"]
}
_LARGEST_SIDE = 4096
# Where mean and mode of the chances of instance noise are the same within 0.0005.
_SAME_RATE = (0.3, 0.7)
_MOST_PARTS = 100
_JITTER = {"brightness": 1, "contrast": 1, "saturation": 1, "hue": 0.5}
# What a recipe is chosen by.
_HEAD = ("dataset", "loss", "noise", "rate", "method", "imbalance")


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
    return settled(settings, several=())


def settled(settings, several):
    """A config of settings; what belongs to other values of `several` may be given."""
    given = {name: parse(name, value) for name, value in settings.items()}
    if "dataset" in given:
        given["dataset"] = tidy(given["dataset"])
    if "loss" in several and "loss_args" in given:
        loss = given.get("loss", FIELDS["loss"].default)
        given["loss_args"] = loss_args.taken_by(loss, given["loss_args"])
    head = Config(**{name: given[name] for name in _HEAD if name in given})
    names = recipe_names(head.dataset)
    if "noise" not in given:
        # Some data comes with noisy labels, which are not to be made noisier.
        own = recipes.read_stems(names)
        head = dataclasses.replace(head, noise=own.get("noise", head.noise))
    read = recipes.read(
        names,
        head.loss,
        head.noise,
        f"{head.rate:g}",
        head.method,
        head.imbalance,
    )
    recipe = {name: parse(name, text) for name, text in read.items()}
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
    config = _with_fold(_with_image_size(Config(**values)))
    for name, only in ONLY.items():
        other = getattr(config, only.setting)
        idle = name in given and not only.test(other)
        if idle and only.setting not in (*_LENIENT, *several):
            raise without_effect(name, settings[name], only, other)
    config = with_estimate(config, given, "loss" in several or "method" in several)
    config = _with_instance_rate(without_idle_settings(config))
    if config.transition_matrix == "estimated" and config.estimation_epochs is None:
        config = dataclasses.replace(
            config, estimation_epochs=max(1, config.epochs // 10)
        )
    _check_noise(config)
    _check_jitter(config)
    _check_place(config)
    _check_resume(config)
    _check_loss(config)
    config = _with_method(config)
    if config.regularized:
        _check_weight(config)
        _check_temperature(config)
    return config


def without_idle_settings(config):
    """The same config, in which settings that have no effect are None."""
    idle = [
        n for n, only in ONLY.items() if not only.test(getattr(config, only.setting))
    ]
    return dataclasses.replace(config, **dict.fromkeys(idle))


def without_effect(name, value, only, other):
    """The InputError about a setting that counts for nothing beside another."""
    if isinstance(value, (list, tuple)):
        value = ",".join(map(str, value))
    return InputError(
        f"--{name}={value} has no effect with --{only.setting}={other}; it belongs to "
        f"{only.words}"
    )


def _with_image_size(config):
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
            "in "
            f"pixels from 1 to {_LARGEST_SIDE}, for instance 224 or 96x128"
        )
    size = "x".join(str(int(side)) for side in sides)
    return dataclasses.replace(config, image_size=size)


def _with_instance_rate(config):
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


def _with_fold(config):
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


def _check_noise(config):
    """Labels by people are those of one dataset, foreign images those of another."""
    if config.open_set is not None and _same_set(config.open_set, config.dataset):
        raise InputError(
            f"--open_set={config.open_set}: expected another dataset than --dataset"
        )
    dataset = HUMAN_NOISE.get(config.noise)
    if dataset and config.dataset_name != dataset:
        raise InputError(
            f"--noise={config.noise} is of --dataset={dataset}; received "
            f"--dataset={config.dataset}"
        )


def _same_set(one, other):
    """Whether two names stand for one data set, of TFDS in whichever version."""
    if is_path(one) or is_path(other):
        return tidy(one) == tidy(other)
    return plain_name(one) == plain_name(other)


def _check_jitter(config):
    for name, strength in (config.color_jitter or {}).items():
        most = _JITTER.get(name)
        if most is None or isinstance(strength, bool) or not 0 <= strength <= most:
            raise InputError(
                f"--color_jitter: {name}={strength}; expected brightness, contrast or "
                "saturation in [0, 1], or hue in [0, 0.5]"
            )


def _check_place(config):
    """A run of several machines is none that Ray or a process could be given."""
    if config.sweep_on != "here" and (
        config.distribute == "multi_worker" or config.cluster
    ):
        raise InputError(
            f"--sweep_on={config.sweep_on} does not go with several machines for one "
            "run; leave it out, or --cluster and --distribute=multi_worker"
        )


def _check_resume(config):
    """Runs elsewhere may be started more than once, and go on in the same folder."""
    if config.sweep_on != "here" and not config.resume:
        raise InputError(
            f"--sweep_on={config.sweep_on} does not go with --resume=false; choose "
            "another --output_dir to start anew"
        )


def _check_loss(config):
    """Sparse regularization does not go with every loss."""
    base = config.loss.removesuffix(REGULARIZED)
    if config.regularized and base in LOSSES and conflict(base):
        raise InputError(f"--loss={config.loss}: {conflict(base)}; use --loss={base}")
    if config.regularized and config.mixup:
        raise InputError(
            f"--mixup={config.mixup:g} contradicts --loss={config.loss}: mixed labels "
            "hold the output away from one-hot, where sparse regularization draws it; "
            f"use --loss={base}, or --mixup=0"
        )


def _with_method(config):
    """The config, if it has what its method needs."""
    base = config.loss.removesuffix(REGULARIZED)
    if config.method == "nlnl":
        if base != "nlnl":
            raise InputError(
                f"--method=nlnl trains --loss=nlnl; received --loss={config.loss}"
            )
        _check_stages(config.stages, config.epochs)
        # In the order in which they follow each other, however they were given.
        stages = {name: config.stages[name] for name in STAGES if name in config.stages}
        config = dataclasses.replace(config, stages=stages)
    if config.method == "co_teaching":
        if needs_index(base):
            raise InputError(
                f"--method=co_teaching cannot train --loss={config.loss}, which keeps "
                "a memory of one network's predictions; use --method=standard"
            )
        if config.noise == "none" and config.forget_rate is None:
            raise InputError(
                "--method=co_teaching with --noise=none needs --forget_rate, since the "
                "noise rate is not known, or --rate_estimate, from an audit"
            )
    own_mean = needs_index(base) or config.method == "nlnl"
    if config.balance != "none" and own_mean:
        raise InputError(
            f"--balance={config.balance} does not go with --loss={config.loss} by "
            f"--method={config.method}, which has a mean of its own; use --balance=none"
        )
    if config.mixup and needs_index(base):
        raise InputError(
            f"--mixup={config.mixup:g} contradicts --loss={config.loss}, which keeps a "
            "memory of single examples; use --mixup=0"
        )
    return config


def _check_stages(stages, epochs):
    given = ",".join(f"{name}={share}" for name, share in stages.items())
    for name in stages:
        close = difflib.get_close_matches(name, STAGES, n=1)
        if name not in STAGES and close:
            raise InputError(
                f"--stages={given}: no stage {name}; did you mean {close[0]}?"
            )
    right = list(stages) and all(
        name in STAGES and not isinstance(share, bool) and share >= 0
        for name, share in stages.items()
    )
    if not right or not 0 < sum(stages.values()) < math.inf:
        raise InputError(
            f"--stages={given}: expected shares of at least 0, not all 0, of some of "
            f"{', '.join(STAGES)}, for instance negative=2,selective_negative=1"
        )
    reached = {schedules.stage(epoch, epochs, stages)[0] for epoch in range(epochs)}
    for name, share in stages.items():
        if share and name not in reached:
            raise InputError(
                f"--stages={given} --epochs={epochs}: no epoch is left for {name}; "
                "more epochs, or a larger share, would give it one"
            )


def _check_weight(config):
    """λ may grow past what float32 holds, in a run that would end in NaN."""
    for epoch in (0, config.epochs - 1):
        weight = schedules.regularization_weight(
            epoch, config.lambda0, config.rho, config.lambda_every
        )
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

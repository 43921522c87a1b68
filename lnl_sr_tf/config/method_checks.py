"""Settings that do not go with the loss or the method."""

import difflib
import math

from lnl_sr_tf import schedules
from lnl_sr_tf.config.settings import Config
from lnl_sr_tf.errors import InputError
from lnl_sr_tf.loss_names import (
    LOSSES,
    NOT_WITH_PRIOR,
    REGULARIZED,
    conflict,
    needs_index,
    prior_conflict,
    remembers,
)
from lnl_sr_tf.schedules import STAGES

# Beyond this, float32 losses and their gradients overflow.
_LARGEST_WEIGHT = 1e12
_SMALLEST_TEMPERATURE = 1e-6


def check(config: Config) -> None:
    """Raise InputError if loss, method and their schedules do not go together."""
    _check_loss(config)
    _check_method(config)
    if config.regularized:
        _check_weight(config)
        _check_temperature(config)


def _check_loss(config: Config) -> None:
    """Sparse regularization does not go with every loss."""
    base = config.loss.removesuffix(REGULARIZED)
    if config.regularized and base in LOSSES and conflict(base):
        raise InputError(f"--loss={config.loss}: {conflict(base)}; use --loss={base}")
    if config.regularized and config.mixup:
        raise InputError(
            f"--mixup={config.mixup:g} contradicts --loss={config.loss}: mixed labels "
            "keep the output away from one-hot, which sparse regularization aims at; "
            f"use --loss={base}, or --mixup=0"
        )
    _check_prior(config, base)


def _check_prior(config: Config, base: str) -> None:
    """A class prior holds the mean of the softmax, and that alone."""
    if not config.prior_weight:
        return
    given = f"--prior_weight={config.prior_weight:g} does not go with"
    if base in LOSSES and prior_conflict(base):
        raise InputError(
            f"{given} --loss={config.loss}: {prior_conflict(base)}; use "
            "--prior_weight=0"
        )
    if config.balance == "logit_adjustment":
        raise InputError(
            f"{given} --balance={config.balance}: {NOT_WITH_PRIOR['LogitAdjusted']}; "
            "leave out one of them"
        )


def _check_method(config: Config) -> None:
    """A method needs some settings, and does not go with others."""
    base = config.loss.removesuffix(REGULARIZED)
    if config.method == "nlnl":
        if base != "nlnl":
            raise InputError(
                f"--method=nlnl trains --loss=nlnl; received --loss={config.loss}"
            )
        _check_stages(config.stages, config.epochs)
    if config.method == "co_teaching":
        if remembers(base):
            raise InputError(
                f"--method=co_teaching cannot train --loss={config.loss}, which keeps "
                "a memory of one network's predictions; use --method=standard"
            )
        if config.noise == "none" and config.forget_rate is None:
            raise InputError(
                "--method=co_teaching with --noise=none needs --forget_rate, since the "
                "noise rate is not known, or --rate_estimate, from an audit"
            )
    if config.divides:
        _check_dividing(config)
    if config.balance != "none" and (remembers(base) or config.method == "nlnl"):
        raise InputError(
            f"--balance={config.balance} does not go with --loss={config.loss} by "
            f"--method={config.method}, which has a mean of its own; use --balance=none"
        )
    if config.mixup and (needs_index(base) or config.method == "nlnl"):
        raise InputError(
            f"--mixup={config.mixup:g} contradicts --loss={config.loss}, which keeps a "
            "memory of single examples; use --mixup=0"
        )


def _check_dividing(config: Config) -> None:
    """It has a loss, a mixup and a prior of its own, and an epoch after the warm-up."""
    method = f"--method={config.method}"
    if config.loss != "ce":
        raise InputError(
            f"{method} trains --loss=ce, and what it makes of it; received "
            f"--loss={config.loss}"
        )
    if config.warmup_epochs >= config.epochs:
        raise InputError(
            f"--warmup_epochs={config.warmup_epochs} --epochs={config.epochs}: no "
            "epoch is left after the warm-up; expected more, or a shorter warm-up"
        )
    if config.batch_size < 2:
        raise InputError(
            f"--batch_size={config.batch_size}: expected at least 2 by {method}, for "
            "an example of either part"
        )
    if config.mixup:
        raise InputError(
            f"--mixup={config.mixup:g} does not go with {method}, which has its own: "
            "--mix_alpha"
        )
    for name, without in (("balance", "none"), ("prior_weight", 0)):
        if (value := getattr(config, name)) not in (without, None):
            raise InputError(
                f"--{name}={value} does not go with {method}, which holds the "
                "mean output close to uniform; leave it out"
            )
    if config.votes_file is not None and config.votes == "soft":
        raise InputError(
            f"--votes=soft does not go with {method}, which takes one class for each "
            "example; use --votes=consensus"
        )


def _check_stages(stages: dict[str, float], epochs: int) -> None:
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


def _check_weight(config: Config) -> None:
    """λ may grow past what float32 holds, in a run that would end in NaN."""
    if config.lambda_schedule == "adaptive":
        return  # it stays in a range
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


def _check_temperature(config: Config) -> None:
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

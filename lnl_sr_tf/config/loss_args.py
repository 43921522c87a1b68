"""Which of several losses takes which of the parameters that are given for all."""

import difflib
from collections.abc import Iterable

from lnl_sr_tf.config.parse import parse
from lnl_sr_tf.config.settings import Config, Settings
from lnl_sr_tf.errors import InputError
from lnl_sr_tf.loss_names import parameters


def taken_by(loss: str, given: dict[str, float]) -> dict[str, float]:
    """Those of the parameters that a loss has.

    Args:
        loss: its name.
        given: dict of parameters.

    Example:
        >>> taken_by("fl", {"gamma": 2.0, "q": 0.5})
        {'gamma': 2.0}
    """
    known = parameters(loss)
    return {name: value for name, value in given.items() if name in known}


def check(given: dict[str, float], losses: list[str]) -> None:
    """Raise InputError if no loss has one of the parameters."""
    for name, value in given.items():
        if not any(name in parameters(loss) for loss in losses):
            every = dict.fromkeys(one for loss in losses for one in parameters(loss))
            close = difflib.get_close_matches(name, every, n=1)
            hint = f"; did you mean {close[0]}?" if close else ""
            raise InputError(
                f"--loss_args={name}={value}: none of --loss={','.join(losses)} has "
                f"this parameter{hint}"
            )


def told(settings: Settings, configs: Iterable[Config]) -> list[str]:
    """What to tell of parameters that only some of the losses have.

    Args:
        settings: those that a person gave, as for `lnl_sr_tf.config.grid`.
        configs: a list of the `Config` that they made.

    Returns:
        A list of text lines.

    Example:
        >>> settings = {"loss": ["ce", "fl"], "loss_args": "gamma=2"}
        >>> told(settings, lnl.config.grid(settings))
        ['--loss_args: gamma=2 is for fl, and not for ce']
    """
    losses = list(dict.fromkeys(config.loss for config in configs))
    lines = []
    for name, value in parse("loss_args", settings.get("loss_args") or {}).items():
        takers = [loss for loss in losses if name in parameters(loss)]
        others = [loss for loss in losses if loss not in takers]
        if takers and others:
            lines.append(
                f"--loss_args: {name}={value} is for {', '.join(takers)}, and not for "
                f"{', '.join(others)}"
            )
    return lines

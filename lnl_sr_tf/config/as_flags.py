"""A run's settings as a person would give them: what its recipe has is left out."""

import json
import shlex
from typing import Any

from lnl_sr_tf.config.resolve import resolve
from lnl_sr_tf.config.settings import FIELDS, Config, Settings
from lnl_sr_tf.errors import InputError

# What a run is called by; its recipe has the rest.
_HEAD = (
    "dataset", "loss", "method", "noise", "rate", "imbalance", "imbalance_factor",
    "seed",
)  # fmt: skip


def differing(record: Settings) -> Settings | None:
    """The settings of a run that its recipe has otherwise.

    Dataset, loss, method, noise, imbalance and seed choose the recipe, and are not
    among them.

    Args:
        record: what the run's `config.json` holds.

    Returns:
        Values by name; None where today's settings do not allow the run.

    Example:
        >>> made = resolve({"dataset": "mnist", "loss": "ce", "epochs": 3})
        >>> differing(made.as_dict())
        {'epochs': 3}
    """
    head = _head(record)
    schedule = record.get("lambda_schedule") or FIELDS["lambda_schedule"].before
    found: Settings = {}
    try:
        base = resolve(head)
        if base.lambda_schedule not in (None, schedule):
            # It chooses a recipe as well.
            found["lambda_schedule"] = schedule
            base = resolve(head | found)
    except InputError:
        return None
    return found | {
        name: record[name]
        for name, field in FIELDS.items()
        if field.identifies and name not in (*head, *found)
        if record.get(name) not in (None, _usual(name, base))
    }


def command(record: Settings) -> str | None:
    """The command that trains a run by today's recipes.

    Args:
        record: what the run's `config.json` holds.

    Returns:
        None where today's settings do not allow the run.

    Example:
        >>> command(resolve({"loss": "ce", "rate": 0.4}).as_dict())
        'python main.py --dataset=digits --loss=ce --noise=sym --rate=0.4 --seed=1'
    """
    more = differing(record)
    if more is None:
        return None
    always = ["dataset", "loss", "noise", "seed"]
    if Config(noise=record["noise"]).noise_has_rate:
        always.append("rate")
    head = {
        name: value
        for name, value in _head(record).items()
        if name in always or value not in (0.0, FIELDS[name].default)
    }
    return " ".join(["python main.py", *flags(head | more)])


def flags(settings: Settings) -> list[str]:
    """Settings as `--name=value` each, as a shell takes them.

    Example:
        >>> flags({"loss_args": {"gamma": 0.5}, "flip": False})
        ['--loss_args=gamma=0.5', '--flip=false']
    """
    return [shlex.quote(f"--{name}={text(value)}") for name, value in settings.items()]


def _head(record: Settings) -> Settings:
    return {name: record[name] for name in _HEAD if record.get(name) is not None}


def _usual(name: str, base: Config) -> Any:
    value = getattr(base, name)
    return FIELDS[name].before if value is None else value


def text(value: Any) -> str:
    """A setting's value as it is given after `--name=`.

    Example:
        >>> text({"gamma": 0.5})
        'gamma=0.5'
    """
    if isinstance(value, dict):
        return ",".join(f"{name}={text(one)}" for name, one in value.items())
    if isinstance(value, float):
        return f"{value:g}" if float(f"{value:g}") == value else repr(value)
    return json.dumps(value) if isinstance(value, bool) else str(value)

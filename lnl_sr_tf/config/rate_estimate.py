"""What an audit found of the noise, for the methods that have to know it."""

import dataclasses
import json
import os
import pathlib
from typing import Any

from lnl_sr_tf.config.settings import Config, Settings
from lnl_sr_tf.errors import InputError
from lnl_sr_tf.loss_names import REGULARIZED

_TAKERS = "--method=co_teaching, --loss=forward and --loss=backward"


def taken_by(config: Config) -> list[str]:
    """The settings that `--rate_estimate` stands for, by name; none for most methods.

    Args:
        config: a `Config`.
    """
    takers = {
        "forget_rate": config.method == "co_teaching",
        "transition_matrix": config.loss.removesuffix(REGULARIZED)
        in ("forward", "backward"),
    }
    return [name for name, takes in takers.items() if takes]


def with_estimate(config: Config, given: Settings, lenient: bool) -> Config:
    """The config with the noise rate and the transition matrix that an audit found.

    Args:
        config: a `Config`.
        given: the settings that a person gave, which must not say otherwise.
        lenient: whether it may have no effect here, because another run uses it.

    Raises:
        InputError: if it has no effect, contradicts another setting, or there is no
            audit that can be read.
    """
    if config.rate_estimate is None:
        return config
    names = taken_by(config)
    if not names:
        if lenient:
            return config
        raise no_taker(config.rate_estimate, config.loss, config.method)
    for name in names:
        if name in given:
            raise InputError(
                f"--rate_estimate={config.rate_estimate} contradicts "
                f"--{name}={given[name]}; leave out one of them"
            )
    path = _audit(config.rate_estimate)
    audit = _read(path)
    _check_evidence(audit, path, names)
    found: dict[str, Any] = {
        "forget_rate": _rate(audit, path),
        "transition_matrix": str(path),
    }
    return dataclasses.replace(config, **{name: found[name] for name in names})


def data_of(source: str) -> str | None:
    """The fingerprint of the data that an audit was of; None where it is not known.

    Args:
        source: as for `--rate_estimate`.

    Raises:
        InputError: if there is no audit that can be read.
    """
    path = _audit(source)
    try:
        return json.loads(path.read_bytes()).get("data_fingerprint")
    except (OSError, ValueError, AttributeError, RecursionError):
        raise InputError(f"{path} cannot be read as an audit.json") from None


def no_taker(source: str, losses: str, methods: str) -> InputError:
    """The InputError about an estimate that no method here uses."""
    return InputError(
        f"--rate_estimate={source} has no effect with --loss={losses} "
        f"--method={methods}; it belongs to {_TAKERS}"
    )


def _audit(source: str) -> pathlib.Path:
    """The path of the audit.json that is meant."""
    path = pathlib.Path(os.path.expanduser(source))
    if path.is_dir():
        path /= "audit.json"
    if not path.is_file() or path.suffix.lower() != ".json":
        raise InputError(
            f"--rate_estimate={source}: expected the folder of a run that was audited "
            "(by lnl-sr audit), or its audit.json"
        )
    return path


def _read(path: pathlib.Path) -> dict[str, Any]:
    """What an audit.json holds, as a dict; empty where it is none."""
    try:
        audit = json.loads(path.read_bytes())
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}") from None
    except (ValueError, RecursionError):
        audit = None
    return audit if isinstance(audit, dict) else {}


def _check_evidence(
    audit: dict[str, Any], path: pathlib.Path, names: list[str]
) -> None:
    """Raise InputError if the audit found no evidence about the noise."""
    if audit.get("no_evidence"):
        raise InputError(
            f"{path} has no noise rate: the audit found no evidence about any label; "
            "expected one of a run that has learned something"
        )
    without = audit.get("classes_without_evidence")
    if without and isinstance(without, list) and "transition_matrix" in names:
        raise InputError(
            f"{path} has no whole transition matrix: the audit found no evidence about "
            f"{len(without)} of its classes, first {without[0]!s:.60}; expected one "
            "of a run that has learned all of them"
        )


def _rate(audit: dict[str, Any], path: pathlib.Path) -> float:
    """The noise rate in an audit.json."""
    rate = audit.get("noise_rate")
    if isinstance(rate, bool) or not isinstance(rate, (int, float)):
        raise InputError(f"{path} is no audit.json: it has no noise_rate")
    if not 0 <= rate < 1:
        raise InputError(f"{path}: expected a noise_rate in [0, 1); received {rate}")
    return float(rate)

"""Settings that do not go with the data, or with each other, of data and labels."""

import os

from lnl_sr_tf.config.data_kinds import (
    HUMAN_NOISE,
    is_path,
    kind,
    plain_name,
    tidy,
)
from lnl_sr_tf.config.file_kind import FEATURES, IMAGES, TABLE, TEXT
from lnl_sr_tf.config.settings import HUB, Config
from lnl_sr_tf.errors import InputError
from lnl_sr_tf.loss_names import REGULARIZED, needs_index

_OF_IMAGES = (
    "image_size", "crop_padding", "flip", "rotation", "random_resized_crop",
    "color_jitter", "open_set",
)  # fmt: skip
_OF_FEATURES = ("linear", "mlp")
_KINDS = {FEATURES: "features", TEXT: "texts", TABLE: "rows of a table"}
_JITTER = {"brightness": 1, "contrast": 1, "saturation": 1, "hue": 0.5}


def check(config: Config) -> None:
    """Raise InputError if the data, its labels and its examples do not go together."""
    _check_noise(config)
    _check_votes(config)
    _check_jitter(config)
    _check_kind(config)


def _check_noise(config: Config) -> None:
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


def _check_votes(config: Config) -> None:
    """Labels of several annotators are noisy as they come."""
    if config.votes_file is None:
        return
    for name in ("noise", "imbalance"):
        if getattr(config, name) != "none":
            raise InputError(
                f"--votes_file does not go with --{name}={getattr(config, name)}, "
                "which is for labels that are known to be right; leave out one of them"
            )
    for name in ("fold", "validation_share"):
        if config.votes == "each" and getattr(config, name) is not None:
            raise InputError(
                f"--votes=each does not go with --{name}={getattr(config, name)}: "
                "other votes for the same example would be trained on; use "
                "--votes=consensus or soft"
            )
    base = config.loss.removesuffix(REGULARIZED)
    if config.votes == "soft" and (needs_index(base) or base == "nlnl"):
        raise InputError(
            f"--votes=soft does not go with --loss={config.loss}, which takes one "
            "class for each example; use --votes=consensus"
        )


def _same_set(one: str, other: str) -> bool:
    """Whether two names stand for one data set, of TFDS in whichever version."""
    if is_path(one) or is_path(other):
        return tidy(one) == tidy(other)
    return plain_name(one) == plain_name(other)


def _check_jitter(config: Config) -> None:
    for name, strength in (config.color_jitter or {}).items():
        most = _JITTER.get(name)
        if most is None or isinstance(strength, bool) or not 0 <= strength <= most:
            raise InputError(
                f"--color_jitter: {name}={strength}; expected brightness, contrast or "
                "saturation in [0, 1], or hue in [0, 0.5]"
            )


def _check_kind(config: Config) -> None:
    """What varies images, or needs them, does not go with other examples."""
    what = kind(config.dataset)
    there = os.path.isfile(os.path.expanduser(config.dataset))
    if config.columns and what != TABLE and there:
        raise InputError(
            f"--columns={config.columns} is for tables; {config.dataset_shown} is of "
            f"{_KINDS.get(what, what)}: leave it out"
        )
    if config.backbone:
        _check_backbone(config, what)
    if config.finetune:
        _check_finetune(config, what)
    if what == IMAGES:
        return
    for name in _OF_IMAGES:
        value = getattr(config, name)
        if value:
            raise InputError(
                f"--{name}={_said(value)} is for images; {config.dataset_shown} is of "
                f"{_KINDS[what]}: leave it out"
            )


def _check_backbone(config: Config, what: str) -> None:
    """Features of images are computed once, of the images as they are."""
    given = f"--backbone={config.backbone}"
    of_hub = str(config.backbone).startswith(HUB)
    if what != IMAGES and not (of_hub and what == TEXT):
        raise InputError(
            f"{given} makes features of images{' or texts' * of_hub}; "
            f"{config.dataset_shown} is of {_KINDS[what]}: leave it out"
        )
    if what == TEXT and config.views != 1:
        raise InputError(
            f"--views={config.views} is for images; {config.dataset_shown} is of "
            "texts: leave it out"
        )
    if config.model not in (*_OF_FEATURES, "auto"):
        raise InputError(
            f"--model={config.model} is for images; {given} makes features of them: "
            f"use --model={' or '.join(_OF_FEATURES)}"
        )
    for name in _OF_IMAGES:
        value = getattr(config, name)
        if value and name != "image_size":
            raise InputError(
                f"--{name}={_said(value)} does not go with {given}, which makes "
                "features of the images once: leave it out"
                + ("" if name == "open_set" else "; --views=5 varies them")
            )


def _check_finetune(config: Config, what: str) -> None:
    """One network is trained on, on images."""
    given = f"--finetune={config.finetune}"
    if what != IMAGES:
        raise InputError(
            f"{given} is for images; {config.dataset_shown} is of {_KINDS[what]}: "
            "leave it out"
        )
    if config.method != "standard":
        raise InputError(
            f"{given} does not go with --method={config.method}; leave out one of them"
        )
    if config.parallel_seeds:
        raise InputError(
            f"{given} does not go with --parallel_seeds: each seed trains on a network "
            "of its own; leave out one of them"
        )


def _said(value: object) -> str:
    if isinstance(value, dict):
        return ",".join(f"{name}={strength}" for name, strength in value.items())
    return str(value).lower() if isinstance(value, bool) else str(value)

"""The paper's tables: their numbers, and in which cell a run belongs."""

import csv
import functools
import pathlib

from lnl_sr_tf.config import Config
from lnl_sr_tf.config.data_kinds import comes_noisy
from lnl_sr_tf.loss_names import REGULARIZED

_FILE = pathlib.Path(__file__).with_name("paper.csv")
_DATASETS = {
    "mnist": "MNIST",
    "cifar10": "CIFAR-10",
    "cifar100": "CIFAR-100",
    "webvision_mini": "WebVision-mini",
}
_METHODS = {
    "ce": "CE",
    "fl": "FL",
    "gce": "GCE",
    "sce": "SCE",
    "nlnl": "NLNL",
    "nce_mae": "APL",
    "phuber_ce": "PHuber-CE",
}


def dataset_name(config: Config) -> str:
    """The paper's name of a dataset, or ours if the paper does not have it."""
    return _DATASETS.get(config.dataset_name, config.dataset_name)


def method_name(config: Config) -> str:
    """The paper's name of a method, such as CE+SR, or ours.

    The row APL of the paper is NCE+MAE. The method goes before "+SR", so in brackets.
    """
    base = config.loss.removesuffix(REGULARIZED)
    if config.method == "co_teaching" and base == "ce":
        name = "Co-teaching"
    else:
        name = _METHODS.get(base, base)
        if config.method != "standard":
            name += f" ({config.method})"
    return name + ("+SR" if config.regularized else "")


def corruption(config: Config) -> tuple[str, float]:
    """The kind of noise or imbalance, as the paper names it, and its rate.

    Returns:
        For instance `("sym", 0.8)`, `("lt", 0.01)`, `("clean", 0.0)`.
    """
    if config.imbalance != "none":
        return config.imbalance, config.imbalance_factor
    if config.noise == "none":
        return ("real" if comes_noisy(config.dataset) else "clean"), 0.0
    return config.noise, config.rate


@functools.cache
def numbers(
    table: str,
) -> dict[tuple[str, str, str, float], tuple[float, float | None]]:
    """The accuracies of a table of Zhou et al., ICCV 2021.

    Args:
        table: its number.

    Returns:
        (mean, standard deviation) in percent by (dataset, method, kind, rate); the
        deviation is None where the paper has none.

    Example:
        >>> numbers("1")["MNIST", "CE+SR", "sym", 0.8]
        (98.06, 0.86)
    """
    with open(_FILE, newline="", encoding="utf-8") as file:
        return {
            (
                row["dataset"],
                row["method"],
                row["corruption"],
                float(row["rate"] or 0),
            ): (
                float(row["accuracy_mean"]),
                float(row["accuracy_std"]) if row["accuracy_std"] else None,
            )
            for row in csv.DictReader(file)
            if row["table"] == table
        }

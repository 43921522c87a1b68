"""Recipes: the settings that a dataset and a loss are trained with, from `flags/`.

A dataset's recipe is one file, `flags/DATASET.toml`. What applies to a run is read from
the general to the particular, later sections winning:

    [settings]           whatever the loss
    [method.METHOD]      by how it is trained
    [imbalance.KIND]     by which classes are rare
    [noise.KIND]         by the kind of label noise
    [loss.LOSS]          of the loss without its ending _sr, and then with it
    [lambda_schedule.KIND]
                         by how λ grows
      cases = [{ when = { noise = KIND, rate = INTERVAL }, ... }]
                         where all of `when` is so: in place of the section's own

of `default.toml` first, then of the recipe that a file is `like`, then of the file. A
section has settings by their names. `source` says where the numbers come from, of a
section or of the whole file; each `[[expect]]`, what was measured with them. A dataset
without a recipe trains with the defaults.
"""

import functools
import os
import pathlib
from typing import Any

from lnl_sr_tf.config.flag import inside
from lnl_sr_tf.config.recipe_file import load, settings_of
from lnl_sr_tf.errors import InputError
from lnl_sr_tf.loss_names import REGULARIZED

# In a wheel the folder lies in the package, in a checkout beside it.
_HERE = pathlib.Path(__file__).resolve().parent.parent
_PLACES = (_HERE / "flags", _HERE.parent / "flags")
# A sweep asks for the same few files once for every run.
_load_once = functools.cache(load)


def folder() -> pathlib.Path:
    """The folder that holds the recipes.

    Raises:
        InputError: if the installation lacks it.
    """
    for place in _PLACES:
        if (place / "default.toml").is_file():
            return place
    raise InputError(
        f"the recipes (default.toml and others) were found neither in {_PLACES[0]} "
        f"nor in {_PLACES[1]}; install lnl-sr-tf again"
    )


def of_dataset(dataset: str) -> dict[str, Any]:
    """The settings that a dataset has whatever the loss, without the defaults.

    Args:
        dataset: the name of its recipe, for instance `"mnist"`.
    """
    merged: dict[str, Any] = {}
    for file in _files(dataset)[1:]:
        merged |= settings_of(file.get("settings", {}))
    return merged


def read(
    dataset: str,
    loss: str,
    noise: str,
    rate: float | None = None,
    method: str = "standard",
    imbalance: str = "none",
    lambda_schedule: str | None = None,
) -> dict[str, Any]:
    """The settings that the recipes give for a run.

    Args:
        dataset: the name of the dataset's recipe, for instance `"mnist"`.
        loss: name of the loss, for instance `"gce_sr"`.
        noise: kind of label noise, for instance `"asym"`.
        rate: the noise rate in [0, 1), or None where the noise has none.
        method: how to train, for instance `"co_teaching"`.
        imbalance: kind of imbalance, for instance `"lt"`.
        lambda_schedule: how λ grows, for instance `"adaptive"`; by default as the
            recipe has it.

    Returns:
        A dict from a setting's name to its value.

    Raises:
        InputError: if a recipe holds what is no setting of the right kind.

    Example:
        >>> read("cifar10", "ce_logitclip", "sym", rate=0.45)["loss_args"]
        {'delta': 1}
    """
    files = _files(dataset)
    sections = [file.get("settings", {}) for file in files]
    kinds = [("method", method), ("imbalance", imbalance), ("noise", noise)]
    losses = dict.fromkeys((loss.removesuffix(REGULARIZED), loss))
    for kind, name in (*kinds, *(("loss", one) for one in losses)):
        sections += [file.get(kind, {}).get(name, {}) for file in files]
    merged: dict[str, Any] = {}
    for section in sections:
        merged |= settings_of(section)
        for case in section.get("cases", ()):
            if _applies(case["when"], noise, rate):
                merged |= settings_of(case)
    schedule = lambda_schedule or merged.get("lambda_schedule")
    for file in files:
        merged |= settings_of(file.get("lambda_schedule", {}).get(schedule, {}))
    return merged


def _files(dataset: str) -> list[dict[str, Any]]:
    """The recipes that a dataset is trained by, the most general first."""
    place = folder()
    found: dict[str, dict[str, Any]] = {}
    name = dataset
    while _is_recipe(place, name):
        if name in found:
            raise InputError(
                f"{place / dataset}.toml: recipes are like each other in a circle: "
                f"{' > '.join((*found, name))}; remove one of these lines"
            )
        found[name] = _load_once(place / f"{name}.toml")
        name = found[name].get("like", "")
    return [_load_once(place / "default.toml"), *reversed(found.values())]


def _is_recipe(place: pathlib.Path, name: str) -> bool:
    path = place / f"{name}.toml"
    # A dataset's name is no way out of the folder.
    return path.parent == place and os.path.isfile(path)


def _applies(when: dict[str, str], noise: str, rate: float | None) -> bool:
    if when.get("noise", noise) != noise:
        return False
    return "rate" not in when or (rate is not None and inside(rate, when["rate"]))

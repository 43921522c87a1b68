"""Recipes: the settings that a dataset and a loss are trained with, from `flags/`.

A recipe is an absl flagfile, one `--name=value` a line. What applies to a run is
read from the general to the particular, later files winning:

    default, DATASET, METHOD, DATASET-METHOD, DATASET-IMBALANCE, DATASET-NOISE, and for
    the loss L without its ending _sr, and then for the loss with it: DATASET-L,
    DATASET-L-NOISE, DATASET-L-NOISE-RATE

(.flags each). Files that do not exist
are passed over, so a dataset without a recipe trains with the defaults.
"""

import pathlib

from lnl_sr_tf.errors import InputError
from lnl_sr_tf.loss_names import REGULARIZED

# In a wheel the folder lies in the package, in a checkout beside it.
_HERE = pathlib.Path(__file__).resolve().parent.parent
_PLACES = (_HERE / "flags", _HERE.parent / "flags")


def folder():
    """The folder that holds the recipes.

    Raises:
        InputError: if the installation lacks it.
    """
    for place in _PLACES:
        if (place / "default.flags").is_file():
            return place
    raise InputError(
        f"the recipes (default.flags and others) were found neither in {_PLACES[0]} "
        f"nor in {_PLACES[1]}; install lnl-sr-tf again"
    )


def read(dataset, loss, noise, rate=None, method="standard", imbalance="none"):
    """The settings that the recipes give for a dataset, a loss and a kind of noise.

    Args:
        dataset: name of the dataset, for instance `"mnist"`.
        loss: name of the loss, for instance `"gce_sr"`.
        noise: kind of label noise, for instance `"asym"`.
        rate: the noise rate, a number.
        method: how to train, for instance `"co_teaching"`.
        imbalance: kind of imbalance, for instance `"lt"`.

    Returns:
        A dict from a setting's name to its value as written, a string.

    Raises:
        InputError: if a recipe holds a line that is no `--name=value`.

    Example:
        >>> read("mnist", "gce_sr", "sym")["lambda0"]
        '3'
    """
    settings = {}
    place = folder()
    stems = ["default", dataset, method, f"{dataset}-{method}"]
    if imbalance != "none":
        stems.append(f"{dataset}-{imbalance}")
    stems.append(f"{dataset}-{noise}")
    for name in dict.fromkeys((loss.removesuffix(REGULARIZED), loss)):
        of_loss = f"{dataset}-{name}"
        stems += [of_loss, f"{of_loss}-{noise}", f"{of_loss}-{noise}-{rate}"]
    for stem in stems:
        # A dataset may be a path; only a plain name can have a recipe.
        path = place / f"{stem}.flags"
        if path.parent == place and path.is_file():
            settings.update(_parse(path))
    return settings


def _parse(path):
    settings = {}
    for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
        line = line.strip()
        if not line or line.startswith(("#", "//")):
            continue
        name, equals, value = line.removeprefix("--").partition("=")
        if not line.startswith("--") or not equals:
            raise InputError(
                f"{path}, line {number}: expected --name=value; received {line!r}"
            )
        settings[name] = value
    return settings

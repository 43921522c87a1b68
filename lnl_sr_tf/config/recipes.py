"""Recipes: the settings that a dataset and a loss are trained with, from `flags/`.

A recipe is a flagfile, one `--name=value` a line. What applies to a run is
read from the general to the particular, later files winning:

    default, DATASET, METHOD, DATASET-METHOD, DATASET-IMBALANCE, DATASET-NOISE, and for
    the loss L without its ending _sr, and then for the loss with it: DATASET-L,
    DATASET-L-NOISE, DATASET-L-NOISE-RATE

(.flags each). Files that do not exist
are passed over, so a dataset without a recipe trains with the defaults.
"""

import os
import pathlib

from lnl_sr_tf.config.flagfiles import parse_lines
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


def read(datasets, loss, noise, rate=None, method="standard", imbalance="none"):
    """The settings that the recipes give for a dataset, a loss and a kind of noise.

    Args:
        datasets: names by which the dataset's recipes go, for instance `["mnist"]`; of
            several the later win, file by file.
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
        >>> read(["mnist"], "gce_sr", "sym")["lambda0"]
        '3'
    """
    stems = ["default", *datasets, method, *(f"{name}-{method}" for name in datasets)]
    of_data = [noise]
    if imbalance != "none":
        of_data.insert(0, imbalance)
    for one in dict.fromkeys((loss.removesuffix(REGULARIZED), loss)):
        of_data += [one, f"{one}-{noise}", f"{one}-{noise}-{rate}"]
    stems += [f"{name}-{end}" for end in of_data for name in datasets]
    return read_stems(stems)


def read_stems(stems):
    """The settings of the recipes by these names, later ones winning.

    Args:
        stems: names of files in `flags/`, without the ending; those that do not exist
            are passed over.

    Returns:
        A dict from a setting's name to its value as written, a string.

    Raises:
        InputError: if a recipe holds a line that is no `--name=value`.
    """
    settings = {}
    place = folder()
    for stem in stems:
        path = place / f"{stem}.flags"
        if path.parent == place and os.path.isfile(path):
            settings.update(read_file(path))
    return settings


def read_file(path):
    """The settings that a flagfile gives, as text, by name."""
    return dict(parse_lines(path.read_text("utf-8"), path))

"""Where the files and folders are now that a run was trained with.

A relative path means something else in another folder, so that a run has written down
where they were; and all of it may have moved since, the run and its data.
"""

import dataclasses
import os
from typing import Any

from lnl_sr_tf.config import Config
from lnl_sr_tf.config.data_kinds import FROM_LISTS, OWN_FILES, ends_in
from lnl_sr_tf.config.settings import HUB
from lnl_sr_tf.errors import InputError

_FOLDERS = ("data_dir", "imagenet_dir", "backbone")
# From the name of a setting to absolute paths, the likeliest first.
Places = dict[str, list[str]]


def looked_at(
    config: Config, record: dict[str, Any], data_dir: str | None = None
) -> Places:
    """The places at which each file and folder of a run may be, the likeliest first.

    Args:
        config: the settings of the run.
        record: what its `config.json` holds.
        data_dir: where its data is now, if somebody says so: the data of one's own, or
            the folder in which it lies; of other data the setting of that name.

    Returns:
        A dict from the names of settings to lists of absolute paths.
    """
    here = config.places
    made = {}
    for name, was in (here | record.get("places", {})).items():
        places = [was, here.get(name) or _absolute(getattr(config, name))]
        if data_dir and name in ("dataset", "open_set"):
            now = _absolute(data_dir)
            places = [os.path.join(now, os.path.basename(was)), now, *places]
        made[name] = list(dict.fromkeys(places))
    if data_dir:
        made["data_dir"] = [_absolute(data_dir)]
    return made


def located(config: Config, places: Places) -> Config:
    """The config with files and folders by where they are; by where they were if lost.

    Args:
        config: the settings of the run.
        places: as `looked_at` gives them.
    """
    found: dict[str, Any] = {
        name: _first(name, tried) or tried[0] for name, tried in places.items()
    }
    if "backbone" in found:
        found["backbone"] = HUB + found["backbone"]
    return dataclasses.replace(config, **found)


def check_data(config: Config, places: Places, folder: str | os.PathLike) -> None:
    """Raise InputError where the data of a run is at none of its places.

    Args:
        config: the settings of the run.
        places: as `looked_at` gives them.
        folder: that of the run, a path.
    """
    needed = ["dataset", "open_set", "noise", "votes_file"]
    if {config.dataset, config.open_set} & set(FROM_LISTS):
        needed.append("data_dir")
    if config.backbone:
        needed += ["backbone", "weights"]
    for name in needed:
        if name in places and not _first(name, places[name]):
            raise InputError(
                f"{folder}: its {name} is not there; looked for "
                f"{' and '.join(places[name])}; --data_dir says where it is now"
            )


def _first(name: str, places: list[str]) -> str | None:
    """The first of the places where there is something of the right kind, or None."""
    return next((place for place in places if _is_there(name, place, places)), None)


def _is_there(name: str, place: str, places: list[str]) -> bool:
    folder = name in _FOLDERS or (
        name in ("dataset", "open_set") and not ends_in(places[-1], *OWN_FILES)
    )
    return os.path.isdir(place) if folder else os.path.isfile(place)


def _absolute(path: str) -> str:
    return os.path.abspath(os.path.expanduser(path))

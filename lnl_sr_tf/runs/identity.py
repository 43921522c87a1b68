"""The folder of a run: by its settings, and by what the data holds that they name.

A name of a file or folder says little: the data there may be other data tomorrow. So a
folder is a run's if its settings are, and if the fingerprint of the data in its
`config.json` is that of the data now. Where files lie counts for nothing.
"""

import hashlib
import json
import os
import pathlib
from typing import Any

from lnl_sr_tf import config as configs
from lnl_sr_tf.datasets.fingerprint import Contents, fingerprint, has_fingerprint
from lnl_sr_tf.errors import RunError
from lnl_sr_tf.runs.folder import RunFolder, folders_in

# What was found out about data: from its name and how it is read.
Known = dict[tuple, Contents]


def folder_of(config: configs.Config, known: Known | None = None) -> RunFolder:
    """The folder that holds a run, or that it is to get where none does.

    That is the one by its name; where that one is of other data, it stays as it is, and
    the run's has letters for the data at its end.

    Args:
        config: a `lnl_sr_tf.config.Config`.
        known: a dict, for several that are asked for at once: what was found out about
            the data of one is then known for the next.

    Returns:
        A `RunFolder`.

    Raises:
        InputError: if there is no such data, or it cannot be read.
        RunError: if the folder's `config.json` cannot be read.

    Example:
        >>> folder_of(lnl.config.resolve({"dataset": "photos"})).finished()
        False
    """
    root = pathlib.Path(os.path.expanduser(config.output_dir))
    plain = root / config.run_name
    if not config.places.keys() - {"data_dir"} and not _changeable(config):
        return RunFolder(plain)
    known = {} if known is None else known
    record = RunFolder(plain).config()
    # Earlier versions did not write all down, and then the name is to do.
    if record is not None and _same_data(record, config, known) is not False:
        return RunFolder(plain)
    for folder in _namesakes(plain):
        if folder.path != plain and _is_of(folder, config, known):
            return folder
    if record is None:
        return RunFolder(plain)
    return RunFolder(plain.with_name(f"{plain.name}-{_letters(config, known)}"))


def differing(record: dict[str, Any], config: configs.Config) -> list[str]:
    """Names of the settings in which a run is another than that of a config.

    Args:
        record: what the run's `config.json` holds.
        config: a `lnl_sr_tf.config.Config`.

    Returns:
        A list of names. Where a file or a folder lies is not among them.
    """
    ours, places = config.identity(), config.places
    theirs = configs.identifying(record)
    if record.get("file_contents"):
        theirs["file_contents"] = record["file_contents"]
    moved = places.keys() & record.get("places", places).keys()
    return [
        name
        for name in (*ours, *(theirs.keys() - ours.keys()))
        if name not in moved and ours.get(name) != theirs.get(name)
    ]


def is_of(record: dict[str, Any], config: configs.Config, known: Known) -> bool:
    """Whether a run is that of a config, on the data that is there now.

    One with a network or callbacks of a Python program is not: no setting tells them.

    Args:
        record: what the run's `config.json` holds.
        config: a `lnl_sr_tf.config.Config`.
        known: as for `folder_of`.
    """
    return (
        not record.get("given_by_python")
        and not differing(record, config)
        and _same_data(record, config, known) is True
    )


def _namesakes(plain: pathlib.Path) -> list[RunFolder]:
    """Folders of runs whose names differ in letters at the end alone, sorted."""
    stem = plain.name.rpartition("-")[0] + "-"
    return [
        folder
        for folder in folders_in(plain.parent)
        if folder.path.name.startswith(stem)
    ]


def _is_of(folder: RunFolder, config: configs.Config, known: Known) -> bool:
    try:
        record = folder.config()
    except RunError:
        return False  # damaged, so that nothing is known of it
    return record is not None and is_of(record, config, known)


def _changeable(config: configs.Config) -> list[str]:
    """Names of the settings that name data which may be other data tomorrow."""
    return [
        name
        for name in ("dataset", "open_set")
        if getattr(config, name) and has_fingerprint(getattr(config, name))
    ]


def _same_data(
    record: dict[str, Any], config: configs.Config, known: Known
) -> bool | None:
    """Whether a run's data is that of now; None where it is not written down."""
    found: bool | None = True
    for name in _changeable(config):
        before = _recorded(record, name)
        # A second test set does not make another run.
        imagenet_dir = record.get("imagenet_dir")
        gone = imagenet_dir and not os.path.isdir(os.path.expanduser(imagenet_dir))
        if before.fingerprint is None or gone:
            found = None
            continue
        now = _contents(name, config, imagenet_dir, known)
        if before.fingerprint != now.fingerprint:
            return False
        if now.class_names and before.class_names not in (None, now.class_names):
            return False
    return found


def _recorded(record: dict[str, Any], name: str) -> Contents:
    if name == "open_set":
        return Contents(record.get("open_set_fingerprint"))
    names = record.get("class_names")
    return Contents(record.get("data_fingerprint"), names and tuple(names))


def _contents(
    name: str, config: configs.Config, imagenet_dir: str | None, known: Known
) -> Contents:
    """The `Contents` of the data that a setting names now, as a run would read it."""
    options: dict[str, Any] = {}
    if name == "dataset":
        options = {
            "imagenet_dir": imagenet_dir,
            "skip_bad_files": config.skip_bad_files,
            "test_share": config.test_share,
        }
    data = getattr(config, name)
    data_dir = os.path.expanduser(config.data_dir) or None
    key = (data, data_dir, *options.values())
    if key not in known:
        known[key] = fingerprint(data, data_dir, **options)
    return known[key]


def _letters(config: configs.Config, known: Known) -> str:
    """Of all the data that a config names, for the name of a folder."""
    found = [
        _contents(name, config, config.imagenet_dir, known)
        for name in _changeable(config)
    ]
    return hashlib.sha256(json.dumps(found).encode()).hexdigest()[:8]

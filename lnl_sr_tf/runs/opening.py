"""A run's folder before anything is written, and the claim to write it."""

import contextlib
import os
import pathlib
from collections.abc import Callable, Iterator

import numpy as np

from lnl_sr_tf.config import Config
from lnl_sr_tf.datasets import Dataset
from lnl_sr_tf.errors import RunError
from lnl_sr_tf.runs import arrays, identity
from lnl_sr_tf.runs.folder import RunFolder, UnwrittenFolder
from lnl_sr_tf.runs.lock import RunLock


def open_folder(
    config: Config, chief: bool, tell: Callable[[str], None], own: bool = False
) -> RunFolder:
    """The folder of a run, in which nothing is written yet.

    With `--resume` it may hold the run, finished or cut off; without, it is one that
    does not exist yet.

    Args:
        config: the settings of the run.
        chief: whether this process writes it, and not another machine's.
        tell: called with each line for the person who waits.
        own: whether the run has a network or callbacks of a Python program, which no
            setting tells; then the folder is always one that does not exist yet, and
            not the one that a run of the settings alone has.

    Raises:
        FolderInUse: if another process trains the run.
        RunError: if the folder holds another run.
    """
    if not chief:
        return UnwrittenFolder(_by_name(config))
    folder = _of_its_own(config) if own else _chosen(config, tell)
    if folder.path.is_dir() and not folder.finished():
        # Asked for now, not held: who waits for the data would wait in vain.
        with RunLock(folder.path):
            pass
    check_same(config, folder)
    return folder


@contextlib.contextmanager
def claimed(config: Config, dataset: Dataset, folder: RunFolder) -> Iterator[None]:
    """Within, this process alone writes the folder of a run.

    Args:
        config: the settings of the run.
        dataset: what it trains on.
        folder: as `open_folder` gave it.

    Raises:
        FolderInUse: if another process has it.
        RunError: if the run began on other data.
    """
    if not folder.kept:
        yield
        return
    with RunLock(folder.path):
        check_data(config, dataset, folder)
        yield


def check_same(config: Config, folder: RunFolder) -> None:
    """Raise RunError where a folder holds a run of other settings.

    Its `config.json` may have been changed by hand.
    """
    before = folder.config()
    if before is None:
        return
    for name in identity.differing(before, config):
        value = config.identity().get(name)
        raise RunError(
            f"{folder.path} holds a run with {name}={before.get(name)}, and this one "
            f"has {name}={value}; move that folder away, or choose another output_dir"
        )


def check_data(config: Config, dataset: Dataset, folder: RunFolder) -> None:
    """Raise RunError where a run began on other data than its settings name now.

    Args:
        config: the settings of the run.
        dataset: what they make of the data now.
        folder: the run's.
    """
    before = folder.config() or {}
    now = {
        "data_fingerprint": (config.dataset, dataset.fingerprint),
        "open_set_fingerprint": (config.open_set, dataset.open_set_fingerprint),
        "class_names": (config.dataset, list(dataset.class_names)),
    }
    for name, (source, found) in now.items():
        if before.get(name) not in (None, found):
            raise RunError(
                f"{source} is not as it was when {folder.path} began: files or labels "
                "have changed; put them back, or train a run on them as they are now"
            )
    given = arrays.read_given_labels(folder)
    if given is not None and not np.array_equal(given, dataset.given_labels):
        raise RunError(
            f"{folder.labels} holds other labels than this run would train on: "
            f"the data has changed; move {folder.path} away to start anew"
        )


def check_backbone(config: Config, folder: RunFolder) -> None:
    """Raise RunError where the weights of a run's backbone are others than they were.

    Args:
        config: the settings of the run, with the weights by where they are now.
        folder: the run's.
    """
    if not config.backbone:
        return
    before = (folder.config() or {}).get("file_contents", {})
    now = config.identity().get("file_contents", {})
    for name, where in (
        ("weights", config.weights),
        ("backbone", config.preset_folder),
    ):
        if before.get(name) != now.get(name):
            raise RunError(
                f"the weights in {where} are not as they were when {folder.path} "
                "began: put the file back, or train a run with them as they are now"
            )


def _by_name(config: Config) -> pathlib.Path:
    return pathlib.Path(os.path.expanduser(config.output_dir)) / config.run_name


def _chosen(config: Config, tell: Callable[[str], None]) -> RunFolder:
    """The run's folder; with resume off one that does not exist yet."""
    plain = _by_name(config)
    if not config.resume:
        return _new(plain, tell)
    folder = identity.folder_of(config)
    if folder.path != plain and RunFolder(plain).begun():
        data = " and ".join(filter(None, (config.dataset, config.open_set)))
        tell(
            f"{plain} is of other data than there is now ({data}), and stays as it "
            f"is; this run is {folder.path}"
        )
    elif folder.path != plain:
        tell(f"{folder.path} is this run: the same settings and the same data")
    return folder


def _of_its_own(config: Config) -> RunFolder:
    plain = _by_name(config)
    return _new(plain.with_name(f"{plain.name}-own"), lambda line: None)


def _new(plain: pathlib.Path, tell: Callable[[str], None]) -> RunFolder:
    path, number = plain, 1
    while path.exists():
        number += 1
        path = path.with_name(f"{plain.name}-{number}")
    if number > 1:
        tell(f"resume is off: earlier runs stay as they are; this one is {path}")
    return RunFolder(path)

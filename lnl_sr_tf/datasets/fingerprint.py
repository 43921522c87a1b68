"""What a dataset holds, in a few letters, without decoding its images again."""

import os
from typing import Any, NamedTuple

from lnl_sr_tf.config.data_kinds import (
    CSV,
    FROM_LISTS,
    NPY,
    NPZ,
    ends_in,
    is_path,
    kind,
)
from lnl_sr_tf.config.file_kind import TABLE, TEXT
from lnl_sr_tf.datasets.sources import npy_file, npz_file, rows_fingerprint
from lnl_sr_tf.datasets.sources.clothing1m import list_clothing1m
from lnl_sr_tf.datasets.sources.csv_file import list_csv
from lnl_sr_tf.datasets.sources.dataset_of_files import fingerprint_of_files
from lnl_sr_tf.datasets.sources.folder import list_folder
from lnl_sr_tf.datasets.sources.published_lists import check_data_dir
from lnl_sr_tf.datasets.sources.webvision import list_webvision_mini


class Contents(NamedTuple):
    """What tells one dataset from another of the same name.

    Args:
        fingerprint: as that of a `Dataset`; None where the name says it all.
        class_names: None where the fingerprint covers them.
    """

    fingerprint: str | None = None
    class_names: tuple[str, ...] | None = None


def fingerprint(
    name: str,
    data_dir: str | None = None,
    *,
    imagenet_dir: str | None = None,
    **options: Any,
) -> Contents:
    """The `Contents` of a dataset, from checksums and from the inspection of its files.

    It is the same wherever the data lies. Files that were inspected before are only
    asked for their size and times.

    Args:
        name: as for `lnl_sr_tf.datasets.load`.
        data_dir: likewise.
        imagenet_dir: likewise.
        **options: `skip_bad_files` and `test_share`, likewise.

    Raises:
        InputError: if there is no such data, or it cannot be read.

    Example::

        fingerprint("photos").fingerprint == lnl.datasets.load("photos").fingerprint
    """
    if not has_fingerprint(name):
        return Contents()
    if is_path(name) and ends_in(name, NPZ, NPY):
        of_file = npz_file if ends_in(name, NPZ) else npy_file
        return Contents(of_file.fingerprint(os.path.expanduser(name)))
    if kind(name) in (TEXT, TABLE):
        return Contents(rows_fingerprint.fingerprint(os.path.expanduser(name)))
    if name in FROM_LISTS:
        data_dir = check_data_dir(name, data_dir)
        if name == "webvision_mini":
            files = list_webvision_mini(data_dir, imagenet_dir)
        else:
            files = list_clothing1m(data_dir)
    else:
        list_files = list_csv if ends_in(name, CSV) else list_folder
        files = list_files(name, tell=lambda line: None)
    options = {key: value for key, value in options.items() if value is not None}
    return Contents(fingerprint_of_files(files, **options), files.class_names)


def has_fingerprint(name: str) -> bool:
    """Whether the data of this name may be other data tomorrow."""
    return is_path(name) or name in FROM_LISTS

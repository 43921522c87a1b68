"""What a data set holds, in a few letters, without decoding its images again."""

import os
from typing import NamedTuple

from lnl_sr_tf.config.data_kinds import CSV, FROM_LISTS, NPZ, ends_in, is_path
from lnl_sr_tf.datasets.sources import npz_file
from lnl_sr_tf.datasets.sources.clothing1m import list_clothing1m
from lnl_sr_tf.datasets.sources.csv_file import list_csv
from lnl_sr_tf.datasets.sources.dataset_of_files import listing_fingerprint
from lnl_sr_tf.datasets.sources.folder import list_folder
from lnl_sr_tf.datasets.sources.webvision import list_webvision_mini
from lnl_sr_tf.errors import InputError


class Contents(NamedTuple):
    """What tells one data set from another of the same name.

    Args:
        fingerprint: as that of a `Dataset`; None where the name says it all.
        class_names: a tuple; None where the fingerprint tells them too.
    """

    fingerprint: str | None = None
    class_names: tuple | None = None


def fingerprint(name, data_dir=None, *, imagenet_dir=None, **options):
    """The `Contents` of a data set, from checksums and from the index of its files.

    It is the same wherever the data set lies. Of files that were looked into before,
    size and times alone are asked for.

    Args:
        name: as for `lnl_sr_tf.datasets.load`.
        data_dir: likewise.
        imagenet_dir: likewise.
        **options: `skip_bad_files` and `test_share`, likewise.

    Raises:
        InputError: if there is no such data, or it cannot be read.

    Example:
        >>> fingerprint("photos").fingerprint == lnl.datasets.load("photos").fingerprint
        True
    """
    if not has_fingerprint(name):
        return Contents()
    if is_path(name) and ends_in(name, NPZ):
        return Contents(npz_file.fingerprint(os.path.expanduser(name)))
    if name in FROM_LISTS and not data_dir:
        raise InputError(f"dataset {name}: say by data_dir in which folder it is")
    if name == "webvision_mini":
        listing = list_webvision_mini(data_dir, imagenet_dir)
    elif name == "clothing1m":
        listing = list_clothing1m(data_dir)
    elif ends_in(name, CSV):
        listing = list_csv(name, tell=lambda line: None)
    else:
        listing = list_folder(name, tell=lambda line: None)
    options = {key: value for key, value in options.items() if value is not None}
    return Contents(listing_fingerprint(listing, **options), listing.class_names)


def has_fingerprint(name):
    """Whether the data of this name may be other data tomorrow."""
    return is_path(name) or name in FROM_LISTS

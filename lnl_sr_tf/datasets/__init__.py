"""Datasets: images, given labels, clean labels, class names, how to preprocess.

To add one: write a function that returns a `Dataset`, and name it in `load`.
"""

import difflib
import os

from lnl_sr_tf.config.data_kinds import CSV, FROM_LISTS, NAMES, NPZ, ends_in, tidy
from lnl_sr_tf.datasets.dataset import Dataset
from lnl_sr_tf.datasets.describe import in_a_line
from lnl_sr_tf.datasets.images.image_files import ImageFiles
from lnl_sr_tf.datasets.sources.clothing1m import clothing1m
from lnl_sr_tf.datasets.sources.csv_file import from_csv
from lnl_sr_tf.datasets.sources.folder import from_folder
from lnl_sr_tf.datasets.sources.npz_file import from_npz
from lnl_sr_tf.datasets.sources.to_file import to_file
from lnl_sr_tf.datasets.sources.webvision import webvision_mini
from lnl_sr_tf.errors import InputError

__all__ = [
    "Dataset",
    "ImageFiles",
    "clothing1m",
    "from_csv",
    "from_folder",
    "from_npz",
    "load",
    "names",
    "to_file",
    "webvision_mini",
]

_TFDS = "tfds:"


def names():
    """Names that `load` knows; beside them it takes `tfds:NAME` and paths."""
    return list(NAMES)


def load(
    name, data_dir=None, *, image_size=None, imagenet_dir=None, tell=print, **options
):
    """A dataset by its name or by its place.

    Args:
        name: `"digits"` (ships with scikit-learn), `"mnist"`, `"fashion_mnist"`,
            `"cifar10"`, `"cifar100"`, `"cifar10_n"`, `"cifar100_n"`, or `"tfds:NAME"`
            for any other image classification set of TensorFlow Datasets;
            `"webvision_mini"`, `"clothing1m"`; or a path: a folder with one folder per
            class, an .npz, or a .csv of file,label.
        data_dir: folder where TFDS keeps prepared data, its own by default, from which
            nothing is downloaded when the data is there; for `"webvision_mini"` and
            `"clothing1m"` the folder of the set.
        image_size: (height, width) to which images are resized; by default as they are,
            and for files of differing sizes as `from_folder` says.
        imagenet_dir: for `"webvision_mini"`, its second test set.
        tell: called with each line for the person who waits; the last one says how many
            classes there are, their first names, and the examples of each.
        **options: `resize`, `skip_bad_files`, `in_memory`, for sets of files;
            `test_share` for paths.

    Returns:
        A `Dataset`, whose given labels are the clean ones where those are known.

    Raises:
        InputError: if the name is unknown, or the data is not there and cannot be
            fetched, or is not of images with one label each.

    Example:
        >>> load("digits").train_images.shape
        (1437, 8, 8, 1)
    """
    data = _load(name, data_dir, image_size, imagenet_dir, tell, options)
    tell(in_a_line(data))
    return data


def _load(name, data_dir, image_size, imagenet_dir, tell, options):
    check(name)
    options = {key: value for key, value in options.items() if value is not None}
    if name in FROM_LISTS:
        if not data_dir:
            raise InputError(f"dataset {name}: say by data_dir in which folder it is")
        if imagenet_dir:
            options["imagenet_dir"] = imagenet_dir
        make = {"webvision_mini": webvision_mini, "clothing1m": clothing1m}[name]
        return make(data_dir, image_size=image_size, tell=tell, **options)
    if name == "digits":
        # Imported here, so that what is not used is not needed.
        from lnl_sr_tf.datasets.sources import digits

        data = digits.load(tell)
    elif name in NAMES or name.startswith(_TFDS):
        from lnl_sr_tf.datasets.sources import tfds

        name = tidy(name).removeprefix(_TFDS)
        return tfds.load(name, data_dir, image_size, tell)
    elif ends_in(name, NPZ):
        share = {k: v for k, v in options.items() if k == "test_share"}
        data = from_npz(name, tell=tell, **share)
    else:
        make = from_csv if ends_in(name, CSV) else from_folder
        return make(name, image_size=image_size, tell=tell, **options)
    return data if image_size is None else data.with_image_size(image_size)


def check(name):
    """Raise InputError if no dataset can have this name, or nothing is there."""
    if name in names() or (name.startswith(_TFDS) and name != _TFDS):
        return
    path = os.path.expanduser(name)  # os.path takes names that are too long, too
    own = os.path.isfile(path)
    if os.path.isdir(path) or (own and ends_in(path, NPZ, CSV)):
        return
    if own:
        raise InputError(
            f"dataset {name!r}: expected a folder, an .npz or a .csv; this is "
            "a file of another kind"
        )
    close = difflib.get_close_matches(name, names(), n=1)
    hint = f"; did you mean {close[0]}?" if close else ""
    raise InputError(
        f"unknown dataset {name!r}: no such folder or file, and none of "
        f"{', '.join(names())}, tfds:NAME{hint}"
    )

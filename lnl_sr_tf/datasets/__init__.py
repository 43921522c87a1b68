"""Datasets: images, given labels, clean labels, class names, how to preprocess.

To add one: write a function that returns a `Dataset`, and name it in `load`.
"""

import difflib

from lnl_sr_tf.datasets.dataset import Dataset
from lnl_sr_tf.errors import InputError

__all__ = ["Dataset", "load", "names"]

_FROM_TFDS = ("mnist", "fashion_mnist", "cifar10", "cifar100")


def names():
    """Names that `load` knows; beside them it takes `tfds:NAME`."""
    return ["digits", *_FROM_TFDS]


def load(name, data_dir=None):
    """A dataset by its name, with clean labels.

    Args:
        name: `"digits"` (ships with scikit-learn), `"mnist"`, `"fashion_mnist"`,
            `"cifar10"`, `"cifar100"`, or `"tfds:NAME"` for any other image
            classification set of TensorFlow Datasets.
        data_dir: folder where TFDS keeps prepared data; its own by default. Nothing
            is downloaded when the data is there.

    Returns:
        A `Dataset`, whose given labels are the clean ones.

    Raises:
        InputError: if the name is unknown, or the data is not there and cannot be
            fetched, or is not of images with one label each.

    Example:
        >>> load("digits").train_images.shape
        (1437, 8, 8, 1)
    """
    check(name)
    # Imported here, so that `digits` needs neither TensorFlow nor TFDS.
    if name == "digits":
        from lnl_sr_tf.datasets import digits

        return digits.load()
    from lnl_sr_tf.datasets import from_tfds

    return from_tfds.load(name.removeprefix("tfds:"), data_dir)


def check(name):
    """Raise InputError if no dataset can have this name."""
    if name in names() or (name.startswith("tfds:") and name != "tfds:"):
        return
    close = difflib.get_close_matches(name, names(), n=1)
    hint = f"; did you mean {close[0]}?" if close else ""
    raise InputError(
        f"unknown dataset {name!r}; expected one of {', '.join(names())}, or "
        f"tfds:NAME{hint}"
    )

"""What kind of data a dataset's name or path stands for."""

import os
import pathlib
import re

from lnl_sr_tf.config.file_kind import FEATURES, IMAGES, kind_of_file

# Which labels people gave for which dataset.
HUMAN_NOISE = {
    "aggre": "cifar10_n",
    "rand1": "cifar10_n",
    "rand2": "cifar10_n",
    "rand3": "cifar10_n",
    "worse": "cifar10_n",
    "noisy_fine": "cifar100_n",
}
_TFDS = "tfds:"
# Data that a Python program holds: its kind, its contents in a few letters, its name.
_MEMORY = "memory:"
# Names that are no paths, whatever folder is there.
NAMES = (
    "digits",
    "mnist",
    "fashion_mnist",
    "cifar10",
    "cifar100",
    "cifar10_n",
    "cifar100_n",
    "webvision_mini",
    "clothing1m",
)
FROM_LISTS = ("webvision_mini", "clothing1m")
NPZ, CSV, NPY, JSONL = ".npz", ".csv", ".npy", ".jsonl"
OWN_FILES = (NPZ, CSV, NPY, JSONL)


def ends_in(path: object, *endings: str) -> bool:
    """Whether a file has one of these endings, in upper or lower case.

    Example:
        >>> ends_in("A.NPZ", NPZ)
        True
    """
    return str(path).lower().endswith(endings)


def is_path(dataset: str) -> bool:
    """Whether a dataset is a folder or file of one's own."""
    if dataset.startswith((_TFDS, _MEMORY)) or dataset in NAMES:
        return False
    return (
        ends_in(dataset, *OWN_FILES)
        or dataset.startswith(("~", "."))
        or os.sep in dataset
        or os.path.isdir(dataset)
    )


def name_in_memory(kind: str, contents: str, name: str) -> str:
    """What `dataset` is of a run on data that is in no file.

    Args:
        kind: of the data, as `kind` has it.
        contents: a fingerprint.
        name: for people.

    Example:
        >>> name_in_memory("features", "0a1b2c3d", "wine")
        'memory:features:0a1b2c3d:wine'
    """
    return f"{_MEMORY}{kind}:{contents}:{name}"


def in_memory(dataset: str) -> bool:
    """Whether a dataset is in memory, and in no file."""
    return dataset.startswith(_MEMORY)


def kind(dataset: str) -> str:
    """What its examples are: images, features, text or a table.

    A path is looked at; one that cannot be read is taken for one of images.
    """
    if in_memory(dataset):
        return dataset.split(":", 3)[1]
    if not is_path(dataset):
        return IMAGES
    return FEATURES if ends_in(dataset, NPY) else kind_of_file(dataset)


def tidy(dataset: str) -> str:
    """The shortest way to write the same name or path, so that one run has one name."""
    if dataset.startswith(_TFDS):
        return _TFDS + _tfds_name(dataset.removeprefix(_TFDS))
    short = os.path.normpath(dataset)
    return short if is_path(dataset) and is_path(short) else dataset


def _tfds_name(name: str) -> str:
    """As TFDS would read it, MNIST for mnist, FashionMnist for fashion_mnist.

    What comes after it stays, a version or a config: mnist:3.0.1.
    """
    own = re.split("[:/]", name, maxsplit=1)[0]
    known = {one.replace("_", ""): one for one in NAMES}
    snake = re.sub(r"(?<=[a-z0-9])([A-Z])", r"_\1", own).lower()
    return known.get(own.lower().replace("_", ""), snake) + name[len(own) :]


def of_files(dataset: str) -> bool:
    """Whether a dataset's images lie in files of their own."""
    own = is_path(dataset) and not ends_in(dataset, NPZ, NPY, JSONL)
    return (own and kind(dataset) == IMAGES) or dataset in FROM_LISTS


def comes_noisy(dataset: str) -> bool:
    """Whether its labels may be wrong as they come."""
    return is_path(dataset) or in_memory(dataset) or dataset in FROM_LISTS


def plain_name(dataset: str) -> str:
    """Its name for people: without `tfds:` and version, of a path the last part."""
    if in_memory(dataset):
        return dataset.split(":", 3)[3]
    if is_path(dataset):
        path = pathlib.PurePath(os.path.abspath(os.path.expanduser(dataset)))
        return path.stem if ends_in(path, *OWN_FILES) else path.name
    return tidy(dataset).removeprefix(_TFDS).partition(":")[0]


def recipe_name(dataset: str) -> str:
    """By which name its recipe goes."""
    if not is_path(dataset) and not in_memory(dataset):
        return plain_name(dataset)
    return "own" if kind(dataset) == IMAGES else kind(dataset)

"""Features in an .npy, read as they are needed, and labels in a .csv beside it."""

import hashlib
import os
import pathlib
from collections.abc import Callable

import numpy as np

from lnl_sr_tf.datasets.dataset import Dataset
from lnl_sr_tf.datasets.features.checked_features import checked_features
from lnl_sr_tf.datasets.features.column_statistics import column_statistics
from lnl_sr_tf.datasets.features.mapped_rows import MappedRows
from lnl_sr_tf.datasets.images.image_files import take
from lnl_sr_tf.datasets.sources.split_rows import dataset_of_rows, splits
from lnl_sr_tf.datasets.sources.table_columns import read_table
from lnl_sr_tf.errors import InputError
from lnl_sr_tf.noise.npy import check_header


def from_npy(
    path: pathlib.Path | str,
    test_share: float = 0.2,
    tell: Callable[[str], None] = print,
) -> Dataset:
    """Features in NAME.npy, and a line for each of them in NAME.csv.

    The .npy holds numbers of shape (n, width), which are read as they are needed, so
    that they may be more than memory holds. The .csv has a header and a column `label`,
    and may have `split` (train, validation or test) and `clean_label`; its lines are in
    the order of the rows.

    Args:
        path: the .npy.
        test_share: of each class, in (0, 1), that is held out where there is neither a
            test nor a validation set.
        tell: called with each line about what was found.

    Raises:
        InputError: if one of the files is missing or malformed, there are not as many
            lines as rows, or numbers are NaN or infinite.

    Example::

        data = lnl.datasets.from_npy("embeddings.npy")
    """
    path = pathlib.Path(os.path.expanduser(path))
    rows = _rows(path)
    if not _labels(path).is_file():
        raise InputError(
            f"{path} needs its labels in {_labels(path).name} beside it, a header with "
            "label and a line for each row; there is no such file"
        )
    table = read_table(_labels(path))
    if len(table.lines) != len(rows):
        raise InputError(
            f"{path} has {len(rows)} rows and {table.path} {len(table.lines)} lines "
            "below its header; expected as many of both"
        )
    features = checked_features(path, MappedRows(rows), tell)
    found = splits(table, features, test_share, "rows", tell)
    statistics = column_statistics(take(features, found.train))
    return dataset_of_rows(path.stem, features, found, statistics, fingerprint(path))


def _rows(path: pathlib.Path) -> np.ndarray:
    try:
        with open(path, "rb") as file:
            check_header(file, os.fstat(file.fileno()).st_size)
        rows = np.load(path, mmap_mode="r", allow_pickle=False)
    except FileNotFoundError:
        raise InputError(f"{path}: there is no such file") from None
    except (OSError, ValueError, EOFError) as error:
        raise InputError(
            f"{path} cannot be read as an .npy, it may be cut off: {error!s:.120}"
        ) from None
    if not isinstance(rows, np.ndarray) or rows.ndim != 2:
        raise InputError(
            f"{path}: expected features of shape (n, width); received "
            f"{getattr(rows, 'shape', 'an archive')}"
        )
    return rows


def _labels(path: pathlib.Path) -> pathlib.Path:
    return path.with_suffix(".csv")


def fingerprint(path: pathlib.Path | str) -> str:
    """That of an .npy and its labels, from all that both hold.

    Raises:
        InputError: if one of the files cannot be read.
    """
    path = pathlib.Path(path)
    try:
        digest = hashlib.sha256(_labels(path).read_bytes())
        with open(path, "rb") as file:
            digest.update(hashlib.file_digest(file, "sha256").digest())
    except OSError as error:
        raise InputError(f"{error.filename} cannot be read: {error.strerror}") from None
    return digest.hexdigest()[:16]

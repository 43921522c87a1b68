"""Examples that a trained network has not seen, as it takes them."""

import os
from typing import Any

import numpy as np

from lnl_sr_tf.config.file_kind import IMAGES, TABLE, TEXT
from lnl_sr_tf.datasets import Dataset, ImageFiles
from lnl_sr_tf.datasets.features.checked_features import checked_features
from lnl_sr_tf.datasets.features.column_kinds import Columns
from lnl_sr_tf.datasets.features.table_cells import checked_numbers
from lnl_sr_tf.datasets.features.table_encoder import TableEncoder
from lnl_sr_tf.datasets.images.image_files import Images, with_channels
from lnl_sr_tf.datasets.images.resize import resized_array
from lnl_sr_tf.datasets.sources.npz_images import checked_images
from lnl_sr_tf.datasets.sources.raw_arrays import columns_of, texts_of
from lnl_sr_tf.errors import InputError

_BATCH = 512


def as_network_takes(
    x: Any, dataset: Dataset, resize: str | None = None, unit: bool = False
) -> Images:
    """Examples in the form in which a dataset's network takes them.

    Args:
        x: what the dataset was made of: images, or paths of their files; features;
            texts; a data frame or dict of columns.
        dataset: what the network was trained on.
        resize: how files are resized.
        unit: whether images that it was trained on came as floats in [0, 1]: of a few
            dark ones alone that could not be seen.

    Returns:
        uint8 images of shape (n, height, width, channels), or features.

    Raises:
        InputError: if they are others than those.
    """
    kind = dataset.kind
    encoder: Any = dataset.encoder
    if kind == TEXT:
        texts = texts_of("x", x)
        if hasattr(encoder, "encode"):
            return encoder.encode(texts)
        return _in_batches(encoder, np.array(texts, object))
    if kind == TABLE:
        assert isinstance(encoder, TableEncoder)
        return _rows(x, encoder)
    if kind == IMAGES:
        shape = dataset.image_shape if encoder is None else encoder.image_shape
        x = _as_pixels(x) if unit else x
        images = _images(x, shape, resize or "stretch", dataset.bits)
        return images if encoder is None else _in_batches(encoder, images)
    rows = checked_features("x", np.asarray(x), lambda line: None)
    if rows.ndim != 2 or rows.shape[1] != dataset.image_shape[0]:
        raise InputError(
            f"x: expected features of shape (n, {dataset.image_shape[0]}); received "
            f"{rows.shape}"
        )
    return rows


def _as_pixels(x: Any) -> Any:
    """Floats in [0, 1] as uint8; anything else as it is."""
    array = np.asarray(x)
    if array.dtype.kind != "f" or not ((array >= 0) & (array <= 1)).all():
        return x
    return np.rint(array * 255).astype(np.uint8)


def _images(x: Any, shape: tuple[int, ...], resize: str, bits: int | None) -> Images:
    height, width, channels = shape
    paths = isinstance(x, (list, tuple)) and all(
        isinstance(one, (str, os.PathLike)) for one in x
    )
    if paths and len(x):
        files = [os.fspath(one) for one in x]
        for file in files:
            if not os.path.isfile(file):
                raise InputError(f"x: there is no file {file}")
        return ImageFiles(files, (height, width), channels, resize, bits=bits)
    images = checked_images("x", {"x": np.asarray(x)}, "x", lambda line: None)
    if images.shape[1:3] != (height, width):
        images = resized_array(images, (height, width))
    return with_channels(images, channels)


def _rows(x: Any, encoder: TableEncoder) -> np.ndarray:
    cells = columns_of("x", x)
    missing = [column.name for column in encoder.columns if column.name not in cells]
    if missing:
        raise InputError(
            f"x: the column {missing[0]!r} is missing; there are {[*cells]!s:.120}"
        )
    of_kind: dict[str, dict] = {"number": {}, "category": {}}
    for column in encoder.columns:
        values: Any = cells[column.name]
        if column.kind == "number":
            places = range(len(values))
            values = checked_numbers(f"x: {column.name}", values, places).values
        of_kind[column.kind][column.name] = values
    order = tuple(column.name for column in encoder.columns)
    return encoder.encode(Columns(of_kind["number"], of_kind["category"], order))


def _in_batches(encoder: Any, examples: Images) -> np.ndarray:
    """What a backbone makes of examples."""
    return np.concatenate(
        [
            encoder.features(examples[start : start + _BATCH])
            for start in range(0, len(examples), _BATCH)
        ]
    )

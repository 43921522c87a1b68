"""Test examples in the form in which a run's SavedModel takes them."""

from collections.abc import Iterable

import numpy as np

from lnl_sr_tf.datasets import Dataset
from lnl_sr_tf.datasets.features.table_cells import Numbers, numbers_in
from lnl_sr_tf.datasets.features.table_encoder import TableEncoder
from lnl_sr_tf.datasets.images.image_files import batch_of


def spread(count: int, most: int) -> np.ndarray:
    """The places of at most so many of some examples, spread over all of them.

    Example:
        >>> spread(9, 3).tolist()
        [0, 4, 8]
    """
    return np.linspace(0, count - 1, min(count, most)).round().astype(int)


def raw(dataset: Dataset, chosen: np.ndarray, names: Iterable[str]) -> dict:
    """Test examples as they were in the data.

    Args:
        dataset: that of the run.
        chosen: the places of the examples in the test set.
        names: those of the inputs that the SavedModel takes.

    Returns:
        An array of as many rows for each input.
    """
    originals = dataset.test_originals
    if isinstance(dataset.encoder, TableEncoder):
        assert originals is not None and dataset.columns is not None
        rows = originals[chosen]
        place = {name: i for i, name in enumerate(dataset.columns)}
        cells = {
            column.input: (column.kind, rows[:, place[column.name]].tolist())
            for column in dataset.encoder.columns
        }
        return {name: _column(*cells[name]) for name in names}
    (name,) = names
    if name == "texts":
        assert originals is not None
        return {name: originals[chosen].astype(object)}
    if name == "images" and originals is not None:
        return {name: batch_of(originals, chosen)}
    return {name: features(dataset, chosen)}


def features(dataset: Dataset, chosen: np.ndarray) -> np.ndarray:
    """Test examples as the network takes them: images, or features."""
    return batch_of(dataset.test_images, chosen)


def _column(kind: str, cells: list[str]) -> np.ndarray:
    if kind != "number":
        return np.array(cells, object)
    found = numbers_in(cells)
    assert isinstance(found, Numbers)
    return found.values

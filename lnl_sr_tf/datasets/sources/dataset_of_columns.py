"""The dataset that the columns of a table and labels make."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from lnl_sr_tf.datasets.dataset import Dataset
from lnl_sr_tf.datasets.features.column_kinds import columns_by_kind
from lnl_sr_tf.datasets.features.table_encoder import fit_table_encoder
from lnl_sr_tf.datasets.sources.split_rows import Splits, dataset_of_rows


def dataset_of_columns(
    source: object,
    name: str,
    columns: Mapping[str, Sequence[str]],
    kinds: Mapping[str, str],
    lines: Sequence[int],
    find_splits: Callable[[list[np.ndarray]], Splits],
    fingerprint: str,
    tell: Callable[[str], None],
) -> Dataset:
    """The dataset of a table; what makes its features is fitted on rows to train.

    Args:
        source: where it is from, for messages.
        name: of the dataset.
        columns: n cells each, by name.
        kinds: of some of them, as `columns_by_kind` takes them.
        lines: the number of each row's line.
        find_splits: from what tells the rows apart to the splits.
        fingerprint: of all of it.
        tell: called with each line about what was found.

    Raises:
        InputError: as `columns_by_kind`, and `find_splits`.
    """
    by_kind = columns_by_kind(source, columns, kinds, lines, tell)
    used = zip(*(columns[column] for column in by_kind.order), strict=True)
    found = find_splits(
        [np.frombuffer("\0".join(row).encode(), np.uint8) for row in used]
    )
    encoder = fit_table_encoder(by_kind, found.train, tell)
    features = encoder.encode(by_kind)
    originals = np.empty((len(lines), len(columns)), object)
    for place, cells in enumerate(columns.values()):
        originals[:, place] = cells
    return dataset_of_rows(
        name,
        features,
        found,
        encoder.statistics(features[found.train]),
        fingerprint,
        originals=originals,
        columns=tuple(columns),
        encoder=encoder,
    )

"""Texts in a .csv or a .jsonl."""

import os
import pathlib
from collections.abc import Callable

from lnl_sr_tf.datasets.dataset import Dataset
from lnl_sr_tf.datasets.sources.dataset_of_texts import dataset_of_texts
from lnl_sr_tf.datasets.sources.rows_fingerprint import fingerprint
from lnl_sr_tf.datasets.sources.split_rows import splits
from lnl_sr_tf.datasets.sources.table_columns import column_of, read_table
from lnl_sr_tf.errors import InputError


def from_text(
    path: pathlib.Path | str,
    test_share: float = 0.2,
    tell: Callable[[str], None] = print,
) -> Dataset:
    """Texts as TF-IDF of their words and pairs of words.

    The file has the columns, or the names in the object of each line, `text` and
    `label`, and may have `split` (train, validation or test) and `clean_label`.

    Args:
        path: of a .csv with a header, or of a .jsonl.
        test_share: of each class, in (0, 1), that is held out where there is neither a
            test nor a validation set.
        tell: called with each line about what was found.

    Raises:
        InputError: if the file is missing or malformed, all texts are empty, or
            TensorFlow is not installed.

    Example::

        data = lnl.datasets.from_text("reviews.jsonl")
        data.originals[0], data.encoder.terms[:3]
    """
    path = pathlib.Path(os.path.expanduser(path))
    table = read_table(path)
    name = column_of(path, "text", list(table.inputs))
    if name is None:
        raise InputError(
            f"{path}: expected a column text; found {', '.join(table.columns):.160}"
        )
    unused = [repr(other) for other in table.inputs if other != name]
    if unused:
        tell(f"{path}: columns that are not used: {', '.join(unused):.200}")
    return dataset_of_texts(
        path,
        path.stem,
        table.columns[name],
        lambda contents: splits(table, contents, test_share, "texts", tell),
        lambda row: f"line {table.lines[row]}",
        fingerprint(path),
        tell,
    )

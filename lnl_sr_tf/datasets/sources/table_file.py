"""The rows of a table in a .csv."""

import os
import pathlib
from collections.abc import Callable, Mapping

from lnl_sr_tf.config.column_kinds import parse_columns
from lnl_sr_tf.datasets.dataset import Dataset
from lnl_sr_tf.datasets.sources.dataset_of_columns import dataset_of_columns
from lnl_sr_tf.datasets.sources.rows_fingerprint import fingerprint
from lnl_sr_tf.datasets.sources.split_rows import splits
from lnl_sr_tf.datasets.sources.table_columns import read_table


def from_table(
    path: pathlib.Path | str,
    test_share: float = 0.2,
    tell: Callable[[str], None] = print,
    columns: str | Mapping[str, str] | None = None,
) -> Dataset:
    """Rows of numbers and categories, and a label for each.

    The file has a column `label`, and may have `split` (train, validation or test) and
    `clean_label`; all others are learnt from, each as what its cells hold. Missing is a
    cell that is empty or NA, NaN, null, none or ?.

    Args:
        path: of a .csv with a header, or of a .jsonl of objects.
        test_share: of each class, in (0, 1), that is held out where there is neither a
            test nor a validation set.
        tell: called with each line about what was found, among them what each column
            was taken for.
        columns: what some columns are, `"number"`, `"category"` or `"skip"` by name, or
            as the command line takes it, `"zip:category,id:skip"`.

    Raises:
        InputError: if the file is missing or malformed, a column that is to be of
            numbers holds text, or there is none to learn from.

    Example::

        data = lnl.datasets.from_table("patients.csv", columns={"ward": "category"})
        data.columns, data.originals[0]
    """
    path = pathlib.Path(os.path.expanduser(path))
    table = read_table(path)
    kinds = parse_columns(columns) if isinstance(columns, str) else columns or {}
    return dataset_of_columns(
        path,
        path.stem,
        table.inputs,
        kinds,
        table.lines,
        lambda contents: splits(table, contents, test_share, "rows", tell),
        fingerprint(path),
        tell,
    )

"""Datasets whose examples are rows that a table labels and divides into splits."""

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

import numpy as np

from lnl_sr_tf.datasets.copies import SplitContents, content_hashes, warn_of_copies
from lnl_sr_tf.datasets.dataset import Dataset
from lnl_sr_tf.datasets.fields import TestSet
from lnl_sr_tf.datasets.held_out import held_out_for_testing
from lnl_sr_tf.datasets.images.image_files import Images, take
from lnl_sr_tf.datasets.sources.labelled_rows import LabelledRows, labelled_rows
from lnl_sr_tf.datasets.sources.table_columns import Table

_TEST_SET = "a column split with lines of the split test"


class Splits(NamedTuple):
    """Rows of a table by split, a test set among them.

    Args:
        labelled: the rows of each split, and their labels.
        test: the name of the split that is the test set.
        labels_are: as `test_labels_are` of a `Dataset`.
    """

    labelled: LabelledRows
    test: str
    labels_are: str

    @property
    def train(self) -> np.ndarray:
        """The places of the rows to train on, int64."""
        return self.labelled.rows["train"]


def splits(
    table: Table,
    contents: Iterable[np.ndarray],
    test_share: float,
    what: str,
    tell: Callable[[str], None],
) -> Splits:
    """The rows of a table by split; a part is held out where there is no test set.

    Args:
        table: with labels, and perhaps splits and clean labels, n rows.
        contents: an array for each row, equal for copies of it.
        test_share: of each class, in (0, 1), that is held out where there is neither a
            test nor a validation set.
        what: examples are called.
        tell: called with each line about what was found.

    Raises:
        InputError: as `labelled_rows`, or if no class has two different rows.
    """

    def where(row):
        return f"line {table.lines[row]}"

    labelled = labelled_rows(table, tell)
    return with_test_set(
        labelled, contents, test_share, str(table.path), where, _TEST_SET, what, tell
    )


def with_test_set(
    labelled: LabelledRows,
    contents: Iterable[np.ndarray],
    test_share: float,
    source: str,
    where: Callable[[int], str],
    test_set: str,
    what: str,
    tell: Callable[[str], None],
) -> Splits:
    """The same rows with a test set, and told which are copies.

    Args:
        labelled: the rows of each split, and their labels.
        contents: as for `splits`.
        test_share: likewise.
        source: where the rows are from, for messages.
        where: from the place of a row to its name, for messages.
        test_set: what a test set is called there, for messages.
        what: as for `splits`.
        tell: likewise.

    Raises:
        InputError: if no class has two different rows.
    """
    hashes = content_hashes(contents)
    warn_of_copies(
        {
            split: SplitContents(
                hashes[rows],
                labelled.given[split],
                lambda i, rows=rows: where(rows[i]),  # type: ignore
            )
            for split, rows in labelled.rows.items()
        },
        tell,
        what,
    )
    test, labels_are = "test", "held out" if labelled.held_out else "given"
    if "test" not in labelled.rows:
        test = "validation"
    if test not in labelled.rows:
        test, labels_are = "test", "held out"
        chosen = held_out_for_testing(
            source,
            labelled.given["train"],
            test_share,
            hashes[labelled.rows["train"]],
            "train" in labelled.clean,
            test_set,
            tell,
            what,
        )
        labelled = _divided(labelled, chosen)
    if test in labelled.clean:
        labels_are = "clean"
    return Splits(labelled, test, labels_are)


def _divided(labelled, chosen):
    """The rows of the split train in two."""
    parts = {"train": ~chosen, "test": chosen}

    def divided(by_split):
        if "train" not in by_split:
            return by_split
        return by_split | {
            name: by_split["train"][part] for name, part in parts.items()
        }

    return labelled._replace(
        rows=divided(labelled.rows),
        given=divided(labelled.given),
        clean=divided(labelled.clean),
    )


def dataset_of_rows(
    name: str,
    features: Images,
    found: Splits,
    statistics: tuple[tuple[float, ...], tuple[float, ...]],
    fingerprint: str,
    originals: np.ndarray | None = None,
    **more: Any,
) -> Dataset:
    """The dataset of features, a row for each of a table.

    Args:
        name: of the dataset.
        features: checked, shape (n, width).
        found: which rows are whose.
        statistics: mean and standard deviation by which features are normalised.
        fingerprint: of all of it.
        originals: what the features were made of, n rows.
        **more: fields of a `Dataset`, such as `encoder`.
    """
    labelled, test = found.labelled, found.test
    best_labels = labelled.given | labelled.clean

    def of(split, values):
        return None if values is None else take(values, labelled.rows[split])

    mean, std = statistics
    return Dataset(
        name=name,
        train_images=of("train", features),
        given_labels=labelled.given["train"],
        clean_labels=labelled.clean.get("train"),
        test_images=of(test, features),
        test_labels=best_labels[test],
        class_names=labelled.class_names,
        mean=mean,
        std=std,
        index=labelled.rows["train"],
        test_labels_are=found.labels_are,
        more_tests={
            split: TestSet(
                of(split, features),
                best_labels[split],
                originals=of(split, originals),
            )
            for split in labelled.rows
            if split not in ("train", test)
        },
        fingerprint=fingerprint,
        originals=of("train", originals),
        test_originals=of(test, originals),
        **more,
    )

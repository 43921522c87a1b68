"""A dataset of arrays by their names: images or features, and labels."""

import pathlib
from collections.abc import Callable

import numpy as np

from lnl_sr_tf.datasets.copies import array_contents, warn_of_copies
from lnl_sr_tf.datasets.dataset import Dataset
from lnl_sr_tf.datasets.features.checked_features import are_features, checked_features
from lnl_sr_tf.datasets.features.column_statistics import column_statistics
from lnl_sr_tf.datasets.features.mapped_rows import MappedRows
from lnl_sr_tf.datasets.fields import TestSet
from lnl_sr_tf.datasets.held_out import held_out_for_testing
from lnl_sr_tf.datasets.images.image_files import take
from lnl_sr_tf.datasets.images.pixel_statistics import pixel_statistics
from lnl_sr_tf.datasets.sources.npz_images import checked_images
from lnl_sr_tf.datasets.sources.npz_labels import checked_labels
from lnl_sr_tf.datasets.sources.npz_names import array_names
from lnl_sr_tf.errors import InputError


def dataset_of_arrays(
    source: pathlib.Path | str,
    name: str,
    arrays: dict,
    test_share: float,
    tell: Callable[[str], None],
) -> Dataset:
    """The dataset that arrays make by their names, as `from_npz` says.

    Args:
        source: where they are from, for messages.
        name: of the dataset.
        arrays: by name; images are taken out of the dict, to save memory.
        test_share: of each class, in (0, 1), that is held out where there is neither a
            test nor a validation set.
        tell: called with each line about what was found.

    Returns:
        A `Dataset` without a fingerprint.

    Raises:
        InputError: if an array is missing, of a wrong shape or out of range, or two
            could be meant.
    """
    names = array_names(source, list(arrays), tell)
    examples = {
        split: _checked(source, arrays, x, tell)
        for split, (x, *_) in names.splits.items()
    }
    given, clean, class_names = checked_labels(source, arrays, names, examples, tell)
    shapes = {split: part.shape[1:] for split, part in examples.items()}
    of_features = are_features(examples["train"])
    what = "rows" if of_features else "images"
    for split, shape in shapes.items():
        if shape != shapes["train"]:
            raise InputError(
                f"{source}: {what} of {names.splits['train'][0]} are "
                f"{shapes['train']}, those of {names.splits[split][0]} {shape}; "
                "expected the same"
            )
    parts = {
        split: array_contents(names.splits[split][0], examples[split], given[split])
        for split in examples
    }
    warn_of_copies(parts, tell, what)
    test = "test" if "test" in examples else "validation"
    labels_are = "held out" if names.held_out else "given"
    index = np.arange(len(given["train"]))
    if test not in examples:
        test, labels_are = "test", "held out"
        chosen = held_out_for_testing(
            str(source),
            given["train"],
            test_share,
            parts["train"].hashes,
            "train" in clean,
            "x_test and y_test",
            tell,
            what,
        )
        kept, left_out = np.flatnonzero(~chosen), np.flatnonzero(chosen)
        divided: list[dict] = [examples, given, *[clean] * ("train" in clean)]
        for part in divided:
            part["test"] = take(part["train"], left_out)
            part["train"] = take(part["train"], kept)
        index = kept
    if test in clean:
        labels_are = "clean"
    best_labels = given | clean
    statistics = column_statistics if of_features else pixel_statistics
    mean, std = statistics(examples["train"])
    return Dataset(
        name=name,
        train_images=examples["train"],
        given_labels=given["train"],
        clean_labels=clean.get("train"),
        test_images=examples[test],
        test_labels=best_labels[test],
        class_names=class_names,
        mean=mean,
        std=std,
        index=index,
        test_labels_are=labels_are,
        more_tests={
            split: TestSet(examples[split], best_labels[split])
            for split in examples
            if split not in ("train", test)
        },
    )


def _checked(
    source: pathlib.Path | str, arrays: dict, name: str, tell: Callable[[str], None]
) -> np.ndarray | MappedRows:
    if are_features(arrays[name]):
        return checked_features(f"{source}: {name}", arrays.pop(name), tell)
    return checked_images(source, arrays, name, tell)

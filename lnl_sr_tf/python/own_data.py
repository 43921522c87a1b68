"""The data that a Python program trains on, and the name that its run gives it."""

import dataclasses
import hashlib
import os
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from lnl_sr_tf import validation
from lnl_sr_tf.config import recipes
from lnl_sr_tf.config.data_kinds import name_in_memory, recipe_name, tidy
from lnl_sr_tf.config.parse import parse
from lnl_sr_tf.datasets import Dataset, from_arrays
from lnl_sr_tf.errors import InputError

Tell = Callable[[str], None]


class OwnData(NamedTuple):
    """What is trained on.

    Args:
        settings: those of the run that follow from the data.
        source: the data itself; None where the settings name it.
        numbered: whether labels are numbers, so that predictions are too.
        unit: whether images came as floats in [0, 1].
    """

    settings: dict[str, Any]
    source: Dataset | None = None
    numbered: bool = False
    unit: bool = False


def of_name(
    place: str | os.PathLike, settings: Mapping[str, Any], **more: Any
) -> OwnData:
    """Data by a name or path, as the command takes it.

    Labels stay as they come unless `noise` is given: who calls a function wants no
    labels made wrong.

    Args:
        place: the name of a dataset, or a path.
        settings: those that are given.
        **more: arguments that belong to arrays; None where they are not given.

    Raises:
        InputError: if one of them is given.
    """
    _refuse(f"{os.fspath(place)!r:.80}", more)
    dataset = tidy(os.fspath(place))
    known = {"dataset": dataset}
    if "noise" not in settings:
        usual = recipes.of_dataset(recipe_name(dataset)).get("noise", "none")
        known["noise"] = usual
    return OwnData(known)


def of_dataset(dataset: Dataset, settings: Mapping[str, Any], **more: Any) -> OwnData:
    """Data that is a `Dataset` already, with its labels as they are.

    Args:
        dataset: any.
        settings: those that are given.
        **more: as for `of_name`.

    Raises:
        InputError: if something belongs to arrays.
    """
    given = {name: settings.get(name) for name in ("test_share", "columns")}
    _refuse(f"the dataset {dataset.name}", more | given)
    return OwnData(_named(dataset), dataset)


def of_arrays(
    x: Any,
    y: Any,
    settings: Mapping[str, Any],
    *,
    clean: Any = None,
    test: Sequence[Any] | None = None,
    test_clean: Any = None,
    sample_weight: Any = None,
    class_names: Sequence[str] | None = None,
    name: str = "arrays",
    tell: Tell = print,
) -> OwnData:
    """Data in arrays, lists of texts or data frames.

    Args:
        x: as for `from_arrays`.
        y: likewise.
        settings: those that are given, of which `test_share` and `columns` count.
        clean: true labels of `x`, or None.
        test: (x, y) of a test set, or None.
        test_clean: its true labels, or None.
        sample_weight: of the examples, at least 0, shape (n,), or None.
        class_names: as for `from_arrays`.
        name: of the data.
        tell: called with each line about what was found.

    Raises:
        InputError: as `from_arrays`; or if `test` is no pair, or weights are not at
            least 0.
    """
    if y is None:
        raise InputError(
            "y: expected the labels of x; x alone is for the name or path of data, or "
            f"a Dataset; received a {type(x).__name__}"
        )
    if test is not None and (not isinstance(test, (tuple, list)) or len(test) != 2):
        raise InputError(
            f"test: expected a pair (x, y); received a {type(test).__name__}"
        )
    options: dict[str, Any] = {}
    if settings.get("test_share") is not None:
        if test is not None:
            raise InputError(
                "test_share has no effect with test; leave out one of them"
            )
        options["test_share"] = parse("test_share", settings["test_share"])
    x_test, y_test = test or (None, None)
    source = from_arrays(
        x,
        y,
        x_test,
        y_test,
        y_clean=clean,
        y_test_clean=test_clean,
        class_names=class_names,
        columns=settings.get("columns"),
        name=name,
        tell=tell,
        **options,
    )
    if sample_weight is not None:
        source = _weighted(source, sample_weight, len(y))
    known = _named(source)
    if isinstance(columns := settings.get("columns"), Mapping):
        known["columns"] = ",".join(f"{key}:{kind}" for key, kind in columns.items())
    return OwnData(known, source, _are_numbers(y), source.of_images and in_unit(x))


def _named(source: Dataset) -> dict[str, Any]:
    return {"dataset": name_in_memory(source.kind, _contents(source), source.name)}


def _contents(source: Dataset) -> str:
    """Letters that differ where examples or labels do."""
    digest = hashlib.sha256(repr((source.fingerprint, source.class_names)).encode())
    for labels in (source.given_labels, source.test_labels, source.clean_labels):
        digest.update(b"-" if labels is None else labels.tobytes())
    digest.update(source.index.tobytes())
    if source.weights is not None:
        digest.update(source.weights.tobytes())
    # Also where there is a fingerprint: a dataset that was made of another keeps it.
    for examples in (source.train_images, source.test_images):
        digest.update(repr(examples.shape).encode())
        if isinstance(examples, np.ndarray):
            digest.update(np.ascontiguousarray(examples).tobytes())
    if source.label_shares is not None:
        digest.update(np.ascontiguousarray(source.label_shares).tobytes())
    return digest.hexdigest()[:16]


def _weighted(source: Dataset, weights: Any, count: int) -> Dataset:
    """The dataset with the weights of its examples, whose mean is then 1."""
    array = validation.numbers("sample_weight", weights, ndim=1)
    if len(array) != count or not (np.isfinite(array) & (array >= 0)).all():
        raise InputError(
            f"sample_weight: expected {count} finite numbers of at least 0; received "
            f"{len(array)}, from {array.min(initial=0):g} to {array.max(initial=0):g}"
        )
    mine = array[source.index]
    if not mine.any():
        raise InputError("sample_weight: all examples to train on have the weight 0")
    scaled = (mine / mine.mean()).astype(np.float32)
    return dataclasses.replace(source, weights=scaled)


def _are_numbers(y: Any) -> bool:
    return np.asarray(y).dtype.kind in "iufb"


def in_unit(images: Any) -> bool:
    """Whether images are floats in [0, 1], which `from_arrays` makes uint8."""
    array = np.asarray(images)
    return array.dtype.kind == "f" and bool(array.max(initial=0) <= 1)


def _refuse(what: str, more: Mapping[str, Any]) -> None:
    for name, value in more.items():
        if value is not None:
            raise InputError(f"{name} is for arrays; received {what}: leave it out")

"""The one check of arrays that come from outside: numbers, labels, probabilities."""

import collections.abc
from typing import NoReturn

import numpy as np
from numpy.typing import ArrayLike

from lnl_sr_tf.errors import InputError

_LARGEST = 2**53  # beyond, a float is no whole number for sure
# How far the sum of a row of probabilities may be from 1. bfloat16 rounds each by up to
# 1/256 of itself, and so their sum.
OF_OUTPUTS = 1e-2
_HINT = "; logits want a softmax first"
# Nobody computes a transition matrix in bfloat16. What is typed or printed with three
# or four digits is as near as this, and what is farther off was not meant as one.
_OF_MATRIX = 1e-3


def numbers(name: str, values: ArrayLike, ndim: int | None = None) -> np.ndarray:
    """Values as an array of float64.

    Args:
        name: what they are, for messages.
        values: numbers, or nested sequences of them.
        ndim: how many dimensions they must have, where that is known.

    Raises:
        InputError: if they are a mapping or a set, whose keys NumPy would take, or not
            numbers, or have rows of differing lengths, or other dimensions.

    Example:
        >>> numbers("counts", [3, 1])
        array([3., 1.])
    """
    return _real(name, values, ndim, np.float64)


def table(name: str, values: ArrayLike) -> np.ndarray:
    """Outputs of shape (n, k) in the type that they have: an array is not copied.

    What is in the rows is not looked at: see `rows_that_are_none`.

    Args:
        name: what they are, for messages.
        values: numbers, n ≥ 1 rows of k ≥ 2.

    Raises:
        InputError: as of `numbers`, or if there are fewer rows or columns.

    Example:
        >>> table("outputs", np.ones((2, 3), np.float16)).dtype
        dtype('float16')
    """
    array = _real(name, values, 2, None)
    _check_outputs(name, array)
    return array


def _real(name, values, ndim, dtype):
    """Values as an array of real numbers, of a type or of the one they have."""
    if isinstance(values, (collections.abc.Mapping, collections.abc.Set)):
        raise InputError(
            f"{name}: expected numbers in their order; received a "
            f"{type(values).__name__}: {values!r:.80}"
        )
    _check_mask(name, values)
    try:
        array = np.asarray(values)
        # Texts would become numbers, and complex ones lose a part.
        if array.dtype.kind not in "biuf" and array.size:
            raise TypeError
        if dtype is not None:
            array = array.astype(dtype)
    except (ValueError, TypeError):
        raise InputError(
            f"{name}: expected numbers, in rows of the same length; received "
            f"{values!r:.80}"
        ) from None
    if ndim is not None and array.ndim != ndim:
        raise InputError(
            f"{name}: expected an array of {ndim} dimensions; received the shape "
            f"{array.shape}"
        )
    return array


def labels(
    name: str,
    values: ArrayLike,
    num_classes: int | None,
    count: int | None = None,
    none_of_them: bool = False,
) -> np.ndarray:
    """Labels of classes as an array of int64, shape (n,).

    Args:
        name: what they are and where, for messages.
        values: whole numbers of shape (n,) or (n, 1); floats that are whole will do.
        num_classes: k; labels are in [0, k). None where that is not known yet: then
            they are at least 0.
        count: n, where that is known.
        none_of_them: whether -1, for an example of none of the classes, is allowed.

    Raises:
        InputError: that says what was received and what was expected.

    Example:
        >>> labels("y_train", [[0], [2]], num_classes=3)
        array([0, 2])
    """
    if isinstance(values, (collections.abc.Mapping, collections.abc.Set)):
        raise InputError(
            f"{name}: expected labels in the order of the examples; received a "
            f"{type(values).__name__}"
        )
    _check_mask(name, values)
    try:
        array = np.asarray(values)
    except ValueError:  # rows of differing lengths
        raise InputError(f"{name}: expected labels of shape (n,)") from None
    if array.ndim == 2 and array.shape[1] == 1:
        array = array[:, 0]
    if array.ndim != 1:
        raise InputError(
            f"{name}: expected labels of shape (n,); received {array.shape}"
            + ("; for one-hot ones, argmax(axis=1) gives them" * (array.ndim == 2))
        )
    if count is not None and len(array) != count:
        raise InputError(
            f"{name}: expected {count} labels, one an example; received {len(array)}"
        )
    if array.dtype.kind == "f":
        bad = np.flatnonzero(~((np.abs(array) < _LARGEST) & (array == np.rint(array))))
        if len(bad):
            raise InputError(
                f"{name}: expected whole numbers; received {array[bad[0]]} at place "
                f"{bad[0]}" + (f" and {len(bad) - 1} more such" if bad[1:].size else "")
            )
    elif array.dtype.kind not in "iu" and array.size:
        raise InputError(f"{name}: expected whole numbers; received {array.dtype}")
    low = -1 if none_of_them else 0
    high = np.inf if num_classes is None else num_classes
    bad = np.flatnonzero((array < low) | (array >= high))
    if len(bad):
        end = "from 0 on" if num_classes is None else f"in [0, {num_classes})"
        raise InputError(
            f"{name}: expected whole numbers {end}"
            + (", or -1 for none of the classes" if none_of_them else "")
            + f"; received {array[bad[0]]} at place {bad[0]}"
            + (f" and {len(bad) - 1} more such" if bad[1:].size else "")
        )
    return array.astype(np.int64)


def probabilities(name: str, values: ArrayLike) -> np.ndarray:
    """Rows of probabilities, one an example, as an array of float64, shape (n, k).

    Args:
        name: what they are, for messages.
        values: shape (n, k), n ≥ 1, k ≥ 2: at least 0, each row with a sum within 0.01
            of 1. They are not scaled.

    Raises:
        InputError: that says what was received and what was expected.

    Example:
        >>> probabilities("outputs", [[0.5, 0.5]])
        array([[0.5, 0.5]])
    """
    array = numbers(name, values, ndim=2)
    _check_outputs(name, array)
    _check_rows(name, array, OF_OUTPUTS, _HINT)
    return array


def probabilities_and_labels(
    outputs: ArrayLike, given: ArrayLike
) -> tuple[np.ndarray, np.ndarray]:
    """A network's outputs as by `probabilities`, and a label of each as by `labels`.

    Raises:
        InputError: as of these two, which speak of `probabilities` and `labels`.
    """
    array = probabilities("probabilities", outputs)
    return array, labels("labels", given, array.shape[1], len(array))


def softmax(logits: ArrayLike) -> np.ndarray:
    """softmax(z) of logits from outside, float64, shape (n, k).

    Raises:
        InputError: if they are not finite numbers of shape (n, k).

    Example:
        >>> softmax([[0.0, 0.0]])
        array([[0.5, 0.5]])
    """
    array = numbers("logits", logits, ndim=2)
    bad = np.flatnonzero(~np.isfinite(array).all(axis=1))
    if len(bad):
        _refuse_logits(bad)
    powers = np.exp(array - array.max(axis=1, keepdims=True, initial=-np.inf))
    return powers / powers.sum(axis=1, keepdims=True)


def transition_matrix(
    name: str, values: ArrayLike, num_classes: int | None = None, first_row: int = 0
) -> np.ndarray:
    """T, T[i, j] = P(given = j | true = i), as an array of float64, shape (k, k).

    Args:
        name: what it is and where, for messages.
        values: k rows of k probabilities, at least 0, each with a sum within 0.001 of
            1. They are not scaled.
        num_classes: k, where that is known.
        first_row: the number of the first row in messages: 1 for lines of a file.

    Raises:
        InputError: that says what was received and what was expected.

    Example:
        >>> transition_matrix("matrix", [[0.8, 0.2], [0, 1]])
        array([[0.8, 0.2],
               [0. , 1. ]])
    """
    array = numbers(name, values)
    classes = array.shape[:1] if num_classes is None else (num_classes,)
    if array.ndim != 2 or not array.size or array.shape != 2 * classes:
        wanted = "a square matrix"
        if num_classes is not None:
            wanted = f"a matrix of {num_classes} rows and columns"
        raise InputError(
            f"{name}: expected {wanted}, one a class; received the shape {array.shape}"
        )
    _check_rows(name, array, _OF_MATRIX, first_row=first_row)
    return array


def rows_that_are_none(array: np.ndarray, tolerance: float = OF_OUTPUTS) -> np.ndarray:
    """Positions of the rows that are no distributions, int64; NaN makes a row none.

    Args:
        array: shape (n, k).
        tolerance: how far the sum of a row may be from 1.

    Example:
        >>> rows_that_are_none(np.array([[0.5, 0.5], [0.5, 0.6]]))
        array([1])
    """
    with np.errstate(all="ignore"):
        sums = array.sum(axis=1, dtype=np.float64)
        right = (array >= 0).all(axis=1) & (np.abs(sums - 1.0) < tolerance)
    return np.flatnonzero(~right)


def refuse_rows(name: str, array: np.ndarray, bad: np.ndarray) -> NoReturn:
    """Raise the InputError of `probabilities`; of `softmax` if the name is logits.

    Args:
        name: what they are.
        array: shape (n, k).
        bad: positions of the rows that are none, at least one.
    """
    if name == "logits":
        _refuse_logits(bad)
    _refuse(name, array, bad, OF_OUTPUTS, _HINT)


def _check_outputs(name, array):
    if array.shape[0] < 1 or array.shape[1] < 2:
        raise InputError(
            f"{name}: expected at least one example and two classes, shape (n, k); "
            f"received the shape {array.shape}"
        )


def _check_rows(name, array, tolerance, hint="", first_row=0):
    """Raise InputError unless every row is a distribution."""
    bad = rows_that_are_none(array, tolerance)
    if len(bad):
        _refuse(name, array, bad, tolerance, hint, first_row)


def _refuse(
    name: str,
    array: np.ndarray,
    bad: np.ndarray,
    tolerance: float,
    hint: str = "",
    first_row: int = 0,
) -> NoReturn:
    values = array[bad[0]].astype(np.float64)
    with np.errstate(all="ignore"):
        total = values.sum()
    row = ", ".join(f"{value:.6g}" for value in values[:6])
    raise InputError(
        f"{name}, row {bad[0] + first_row}: expected probabilities, at least 0, "
        f"that sum to 1 (within {tolerance:g}{hint}); received {row}"
        + (", …" if array.shape[1] > 6 else "")
        + f", sum {total:.6g}"
        + (f" and {len(bad) - 1} more such" if bad[1:].size else "")
    )


def _refuse_logits(bad: np.ndarray) -> NoReturn:
    raise InputError(
        "logits must be finite numbers of shape (n, classes); received NaN or "
        f"infinity in row {bad[0]}"
    )


def _check_mask(name, values):
    """NumPy leaves the mask of a masked array out, and takes what lies under it."""
    if np.ma.is_masked(values):
        raise InputError(f"{name}: expected values in every place; some are masked")

"""Arrays that come from outside, checked: numbers, and labels of classes."""

import collections.abc

import numpy as np

from lnl_sr_tf.errors import InputError

_LARGEST = 2**53  # beyond, a float is no whole number for sure


def numbers(name, values, ndim=None):
    """Values as an array of float64.

    Args:
        name: what they are, for messages.
        values: numbers, or nested sequences of them.
        ndim: how many dimensions they must have, where that is known.

    Raises:
        InputError: if they are a mapping or a set, which would be taken by its keys,
            are no numbers, have rows of differing lengths, or other dimensions.

    Example:
        >>> numbers("counts", [3, 1])
        array([3., 1.])
    """
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
        array = array.astype(np.float64)
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


def labels(name, values, num_classes, count=None, none_of_them=False):
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


def _check_mask(name, values):
    """NumPy leaves the mask of a masked array out, and takes what lies under it."""
    if np.ma.is_masked(values):
        raise InputError(f"{name}: expected values in every place; some are masked")

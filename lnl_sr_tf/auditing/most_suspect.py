"""The first examples of an order, as many as were asked for."""

import operator

import numpy as np

from lnl_sr_tf.errors import InputError


def most_suspect(order: np.ndarray, number: int) -> np.ndarray:
    """The first `number` of an order; all of them if there are fewer, or for 0.

    Args:
        order: the most suspect first.
        number: a whole number from 0.

    Raises:
        InputError: if it is none.

    Example:
        >>> most_suspect(np.array([4, 0, 2]), 2)
        array([4, 0])
    """
    try:
        count = operator.index(number)
    except TypeError:
        count = -1
    if count < 0:
        raise InputError(
            "number: expected a whole number from 1, or 0 for all of them; received "
            f"{number!r:.80}"
        )
    return order[:count] if count else order

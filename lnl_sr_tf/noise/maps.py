"""Asymmetric noise by a map that a person gives, such as `cat>dog,3>5`."""

import difflib
from collections.abc import Mapping, Sequence

import numpy as np

from lnl_sr_tf import validation
from lnl_sr_tf.errors import InputError
from lnl_sr_tf.noise.matrices import check_rate, matrix_of_map


def parse_map(text: str, class_names: Sequence[str]) -> dict[int, int]:
    """Which class is mistaken for which, from text.

    Args:
        text: `true>given` pairs separated by commas, each a class's name or its index.
        class_names: one name per class, in the order of the indices. A name wins over
            an index that is written the same.

    Returns:
        Dict from the index of a true class to that of the given one.

    Raises:
        InputError: if a pair is malformed, names no class, or a class is twice on the
            left.

    Example:
        >>> parse_map("cat>dog, 2>0", ("bird", "cat", "dog"))
        {1: 2, 2: 0}
    """
    partners = {}
    for pair in text.split(","):
        true, arrow, given = (part.strip() for part in pair.partition(">"))
        if not (true and arrow and given) or ">" in given:
            raise InputError(
                f"--asym_map={text}: expected TRUE>GIVEN,TRUE>GIVEN by names or "
                f"indices of classes; received {pair.strip()!r}"
            )
        source, target = (_index(name, class_names, text) for name in (true, given))
        if source in partners:
            raise InputError(
                f"--asym_map={text}: {true!r} stands on the left of two pairs; a class "
                "is taken for one other"
            )
        if source == target:
            raise InputError(f"--asym_map={text}: {true!r} is taken for itself")
        partners[source] = target
    return partners


def map_matrix(
    num_classes: int, rate: float, partners: Mapping[int, int]
) -> np.ndarray:
    """T of a map: class i becomes partners[i] with probability η; others stay.

    Args:
        num_classes: k ≥ 2.
        rate: the noise rate η in [0, 1) of the classes that have a partner.
        partners: dict from the index of a true class to that of the given one.

    Returns:
        float64 array of shape (k, k), whose rows sum to 1.

    Raises:
        InputError: if the rate is out of range, or a partner is not a class or the
            class itself.

    Example:
        >>> map_matrix(3, 0.4, {1: 2})[1]
        array([0. , 0.6, 0.4])
    """
    check_rate(rate)
    if not isinstance(partners, Mapping):
        raise InputError(f"partners: expected a dict; received {partners!r:.80}")
    checked = {}
    for pair in partners.items():
        true, given = validation.labels("partners", pair, num_classes, count=2).tolist()
        if true == given:
            raise InputError(f"partners: class {true} is taken for itself")
        checked[true] = given
    return matrix_of_map(num_classes, rate, checked)


def _index(name, class_names, text):
    if name in class_names:
        return class_names.index(name)
    if name.isdecimal() and int(name) < len(class_names):
        return int(name)
    close = difflib.get_close_matches(name, class_names, n=1)
    hint = f"; did you mean {close[0]!r}?" if close else ""
    shown = ", ".join(class_names[:12]) + (", …" if len(class_names) > 12 else "")
    raise InputError(
        f"--asym_map={text}: no class {name!r}; expected one of {shown}, or an index "
        f"in [0, {len(class_names)}){hint}"
    )

"""Names of classes: their order, and which of them are one class."""

import collections
import decimal
import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from lnl_sr_tf.errors import InputError, first_of

_NAMED = 3  # groups of names in a message
_NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?")


def natural(text: str) -> Any:
    """A sort key by which a2 comes before a10."""
    parts: list = re.split(r"([0-9]+)", text)
    # Numbers by their length, then digit by digit: Python refuses to convert thousands
    # of digits.
    for i in range(1, len(parts), 2):
        digits = parts[i].lstrip("0")
        parts[i] = len(digits), digits
    return parts, text


def sorted_names(names: Iterable[str]) -> tuple[str, ...]:
    """Different names of classes in order.

    Where all are numbers, by their values; else negative numbers come first, by their
    values, then the other names, with numbers within them by their value.

    Example:
        >>> sorted_names(["10", "9", "-2", "-10"])
        ('-10', '-2', '9', '10')
    """
    names = set(names)
    values = {name: _value(name) for name in names}
    if None not in values.values():
        return tuple(sorted(names, key=lambda name: (values[name], natural(name))))

    def key(name):
        negative = values[name] is not None and values[name] < 0
        return not negative, values[name] if negative else 0, natural(name)

    return tuple(sorted(names, key=key))


def _value(name: str) -> decimal.Decimal | None:
    return decimal.Decimal(name) if _NUMBER.fullmatch(name) else None


def one_name_each(
    source: object, spellings: Iterable[str], tell: Callable[[str], None]
) -> dict[str, str]:
    """The name of the class that each spelling stands for.

    Letters are the same however Unicode composes them (NFC and NFD); spaces at the
    ends do not count, nor do zeros after a whole number's decimal point.

    Args:
        source: where the names are from, for messages.
        spellings: the names as they were found.
        tell: called with a line where several are one class, and with one where names
            differ in upper and lower case alone, which stay different classes.

    Example:
        >>> one_name_each("x.csv", ["1", "1.0", "cat "], print)
        x.csv: taken as one class: '1' and '1.0'
        {'1': '1', '1.0': '1', 'cat ': 'cat'}
    """
    groups = collections.defaultdict(list)
    for spelling in sorted(set(spellings)):
        groups[_same(_tidy(spelling))].append(spelling)
    names: dict[str, str] = {}
    merged = []
    for group in groups.values():
        name = min(map(_tidy, group), key=lambda text: (len(text), text))
        names |= dict.fromkeys(group, name)
        if len(group) > 1:
            merged.append(" and ".join(map(_shown(group), group)))
    if merged:
        tell(f"{source}: taken as one class: {first_of(merged, _NAMED, '; ')}")
    cases = collections.defaultdict(set)
    for name in names.values():
        cases[name.casefold()].add(name)
    alike = [
        " and ".join(map(repr, sorted(group)))
        for group in cases.values()
        if len(group) > 1
    ]
    if alike:
        tell(
            f"{source}: different classes, though their names differ in upper and "
            f"lower case alone: {first_of(alike, _NAMED, '; ')}"
        )
    return names


def _tidy(name: str) -> str:
    return unicodedata.normalize("NFC", name).strip() or name


def _same(name: str) -> str:
    """What all spellings of one class share."""
    number = re.fullmatch(r"([+-]?[0-9]+)\.0+", name)
    return number[1] if number else name


def _shown(group: list[str]) -> Callable[[str], str]:
    """How to show spellings: by `ascii` where they would look the same."""
    return repr if len({_tidy(name) for name in group}) > 1 or any(
        name != name.strip() for name in group
    ) else ascii  # fmt: skip


def check_classes(source: object, class_names: Sequence[str]) -> None:
    """Raise InputError unless there are at least two classes, with different names."""
    if len(class_names) < 2:
        found = f"one class, {class_names[0]!r}" if class_names else "none"
        raise InputError(
            f"{source}: expected examples of at least 2 classes; found {found}"
        )
    for name, count in collections.Counter(class_names).items():
        if count > 1:
            raise InputError(
                f"{source}: {count} classes have the name {name!r}; expected different "
                "names"
            )

"""What the columns of a table are, as a person says: `age:number,id:skip`."""

import re

from lnl_sr_tf.errors import InputError

NUMBER, CATEGORY, SKIP = "number", "category", "skip"
_KINDS = (NUMBER, CATEGORY, SKIP)
# A name may have commas and colons of its own.
_PAIR = re.compile(rf"\s*([^,\s].*?)\s*:\s*({'|'.join(_KINDS)})\s*(?:,|$)")


def parse_columns(text: str) -> dict[str, str]:
    """The kind of each column that is named.

    Args:
        text: NAME:KIND,NAME:KIND, each kind one of number, category and skip.

    Raises:
        InputError: if it is written otherwise, or names a column twice.

    Example:
        >>> parse_columns("age:number, size, in cm:skip")
        {'age': 'number', 'size, in cm': 'skip'}
    """
    kinds: dict[str, str] = {}
    place = 0
    while place < len(text):
        pair = _PAIR.match(text, place)
        if not pair:
            raise InputError(
                f"--columns={text}: expected NAME:KIND,NAME:KIND with the kinds "
                f"{', '.join(_KINDS)}; received {text[place:]!r:.60}"
            )
        name, kind = pair.groups()
        if name in kinds:
            raise InputError(f"--columns={text}: {name!r} is named twice; once will do")
        kinds[name] = kind
        place = pair.end()
    return kinds


def columns_in_order(text: str) -> str:
    """The same, written in one way whatever the order of the columns.

    Example:
        >>> columns_in_order("id : skip,age:number")
        'age:number,id:skip'
    """
    kinds = parse_columns(text)
    return ",".join(f"{name}:{kinds[name]}" for name in sorted(kinds))

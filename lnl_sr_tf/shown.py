"""What an object holds, as text and as a table for notebooks."""

import html
from collections.abc import Mapping


class Shown:
    """Gives an object a `repr`, and a table in notebooks, of what it holds.

    A class says it by `_title` and `_facts`.
    """

    def _title(self) -> str:
        """What it is, in a few words."""
        return type(self).__name__

    def _facts(self) -> Mapping[str, object]:
        """What it holds, by name; None is left out."""
        raise NotImplementedError

    def __repr__(self) -> str:
        facts = _kept(self._facts())
        width = max(map(len, facts), default=0)
        lines = [f"  {name:<{width}}  {value}" for name, value in facts.items()]
        return "\n".join([self._title(), *lines])

    def _repr_html_(self) -> str:
        rows = "".join(
            f'<tr><th style="text-align:left">{html.escape(name)}</th>'
            f'<td style="text-align:left">{html.escape(value)}</td></tr>'
            for name, value in _kept(self._facts()).items()
        )
        title = html.escape(self._title())
        return f"<table><caption>{title}</caption><tbody>{rows}</tbody></table>"


def share(value: float) -> str:
    """A share in per cent.

    Example:
        >>> share(0.3333)
        '33.33 %'
    """
    return f"{100 * value:.2f} %"


def _kept(facts: Mapping[str, object]) -> dict[str, str]:
    """Each as one line, without what is None."""
    return {
        name: " ".join(str(value).split())
        for name, value in facts.items()
        if value is not None
    }

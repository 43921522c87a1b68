"""A trial of a search: what was tried, and what came of it."""

from typing import Any, NamedTuple


class Tried(NamedTuple):
    """A trial as the study knows it.

    Args:
        number: from 1, in the order in which they were begun.
        parameters: what a `Space` makes settings of.
        state: `"complete"`, `"failed"` or `"running"`.
        value: the criterion, where it is complete.
        recipe: whether it is the recipe of its loss.
        facts: what else was noted of it, a dict.
    """

    number: int
    parameters: dict[str, Any]
    state: str
    value: float | None
    recipe: bool
    facts: dict[str, Any]

    @property
    def accuracy(self) -> float:
        """The criterion of a complete trial.

        Raises:
            ValueError: if it is not complete.
        """
        if self.value is None:
            raise ValueError(f"trial {self.number} is {self.state}, not complete")
        return self.value

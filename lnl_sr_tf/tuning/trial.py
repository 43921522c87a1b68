"""A trial of a search: its parameters and its result."""

from typing import Any, NamedTuple


class Tried(NamedTuple):
    """A trial as the study has it.

    Args:
        number: from 1, in the order of their starts.
        parameters: what `Space.method_of` takes.
        state: `"complete"`, `"failed"` or `"running"`.
        value: the criterion of a complete trial, otherwise None.
        recipe: whether it is the recipe of its loss.
        facts: other values that were recorded.
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

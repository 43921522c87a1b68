"""The progress of reading outputs that take more than a few seconds."""

from typing import Any

import numpy as np

_MANY = 10**8  # outputs, below which reading takes less than a second
_DELAY = 3.0  # seconds without a bar


class Reading:
    """A bar on stderr, where that is a terminal, after three seconds.

    Args:
        outputs: what is read; nothing is shown for another thing than an array.

    Example:
        with Reading(outputs) as reading:
            few_classes(outputs, labels, done=reading.done)
    """

    def __init__(self, outputs: Any) -> None:
        self.count = 0
        if isinstance(outputs, np.ndarray) and outputs.size > _MANY:
            self.count = len(outputs)
        self.bar = None

    def __enter__(self) -> "Reading":
        if self.count:
            from tqdm import tqdm

            self.bar = tqdm(
                total=self.count, unit="examples", disable=None, leave=False,
                delay=_DELAY,
            )  # fmt: skip
        return self

    def __exit__(self, *error: object) -> None:
        if self.bar is not None:
            self.bar.close()

    def done(self, count: int) -> None:
        """Count examples that were read."""
        if self.bar is not None:
            self.bar.update(count)

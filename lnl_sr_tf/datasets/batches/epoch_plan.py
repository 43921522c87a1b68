"""What is random in an epoch: drawn by NumPy, so that every backend has the same."""

import dataclasses
from typing import ClassVar

import numpy as np

# Keeps these draws apart from others with the same seed.
_STREAM = 0x5EED


@dataclasses.dataclass(frozen=True)
class EpochPlan:
    """The order of the examples, and the numbers that decide how each is varied.

    They depend on (seed, epoch) and on what is asked for, and on nothing else.

    Args:
        size: n, how many examples there are.
        seed: ≥ 0.
        columns: random numbers that the augmentation of an example takes.
        mixup_alpha: α of mixup; 0 for none, else two more numbers an example.
    """

    # Whether it is the model that mixes, by the numbers of mixup in the targets.
    mixed_by_model: ClassVar[bool] = False

    size: int
    seed: int
    columns: int = 0
    mixup_alpha: float = 0.0

    @property
    def all_columns(self) -> int:
        """Random numbers an example, those of mixup included."""
        return self.columns + (2 if self.mixup_alpha else 0)

    @property
    def rows(self) -> int | None:
        """Examples of a step; None where the batch size of the run says it."""
        return None

    def of(self, epoch: int) -> tuple[np.ndarray, np.ndarray]:
        """What is drawn for an epoch.

        Args:
            epoch: ≥ 0.

        Returns:
            The order, int32 of shape (n,), all numbers below n; and float32 of shape
            (n, all_columns), uniform in [0, 1), in the order in which examples come.
            The last two columns are those of mixup: a uniform one, and one from
            Beta(α, α).
        """
        rng = np.random.default_rng([_STREAM, self.seed, epoch])
        order = rng.permutation(self.size).astype(np.int32)
        numbers = rng.random((self.size, self.columns), np.float32)
        if self.mixup_alpha:
            other = rng.random(self.size)
            share = rng.beta(self.mixup_alpha, self.mixup_alpha, self.size)
            numbers = np.column_stack([numbers, other, share]).astype(np.float32)
        return order, numbers

"""Which examples each network sees in a step, drawn by NumPy for a whole epoch."""

import dataclasses
from typing import ClassVar

import numpy as np

from lnl_sr_tf.config import Config
from lnl_sr_tf.datasets.batches.epoch_plan import EpochPlan

# Keeps these draws apart from others with the same seed.
_STREAM = 0xD1F
# The second network's order is drawn from a seed beyond every seed of a first one.
_SECOND = 2**31
_VIEWS = 2


@dataclasses.dataclass(frozen=True)
class WarmUpPlan(EpochPlan):
    """Each network has all examples in an order of its own.

    A step has the examples of the first network, then as many of the second. `size` is
    2 n, so that every network sees n in an epoch.

    Args:
        batch_size: examples a step of each network.
    """

    batch_size: int = 1

    @property
    def rows(self) -> int:
        """Images of a step, but for the last one."""
        return 2 * self.batch_size

    def of(self, epoch: int) -> tuple[np.ndarray, np.ndarray]:
        """As `EpochPlan.of`."""
        drawn = [
            EpochPlan(self.size // 2, seed, self.columns).of(epoch)
            for seed in (self.seed, self.seed + _SECOND)
        ]
        starts = range(0, self.size // 2, self.batch_size)
        order, numbers = (
            np.concatenate(
                [
                    part[start : start + self.batch_size]
                    for start in starts
                    for part in parts
                ]
            )
            for parts in zip(*drawn, strict=True)
        )
        return order, numbers


@dataclasses.dataclass(frozen=True, eq=False)
class DividedPlan(EpochPlan):
    """Each network has examples that are trusted, and as many that are not.

    In a step come, for the first network and then for the second, ⌊batch_size / 2⌋
    examples whose label is trusted, once for each of two views; then as many whose
    label is not, likewise. Both parts are gone through in a random order, again and
    again. `mixup_alpha` is α of MixMatch; the last column holds max(s, 1 − s), s from
    Beta(α, α), one value for each network and step.

    Args:
        clean: by each network how probably each label is right, shape (2, n).
        threshold: labels are trusted above this probability.
        steps: of an epoch.
        batch_size: ≥ 2.
        own: whether a network learns from its own division, and not from the other's.
    """

    mixed_by_model: ClassVar[bool] = True

    clean: np.ndarray = dataclasses.field(default_factory=lambda: np.zeros((2, 0)))
    threshold: float = 0.5
    steps: int = 1
    batch_size: int = 2
    own: bool = False

    @property
    def rows(self) -> int:
        """Images of a step."""
        return 4 * _VIEWS * (self.batch_size // 2)

    def of(self, epoch: int) -> tuple[np.ndarray, np.ndarray]:
        """As `EpochPlan.of`."""
        rng = np.random.default_rng([_STREAM, self.seed, epoch])
        half = self.batch_size // 2
        order = np.empty((self.steps, 2, 2, _VIEWS, half), np.int32)
        for network in (0, 1):
            divider = network if self.own else 1 - network
            parts = divided(self.clean[divider], self.threshold)
            for number, part in enumerate(parts):
                drawn = _again_and_again(rng, part, self.steps * half)
                order[:, network, number] = drawn.reshape(self.steps, 1, half)
        numbers = rng.random((self.size, self.columns), np.float32)
        other = rng.random(self.size)
        share = rng.beta(self.mixup_alpha, self.mixup_alpha, (self.steps, 2))
        share = np.repeat(np.maximum(share, 1 - share).ravel(), self.rows // 2)
        numbers = np.column_stack([numbers, other, share]).astype(np.float32)
        return order.ravel(), numbers


def divided(clean: np.ndarray, threshold: float) -> tuple[np.ndarray, np.ndarray]:
    """The examples whose label is trusted, and the others; neither is empty.

    Args:
        clean: how probably each label is right, shape (n,).
        threshold: labels are trusted above it. Where none is above, those with the
            largest probability are trusted; where all are, those with the smallest
            count among the others.

    Example:
        >>> divided(np.array([0.9, 0.2, 0.7]), 0.5)
        (array([0, 2]), array([1]))
    """
    trusted = clean > threshold
    if not trusted.any():
        trusted = clean == clean.max()
    others = ~trusted
    if not others.any():
        others = clean == clean.min()
    return np.flatnonzero(trusted), np.flatnonzero(others)


def _again_and_again(rng, part, count):
    """`count` examples of a part: all of it in a random order, then in another."""
    passes = -(-count // len(part))
    return np.concatenate([rng.permutation(part) for _ in range(passes)])[:count]


def threshold(config: Config) -> float:
    """Above which value of `clean` a label is trusted."""
    # ProMix's are 0 or 1.
    return 0.5 if config.clean_threshold is None else config.clean_threshold


def plan(
    config: Config, size: int, columns: int, epoch: int, clean: np.ndarray
) -> WarmUpPlan | DividedPlan:
    """What is drawn for an epoch.

    Args:
        config: the settings of the run.
        size: n, how many examples there are.
        columns: random numbers that the augmentation of an image takes.
        epoch: ≥ 0.
        clean: by each network how probably each label is right, shape (2, n); of no
            effect in the warm-up.
    """
    batch_size = config.batch_size
    if epoch < config.warmup_epochs:
        return WarmUpPlan(2 * size, config.seed, columns, batch_size=batch_size)
    steps = -(-size // batch_size)
    return DividedPlan(
        steps * 4 * _VIEWS * (batch_size // 2),
        config.seed,
        columns,
        config.mix_alpha,
        clean,
        threshold(config),
        steps,
        batch_size,
        own=config.method == "promix",
    )

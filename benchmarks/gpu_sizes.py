"""How large everything is that benchmarks/on_gpu.py does."""

import dataclasses

import gpu_plan

DATASET = "cifar10"


@dataclasses.dataclass(frozen=True)
class Sizes:
    """How large everything is.

    Args:
        network: by the dataset whose network's speed is measured.
        images: of an epoch of it.
        matrix: rows of the one that is multiplied by itself.
        rounds: of which speed is the median.
        examples: of CIFAR-10 in each split; None for all.
        epochs: of a run.
        settings: of runs, beside the recipe's.
        cases: of runs.
        at_once: seeds.
        worth: as for `gpu_plan.Estimates`.
    """

    network: str = DATASET
    images: int = 50_048
    matrix: int = 4096
    rounds: int = 3
    examples: int | None = None
    epochs: int = 120
    settings: dict = dataclasses.field(default_factory=dict)
    cases: tuple = gpu_plan.CASES
    at_once: int = 3
    worth: float = gpu_plan.WORTH

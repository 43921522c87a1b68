"""A table of the paper with our results beside it, from run folders and ledgers."""

import dataclasses
import math
import statistics
from collections.abc import Sequence
from typing import Any

from scipy import special

from lnl_sr_tf.analysis import paper
from lnl_sr_tf.config import Config
from lnl_sr_tf.runs import label_kinds
from lnl_sr_tf.runs.folder import RunFolder, measured
from lnl_sr_tf.runs.ledger_row import LedgerRun

_SEEDS = 3  # of the paper's numbers
_BEST = 3

# Kind of noise or imbalance, and its rate.
Column = tuple[str, float]


@dataclasses.dataclass(frozen=True)
class Cell:
    """One method under one kind of noise.

    Args:
        values: accuracies of the finished runs, in percent, one a seed.
        wanted: number of runs, finished or not.
        published: (mean, standard deviation) of the paper, in percent, or None.
    """

    values: tuple[float, ...]
    wanted: int
    published: tuple[float, float | None] | None = None

    @property
    def mean(self) -> float | None:
        """Of the finished runs; None without one."""
        return statistics.mean(self.values) if self.values else None

    @property
    def deviation(self) -> float | None:
        """The standard deviation over seeds; None for fewer than two."""
        return statistics.stdev(self.values) if len(self.values) > 1 else None

    @property
    def difference(self) -> float | None:
        """Our mean minus the paper's, in percentage points; None without either."""
        if self.mean is None or self.published is None:
            return None
        return self.mean - self.published[0]

    @property
    def p_value(self) -> float | None:
        """Of a two-sided Welch's t-test for the difference; None where undefined.

        The paper's deviation is taken as that of a sample of 3 seeds.
        """
        mean, deviation = self.published or (None, None)
        own = self.deviation
        if mean is None or deviation is None or self.mean is None or own is None:
            return None
        if own == 0 and deviation == 0:
            return None
        # By hand, as scipy.stats takes longer to import than all else of a table.
        count = len(self.values)
        ours, theirs = own**2 / count, deviation**2 / _SEEDS
        statistic = abs(self.mean - mean) / math.sqrt(ours + theirs)
        parts = ours**2 / (count - 1) + theirs**2 / (_SEEDS - 1)
        freedom = (ours + theirs) ** 2 / parts
        return float(2 * special.stdtr(freedom, -statistic))


@dataclasses.dataclass(frozen=True)
class PaperTable:
    """One dataset of a table.

    Args:
        dataset: its name.
        methods: of the rows.
        columns: (kind of noise, rate).
        cells: by (method, column); some may be missing.
        test_labels: their kind, as in `summary.json`; `"clean"` while no run is
            finished.
        with_lost_classes: the number of runs that never predicted some class in their
            last epoch.
    """

    dataset: str
    methods: tuple[str, ...]
    columns: tuple[Column, ...]
    cells: dict[tuple[str, Column], Cell]
    test_labels: str = "clean"
    with_lost_classes: int = 0

    @property
    def runs(self) -> tuple[int, int]:
        """The numbers of finished and of wanted runs."""
        cells = self.cells.values()
        return sum(len(c.values) for c in cells), sum(c.wanted for c in cells)

    @property
    def published(self) -> bool:
        """Whether the paper has any number for it."""
        return any(cell.published for cell in self.cells.values())

    def best(self, column: Column) -> set[str]:
        """The methods with the three best means of a column, if there are more."""
        means = {
            method: cell.mean
            for method in self.methods
            if (cell := self.cells.get((method, column)))
            if cell.mean is not None
        }
        if len(means) <= _BEST:
            return set()
        ranked = sorted(means, key=lambda method: means[method], reverse=True)
        return set(ranked[:_BEST])


def collect(
    number: str, runs: Sequence[tuple[Config, RunFolder | LedgerRun]]
) -> list[PaperTable]:
    """The table of some runs, finished or not.

    Args:
        number: of the paper's table.
        runs: settings of each, and its folder or its row of a ledger.

    Returns:
        One table for each dataset, in the order of the runs. A run that is missing or
        not finished leaves a gap.

    Example:
        collect("1", runs)[0].cells["CE+SR", ("sym", 0.8)].mean  # 98.1
    """
    made: dict[str, dict[str, Any]] = {}
    published = paper.numbers(number)
    for config, folder in runs:
        dataset = paper.dataset_name(config)
        table = made.setdefault(dataset, {"cells": {}, "labels": "clean", "lost": 0})
        key = paper.method_name(config), paper.corruption(config)
        values, wanted = table["cells"].get(key, ((), 0))
        summary = folder.summary() if folder.finished() else None
        if summary is not None:
            values += (100.0 * measured(summary),)
            table["labels"] = label_kinds.kind(summary)
            table["lost"] += bool(summary.get("lost_classes"))
        table["cells"][key] = values, wanted + 1
    return [
        PaperTable(
            dataset,
            tuple(dict.fromkeys(method for method, _ in table["cells"])),
            tuple(dict.fromkeys(column for _, column in table["cells"])),
            {
                (method, column): Cell(
                    values, wanted, published.get((dataset, method, *column))
                )
                for (method, column), (values, wanted) in table["cells"].items()
            },
            table["labels"],
            table["lost"],
        )
        for dataset, table in made.items()
    ]

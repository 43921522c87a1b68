"""A table of the paper with ours beside it, from run folders alone."""

import dataclasses
import math
import statistics

from scipy import stats

from lnl_sr_tf.analysis import paper
from lnl_sr_tf.runs import label_kinds
from lnl_sr_tf.runs.folder import measured

_SEEDS = 3  # of the paper's numbers
_BEST = 3


@dataclasses.dataclass(frozen=True)
class Cell:
    """One method under one kind of noise.

    Args:
        values: accuracies of the finished runs, in percent, one a seed.
        wanted: how many runs there are to be.
        published: (mean, standard deviation) of the paper, or None.
    """

    values: tuple
    wanted: int
    published: tuple = None

    @property
    def mean(self):
        """Of the finished runs; None without one."""
        return statistics.mean(self.values) if self.values else None

    @property
    def deviation(self):
        """The standard deviation over seeds; None for fewer than two."""
        return statistics.stdev(self.values) if len(self.values) > 1 else None

    @property
    def difference(self):
        """Ours less the paper's mean, in percentage points; None without either."""
        if not self.values or self.published is None:
            return None
        return self.mean - self.published[0]

    @property
    def p_value(self):
        """Of Welch's t-test for the difference, two-sided; None where it has none.

        The paper's deviation counts as a sample's, over 3 seeds.
        """
        known = self.published is not None and self.published[1] is not None
        if len(self.values) < 2 or not known:
            return None
        if self.deviation == 0 and self.published[1] == 0:
            return None
        test = stats.ttest_ind_from_stats(
            self.mean,
            self.deviation,
            len(self.values),
            *self.published,
            _SEEDS,
            equal_var=False,
        )
        return None if math.isnan(test.pvalue) else float(test.pvalue)


@dataclasses.dataclass(frozen=True)
class PaperTable:
    """One dataset of a table.

    Args:
        dataset: its name.
        methods: those of the rows.
        columns: (kind of noise, rate) of the columns.
        cells: dict from (method, column) to a `Cell`; some may be missing.
        test_labels: what accuracy is measured by, as in `summary.json`; `"clean"` while
            no run is finished.
    """

    dataset: str
    methods: tuple
    columns: tuple
    cells: dict
    test_labels: str = "clean"

    @property
    def runs(self):
        """How many are finished, and how many are wanted."""
        cells = self.cells.values()
        return sum(len(c.values) for c in cells), sum(c.wanted for c in cells)

    @property
    def published(self):
        """Whether the paper has any number for it."""
        return any(cell.published for cell in self.cells.values())

    def best(self, column):
        """The methods with the three best means of a column, where there are more."""
        means = {
            method: self.cells[method, column].mean
            for method in self.methods
            if (method, column) in self.cells and self.cells[method, column].values
        }
        if len(means) <= _BEST:
            return set()
        return set(sorted(means, key=means.get, reverse=True)[:_BEST])


def collect(number, runs):
    """The table of some runs, finished or not.

    Args:
        number: of the paper's table, as text.
        runs: a list of (`lnl_sr_tf.config.Config`, `lnl_sr_tf.runs.folder.RunFolder`).

    Returns:
        A list of `PaperTable`, one for each dataset, in the order of the runs. A run
        that is missing or not finished leaves a gap.

    Example:
        >>> collect("1", runs)[0].cells["CE+SR", ("sym", 0.8)].mean
    """
    made = {}
    published = paper.numbers(number)
    for config, folder in runs:
        dataset = paper.dataset_name(config)
        table = made.setdefault(dataset, {"cells": {}, "labels": "clean"})
        key = paper.method_name(config), paper.corruption(config)
        values, wanted = table["cells"].get(key, ((), 0))
        if folder.finished():
            summary = folder.summary()
            values += (100.0 * measured(summary),)
            table["labels"] = label_kinds.kind(summary)
        table["cells"][key] = values, wanted + 1
    return [
        PaperTable(
            dataset,
            tuple(dict.fromkeys(method for method, _ in table["cells"])),
            tuple(dict.fromkeys(column for _, column in table["cells"])),
            {
                (method, column): Cell(
                    *found, published.get((dataset, method, *column))
                )
                for (method, column), found in table["cells"].items()
            },
            table["labels"],
        )
        for dataset, table in made.items()
    ]

"""Features of several views of each example, of which an epoch sees one."""

from collections.abc import Sequence

import numpy as np

from lnl_sr_tf.datasets.features.mapped_rows import MappedRows, RowsGone


class ViewedRows(MappedRows):
    """`MappedRows` of each example as it is, and of further views of it.

    As an array it is of the examples as they are; `drawn` gives them by one of their
    views.

    Args:
        views: arrays of shape (n, width), the first of the examples as they are.
        index: which of the rows these are, integers; by default all.

    Example:
        >>> rows = ViewedRows([np.zeros((3, 2)), np.ones((3, 2))])
        >>> rows.drawn(np.array([0, 2]), np.array([0.7, 0.2])).tolist()
        [[1.0, 1.0], [0.0, 0.0]]
    """

    def __init__(
        self, views: Sequence[np.ndarray], index: np.ndarray | None = None
    ) -> None:
        super().__init__(views[0], index)
        self.views = views

    def take(self, indices: np.ndarray) -> "ViewedRows":
        """Some of the rows, not read."""
        return ViewedRows(self.views, self.index[indices])

    def damaged(self) -> str | None:
        """What is wrong with one of the files, as for `MappedRows`."""
        problems = (MappedRows(view, self.index).damaged() for view in self.views[1:])
        return super().damaged() or next(filter(None, problems), None)

    def drawn(self, chosen: np.ndarray, numbers: np.ndarray) -> np.ndarray:
        """Some of the rows, each by one of its views.

        Args:
            chosen: which, integers, shape (m,).
            numbers: in [0, 1), shape (m,); that decide by which view.

        Returns:
            float32, shape (m, width).
        """
        if found := self.damaged():
            raise RowsGone(found)
        last = len(self.views) - 1
        views = np.minimum((numbers * len(self.views)).astype(np.int64), last)
        rows = np.empty((len(chosen), self.shape[1]), np.float32)
        for view in np.unique(views):
            of_view = views == view
            rows[of_view] = self.views[view][self.index[chosen[of_view]]]
        return rows

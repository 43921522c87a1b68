"""The share of outputs that are almost one-hot."""

from typing import Any

import keras
from keras import ops
from keras.src.backend import get_keras_mask

from lnl_sr_tf.predictions import check_classes, like_values, warn_of_softmax
from lnl_sr_tf.types import Tensor


@keras.saving.register_keras_serializable("lnl_sr_tf")
class SparseRate(keras.metrics.Metric):
    """Sparse rate: the share of predictions with max_j u_j > 1 − tolerance.

    Zhou et al., "Learning with Noisy Labels via Sparse Regularization"
    (ICCV 2021), section 3.1. The closer to 1, the closer the outputs are to one-hot
    vectors, and the more tolerant of label noise the loss is. With normalised logits it
    can be 0 by construction (see `lnl.layers.OutputSharpening`).

    Args:
        tolerance: in (0, 1); the paper's is 0.01.
        from_logits: whether the network gives logits or probabilities.
        name: name of the metric.
        dtype: dtype of the result.

    Raises:
        ValueError: if `tolerance` is out of range.

    Example:
        >>> metric = SparseRate()
        >>> metric.update_state([0, 0], [[9.0, 0.0], [0.0, 0.0]])
        >>> float(metric.result())
        0.5
    """

    def __init__(
        self,
        tolerance: float = 0.01,
        from_logits: bool = True,
        name: str = "sparse_rate",
        dtype: str | keras.DTypePolicy | None = None,
    ) -> None:
        super().__init__(name=name, dtype=dtype)
        if not 0 < tolerance < 1:
            raise ValueError(
                "`tolerance` must be a number in (0, 1). Received: "
                f"tolerance={tolerance!r}"
            )
        self.tolerance = float(tolerance)
        self.from_logits = bool(from_logits)
        self.sparse = self.add_weight(name="sparse", shape=(), initializer="zeros")
        self.total = self.add_weight(name="total", shape=(), initializer="zeros")

    def update_state(
        self, y_true: Tensor, y_pred: Tensor, sample_weight: Tensor | None = None
    ) -> None:
        """Count the sparse outputs of a batch.

        Args:
            y_true: not used.
            y_pred: logits or probabilities, shape (batch, ..., classes); those that
                Keras masks do not count.
            sample_weight: not used.

        Raises:
            ValueError: if there are fewer than two classes.
        """
        mask = get_keras_mask(y_pred)
        y_pred = ops.convert_to_tensor(y_pred)
        check_classes(y_pred, type(self).__name__)
        if self.from_logits:
            warn_of_softmax(y_pred, type(self).__name__)
        outputs = ops.cast(y_pred, "float32")
        if self.from_logits:
            outputs = ops.softmax(outputs, axis=-1)
        sparse = ops.max(outputs, axis=-1) > 1.0 - self.tolerance
        counted = ops.ones_like(sparse)
        if mask is not None:
            counted = ops.cast(like_values("mask", mask, y_pred), "bool")
            sparse = ops.logical_and(sparse, counted)
        self.sparse.assign_add(ops.sum(ops.cast(sparse, self.sparse.dtype)))
        self.total.assign_add(ops.sum(ops.cast(counted, self.total.dtype)))

    def result(self) -> Tensor:
        """The share so far; 0 before the first batch."""
        return ops.divide_no_nan(self.sparse, self.total)

    def get_config(self) -> dict[str, Any]:
        """The arguments that make an equal metric."""
        config = super().get_config()
        config.update(tolerance=self.tolerance, from_logits=self.from_logits)
        return config

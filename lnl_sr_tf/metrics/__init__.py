"""Keras metrics."""

from lnl_sr_tf.metrics.sparse_rate import SparseRate

__all__ = ["SparseRate"]

"""Keras metrics."""

from lnl_sr_tf.metrics.loss_parts import FitLoss, SparseNorm
from lnl_sr_tf.metrics.lost_classes import LostClasses
from lnl_sr_tf.metrics.sparse_rate import SparseRate

__all__ = ["FitLoss", "LostClasses", "SparseNorm", "SparseRate"]

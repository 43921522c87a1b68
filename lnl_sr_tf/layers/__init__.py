"""Keras layers of the method."""

from lnl_sr_tf.layers.batch_normalization import FusedBatchNormalization
from lnl_sr_tf.layers.output_sharpening import OutputSharpening
from lnl_sr_tf.layers.rectifier import Rectifier

__all__ = ["FusedBatchNormalization", "OutputSharpening", "Rectifier"]

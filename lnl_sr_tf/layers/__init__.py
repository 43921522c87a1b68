"""Keras layers."""

from lnl_sr_tf.layers.output_sharpening import OutputSharpening

__all__ = ["OutputSharpening"]

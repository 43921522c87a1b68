"""A trained network as files: Keras's own, a SavedModel, and what others run."""

from lnl_sr_tf.export.float32 import in_float32
from lnl_sr_tf.export.saving import save
from lnl_sr_tf.export.serving import save_serving

__all__ = ["in_float32", "save", "save_serving"]

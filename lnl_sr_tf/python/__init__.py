"""What a Python program trains by: `lnl.train`, and a classifier for scikit-learn."""

from lnl_sr_tf.python.train import train

__all__ = ["train"]

"""Training: optimiser, precision, checkpoints, and the call of `fit`."""

from lnl_sr_tf.training.optimizer import CoupledSGD

__all__ = ["CoupledSGD"]

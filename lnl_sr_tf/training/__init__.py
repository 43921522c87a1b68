"""Training: methods, optimisers, precision, checkpoints, and the call of `fit`."""

from lnl_sr_tf.training.co_teaching import CoTeaching
from lnl_sr_tf.training.optimizer import CoupledAdam, CoupledSGD
from lnl_sr_tf.training.robust_model import RobustModel

__all__ = ["CoTeaching", "CoupledAdam", "CoupledSGD", "RobustModel"]

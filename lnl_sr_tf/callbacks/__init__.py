"""Keras callbacks that change the method's parameters during training."""

from lnl_sr_tf.callbacks.adaptive_regularization import AdaptiveRegularization
from lnl_sr_tf.callbacks.clipping_scheduler import ClippingScheduler
from lnl_sr_tf.callbacks.example_selection import ExampleSelection
from lnl_sr_tf.callbacks.forget_scheduler import ForgetScheduler
from lnl_sr_tf.callbacks.regularization_scheduler import RegularizationScheduler
from lnl_sr_tf.callbacks.reweighing import Reweighing
from lnl_sr_tf.callbacks.stage_scheduler import StageScheduler
from lnl_sr_tf.callbacks.temperature_scheduler import TemperatureScheduler
from lnl_sr_tf.callbacks.tensorboard_log import TensorBoardLog

__all__ = [
    "AdaptiveRegularization",
    "ClippingScheduler",
    "ExampleSelection",
    "ForgetScheduler",
    "RegularizationScheduler",
    "Reweighing",
    "StageScheduler",
    "TemperatureScheduler",
    "TensorBoardLog",
]

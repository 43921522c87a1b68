"""Keras callbacks that move the method's parameters as training goes on."""

from lnl_sr_tf.callbacks.regularization_scheduler import RegularizationScheduler
from lnl_sr_tf.callbacks.temperature_scheduler import TemperatureScheduler

__all__ = ["RegularizationScheduler", "TemperatureScheduler"]

"""The settings of a run, from flags and recipes to a settled `Config`."""

from lnl_sr_tf.config.data_kinds import HUMAN_NOISE
from lnl_sr_tf.config.flagfiles import expand
from lnl_sr_tf.config.resolve import AXES, grid, resolve, without_idle_settings
from lnl_sr_tf.config.settings import FIELDS, Config, meaning

__all__ = [
    "AXES",
    "FIELDS",
    "HUMAN_NOISE",
    "Config",
    "expand",
    "grid",
    "meaning",
    "resolve",
    "without_idle_settings",
]

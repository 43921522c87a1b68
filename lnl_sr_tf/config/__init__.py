"""The settings of a run, from flags and recipes to a settled `Config`."""

from lnl_sr_tf.config import loss_args, published
from lnl_sr_tf.config.data_kinds import HUMAN_NOISE
from lnl_sr_tf.config.flagfiles import expand
from lnl_sr_tf.config.grid import AXES, grid
from lnl_sr_tf.config.resolve import resolve, settled, without_idle_settings
from lnl_sr_tf.config.settings import FIELDS, Config, identifying, meaning

__all__ = [
    "AXES",
    "FIELDS",
    "HUMAN_NOISE",
    "Config",
    "expand",
    "grid",
    "identifying",
    "loss_args",
    "meaning",
    "published",
    "resolve",
    "settled",
    "without_idle_settings",
]

"""One run, end to end: from a config to a run folder."""

from lnl_sr_tf.experiment.checks import check
from lnl_sr_tf.experiment.experiment import run, run_checked, run_together

__all__ = ["check", "run", "run_checked", "run_together"]
